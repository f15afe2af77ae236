//! Deletes a model deployment.

use std::time::Duration;

use http::Method;

use super::context::Context;
use super::waits::wait_as_told;
use crate::azure::error::{Error as AzureError, ServiceError};
use crate::azure::lro::{Goal, Look, Operation, PollPolicy, Status};
use crate::lab::ids;
use crate::values::ResourceKind;

/// How long a deletion may go on.
const GOING: Duration = Duration::from_secs(900);
/// How long a deployment may still be seen after a deletion that is said to be done.
const UNSEEN: Duration = Duration::from_secs(120);

/// Deletes the deployment `name` of the account with the ARM id `account_id`, and waits until it is gone. Refusals that pass
/// (another write on the account) are waited out.
///
/// # Errors
/// 404 `NotFound` if there is none; what the service refuses for good.
pub(crate) async fn delete(
    ctx: &Context,
    group: &str,
    account: &str,
    account_id: &str,
    name: &str,
) -> Result<(), AzureError> {
    let arm = ctx.azure.arm();
    let awake = ctx.clock().stopwatch();
    let _one_writer = ctx.parents.lock(account_id).await;
    if ctx.azure.deployment(group, account, name).await?.is_none() {
        // The service answers a DELETE of nothing with success.
        return Err(AzureError::from(ServiceError::absent(Method::DELETE, &ids::deployment(account_id, name))));
    }
    let mut tries = 0;
    let reply = loop {
        tries += 1;
        let asked = awake.elapsed();
        match ctx.azure.delete_deployment(group, account, name).await {
            Ok(reply) => break reply,
            // A repetition after a lost answer.
            Err(error) if error.is_absent() => return Ok(()),
            Err(error) => {
                let wait = wait_as_told(&error).filter(|wait| asked < wait.limit);
                let Some(wait) = wait else { return Err(error) };
                ctx.ledger.waits_out(ResourceKind::ModelDeployment, name, wait.reason, &error);
                arm.pause(wait.pause(tries)).await?;
            }
        }
    };
    ctx.ledger.taken(ResourceKind::ModelDeployment, name);
    let look = async || {
        let found = ctx.azure.deployment(group, account, name).await?;
        Ok(found.map_or(Look::Absent, |_| Look::Exists(Status::Running("Deleting".into()))))
    };
    let is_said_to_be_done = matches!(reply.status, http::StatusCode::OK | http::StatusCode::NO_CONTENT);
    if is_said_to_be_done && look().await? == Look::Absent {
        return Ok(());
    }
    // A success that shows no effect is not the service's: something in between may have given it.
    let limit = if is_said_to_be_done { UNSEEN } else { GOING };
    let operation = Operation::begun(arm, Method::DELETE, account_id, &reply);
    operation.wait(arm, Goal::Gone, PollPolicy::seconds(limit), |_| {}, look).await
}
