//! Microsoft.CognitiveServices: accounts, model deployments, soft-deleted accounts, the model catalogue and quota.

mod account_body;
pub(crate) mod accounts;
pub(crate) mod catalogue;
pub(crate) mod changes;
pub(crate) mod deleted;
mod deployments;
mod models;
mod projects;
mod skus;

use crate::arm::call::Call;
use crate::arm::dispatch::unknown_type;
use crate::arm::failure::Outcome;
use crate::arm::operations;
use crate::state::store::Resource;

/// `api-version` in polling URLs: not the caller's (recorded).
const POLL_VERSION: &str = "2017-04-18";

/// Routes a call to this provider.
pub(crate) fn route(call: &Call<'_>, inner: &[&str], group: Option<&Resource>) -> Outcome {
    let at = call.path.len() - inner.len();
    let raw = |offset: usize| call.path.raw(at + offset);
    match (inner, group) {
        (["accounts"], _) => accounts::list(call, group),
        (["accounts", _], Some(group)) => accounts::one(call, group, raw(1)),
        (["accounts", _, "listkeys"], Some(group)) => accounts::keys(call, group, raw(1)),
        (["accounts", _, "models"], Some(group)) => models::of_account(call, &accounts::find(call, group, raw(1))?),
        (["accounts", _, "skus"], Some(group)) => skus::of_account(call, &accounts::find(call, group, raw(1))?),
        (["accounts", _, "deployments"], Some(group)) => deployments::list(call, group, raw(1)),
        (["accounts", _, "deployments", _], Some(group)) => deployments::one(call, group, raw(1), raw(3)),
        (["accounts", _, "projects"], Some(group)) => projects::list(call, group, raw(1)),
        (["accounts", _, "projects", _], Some(group)) => projects::one(call, group, raw(1), raw(3)),
        (["skus"], None) => skus::list(call),
        (["deletedaccounts"], None) => deleted::list(call),
        (["locations", _, "resourcegroups", _, "deletedaccounts", _], None) => {
            deleted::one(call, raw(1), raw(3), raw(5))
        }
        (["locations", _, "models"], None) => models::list(call, raw(1)),
        (["locations", _, "usages"], None) => models::usages(call, raw(1)),
        (["locations", _, "operationresults", id], None) if !call.writes() => {
            operations::account_status(call, raw(1), id)
        }
        _ => Err(unknown_type(call, "Microsoft.CognitiveServices", inner)),
    }
}
