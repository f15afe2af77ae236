//! What to do about a sandbox that cannot be used, or cannot do what it was asked.

use super::error::SandboxCommandError;
use crate::config;
use crate::follow_up::{Advice, FollowUp, Verb};
use azlab_sandbox::scenario::{READY_MADE, ScenarioError};
use azlab_sandbox::{SandboxError, ServiceAccountTokenError};

/// What to do about a state that cannot be used, if a command helps.
pub(crate) fn advice(error: &SandboxError) -> Option<Advice> {
    let reset = || FollowUp::new(Verb::SandboxReset);
    match error {
        SandboxError::NotADatabase { .. } => Some(Advice::from("reset the sandbox, which deletes it: ").run(reset())),
        SandboxError::NewerSchema { .. } => Some(Advice::from("update azlab, or reset the sandbox: ").run(reset())),
        SandboxError::Database(_) => Some(Advice::from("if it happens again, reset the sandbox: ").run(reset())),
        SandboxError::TooFarAhead => Some(Advice::from("reset the sandbox, which begins today: ").run(reset())),
        SandboxError::InUse { .. } => Some(
            Advice::from("stop that one first; or empty the sandbox while it is used: ")
                .run(FollowUp::new(Verb::SandboxScenario).with(["standard", "--fresh"])),
        ),
        _ => None,
    }
}

/// What to do about a subcommand of `sandbox` that failed, if a command helps.
pub(super) fn of_command(error: &SandboxCommandError) -> Option<Advice> {
    match error {
        SandboxCommandError::Sandbox(error) => advice(error),
        SandboxCommandError::Scenario(ScenarioError::Unknown { name, .. }) => Some(meant(name)),
        SandboxCommandError::Scenario(ScenarioError::Exists { name, .. }) => {
            let fresh = FollowUp::new(Verb::SandboxScenario).with([name.as_str(), "--fresh"]);
            Some(Advice::from("empty the sandbox first: ").run(fresh))
        }
        SandboxCommandError::Token(ServiceAccountTokenError::NoCluster(_)) => {
            Some(Advice::from("see what it contains: ").run(FollowUp::new(Verb::SandboxShow)))
        }
        SandboxCommandError::Token(ServiceAccountTokenError::Key(_)) => {
            Some(Advice::from("reset the sandbox: ").run(FollowUp::new(Verb::SandboxReset)))
        }
        _ => None,
    }
}

/// What to do about a name that no scenario has.
fn meant(name: &str) -> Advice {
    match config::nearest(name, READY_MADE.iter().map(|(known, _)| *known)) {
        Some(near) => format!("did you mean {near}?").into(),
        None => Advice::from("see what each is for: ").run(FollowUp::new(Verb::SandboxScenario).with(["--list"])),
    }
}
