//! `azlab provision`: looks at every lab, and only if all of them can be made, makes them.

use super::labs::{Command, Finished, RunOptions};
use super::making::make_all;
use super::session::Session;
use crate::lab::spec::{DEFAULT_LAB, LabSpec};
use crate::outcome::LabOutcome;
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
    command.finish(outcomes, |session, labs| if is_dry { Vec::new() } else { next_steps(session, labs) })
}

/// Commands that work now, in the order in which people need them.
fn next_steps(session: &Session, labs: &[LabOutcome]) -> Vec<NextStep> {
    let step = |command: String, why: &str| NextStep { command, why: why.to_owned() };
    let Some(lab) = labs.first() else { return Vec::new() };
    if session.is_sandbox {
        return vec![
            step("azlab sandbox show".into(), "see what is in the sandbox"),
            step("azlab sandbox serve".into(), "offer it to other tools"),
            step(teardown(lab, " --sandbox"), "take the lab away again"),
            step("azlab provision".into(), "the same on Azure (after az login)"),
        ];
    }
    let cluster = lab.outputs.cluster.as_deref().unwrap_or("myAKSCluster");
    vec![
        step(
            format!("az aks get-credentials -n {cluster} -g {}", lab.resource_group),
            "connect kubectl to the cluster",
        ),
        step("kubectl get nodes".into(), "see its nodes"),
        step(teardown(lab, ""), "take the lab away when the workshop is over"),
    ]
}

fn teardown(lab: &LabOutcome, target: &str) -> String {
    let mut command = format!("azlab teardown{target}");
    if lab.name != DEFAULT_LAB {
        command.push_str(&format!(" --lab {}", lab.name));
    }
    if lab.resource_group != LabSpec::workshop(&lab.name, "").group {
        command.push_str(&format!(" --resource-group {}", lab.resource_group));
    }
    command
}
