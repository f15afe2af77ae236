//! Puts objects onto a cluster: what Pods read first, then what makes Pods, each step at once.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join_all, try_join_all};

use super::labels::is_ours;
use super::manifest::Manifest;
use super::stamp::{Versions, stamped};
use crate::events::{EventKind, Events};
use crate::kubernetes::{Apply, Cluster, Conflict, Error, Kind, Object, Written, ownership};
use crate::outcome::app::{AppAction, ConflictReport, ObjectReport};

/// Who writes for an attendee that follows the workshop's text: `kubectl apply` in both its ways, and `kubectl create`.
const BY_THE_TEXT: [&str; 3] = ["kubectl-client-side-apply", "kubectl", "kubectl-create"];
/// How often an object is read again that somebody else changes at the same time.
const MOST_TRIES: usize = 4;

/// How objects are put onto a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct How {
    /// The server says what would come of it, and keeps nothing.
    pub(crate) is_dry: bool,
    /// What others have made or changed is taken over.
    pub(crate) force: bool,
    /// What an attendee has made by the workshop's text is taken over.
    pub(crate) adopts: bool,
}

/// Puts `wanted` onto the cluster, and tells what was done to each.
///
/// # Errors
/// [`Error`]; a refusal says where in a manifest that stands which is refused.
pub(crate) async fn put(
    cluster: &Cluster,
    wanted: &[Manifest],
    how: How,
    events: &Events,
) -> Result<Vec<ObjectReport>, Error> {
    let there = existing(cluster, wanted).await?;
    let mut done = Vec::new();
    let mut versions = Versions::new();
    for makes_pods in [false, true] {
        let of_step = wanted.iter().filter(|one| one.object.kind().is_workload() == makes_pods);
        let step: Vec<Manifest> = of_step.map(|one| stamped(one, &versions)).collect();
        let puts = step.iter().map(|one| put_one(cluster, one, there.get(&key(&one.object)), how));
        // All of a step are sent before the first that failed ends it: what is under way is not cut off.
        for (one, put) in step.iter().zip(join_all(puts).await) {
            let (report, version) = put?;
            versions.extend(version.map(|version| (key(&one.object), version)));
            tell(events, &report);
            done.push(report);
        }
    }
    Ok(done)
}

/// Tells what was done to an object.
pub(super) fn tell(events: &Events, report: &ObjectReport) {
    let ObjectReport { kind, name, action, .. } = report;
    events.emit(EventKind::AppObject { kind, name: name.clone(), action: action.word() });
}

type Key = (Kind, String);

fn key(object: &Object) -> Key {
    (object.kind(), object.name().to_owned())
}

/// What there is of the objects: a list for each kind of which several are wanted.
async fn existing(cluster: &Cluster, wanted: &[Manifest]) -> Result<BTreeMap<Key, Object>, Error> {
    let kinds: BTreeSet<Kind> = wanted.iter().map(|one| one.object.kind()).collect();
    let of = |kind: Kind| async move {
        let names: Vec<&str> =
            wanted.iter().map(|one| &one.object).filter(|one| one.kind() == kind).map(Object::name).collect();
        match names[..] {
            [only] => Ok(cluster.get(kind, only).await?.into_iter().collect()),
            _ => cluster.list(kind, None).await,
        }
    };
    let lists: Vec<Vec<Object>> = try_join_all(kinds.into_iter().map(of)).await?;
    Ok(lists.into_iter().flatten().map(|object| (key(&object), object)).collect())
}

/// Puts one there; what was done, and the version that it has then.
async fn put_one(
    cluster: &Cluster,
    wanted: &Manifest,
    before: Option<&Object>,
    how: How,
) -> Result<(ObjectReport, Option<String>), Error> {
    let object = &wanted.object;
    let report = |action: AppAction, conflicts: Vec<ConflictReport>| ObjectReport {
        kind: object.kind().name(),
        name: object.name().to_owned(),
        action,
        conflicts,
    };
    let version = |object: &Object| object.version().map(str::to_owned);
    if let Some(before) = before.filter(|before| !is_ours(before) && !how.force && !how.adopts) {
        return Ok((report(AppAction::Kept, whole(before)), version(before)));
    }
    let apply = Apply { is_dry: how.is_dry, force: how.force };
    let mut before = before.cloned();
    for tried in 1.. {
        let sent = async {
            // A dry run cannot take anything over; what it shows is what would come of that.
            if let Some(found) = before.as_mut().filter(|_| (how.adopts || how.force) && !how.is_dry) {
                *found = cluster.take_over(found, &taken(found, how)).await?;
            }
            let apply = Apply { force: apply.force || how.is_dry && how.adopts, ..apply };
            cluster.apply(object, before.as_ref(), apply).await
        };
        let error = match sent.await {
            Ok((written, after)) => return Ok((report(action(written), Vec::new()), version(&after))),
            Err(error) => error,
        };
        if !error.conflicts().is_empty() {
            let conflicts = error.conflicts().iter().map(told).collect();
            return Ok((report(AppAction::Kept, conflicts), before.as_ref().and_then(version)));
        }
        // Somebody else has written it since it was read.
        let is_outrun = error.refusal().is_some_and(|refusal| refusal.status == 409);
        if !is_outrun || tried >= MOST_TRIES {
            return Err(placed(error, wanted));
        }
        before = cluster.get(object.kind(), object.name()).await?;
    }
    unreachable!("the loop ends by itself")
}

/// Whose fields of `found` become azlab's.
fn taken(found: &Object, how: How) -> Vec<&str> {
    let is_taken = |manager: &&str| how.force || BY_THE_TEXT.contains(manager);
    let is_controller =
        |manager: &&str| matches!(*manager, "azlab" | "kube-controller-manager" | "cloud-controller-manager");
    ownership::managers(found).into_iter().filter(|manager| is_taken(manager) && !is_controller(manager)).collect()
}

fn action(written: Written) -> AppAction {
    match written {
        Written::Created => AppAction::Created,
        Written::Updated => AppAction::Updated,
        Written::Unchanged => AppAction::Unchanged,
    }
}

/// Whose an object is that azlab has not made.
pub(super) fn whole(object: &Object) -> Vec<ConflictReport> {
    let of = |manager: &str| ConflictReport { manager: manager.to_owned(), field: String::new() };
    ownership::managers(object).into_iter().map(of).collect()
}

fn told(conflict: &Conflict) -> ConflictReport {
    ConflictReport { manager: conflict.manager.clone(), field: conflict.field.clone() }
}

/// The error with where that stands which is refused.
fn placed(error: Error, wanted: &Manifest) -> Error {
    match error {
        Error::Refused(mut refusal) => {
            refusal.place = wanted.place_of(&refusal);
            Error::Refused(refusal)
        }
        other => other,
    }
}
