//! How work on an application ended: state, exit code, error.

use super::super::runner::Ending;
use super::super::work::Work;
use crate::app::namespace::service_account;
use crate::follow_up::Place;
use crate::outcome::app::{AppAction, AppReport, AppState, ConflictReport, ObjectReport};
use crate::outcome::{Details, ErrorReport, Exit, LabState, Outputs};

/// The end of a lab whose application is as `report` says; `cluster` is its cluster's ARM id.
pub(super) fn ending(report: AppReport, cluster: &str, place: &Place) -> Ending {
    let kept: Vec<&ObjectReport> = report.objects.iter().filter(|one| one.action == AppAction::Kept).collect();
    let (state, exit, error) = if !kept.is_empty() {
        (LabState::Incomplete, Exit::NotOurs, Some(not_ours(&kept, place)))
    } else {
        match report.state {
            AppState::Failing => (LabState::Incomplete, Exit::LabFailed, Some(failing(&report))),
            AppState::Starting => (LabState::Incomplete, Exit::TimedOut, Some(late(&report, place))),
            AppState::Ready | AppState::Absent => (LabState::Ready, Exit::Done, None),
        }
    };
    let error = error.map(|error| ErrorReport { resource: Some(cluster.to_owned()), ..error });
    told(report, state, exit, error)
}

/// The end of a lab whose application was only looked at, or not waited for.
pub(super) fn told(report: AppReport, state: LabState, exit: Exit, error: Option<ErrorReport>) -> Ending {
    let details = Details { app: Some(report), ..Details::default() };
    Ending { state, outputs: Outputs::default(), error, exit, details }
}

/// A report that names the namespace of a lab's application, and nothing else of it.
pub(super) fn namespace_of(work: &Work) -> AppReport {
    AppReport { namespace: service_account(&work.lab).0.to_owned(), ..AppReport::default() }
}

/// How a lab is whose application is in that state.
pub(super) fn state_of(state: AppState) -> LabState {
    match state {
        AppState::Ready => LabState::Ready,
        AppState::Absent => LabState::Absent,
        AppState::Starting | AppState::Failing => LabState::Incomplete,
    }
}

/// What was kept, and whose it is.
fn not_ours(kept: &[&ObjectReport], place: &Place) -> ErrorReport {
    let whose = |conflict: &ConflictReport| match conflict.field.as_str() {
        "" => format!("made by {}", conflict.manager),
        field => format!("{field} is set by {}", conflict.manager),
    };
    let line = |one: &&ObjectReport| {
        let whose: Vec<String> = one.conflicts.iter().map(whose).collect();
        format!("\n  {} {}: {}", one.kind, one.name, whose.join("; "))
    };
    let lines: String = kept.iter().map(line).collect();
    ErrorReport::new("NotOurs", format!("what others have made or changed was kept:{lines}"))
        .hint(format!("take it over, if that is meant: {}", place.again(&["--force"])))
}

/// The first part that will not run.
fn failing(report: &AppReport) -> ErrorReport {
    let failed = report.workloads.iter().filter(|one| one.state == AppState::Failing);
    let lines: Vec<String> = failed
        .clone()
        .filter_map(|one| Some(format!("{} {}: {}", one.kind, one.name, one.trouble.as_ref()?.message)))
        .collect();
    let first = failed.clone().find_map(|one| one.trouble.as_ref());
    let error = ErrorReport::new(first.map_or("AppFailing", |first| first.code), lines.join("\n"));
    match first.and_then(|first| first.hint.clone()) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// What had not started when the time was up.
fn late(report: &AppReport, place: &Place) -> ErrorReport {
    let line = |one: &crate::outcome::app::WorkloadReport| {
        let trouble = one.trouble.as_ref().filter(|_| one.state == AppState::Starting)?;
        Some(format!("{} {}: {}", one.kind, one.name, trouble.message))
    };
    let lines: Vec<String> = report.workloads.iter().filter_map(line).collect();
    ErrorReport {
        retryable: true,
        ..ErrorReport::new("AppNotReady", format!("the application does not take requests yet: {}", lines.join("; ")))
            .hint(format!("Kubernetes goes on; continue waiting with: {}", place.again(&[])))
    }
}
