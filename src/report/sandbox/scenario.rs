//! The sandbox's scenarios: those that there are, and the one in force.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::outcome::sandbox::ScenarioAbout;
use crate::values::counted;
use azlab_sandbox::{ActiveFault, ActiveScenario, AnswerFault, FaultEntry, OperationEnd};

/// A scenario that was played, for people.
pub(super) fn played(about: &str, rehearsal: &[String], back: Option<&str>) -> String {
    let mut text = format!("{about}\n");
    if !rehearsal.is_empty() {
        text.push_str("rehearse it:\n");
    }
    for line in rehearsal {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {line}");
    }
    if let Some(back) = back {
        text.push_str(&format!("back to normal: {back}\n"));
    }
    text
}

/// The ready-made scenarios, for people.
pub(super) fn list(scenarios: &[ScenarioAbout]) -> String {
    let width = scenarios.iter().map(|one| one.name.len()).max().unwrap_or_default();
    scenarios.iter().map(|one| format!("{:width$}  {}\n", one.name, one.about)).collect()
}

/// A scenario in force, for people.
pub(super) fn in_force(scenario: &ActiveScenario) -> String {
    let mut text = format!("active: {}\n  {}\n", scenario.name, scenario.about);
    for fault in &scenario.faults {
        let requests = counted(fault.seen, "request");
        let counts = match fault.left() {
            _ if fault.seen == 0 => "no request has matched it yet".to_owned(),
            None => format!("{} of {} so far", fault.met, requests),
            Some(0) => format!("{} of {}, and no more", fault.met, requests),
            Some(left) => format!("{} of {} so far, {left} to come", fault.met, requests),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  fault: {}: {}; {counts}", which(&fault.entry), how(&fault.entry));
    }
    text
}

/// A scenario in force, for scripts.
pub(super) fn object(scenario: &ActiveScenario) -> Value {
    let fault =
        |fault: &ActiveFault| json!({"fault": fault.entry, "seen": fault.seen, "met": fault.met, "left": fault.left()});
    let faults: Vec<Value> = scenario.faults.iter().map(fault).collect();
    json!({"scenario": scenario.name, "about": scenario.about, "faults": faults})
}

/// Which requests a fault is for.
fn which(entry: &FaultEntry) -> String {
    let method = entry.method.as_deref().map_or_else(|| "any method".to_owned(), str::to_uppercase);
    format!("{method} {}", entry.path.as_deref().unwrap_or("of any path"))
}

/// What goes wrong.
fn how(entry: &FaultEntry) -> String {
    let delay = entry.delay.map(|seconds| format!("{seconds} s late"));
    let answer = entry.answer.map(|answer| match answer {
        AnswerFault::Reset => "connection lost".to_owned(),
        AnswerFault::Html502 => "502 with an HTML page".to_owned(),
        AnswerFault::Truncated => "body cut off".to_owned(),
        AnswerFault::Garbage => "garbage".to_owned(),
        AnswerFault::ExpiredToken => "token refused as expired".to_owned(),
        AnswerFault::ClaimsChallenge => "401 with a claims challenge".to_owned(),
    });
    let status = entry.status.map(|status| format!("{status} {}", entry.code.as_deref().unwrap_or_default()));
    let operation = entry.operation.as_ref().map(|operation| match operation.ends {
        OperationEnd::Succeeded => format!("operation shows {} and succeeds", operation.code),
        ends => format!("operation ends as {} with {}", ends.name(), operation.code),
    });
    let expires = entry.polling_expires.map(|seconds| format!("polling URL expires after {seconds} s"));
    let late = entry.late.map(|seconds| format!("invisible for {seconds} s"));
    let effect = entry.takes_effect.then(|| "after it took effect".to_owned());
    let parts = [delay, answer, status, operation, expires, late, effect];
    parts.into_iter().flatten().map(|part| part.trim_end().to_owned()).collect::<Vec<_>>().join(", ")
}
