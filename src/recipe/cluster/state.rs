//! What a cluster that exists shows of itself.

use crate::azure::clusters::{AgentPoolMode, ManagedCluster, ManagedClusterAgentPoolProfile, power_state};
use crate::azure::lro::Status;
use crate::lab::ids::same;

/// The OIDC issuer of a cluster, if it has one already.
pub fn issuer(cluster: &ManagedCluster) -> Option<&str> {
    let profile = cluster.properties.as_ref()?.oidc_issuer_profile.as_ref()?;
    profile.issuer_url.as_deref().filter(|url| !url.is_empty())
}

/// Whether the service is at work on the cluster.
pub(crate) fn is_busy(cluster: &ManagedCluster) -> bool {
    let state = cluster.properties.as_ref().and_then(|properties| properties.provisioning_state.as_deref());
    matches!(Status::read(state), Status::Running(_))
}

/// Whether the cluster is being deleted.
pub(crate) fn is_going(cluster: &ManagedCluster) -> bool {
    let state = cluster.properties.as_ref().and_then(|properties| properties.provisioning_state.as_deref());
    state.is_some_and(|state| same(state, "Deleting"))
}

/// Whether the cluster is stopped (`az aks stop`), or on its way there, and no operation on it failed or leads elsewhere.
pub(crate) fn is_at_rest(cluster: &ManagedCluster) -> bool {
    let state = cluster.properties.as_ref().and_then(|properties| properties.provisioning_state.as_deref());
    match Status::read(state) {
        Status::Succeeded => is_stopped(cluster),
        Status::Running(status) => same(&status, "Stopping"),
        Status::Failed | Status::Canceled => false,
    }
}

/// Whether the cluster is stopped (`az aks stop`), or on its way there: nothing in it answers.
pub(crate) fn is_stopped(cluster: &ManagedCluster) -> bool {
    let power = cluster.properties.as_ref().and_then(|properties| properties.power_state.as_ref()?.code.as_ref());
    power == Some(&power_state::Code::Stopped)
}

/// Whether the cluster's API server answers in its own network alone.
pub(crate) fn is_private(cluster: &ManagedCluster) -> bool {
    let profile = cluster.properties.as_ref().and_then(|properties| properties.api_server_access_profile.as_ref());
    profile.and_then(|profile| profile.enable_private_cluster) == Some(true)
}

/// The place of the pool that a lab's size is told of.
pub(super) fn system_pool(pools: &[ManagedClusterAgentPoolProfile]) -> Option<usize> {
    let is_system = |pool: &ManagedClusterAgentPoolProfile| {
        pool.managed_cluster_agent_pool_profile_properties.mode == Some(AgentPoolMode::System)
    };
    pools.iter().position(is_system).or_else(|| (!pools.is_empty()).then_some(0))
}
