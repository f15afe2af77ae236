//! `azlab sandbox scenario`: play one, list and print the ready-made ones, show what is in force.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::{SCHEMA, SandboxCommandError, form};
use crate::config;
use crate::follow_up::{FollowUp, Place, Verb};
use crate::values::Output;
use azlab_sandbox::scenario::{self, READY_MADE, Scenario};
use azlab_sandbox::{AnswerFault, FaultEntry, FaultInForce, OperationEnd, Sandbox, ScenarioInForce};

/// What is asked for.
pub(super) struct Asked<'a> {
    pub scenario: Option<&'a str>,
    pub list: bool,
    pub print: bool,
    pub schema: bool,
    pub fresh: bool,
}

/// Does it; returns what goes to stdout.
pub(super) fn run(
    asked: &Asked<'_>,
    dir: &Path,
    speed: f64,
    output: Output,
    place: &Place,
) -> Result<String, SandboxCommandError> {
    match asked.scenario {
        _ if asked.list => Ok(list(output)),
        _ if asked.schema => {
            let schema = config::schema_of::<Scenario>();
            Ok(form(output, format!("{schema:#}\n"), || schema.clone()))
        }
        None => Ok(in_force(Sandbox::open(dir, speed)?.scenario()?.as_ref(), output, place)),
        Some(name) if asked.print => {
            let text = scenario::ready_made(name).ok_or_else(|| scenario::unknown(name))?;
            Ok(form(output, text.to_owned(), || json!({"schema": SCHEMA, "scenario": name, "text": text})))
        }
        Some(name) => {
            let scenario = Scenario::load(name)?;
            let sandbox = Sandbox::open(dir, speed)?;
            if asked.fresh {
                sandbox.play_fresh(&scenario)?
            } else {
                sandbox.play(&scenario)?
            }
            Ok(played(name, &scenario, output, place))
        }
    }
}

fn played(name: &str, scenario: &Scenario, output: Output, place: &Place) -> String {
    let mut text = format!("{}\n", scenario.about);
    let rehearsal: Vec<String> = scenario.rehearsal().into_iter().map(|line| place.rehearsal(line)).collect();
    if !rehearsal.is_empty() {
        text.push_str("rehearse it:\n");
    }
    for line in &rehearsal {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {line}");
    }
    if name != "standard" {
        let standard = FollowUp::new(Verb::SandboxScenario).with(["standard"]);
        text.push_str(&format!("back to normal: {}\n", place.line(&standard)));
    }
    form(output, text, || json!({"schema": SCHEMA, "scenario": name, "about": scenario.about, "rehearsal": rehearsal}))
}

fn list(output: Output) -> String {
    let width = READY_MADE.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let about: Vec<_> =
        READY_MADE.iter().filter_map(|(name, _)| Some((*name, Scenario::load(name).ok()?.about))).collect();
    let text = about.iter().map(|(name, about)| format!("{name:width$}  {about}\n")).collect();
    form(output, text, || {
        let scenarios: Vec<_> = about.iter().map(|(name, about)| json!({"name": name, "about": about})).collect();
        json!({"schema": SCHEMA, "scenarios": scenarios})
    })
}

/// What is in force.
fn in_force(scenario: Option<&ScenarioInForce>, output: Output, place: &Place) -> String {
    let text = match scenario {
        None => {
            let list = FollowUp::new(Verb::SandboxScenario).with(["--list"]);
            format!("no scenario is in force; to see what there is to rehearse: {}\n", place.line(&list))
        }
        Some(scenario) => self::text(scenario),
    };
    form(output, text, || {
        let mut object = scenario.map_or_else(|| json!({"scenario": null}), object);
        object["schema"] = SCHEMA.into();
        object
    })
}

/// A scenario in force, for people.
pub(super) fn text(scenario: &ScenarioInForce) -> String {
    let mut text = format!("in force: {}\n  {}\n", scenario.name, scenario.about);
    for fault in &scenario.faults {
        let counts = match fault.left() {
            _ if fault.seen == 0 => "no request has met it yet".to_owned(),
            None => format!("{} of {} requests so far", fault.met, fault.seen),
            Some(0) => format!("{} of {} requests, and no more", fault.met, fault.seen),
            Some(left) => format!("{} of {} requests so far, {left} to come", fault.met, fault.seen),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  fault: {}: {}; {counts}", which(&fault.entry), how(&fault.entry));
    }
    text
}

/// A scenario in force, for scripts.
pub(super) fn object(scenario: &ScenarioInForce) -> Value {
    let fault = |fault: &FaultInForce| json!({"fault": fault.entry, "seen": fault.seen, "met": fault.met, "left": fault.left()});
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_schema_is_that_of_the_types() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenario.schema.json");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        let now = format!("{:#}\n", config::schema_of::<Scenario>());
        assert!(written == now, "docs/scenario.schema.json is to be written anew");
    }
}
