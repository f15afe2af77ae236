//! Events in words: one place for the wording of plain lines, of what stands above the bars, and of the log.

use super::class_text::alike;
use super::style::Tone;
use super::tracker::past;
use crate::events::{CheckStatus, EventKind, Level};
use crate::outcome::{ErrorReport, LabState, ModelSelection, placed};
use crate::values::duration::{exact, whole};
use crate::values::{ResourceKind, a_few, counted};
use time::format_description::well_known::Rfc3339;

/// Service seconds of waiting between two tries from which on people are told without asking: below, it is over
/// before they have read it.
const NOTABLE_RETRY_S: f64 = 10.0;

/// An event in words. The text may have several lines.
#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) tone: Tone,
    pub(super) text: String,
}

/// Whether people see the event at this verbosity.
pub(super) fn visible(kind: &EventKind, verbosity: i8) -> bool {
    let failed = match kind {
        EventKind::ResourceFailed { .. }
        | EventKind::Interrupted { .. }
        | EventKind::Check { status: CheckStatus::Fail, .. } => true,
        EventKind::LabFinished { state, error, .. } => error.is_some() || *state == LabState::Failed,
        _ => false,
    };
    failed
        || verbosity > 0
        || verbosity == 0
            && match kind {
                EventKind::Request { .. }
                | EventKind::ModelSelected(_)
                | EventKind::Check { status: CheckStatus::Pass | CheckStatus::Skip, .. } => false,
                // A status is named by its number; all else is a connection that cannot be had, which people can mend.
                EventKind::Retrying { reason, retry_in_s, .. } => {
                    *retry_in_s >= NOTABLE_RETRY_S || !reason.starts_with(|first: char| first.is_ascii_digit())
                }
                _ => true,
            }
}

/// The event in words; with `ids`, requests tell theirs.
pub(super) fn describe(kind: &EventKind, ids: bool) -> Phrase {
    let (tone, text) = match kind {
        EventKind::RunStarted { command, sandbox, speed, subscription, credential } => {
            let place = if *sandbox {
                format!("in the sandbox, at {speed}x speed")
            } else {
                format!("in subscription {subscription}")
            };
            let signed_in = credential.as_ref().filter(|_| !sandbox).map(|from| format!(", signed in with {from}"));
            (Tone::Dim, format!("{command} {place}{}", signed_in.unwrap_or_default()))
        }
        EventKind::Serving { url, directory } => (Tone::Normal, format!("serving the sandbox in {directory} at {url}")),
        EventKind::BoardServing { url } => (Tone::Normal, format!("the board is at {url} (Ctrl-C ends it)")),
        EventKind::LabStarted { resource_group, location } => {
            (Tone::Normal, format!("start in resource group {}", placed(resource_group, location)))
        }
        EventKind::LabMoved { from, to, subscription } => (
            Tone::Warning,
            format!(
                "{from} has no capacity now: the lab is deleted there and made in {to} (subscription {subscription})"
            ),
        ),
        EventKind::ModelSelected(ModelSelection { deployment, model, version, sku, capacity, .. }) => {
            (Tone::Dim, format!("model of {deployment}: {model} {version}, {sku}, capacity {capacity}"))
        }
        EventKind::LabBusy { command, by, since, waits } => {
            let then = if *waits { "waiting until it ends" } else { "continuing beside it (--if-busy wait waits)" };
            // A moment can always be written in RFC 3339 but beyond the year 9999.
            let since = since.format(&Rfc3339).unwrap_or_default();
            (Tone::Warning, format!("warning: the lab is busy: {command} by {by} since {since}; {then}"))
        }
        EventKind::Check { id, status, message } => {
            let (tone, word) = match status {
                CheckStatus::Pass => (Tone::Good, "pass"),
                CheckStatus::Warn => (Tone::Warning, "warn"),
                CheckStatus::Fail => (Tone::Error, "fail"),
                CheckStatus::Skip => (Tone::Dim, "skip"),
            };
            (tone, format!("check {id}: {word}: {message}"))
        }
        EventKind::ResourceStarted { resource, name } => (Tone::Dim, about(*resource, name, "checking")),
        EventKind::ResourceWriting { resource, name, create: true, .. } => {
            (Tone::Normal, about(*resource, name, "creating"))
        }
        EventKind::ResourceWriting { resource, name, create: false, differences } => {
            (Tone::Normal, about(*resource, name, &format!("updating ({})", differences.join("; "))))
        }
        EventKind::ResourceStatus { resource, name, status } => (Tone::Normal, about(*resource, name, status)),
        EventKind::ResourceWaiting { resource, name, reason, retry_in_s } => {
            (Tone::Warning, about(*resource, name, &format!("retry in {}: {reason}", whole(retry_in_s.ceil()))))
        }
        EventKind::ResourceFinished { resource, name, action, elapsed_s, .. } => {
            (Tone::Good, about(*resource, name, &format!("{} in {}", past(*action), exact(*elapsed_s))))
        }
        EventKind::ResourceFailed { resource, name, error, .. } => {
            (Tone::Error, about(*resource, name, &format!("failed: {}", brief(error))))
        }
        EventKind::AppObject { kind, name, action } => {
            let tone = match *action {
                "kept" => Tone::Warning,
                "unchanged" => Tone::Dim,
                _ => Tone::Good,
            };
            (tone, format!("{kind} {name}: {action}"))
        }
        EventKind::AppWaiting { kind, name, reason } => (Tone::Normal, format!("{kind} {name}: waiting: {reason}")),
        EventKind::Request { method, path, status, attempt, elapsed_ms, client_request_id, request_id, problem } => {
            let status = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            let attempt = (*attempt > 1).then(|| format!(", try {attempt}"));
            let told = problem.as_ref().map(|problem| format!(", {problem}"));
            let sent =
                (ids && !client_request_id.is_empty()).then(|| format!(", client request id {client_request_id}"));
            let answered = request_id.as_ref().filter(|_| ids).map(|id| format!(", request id {id}"));
            let more: String = [attempt, told, sent, answered].into_iter().flatten().collect();
            let tone = if problem.is_some() { Tone::Warning } else { Tone::Dim };
            (tone, format!("{method} {path}: {status} in {elapsed_ms} ms{more}"))
        }
        EventKind::Retrying { method, path, reason, retry_in_s } => {
            (Tone::Warning, format!("retry {method} {path} in {}: {reason}", whole(retry_in_s.ceil())))
        }
        EventKind::Note { level: Level::Info, message } => (Tone::Normal, message.clone()),
        EventKind::Note { level: Level::Warning, message } => (Tone::Warning, format!("warning: {message}")),
        EventKind::Interrupted { continuing, resume } => {
            let mut text = "interrupted: nothing new is started".to_owned();
            match continuing.as_slice() {
                [] => text.push_str("\nnothing is still running in Azure"),
                items => {
                    together(items).iter().for_each(|item| text.push_str(&format!("\nstill running in Azure: {item}")))
                }
            }
            (Tone::Warning, format!("{text}\nto continue: {resume}"))
        }
        EventKind::LabFinished { state, elapsed_s, error } => {
            let (tone, word) = ending(*state);
            let why = error.as_ref().filter(|_| *state != LabState::Interrupted);
            let code = why.map(|error| format!(": {}", error.code)).unwrap_or_default();
            (tone, format!("{word} after {}{code}", exact(*elapsed_s)))
        }
        EventKind::RunPlanned { bound_s } => {
            (Tone::Dim, format!("all labs were looked at; Azure's limits allow the rest in {}", exact(*bound_s)))
        }
        EventKind::RunFinished { exit_code: 0, elapsed_s, .. } => {
            (Tone::Dim, format!("done after {}", exact(*elapsed_s)))
        }
        EventKind::RunFinished { exit_code, elapsed_s, .. } => {
            (Tone::Error, format!("ended after {} with exit code {exit_code}", exact(*elapsed_s)))
        }
    };
    Phrase { tone, text }
}

/// Of many labs of which the same is still running, one line: `40 labs (anna, ben and 38 more): cluster myAKSCluster: Creating`.
fn together(items: &[String]) -> Vec<String> {
    if items.len() <= FEW_RUNNING {
        return items.to_vec();
    }
    let of_lab = |item: &String| item.split_once(": ").map(|(lab, what)| (lab.to_owned(), what.to_owned()));
    let pairs: Vec<(String, String)> = items.iter().filter_map(of_lab).collect();
    let told = alike(&pairs, |(_, what)| what.clone()).into_iter().map(|(what, of)| match of.as_slice() {
        [(lab, _)] => format!("{lab}: {what}"),
        of => {
            let labs: Vec<&str> = of.iter().map(|(lab, _)| lab.as_str()).collect();
            format!("{} ({}): {what}", counted(labs.len(), "lab"), a_few(&labs))
        }
    });
    told.collect()
}

/// As many lines of what is still running as a screen has place for beside the rest. One lab has not so much running.
const FEW_RUNNING: usize = 8;

/// The state of a lab at its end.
pub(super) fn ending(state: LabState) -> (Tone, &'static str) {
    match state {
        LabState::Ready => (Tone::Good, "ready"),
        LabState::Paused => (Tone::Dim, "paused"),
        LabState::Incomplete => (Tone::Warning, "incomplete"),
        LabState::Failed => (Tone::Error, "failed"),
        LabState::Absent => (Tone::Dim, "absent"),
        LabState::Deleted => (Tone::Good, "deleted"),
        LabState::Interrupted => (Tone::Warning, "interrupted"),
    }
}

fn about(resource: ResourceKind, name: &str, what: &str) -> String {
    format!("{resource} {name}: {what}")
}

/// An error on one line.
fn brief(error: &ErrorReport) -> String {
    format!("{}: {}", error.code, error.message.replace('\n', " "))
}
