//! Waits until the application takes requests, and tells what each part of it waits for.

use std::collections::BTreeMap;
use std::time::Duration;

use super::look::look;
use super::pauses::pauses;
use crate::events::{EventKind, Events};
use crate::follow_up::Place;
use crate::kubernetes::{Cluster, Error};
use crate::lab::spec::LabSpec;
use crate::outcome::app::{AppReport, AppState, WorkloadReport};

/// For how long a trouble that does not pass by itself must last before it ends the wait: Kubernetes tries again, and what a
/// webhook or a registry refused once it may take a moment later.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest wait. The store demo takes two minutes on a new cluster, most of it images; a Deployment's own deadline is
/// ten (Kubernetes docs, "progressDeadlineSeconds").
pub(crate) const LIMIT: Duration = Duration::from_secs(600);

/// Waits for those workloads of azlab's that `is_meant` names. What it gives is how they were at the end: ready, failing, or still
/// starting when the time was up.
///
/// # Errors
/// [`Error`]
pub(crate) async fn until_ready(
    cluster: &Cluster,
    lab: &LabSpec,
    place: &Place,
    events: &Events,
    is_meant: impl Fn(&str) -> bool,
) -> Result<AppReport, Error> {
    let began = cluster.clock().stopwatch();
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    let mut failing_since: Option<Duration> = None;
    for pause in pauses() {
        let mut report = look(cluster, lab, place).await?;
        let meant = || report.workloads.iter().filter(|one| is_meant(&one.name));
        for one in meant() {
            tell(events, &mut told, one);
        }
        let state = meant().map(|one| one.state).max().unwrap_or_default();
        let now = began.elapsed();
        failing_since = if state == AppState::Failing { failing_since.or(Some(now)) } else { None };
        let is_lasting = failing_since.is_some_and(|since| now.saturating_sub(since) >= PATIENCE);
        if matches!(state, AppState::Ready | AppState::Absent) || is_lasting || now + pause > LIMIT {
            report.state = state;
            return Ok(report);
        }
        cluster.pause(pause).await?;
    }
    unreachable!("there is no last pause")
}

/// Tells what a workload waits for, where that is not what it waited for before.
fn tell(events: &Events, told: &mut BTreeMap<String, String>, workload: &WorkloadReport) {
    let Some(trouble) = &workload.trouble else { return };
    let reason = trouble.message.clone();
    if told.get(&workload.name) != Some(&reason) {
        told.insert(workload.name.clone(), reason.clone());
        events.emit(EventKind::AppWaiting { kind: workload.kind, name: workload.name.clone(), reason });
    }
}
