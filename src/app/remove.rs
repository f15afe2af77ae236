//! Takes away what azlab has put onto a cluster, and nothing else.

use futures::future::{join_all, try_join_all};

use super::deploy::{How, tell};
use super::labels::selector;
use crate::events::Events;
use crate::kubernetes::{Cluster, Error, Kind, Object};
use crate::outcome::app::{AppAction, ObjectReport};

/// Deletes every object of azlab's but those that `is_kept`, and tells which.
///
/// # Errors
/// [`Error`]
pub(crate) async fn remove(
    cluster: &Cluster,
    how: How,
    events: &Events,
    is_kept: impl Fn(Kind, &str) -> bool,
) -> Result<Vec<ObjectReport>, Error> {
    let selector = selector();
    let lists = Kind::APPLIED.map(|kind| cluster.list(kind, Some(&selector)));
    let found: Vec<Object> = try_join_all(lists).await?.into_iter().flatten().collect();
    delete(cluster, found.into_iter().filter(|one| !is_kept(one.kind(), one.name())).collect(), how, events).await
}

/// Deletes those of azlab's objects that are named.
///
/// # Errors
/// [`Error`]
pub(super) async fn remove_named(
    cluster: &Cluster,
    names: &[(Kind, &str)],
    how: How,
    events: &Events,
) -> Result<Vec<ObjectReport>, Error> {
    let found = try_join_all(names.iter().map(|(kind, name)| cluster.get(*kind, name))).await?;
    let ours = found.into_iter().flatten().filter(super::labels::is_ours);
    delete(cluster, ours.collect(), how, events).await
}

async fn delete(
    cluster: &Cluster,
    objects: Vec<Object>,
    how: How,
    events: &Events,
) -> Result<Vec<ObjectReport>, Error> {
    // What makes Pods first: a Pod that starts again finds what it reads until then.
    let (first, rest): (Vec<Object>, Vec<Object>) =
        objects.into_iter().filter(|one| !one.is_going()).partition(|one| one.kind().is_workload());
    let mut done = Vec::new();
    for step in [first, rest] {
        let deleted = join_all(step.iter().map(|object| cluster.delete(object, how.is_dry))).await;
        for (object, deleted) in step.iter().zip(deleted) {
            if deleted? {
                let report = ObjectReport {
                    kind: object.kind().name(),
                    name: object.name().to_owned(),
                    action: AppAction::Deleted,
                    conflicts: Vec::new(),
                };
                tell(events, &report);
                done.push(report);
            }
        }
    }
    Ok(done)
}
