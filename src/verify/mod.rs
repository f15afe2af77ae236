//! The checks that the workshop's text asks people to make by eye: whether an application on the cluster, as the
//! workshop's service account, can ask the lab's model. Reads only, but for the question to the model.
//!
//! One file a part of the lab, each from what `facts.rs` has read to reports. What cannot be checked because something
//! before it failed is skipped and says so, so that a fault is told once.

mod access;
mod app;
mod chat;
mod cluster;
mod facts;
mod fixes;
mod openai;
mod report;
mod settings;
mod trust;

use crate::azure::client::Azure;
use crate::azure::data_plane::DataPlane;
use crate::events::{CheckStatus, EventKind};
use crate::kubernetes::Way;
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Tags};
use crate::outcome::{CheckReport, Outputs};
use crate::recipe::cluster::is_at_rest;
use crate::recipe::context::Context;
use crate::recipe::discovery::discover_names;
use crate::recipe::error::Error;
use crate::recipe::group;
use crate::recipe::outputs::Used;
use crate::values::ResourceKind;

use facts::Facts;
use fixes::Fixes;
use report::{fail, pass};

pub(crate) use fixes::VerifyOptions;

/// A lab that exists, and how its checks ended.
#[derive(Clone, Debug)]
pub(crate) struct Verified {
    /// Where its group is.
    pub(crate) location: String,
    /// The checks, in the order in which the parts need each other.
    pub(crate) checks: Vec<CheckReport>,
    /// What people need to use it, as far as it is there.
    pub(crate) outputs: Outputs,
    /// Whether azlab keeps its cluster stopped.
    pub(crate) is_paused: bool,
}

impl Verified {
    /// Whether no check failed.
    pub(crate) fn is_well(&self) -> bool {
        self.checks.iter().all(|check| check.status != CheckStatus::Fail)
    }
}

/// Checks `lab`; `None` if its resource group does not exist.
///
/// # Errors
/// What kept azlab from looking. What it may not read is a check that is skipped.
pub(crate) async fn verify(
    ctx: &Context,
    (data_plane, clusters): (&DataPlane, &Way),
    lab: &LabSpec,
    options: &VerifyOptions,
) -> Result<Option<Verified>, Error> {
    let lab = &discovered(&ctx.azure, lab).await?;
    let Some(facts) = Facts::read(&ctx.azure, lab).await? else { return Ok(None) };
    let is_ours = group::claim(&facts.group, lab, false).is_ok();
    let fixes = Fixes { lab, options, is_ours };
    let mut checks = Vec::new();
    let mut tell = |found: Vec<CheckReport>| {
        for check in found {
            let CheckReport { id, status, message, .. } = &check;
            ctx.events.emit(EventKind::Check { id, status: *status, message: message.clone() });
            checks.push(check);
        }
    };
    tell(vec![group_report(&facts, lab, &fixes)]);
    tell(cluster::check(&facts, &fixes));
    tell(trust::check(&facts, &fixes));
    tell(openai::check(&facts, &fixes));
    tell(access::check(&ctx.azure, &facts, &fixes).await?);
    tell(access::check_attendee(&ctx.azure, &facts, &fixes).await?);
    tell(chat::check(data_plane, &facts, &fixes).await?);
    if options.app {
        tell(app::check(&ctx.azure, clusters, data_plane, &facts, &fixes).await?);
    }
    let location = facts.group.location.clone();
    let is_paused = lab.cluster.is_paused && facts.cluster.there().is_some_and(is_at_rest);
    Ok(Some(Verified { location, checks, outputs: outputs(&facts, lab), is_paused }))
}

/// The lab under the names that its resources go by, as `status` and `reset` see it.
async fn discovered(azure: &Azure, lab: &LabSpec) -> Result<LabSpec, Error> {
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let mut lab = lab.clone();
    let group = azure.group(&lab.group).await.map_err(wrap)?.filter(|group| !group::is_going(group));
    let tags = Tags::read(group.as_ref().and_then(|group| group.tags.as_ref()));
    lab.cluster.is_paused = tags.get(tags::PAUSED).is_some();
    lab.settle_account(&tags);
    if tags.is_ours() {
        let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
        let contents = azure.group_contents(&lab.group).await.map_err(wrap)?;
        discover_names(&mut lab, &contents);
    }
    Ok(lab)
}

/// `resource_group`
fn group_report(facts: &Facts, lab: &LabSpec, fixes: &Fixes<'_>) -> CheckReport {
    const ID: &str = "resource_group";
    let name = &lab.group;
    if group::is_going(&facts.group) {
        let message = format!("the resource group {name} is being deleted");
        return fail(
            ID,
            message,
            fixes.make(|| format!("az group wait --deleted -n {name} --subscription {}", lab.subscription)),
        );
    }
    let whose = if fixes.is_ours { "" } else { ", which is not azlab's" };
    pass(ID, format!("the resource group {name}{whose}, in {}", facts.group.location))
}

fn outputs(facts: &Facts, lab: &LabSpec) -> Outputs {
    let deployed = |name: &str| {
        let all = facts.deployments.as_ref().ok()?;
        all.iter().filter_map(facts::deployment_name).find(|known| same(known, name))
    };
    let used = Used {
        cluster: facts.cluster.there().map(|state| (lab.cluster.name.as_str(), state)),
        identity: facts.identity.there(),
        account: facts.account.there().and_then(|state| Some((facts::account_name(state)?, state))),
        deployment: lab.deployments.first().and_then(|spec| deployed(&spec.name)),
    };
    used.into()
}
