//! What `azlab sandbox` did, and how to use what it serves, for people and for scripts.

mod contents;
mod scenario;
mod serving;

use serde_json::{Value, json};

use crate::outcome::sandbox::{IssuerKey, SCHEMA, SandboxOutcome, SecretPlace, ServiceAccountToken, Serving};
use crate::values::Output;

/// What a subcommand of `sandbox` did, in the form that was asked for.
pub(crate) fn sandbox(outcome: &SandboxOutcome, output: Output) -> String {
    match output {
        Output::Text => text(outcome),
        Output::Json => format!("{}\n", object(outcome)),
    }
}

/// How to use the served sandbox, in the form that was asked for.
pub(crate) fn serving(serving: &Serving, output: Output) -> String {
    match output {
        Output::Text => serving::text(serving),
        Output::Json => format!("{}\n", serving::object(serving)),
    }
}

fn text(outcome: &SandboxOutcome) -> String {
    match outcome {
        SandboxOutcome::Emptied { directory } => format!("the sandbox in {} is empty\n", directory.display()),
        SandboxOutcome::Contents { inventory, scenario, make } => contents::text(inventory, scenario.as_ref(), make),
        SandboxOutcome::Clock { now, ahead, advanced: _ } => contents::time(*now, *ahead),
        SandboxOutcome::Scenarios(scenarios) => scenario::list(scenarios),
        SandboxOutcome::Schema(schema) => format!("{schema:#}\n"),
        SandboxOutcome::ScenarioText { name: _, text } => (*text).to_owned(),
        SandboxOutcome::Played { name: _, about, rehearsal, back } => {
            scenario::played(about, rehearsal, back.as_deref())
        }
        SandboxOutcome::InForce { scenario: Some(scenario), list: _ } => scenario::in_force(scenario),
        SandboxOutcome::InForce { scenario: None, list } => {
            format!("no scenario is active; to list the ready-made ones: {list}\n")
        }
        SandboxOutcome::Token(ServiceAccountToken { subject, place, .. }) => match place {
            SecretPlace::File(file) => format!("the token of {subject} is in {}\n", file.display()),
            SecretPlace::Here(token) => format!("{}\n", token.reveal()),
        },
        SandboxOutcome::Key(IssuerKey { issuer, place, .. }) => match place {
            SecretPlace::File(file) => format!("the private key of {issuer} is in {}\n", file.display()),
            SecretPlace::Here(key) => key.reveal().to_owned(),
        },
    }
}

fn object(outcome: &SandboxOutcome) -> Value {
    match outcome {
        SandboxOutcome::Emptied { directory } => json!({"schema": SCHEMA, "directory": directory, "reset": true}),
        SandboxOutcome::Contents { inventory, scenario, make: _ } => contents::object(inventory, scenario.as_ref()),
        SandboxOutcome::Clock { now, ahead, advanced } => {
            json!({"schema": SCHEMA, "now": contents::rfc3339(*now), "ahead_s": ahead.whole_seconds(),
                   "advanced_s": advanced.map(|by| by.as_secs())})
        }
        SandboxOutcome::Scenarios(scenarios) => {
            let scenarios = scenarios.iter().map(|one| json!({"name": one.name, "about": one.about}));
            json!({"schema": SCHEMA, "scenarios": scenarios.collect::<Vec<_>>()})
        }
        SandboxOutcome::Schema(schema) => schema.clone(),
        SandboxOutcome::ScenarioText { name, text } => json!({"schema": SCHEMA, "scenario": name, "text": text}),
        SandboxOutcome::Played { name, about, rehearsal, back: _ } => {
            json!({"schema": SCHEMA, "scenario": name, "about": about, "rehearsal": rehearsal})
        }
        SandboxOutcome::InForce { scenario, list: _ } => {
            let mut object = scenario.as_ref().map_or_else(|| json!({"scenario": null}), scenario::object);
            object["schema"] = SCHEMA.into();
            object
        }
        SandboxOutcome::Token(token) => {
            let ServiceAccountToken { issuer, subject, audience, expires, place } = token;
            let mut object = json!({"schema": SCHEMA, "issuer": issuer, "subject": subject, "audience": audience,
                                    "expires": expires});
            match place {
                SecretPlace::File(file) => object["file"] = json!(file),
                SecretPlace::Here(token) => object["token"] = token.reveal().into(),
            }
            object
        }
        SandboxOutcome::Key(IssuerKey { issuer, cluster, place }) => {
            let mut object = json!({"schema": SCHEMA, "issuer": issuer, "cluster": cluster});
            match place {
                SecretPlace::File(file) => object["file"] = json!(file),
                SecretPlace::Here(key) => object["key"] = key.reveal().into(),
            }
            object
        }
    }
}
