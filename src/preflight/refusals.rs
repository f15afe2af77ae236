//! Check `locks`: no lock and no deny assignment refuses what is to be written, or what teardown deletes. Nor does the subscription:
//! one that is disabled takes nothing but deletions.

use super::finding::Finding;
use super::subscription;
use super::subscription_cache::SubscriptionCache;
use crate::azure::denials::DenyAssignment;
use crate::azure::error::Error;
use crate::azure::locks::Lock;
use crate::events::CheckStatus;
use crate::lab::comparison::Comparison;
use crate::lab::ids;
use crate::lab::spec::LabSpec;
use crate::recipe::inspection::Inspection;
use crate::recipe::parts::NEEDS;
use crate::recipe::teardown_plan;
use crate::values::ResourceKind;

/// The check's id.
pub(crate) const ID: &str = "locks";

/// The code of a lock's refusal.
const LOCKED: &str = "ScopeLocked";
/// The code of a deny assignment's.
const DENIED: &str = "DenyAssignmentAuthorizationFailed";

/// What may refuse something in a subscription.
#[derive(Debug)]
pub(crate) struct Refusals {
    locks: Result<Vec<Lock>, Error>,
    denials: Result<Vec<DenyAssignment>, Error>,
    /// What is wrong with a subscription that takes no writes.
    closed: Option<Finding>,
    who: Option<String>,
}

/// What is to be done to something: its ARM id, and what kind it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Touched {
    kind: ResourceKind,
    id: String,
    does: Does,
}

/// What is done to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// It is created, or changed.
    Write,
    /// It is deleted.
    Delete,
    /// An action on it, which a lock that makes it read-only refuses as well (Azure docs, *Lock your resources*).
    Act(&'static str),
}

/// What a lab's recipe would touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Writes(Vec<Touched>);

impl Writes {
    /// Those of a lab of which there is nothing yet, at `location`.
    pub(crate) fn of_new(lab: &LabSpec, location: &str) -> Self {
        let one = |kind, id| Touched { kind, id, does: Does::Write };
        let mut all: Vec<Touched> = ResourceKind::ALL.iter().map(|kind| one(*kind, lab.group_id())).collect();
        if let Some(group) = lab.shared_group(location) {
            all.push(one(ResourceKind::RoleAssignment, ids::group(&lab.subscription, &group)));
        }
        Self(all)
    }

    /// Those of a lab that a look has shown so.
    pub(crate) fn of(seen: &Inspection) -> Self {
        let fits = |fit: &Option<Comparison>| matches!(fit, Some(Comparison::Fits | Comparison::Busy(_)));
        let written = seen.items.iter().filter(|item| !fits(&item.fit));
        let written = written.map(|item| Touched { kind: item.kind, id: item.id.clone(), does: Does::Write });
        let extra = seen.extra.iter().map(|extra| extra.item());
        let extra = extra.map(|item| Touched { kind: item.kind, id: item.id, does: Does::Delete });
        Self(written.chain(extra).collect())
    }

    fn are_more_than_deletions(&self) -> bool {
        self.0.iter().any(|one| one.does != Does::Delete)
    }

    /// Of what a command does to these, each by its kind and its ARM id.
    pub(crate) fn listed(all: impl IntoIterator<Item = (ResourceKind, String, Does)>) -> Self {
        Self(all.into_iter().map(|(kind, id, does)| Touched { kind, id, does }).collect())
    }
}

impl Refusals {
    /// What may refuse something in the subscription, as the run has read it.
    pub(crate) async fn of(cache: &SubscriptionCache) -> Self {
        let (locks, denials, subscription) =
            tokio::join!(cache.locks(), cache.deny_assignments(), cache.subscription());
        // What cannot be read of it is told by what needs it.
        let closed =
            subscription.ok().and_then(|found| subscription::check(&found.subscription_id, Ok(found.as_ref())).ok());
        Self {
            locks: locks.map(|all| all.to_vec()),
            denials: denials.map(|all| all.to_vec()),
            closed: closed.filter(|found| found.status == CheckStatus::Fail),
            who: cache.who.clone(),
        }
    }

    /// Whether anything could refuse a write to what is in the groups of `lab` at `location`, so that a look at what is to be
    /// written is worth its reads.
    pub(crate) fn may_refuse(&self, lab: &LabSpec, location: &str) -> bool {
        let shared = lab.shared_group(location).map(|group| ids::group(&lab.subscription, &group));
        self.closed.is_some()
            || std::iter::once(lab.group_id()).chain(shared).any(|group| {
                let locks = || self.locks.iter().flatten().any(|lock| lock.holds(&group));
                locks() || self.denials.iter().flatten().any(|one| one.concerns(&group))
            })
    }

    /// What was found of a lab; `writes` is what it is to become, `thorough` tells what would refuse its deletion too, of a lab
    /// whose subscription was checked.
    pub(crate) fn check(&self, lab: &LabSpec, writes: &Writes, thorough: bool) -> Vec<Finding> {
        if let Some(closed) = self.closed.as_ref().filter(|_| !thorough && writes.are_more_than_deletions()) {
            return vec![closed.clone()];
        }
        let mut findings = Vec::new();
        let locks: Vec<&Lock> = self.locks.iter().flatten().collect();
        let refuses = |lock: &&&Lock| {
            let refused = |one: &Touched| match one.does {
                Does::Delete => lock.holds(&one.id),
                Does::Write | Does::Act(_) => lock.freezes(&one.id),
            };
            writes.0.iter().any(refused)
        };
        let refusing: Vec<&Lock> = locks.iter().filter(refuses).copied().collect();
        if !refusing.is_empty() {
            let message = format!("Azure refuses to change what is locked:{}", Lock::listed(refusing.iter().copied()));
            findings.push(Finding::fail(ID, LOCKED, message, removal(&refusing)));
        }
        let denied = |one: &DenyAssignment| {
            let denies = |action: &str, id: &str| one.denies(action, id, self.who.as_deref());
            writes.0.iter().any(|touched| match touched.does {
                Does::Act(action) => denies(action, &touched.id),
                Does::Write | Does::Delete => {
                    let needs = NEEDS.iter().filter(|needs| needs.kind == touched.kind);
                    let actions = needs.flat_map(|needs| needs.write).map(|action| action.name);
                    actions.filter(|name| name.ends_with("/write")).any(|name| denies(name, &touched.id))
                }
            })
        };
        for one in self.denials.iter().flatten().filter(|one| denied(one)) {
            let message = format!("Azure refuses to change it: {}", one.told());
            findings.push(Finding::fail(ID, DENIED, message, one.way_out()));
        }
        if thorough && findings.is_empty() {
            findings.extend(self.teardown(lab, &locks));
        }
        if thorough && findings.is_empty() {
            findings.extend(self.all_is_well());
        }
        findings
    }

    /// A warning of what would refuse that `lab` is deleted.
    fn teardown(&self, lab: &LabSpec, locks: &[&Lock]) -> Option<Finding> {
        let group = lab.group_id();
        let keeping: Vec<&Lock> = locks.iter().filter(|lock| lock.holds(&group)).copied().collect();
        if !keeping.is_empty() {
            let message = format!("Azure refuses to delete what is locked:{}", Lock::listed(keeping.iter().copied()));
            return Some(Finding { hint: Some(removal(&keeping).into()), ..Finding::warn(ID, message) });
        }
        let denied = teardown_plan::denied_by(self.denials.iter().flatten(), &group, self.who.as_deref())?;
        let message = format!("Azure refuses to delete it: {}", denied.told());
        Some(Finding { hint: Some(denied.way_out().into()), ..Finding::warn(ID, message) })
    }

    fn all_is_well(&self) -> Option<Finding> {
        let unread = |what: &str, error: &Error| Finding::skip(ID, format!("{what} cannot be read: {error}"));
        Some(match (&self.locks, &self.denials) {
            (Err(error), _) => unread("the locks", error),
            (_, Err(error)) => unread("the deny assignments", error),
            _ => Finding::pass(ID, "no lock and no deny assignment is in the way"),
        })
    }
}

/// The command that removes locks.
fn removal(locks: &[&Lock]) -> String {
    format!("remove it, if that is your decision: {}", Lock::removal(locks.iter().copied()))
}
