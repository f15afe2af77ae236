//! Microsoft.ContainerService: managed clusters. Its errors are flat, its ids have a lower-case `resourcegroups`.

mod accepted;
mod asked;
mod body;
mod clusters;
mod credentials;
pub(crate) mod delete;
mod maintenance;
mod pools;
mod power;
mod versions;

use self::power::Power;
use crate::arm::call::Call;
use crate::arm::dispatch::unknown_type;
use crate::arm::failure::Outcome;
use crate::arm::operations;
use crate::state::store::Resource;

/// `api-version` in polling URLs: not the caller's (recorded).
const POLL_VERSION: &str = "2025-03-01";
/// AKS says no charset.
const JSON: &str = "application/json";

/// Routes a call to this provider.
pub(crate) fn route(call: &Call<'_>, inner: &[&str], group: Option<&Resource>) -> Outcome {
    let at = call.path.len() - inner.len();
    let name = call.path.raw(at + 1);
    match (inner, group) {
        (["managedclusters"], _) => clusters::list(call, group),
        (["managedclusters", _], Some(group)) => clusters::one(call, group, name),
        (["managedclusters", _, action], Some(group)) if action.starts_with("listcluster") => {
            credentials::list(call, group, name, action)
        }
        (["managedclusters", _, "start"], Some(group)) => power::switch(call, group, name, Power::Start),
        (["managedclusters", _, "stop"], Some(group)) => power::switch(call, group, name, Power::Stop),
        (["managedclusters", _, "agentpools"], Some(group)) => pools::list(call, group, name),
        (["managedclusters", _, "agentpools", _], Some(group)) => pools::one(call, group, name, call.path.raw(at + 3)),
        (["managedclusters", _, "maintenanceconfigurations"], Some(group)) => maintenance::list(call, group, name),
        (["managedclusters", _, "maintenanceconfigurations", _], Some(group)) => {
            maintenance::one(call, group, name, call.path.raw(at + 3))
        }
        (["managedclusters", _, "upgradeprofiles", "default"], Some(group)) => {
            versions::upgrade_profile(call, &clusters::find(call, group, name)?)
        }
        (["locations", location, "kubernetesversions"], None) => versions::list(call, location),
        (["locations", _, "operations", id], None) if !call.writes() => operations::cluster_status(call, id),
        (["locations", _, "operationresults", id], None) if !call.writes() => {
            operations::result(call, id, http::StatusCode::NO_CONTENT)
        }
        _ => Err(unknown_type(call, "Microsoft.ContainerService", inner)),
    }
}
