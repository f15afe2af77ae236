//! The proof that a teardown left nothing, and the word about what it left.

use std::time::Duration;

use super::context::Context;
use super::parts;
use super::soft_deleted_account::SoftDeletedAccount;
use super::teardown_plan::TeardownPlan;
use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;
use crate::events::Level;
use crate::lab::ids;
use crate::lab::spec::LabSpec;

/// How long a purged account may stay in the list of soft-deleted ones, where another run may be at the same.
const LIST_LIMIT: Duration = Duration::from_secs(30);

/// Something that a teardown left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remain {
    /// Its ARM id.
    pub(crate) id: String,
    /// Whether it costs money.
    pub(crate) bills: bool,
    /// What it is, and what to do about it.
    pub(crate) why: String,
}

impl Remain {
    /// What is left, whether it bills, and what to do about it, for people.
    pub(crate) fn line(&self) -> String {
        format!("{}\n  {}", left(&self.id, self.bills), self.why)
    }
}

/// What is still in a group whose deletion has failed, a line each, and whether it bills. What cannot be read is left unsaid:
/// the failure itself is told by the caller.
pub(crate) async fn left_behind(ctx: &Context, lab: &LabSpec) -> Vec<String> {
    let contents = ctx.azure.group_contents(&lab.group).await.unwrap_or_default();
    let ids = contents.into_iter().filter_map(|one| one.generic_resource.resource.id);
    ids.map(|id| left(&id, parts::NEEDS.iter().any(|needs| needs.bills && needs.contains(&id)))).collect()
}

/// One thing that is left, in a line.
fn left(id: &str, bills: bool) -> String {
    format!("{}: {id}", if bills { "still there and still billed" } else { "still there" })
}

/// The soft-deleted accounts that are still listed; after a purge it is looked until the list follows.
async fn deleted_accounts_left(
    ctx: &Context,
    lab: &LabSpec,
    teardown_plan: &TeardownPlan,
    purged: bool,
) -> Result<Vec<SoftDeletedAccount>, AzureError> {
    let awake = ctx.clock().stopwatch();
    loop {
        let looked = awake.elapsed();
        let listed = ctx.azure.deleted_accounts_of(&lab.group).await?;
        let left: Vec<SoftDeletedAccount> = listed
            .iter()
            .filter_map(SoftDeletedAccount::read)
            .filter(|deleted_account| teardown_plan.takes(deleted_account, lab))
            .collect();
        if left.is_empty() || !purged || looked >= LIST_LIMIT {
            return Ok(left);
        }
        ctx.azure.arm().pause(Duration::from_secs(2)).await?;
    }
}

/// Looks for what should be gone, and tells what is not. `purged`: soft-deleted accounts were.
///
/// # Errors
/// What cannot be read.
pub(crate) async fn prove(
    ctx: &Context,
    lab: &LabSpec,
    teardown_plan: &TeardownPlan,
    purged: bool,
) -> Result<Vec<Remain>, AzureError> {
    let azure = &ctx.azure;
    // Without it az takes its default subscription, in which other things may have these names.
    let of = format!("--subscription {}", lab.subscription);
    let mut remains = Vec::new();
    if azure.group_now(&lab.group).await?.is_some() {
        remains.push(Remain {
            id: lab.group_id(),
            bills: true,
            why: format!("the resource group is still there: az group show -n {} {of}", lab.group),
        });
    }
    for account in deleted_accounts_left(ctx, lab, teardown_plan, purged).await? {
        remains.push(Remain {
            why: format!(
                "a soft-deleted account holds its name and quota: az cognitiveservices account purge -n {} -g {} -l {} {of}",
                account.name, account.group, account.location
            ),
            id: account.id,
            bills: false,
        });
    }
    for name in &teardown_plan.node_groups {
        if azure.group_now(name).await?.is_some() {
            remains.push(Remain {
                id: ids::group(&lab.subscription, name),
                bills: true,
                why: format!("the cluster's node resource group is still there: az group delete -n {name} {of}"),
            });
        }
    }
    for principal in &teardown_plan.principals {
        let assignments = match azure.role_assignments_now(principal).await {
            Err(error) if error.code() == Some(&Code::AuthorizationFailed) => {
                let text = "you may not read role assignments at the subscription: whether the deleted identity has any left was not checked";
                ctx.events.note(Level::Warning, text);
                break;
            }
            assignments => assignments?,
        };
        for assignment in assignments {
            let id = assignment.id.unwrap_or_default();
            remains.push(Remain {
                why: format!("a role assignment of the deleted identity: az role assignment delete --ids {id}"),
                id,
                bills: false,
            });
        }
    }
    Ok(remains)
}
