//! Microsoft.ManagedIdentity: user-assigned identities and their federated credentials.

mod assigned;
mod federated;
mod identities;
pub(crate) mod principals;

pub(crate) use self::assigned::assigned;
pub(crate) use self::federated::is_concurrent;
use crate::arm::call::Call;
use crate::arm::dispatch::unknown_type;
use crate::arm::failure::Outcome;
use crate::state::store::Resource;

/// Routes a call to this provider.
pub(crate) fn route(call: &Call<'_>, inner: &[&str], group: Option<&Resource>) -> Outcome {
    let at = call.path.len() - inner.len();
    let name = call.path.raw(at + 1);
    match (inner, group) {
        (["userassignedidentities"], _) => identities::list(call, group),
        (["userassignedidentities", _], Some(group)) => identities::one(call, group, name),
        (["userassignedidentities", _, "federatedidentitycredentials"], Some(group)) => {
            federated::list(call, group, name)
        }
        (["userassignedidentities", _, "federatedidentitycredentials", _], Some(group)) => {
            federated::one(call, group, name, call.path.raw(at + 3))
        }
        _ => Err(unknown_type(call, "Microsoft.ManagedIdentity", inner)),
    }
}
