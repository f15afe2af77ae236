//! What a new lab of each kind takes in each place, and why it cannot go to some.

use futures::future::join_all;
use time::OffsetDateTime;

use super::super::choosing;
use super::super::demand::Demand;
use super::super::finding::Finding;
use super::super::{cluster_size, kubernetes, offer};
use super::entry::{ANOTHER, ID};
use super::returning;
use super::shared;
use super::sites::Site;
use crate::azure::code::Code;
use crate::events::CheckStatus;
use crate::lab::limits::{GROUPS_OF_A_LAB, ROLE_ASSIGNMENTS_OF_A_LAB};
use crate::lab::model::Refusal;
use crate::lab::spec::{ClusterSpec, LabSpec, ModelSpec};

/// What helps a subscription whose offer has no models.
const UPGRADE: &str = "upgrade the subscription to pay-as-you-go (https://portal.azure.com, Subscriptions)";

/// What decides what a lab takes, and where it may go.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KindOfLab {
    location: Option<String>,
    version: Option<String>,
    nodes: u32,
    size: String,
    models: Vec<ModelSpec>,
    roles: i64,
    is_sharing: bool,
    /// Where its account lies soft-deleted, by place.
    returns: Vec<bool>,
}

impl KindOfLab {
    fn of(lab: &LabSpec, returns: Vec<bool>) -> Self {
        Self {
            returns,
            is_sharing: lab.is_sharing(),
            location: lab.location.clone(),
            version: lab.cluster.kubernetes_version.clone(),
            nodes: lab.cluster.new_node_count(),
            size: lab.cluster.new_vm_size().to_owned(),
            models: lab.deployments.iter().map(|one| one.model.clone()).collect(),
            roles: roles(lab),
        }
    }
}

/// Whether labs of a kind can go to a place.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// They have another location of their own.
    Elsewhere,
    /// Not for good: the place does not offer what they need.
    Refused(Finding),
    /// Not now: there is no quota for even one.
    Full(Finding),
    /// What each takes.
    Takes(Box<Demand>),
}

/// What labs take.
#[derive(Clone, Debug)]
pub(super) struct Demands {
    /// The kind of each lab.
    pub(super) labs: Vec<usize>,
    /// By kind and by place.
    pub(super) kinds: Vec<Vec<Verdict>>,
}

impl Demands {
    /// Reads what the places offer to `labs`; and the kinds of `others`, which are not to be placed now.
    pub(super) async fn read(sites: &[Site], labs: &[LabSpec], others: &[LabSpec]) -> (Self, Vec<usize>) {
        let mut kinds: Vec<KindOfLab> = Vec::new();
        let mut examples: Vec<&LabSpec> = Vec::new();
        let mut of_labs = Vec::new();
        let deleted = returning::deleted(sites).await;
        for lab in labs.iter().chain(others) {
            let returns = sites.iter().zip(&deleted).map(|(site, deleted)| returning::returns(site, lab, deleted));
            let kind = KindOfLab::of(lab, returns.collect());
            let index = kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
                kinds.push(kind);
                examples.push(lab);
                kinds.len() - 1
            });
            of_labs.push(index);
        }
        let verdicts = examples.into_iter().map(|lab| join_all(sites.iter().map(move |site| verdict(site, lab))));
        let of_others = of_labs.split_off(labs.len());
        (Self { labs: of_labs, kinds: join_all(verdicts).await }, of_others)
    }

    /// What no kind of lab can go to, although the file names it: the first reason of each.
    pub(super) fn refused(&self, sites: &[Site]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (index, site) in sites.iter().enumerate() {
            let verdicts = self.kinds.iter().map(|places| &places[index]);
            let meant: Vec<&Verdict> = verdicts.filter(|one| !matches!(one, Verdict::Elsewhere)).collect();
            let reasons = meant.iter().filter_map(|one| match one {
                Verdict::Refused(finding) => Some(finding),
                _ => None,
            });
            let reasons: Vec<&Finding> = reasons.collect();
            if let Some(first) = reasons.first().filter(|_| reasons.len() == meant.len()) {
                let message = format!("{}, subscription {}: {}", site.origin, site.subscription(), first.message);
                findings.push(Finding { id: ID, message, ..(*first).clone() });
            }
        }
        findings
    }
}

async fn verdict(site: &Site, lab: &LabSpec) -> Verdict {
    if !site.takes(lab) {
        return Verdict::Elsewhere;
    }
    match demand(site, lab, (true, true)).await {
        Ok(demand) => Verdict::Takes(Box::new(demand)),
        Err(finding) if is_shortage(&finding) => Verdict::Full(finding),
        Err(finding) => Verdict::Refused(finding),
    }
}

/// The role assignments of a lab: its identity's, and its attendee's.
fn roles(lab: &LabSpec) -> i64 {
    let of_attendee = lab.attendee.as_ref().map_or(0, |_| lab.roles.len());
    // One more on the account that the lab shares.
    let of_attendee = of_attendee + usize::from(of_attendee > 0 && lab.is_sharing());
    i64::from(ROLE_ASSIGNMENTS_OF_A_LAB).saturating_add(i64::try_from(of_attendee).unwrap_or(i64::MAX))
}

fn is_shortage(finding: &Finding) -> bool {
    finding.code == Code::InsufficientQuota.as_str()
}

/// What `lab` takes in the place of what it has not: a cluster, an account. What cannot be read takes nothing that is known.
///
/// # Errors
/// The failed finding.
pub(super) async fn demand(site: &Site, lab: &LabSpec, (cluster, account): (bool, bool)) -> Result<Demand, Finding> {
    let (cache, location) = (&site.cache, site.location.as_str());
    let mut demand =
        Demand { location: location.to_owned(), account_location: location.to_owned(), ..Demand::default() };
    if cluster {
        demand.new_cluster = true;
        demand.new_groups = if account { i64::from(GROUPS_OF_A_LAB) } else { 1 };
        demand.nodes = nodes(site, &lab.cluster).await?;
    }
    if account {
        // An account that labs share is counted with its place.
        let deleted = returning::deleted(std::slice::from_ref(site)).await.remove(0);
        let accounts = i64::from(!returning::returns(site, lab, &deleted));
        (demand.new_account, demand.accounts) = if lab.is_sharing() { (false, 0) } else { (true, accounts) };
        demand.role_assignments = roles(lab);
        let (models, whole) = tokio::join!(cache.models(location), cache.subscription());
        if let Ok(models) = models {
            if let Ok(whole) = whole {
                let finding = offer::check(&whole.subscription_policies.quota_id, Some(&models.usages));
                passed(finding).map_err(|finding| Finding { hint: Some(UPGRADE.into()), ..finding })?;
            }
            let now: OffsetDateTime = cache.azure.arm().clock().now();
            let share = if lab.is_sharing() { lab.share().deployments } else { lab.deployments.clone() };
            demand.models = choosing::demands(&share, &models.offers, location, now).map_err(of_place)?;
            if lab.is_sharing() {
                shared::fits(site, lab, &models.usages).await?;
            }
        }
    }
    Ok(demand)
}

async fn nodes(site: &Site, spec: &ClusterSpec) -> Result<Option<super::super::demand::Nodes>, Finding> {
    let (cache, location) = (&site.cache, site.location.as_str());
    if let Some(version) = &spec.kubernetes_version
        && let Ok(offered) = cache.kubernetes_versions(location).await
    {
        passed(kubernetes::check(version, &offered, location))?;
    }
    let Ok(sizes) = cache.vm_sizes(location).await else { return Ok(None) };
    passed(cluster_size::check_vm_size(spec, &sizes, location))?;
    Ok(cluster_size::nodes(spec, &sizes))
}

/// A model that a place does not offer, with what helps where a file names the places.
fn of_place((finding, refusal): (Finding, Refusal)) -> Finding {
    match refusal.alternatives.is_empty() {
        true => Finding { hint: Some(format!("{ANOTHER} in which a chat model can be deployed").into()), ..finding },
        false => finding,
    }
}

fn passed(finding: Finding) -> Result<(), Finding> {
    if finding.status == CheckStatus::Fail { Err(finding) } else { Ok(()) }
}
