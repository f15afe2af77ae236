//! A cluster that exists against the one that should be.

use super::state::{is_at_rest, is_stopped, issuer, system_pool};
use crate::azure::clusters::{ManagedCluster, ManagedClusterProperties, UpgradeChannel};
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids::same;
use crate::lab::names;
use crate::lab::spec::ClusterSpec;
use crate::recipe::resource::unfinished;

/// The field that says whether a cluster runs.
pub(crate) const POWER_STATE: &str = "power_state";

/// Compares a cluster with what should be; of its fields only those that `spec` and `asked_location` name, besides what
/// every lab needs. One that is paused is left alone: nothing of a stopped cluster can be changed.
pub(crate) fn compare(cluster: &ManagedCluster, spec: &ClusterSpec, asked_location: Option<&str>) -> Comparison {
    if spec.is_paused && is_at_rest(cluster) {
        return match issuer(cluster) {
            Some(_) => Comparison::Fits,
            // The federated credential would wait for it for ever.
            None => Comparison::Differs(vec![Difference::fixed(POWER_STATE, "Stopped", "Running")]),
        };
    }
    let state = cluster.properties.as_ref().and_then(|properties| properties.provisioning_state.as_deref());
    if let Some(fit) = unfinished(state) {
        return fit;
    }
    let differences = differences(cluster, spec, asked_location);
    if differences.is_empty() && issuer(cluster).is_none() {
        return Comparison::Busy("no issuer yet".into());
    }
    Comparison::of(differences)
}

pub(super) fn differences(
    cluster: &ManagedCluster,
    spec: &ClusterSpec,
    asked_location: Option<&str>,
) -> Vec<Difference> {
    let properties = cluster.properties.clone().unwrap_or_default();
    let mut differences = Vec::new();
    if is_stopped(cluster) {
        differences.push(Difference::changeable(POWER_STATE, "Stopped", "Running"));
    }
    if let Some(asked) = asked_location {
        let have = names::location(&cluster.tracked_resource.location).unwrap_or_default();
        if !same(&have, asked) {
            differences.push(Difference::fixed("location", have, asked));
        }
    }
    let oidc = properties.oidc_issuer_profile.as_ref().and_then(|profile| profile.enabled).unwrap_or_default();
    if !oidc {
        differences.push(Difference::changeable("oidc_issuer", "off", "on"));
    }
    let workload_identity = properties
        .security_profile
        .as_ref()
        .and_then(|profile| profile.workload_identity.as_ref()?.enabled)
        .unwrap_or_default();
    if !workload_identity {
        differences.push(Difference::changeable("workload_identity", "off", "on"));
    }
    if let Some(want) = &spec.kubernetes_version {
        let moves = upgrades_itself(&properties);
        let have = properties.current_kubernetes_version.or(properties.kubernetes_version).unwrap_or_default();
        let is_younger = parts(&have) > parts(want);
        // Where the service upgrades the cluster by itself, a younger version is the service's.
        let fits = is_version(&have, want) || (moves && is_younger);
        if !fits {
            let change = if is_younger { Difference::fixed } else { Difference::changeable };
            differences.push(change("kubernetes_version", have, want.clone()));
        }
    }
    let pools = &properties.agent_pool_profiles;
    if let Some(pool) = system_pool(pools).and_then(|index| pools.get(index)) {
        let pool = &pool.managed_cluster_agent_pool_profile_properties;
        // The autoscaler owns the count of its pool (azure-facts.md section 10).
        if let Some(want) = spec.node_count.filter(|_| pool.enable_auto_scaling != Some(true)) {
            let have = pool.count.unwrap_or_default();
            if i64::from(have) != i64::from(want) {
                differences.push(Difference::changeable("node_count", have.to_string(), want.to_string()));
            }
        }
        if let Some(want) = &spec.node_vm_size {
            let have = pool.vm_size.clone().unwrap_or_default();
            if !same(&have, want) {
                differences.push(Difference::fixed("node_vm_size", have, want.clone()));
            }
        }
    }
    differences
}

/// Whether the service moves the cluster to younger versions of Kubernetes by itself; the channel `node-image` moves its nodes'
/// images alone ("Automatically upgrade an AKS cluster").
fn upgrades_itself(properties: &ManagedClusterProperties) -> bool {
    let channel = properties.auto_upgrade_profile.as_ref().and_then(|profile| profile.upgrade_channel.as_ref());
    matches!(channel, Some(UpgradeChannel::Patch | UpgradeChannel::Stable | UpgradeChannel::Rapid))
}

/// The nodes that `spec` adds to a cluster that exists, as the spec of a cluster that has those alone.
pub(crate) fn growth(cluster: &ManagedCluster, spec: &ClusterSpec) -> Option<ClusterSpec> {
    let differs = differences(cluster, spec, None).iter().any(|one| one.field == "node_count");
    let pools = &cluster.properties.as_ref().filter(|_| differs)?.agent_pool_profiles;
    let pool = &pools.get(system_pool(pools)?)?.managed_cluster_agent_pool_profile_properties;
    let have = u32::try_from(pool.count.unwrap_or_default()).unwrap_or_default();
    let more = spec.node_count?.checked_sub(have).filter(|more| *more > 0)?;
    Some(ClusterSpec { node_count: Some(more), node_vm_size: pool.vm_size.clone(), ..spec.clone() })
}

/// The version that a cluster has, where `spec` asks for a younger one.
pub(crate) fn upgraded_from(cluster: &ManagedCluster, spec: &ClusterSpec) -> Option<String> {
    let all = differences(cluster, spec, None);
    all.into_iter().find(|one| one.field == "kubernetes_version" && one.changeable).map(|one| one.have)
}

fn parts(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

/// Whether `have` (`1.33.2`) is what `want` (`1.33` or `1.33.2`) asks for.
fn is_version(have: &str, want: &str) -> bool {
    parts(have).starts_with(&parts(want))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::body::parse;
    use crate::lab::spec::LabSpec;

    fn cluster(properties: &serde_json::Value) -> ManagedCluster {
        let body = json!({"location": "westeurope", "properties": properties});
        parse("a cluster", body.to_string().as_bytes()).expect("a cluster")
    }

    fn spec() -> ClusterSpec {
        LabSpec::workshop("default", "s").cluster
    }

    #[test]
    fn a_cluster_without_workload_identity_is_changed_in_place() {
        let found = compare(&cluster(&json!({"oidcIssuerProfile": {"enabled": true}})), &spec(), None);
        assert_eq!(found, Comparison::Differs(vec![Difference::changeable("workload_identity", "off", "on")]));
    }

    #[test]
    fn only_a_stopped_cluster_of_a_lab_that_azlab_paused_is_left_alone() {
        let with = |provisioning: &str, power: &str| {
            cluster(&json!({"provisioningState": provisioning, "powerState": {"code": power},
                "oidcIssuerProfile": {"enabled": true, "issuerURL": "https://issuer/"},
                "securityProfile": {"workloadIdentity": {"enabled": false}}}))
        };
        let paused = ClusterSpec { is_paused: true, node_count: Some(9), ..spec() };
        for (provisioning, power) in [("Succeeded", "Stopped"), ("Stopping", "Stopped"), ("Stopping", "Running")] {
            assert_eq!(compare(&with(provisioning, power), &paused, None), Comparison::Fits, "{provisioning} {power}");
            assert_ne!(compare(&with(provisioning, power), &spec(), None), Comparison::Fits, "{provisioning} {power}");
        }
        for (provisioning, power) in [("Succeeded", "Running"), ("Starting", "Running"), ("Failed", "Stopped")] {
            assert_ne!(compare(&with(provisioning, power), &paused, None), Comparison::Fits, "{provisioning} {power}");
        }
        let no_issuer = cluster(&json!({"provisioningState": "Succeeded", "powerState": {"code": "Stopped"}}));
        let Comparison::Differs(fixed) = compare(&no_issuer, &paused, None) else { panic!("differs") };
        assert!(!fixed[0].changeable, "what waits for an issuer would wait for ever");
    }

    #[test]
    fn versions_fit_by_prefix_and_only_go_up() {
        let ready = json!({"currentKubernetesVersion": "1.33.2",
            "oidcIssuerProfile": {"enabled": true, "issuerURL": "https://issuer/"},
            "securityProfile": {"workloadIdentity": {"enabled": true}}});
        let with = |version: &str| ClusterSpec { kubernetes_version: Some(version.into()), ..spec() };
        for fits in ["1.33", "1.33.2"] {
            assert_eq!(compare(&cluster(&ready), &with(fits), None), Comparison::Fits);
        }
        let Comparison::Differs(up) = compare(&cluster(&ready), &with("1.34"), None) else { panic!("differs") };
        assert!(up[0].changeable);
        let Comparison::Differs(down) = compare(&cluster(&ready), &with("1.3"), None) else { panic!("differs") };
        assert!(!down[0].changeable, "1.3 is below 1.33, not a prefix of it");
    }

    #[test]
    fn a_version_to_which_the_service_upgraded_the_cluster_is_the_services() {
        let upgraded = |channel: &str| {
            cluster(&json!({"currentKubernetesVersion": "1.34.1", "autoUpgradeProfile": {"upgradeChannel": channel},
                "oidcIssuerProfile": {"enabled": true, "issuerURL": "https://issuer/"},
                "securityProfile": {"workloadIdentity": {"enabled": true}}}))
        };
        let with = |version: &str| ClusterSpec { kubernetes_version: Some(version.into()), ..spec() };
        for channel in ["patch", "stable", "rapid"] {
            for older in ["1.33", "1.34.0", "1.33.7"] {
                assert_eq!(compare(&upgraded(channel), &with(older), None), Comparison::Fits, "{channel} {older}");
            }
            assert_ne!(compare(&upgraded(channel), &with("1.35"), None), Comparison::Fits, "{channel}: younger");
        }
        for channel in ["none", "node-image"] {
            assert_ne!(compare(&upgraded(channel), &with("1.33"), None), Comparison::Fits, "{channel}");
        }
    }

    #[test]
    fn a_location_that_nobody_asked_for_makes_no_difference() {
        let ready = cluster(&json!({"oidcIssuerProfile": {"enabled": true, "issuerURL": "https://issuer/"},
            "securityProfile": {"workloadIdentity": {"enabled": true}}}));
        assert_eq!(compare(&ready, &spec(), None), Comparison::Fits);
        assert_eq!(compare(&ready, &spec(), Some("westeurope")), Comparison::Fits);
        let elsewhere = Difference::fixed("location", "westeurope", "eastus");
        assert_eq!(compare(&ready, &spec(), Some("eastus")), Comparison::Differs(vec![elsewhere]));
    }

    #[test]
    fn a_cluster_is_not_ready_before_its_issuer_is_known() {
        // The federated credential waits for it: without, it would wait for ever.
        let ready = cluster(&json!({"oidcIssuerProfile": {"enabled": true},
            "securityProfile": {"workloadIdentity": {"enabled": true}}}));
        assert_eq!(compare(&ready, &spec(), None), Comparison::Busy("no issuer yet".into()));
    }

    #[test]
    fn the_count_of_a_pool_with_an_autoscaler_is_the_autoscalers() {
        let with = |autoscaler: bool| {
            cluster(&json!({"oidcIssuerProfile": {"enabled": true, "issuerURL": "https://issuer/"},
            "securityProfile": {"workloadIdentity": {"enabled": true}},
            "agentPoolProfiles": [{"name": "s", "mode": "System", "count": 4, "enableAutoScaling": autoscaler}]}))
        };
        let two = ClusterSpec { node_count: Some(2), ..spec() };
        assert_eq!(compare(&with(true), &two, None), Comparison::Fits);
        let differs = Difference::changeable("node_count", "4", "2");
        assert_eq!(compare(&with(false), &two, None), Comparison::Differs(vec![differs]));
    }
}
