//! `azlab provision`: looks at every lab, and only if all of them can be made, makes them.

use super::again;
use super::labs::{Command, Finished, RunOptions};
use super::making::make_all;
use super::session::Session;
use crate::report::NextStep;
use crate::settings::{DryRun, ProvisionSettings};

/// The subcommand's name.
pub const COMMAND: &str = "provision";

/// Makes the labs, or finishes them.
pub async fn run(session: &Session, settings: &ProvisionSettings, options: &RunOptions) -> Finished {
    let specs = |subscription: &str| {
        let mut labs = settings.specs(subscription);
        for lab in &mut labs {
            if let Some(ttl) = settings.ttl() {
                lab.expire_after(session.clock().now(), ttl);
            }
        }
        labs
    };
    let command = match Command::begin(COMMAND, session, options, specs).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let outcomes = match make_all(&command, &settings.making()).await {
        Ok(outcomes) => outcomes,
        Err(refused) => return *refused,
    };
    let is_dry = settings.making().dry_run != DryRun::Off;
    command.finish(outcomes, |_, _| if is_dry { Vec::new() } else { next_steps(&command) })
}

/// Commands that work now, in the order in which people need them.
fn next_steps(command: &Command<'_>) -> Vec<NextStep> {
    let Some(work) = command.works.first() else { return Vec::new() };
    let azlab = |subcommand: &str| again::azlab(subcommand, command.session, command.options, work);
    let step = |command: String, why: &str| NextStep { command, why: why.to_owned() };
    let mut steps = vec![
        step(azlab("kubeconfig"), "connect kubectl to the cluster"),
        step(format!("eval \"$({})\"", azlab("env")), "set the workshop's variables in this shell"),
        step(azlab("verify"), "check that all of it works"),
        step(azlab("teardown"), "take the lab away when the workshop is over"),
    ];
    if command.session.is_sandbox {
        steps.push(step("azlab provision".into(), "the same on Azure (after az login)"));
    }
    steps
}
