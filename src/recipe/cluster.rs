//! The AKS cluster, with OIDC issuer and workload identity.

use std::time::Duration;

use tokio::sync::SetOnce;

use super::context::Context;
use super::needs::{Needs, RequiredAction};
use super::resource::{Resource, unfinished};
use crate::azure::arm::Reply;
use crate::azure::body::parse;
use crate::azure::clusters::{
    AgentPoolMode, AgentPoolType, ManagedCluster, ManagedClusterAgentPoolProfile, ManagedClusterIdentity,
    ManagedClusterOidcIssuerProfile, ManagedClusterProperties, ManagedClusterSecurityProfile,
    ManagedClusterSecurityProfileWorkloadIdentity, OsType, TrackedResource, UpgradeChannel, managed_cluster_identity,
    power_state,
};
use crate::azure::error::Error as AzureError;
use crate::azure::lro::{PollPolicy, Status};
use crate::azure::observed::{Observed, Update};
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids::same;
use crate::lab::names;
use crate::lab::spec::{ClusterSpec, LabSpec};
use crate::outcome::plan::Field;
use crate::values::ResourceKind;

/// The cluster as it should be.
#[derive(Debug)]
pub struct Cluster<'a> {
    group: String,
    id: String,
    location: String,
    asked_location: Option<String>,
    spec: ClusterSpec,
    issuer: &'a SetOnce<String>,
}

/// The OIDC issuer of a cluster, if it has one already.
pub fn issuer(cluster: &ManagedCluster) -> Option<&str> {
    let profile = cluster.properties.as_ref()?.oidc_issuer_profile.as_ref()?;
    profile.issuer_url.as_deref().filter(|url| !url.is_empty())
}

impl<'a> Cluster<'a> {
    /// The cluster of `lab`, at `location` if it is to be created. `issuer` is set as soon as the service tells it: in the answer to the PUT,
    /// minutes before the cluster is ready (azure-facts.md, "What changes the design" 1).
    pub fn new(lab: &LabSpec, location: &str, issuer: &'a SetOnce<String>) -> Self {
        Self {
            group: lab.group.clone(),
            id: lab.cluster_id(),
            location: location.to_owned(),
            asked_location: lab.location.clone(),
            spec: lab.cluster.clone(),
            issuer,
        }
    }

    fn tell_issuer(&self, cluster: &ManagedCluster) {
        // One that is on its way out takes its issuer along.
        if let Some(url) = issuer(cluster).filter(|_| !is_going(cluster)) {
            // Set already: by the answer to the PUT, before this look.
            let _ = self.issuer.set(url.to_owned());
        }
    }
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

fn differences(cluster: &ManagedCluster, spec: &ClusterSpec, asked_location: Option<&str>) -> Vec<Difference> {
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

/// The place of the pool that a lab's size is told of.
fn system_pool(pools: &[ManagedClusterAgentPoolProfile]) -> Option<usize> {
    let is_system = |pool: &ManagedClusterAgentPoolProfile| {
        pool.managed_cluster_agent_pool_profile_properties.mode == Some(AgentPoolMode::System)
    };
    pools.iter().position(is_system).or_else(|| (!pools.is_empty()).then_some(0))
}

impl Resource for Cluster<'_> {
    type State = ManagedCluster;
    const NEEDS: Needs = Needs {
        kind: ResourceKind::Cluster,
        provider: "Microsoft.ContainerService",
        resource_type: "managedClusters",
        is_regional: true,
        bills: true,
        write: &[
            RequiredAction::in_group("Microsoft.ContainerService/managedClusters/read"),
            RequiredAction::in_group("Microsoft.ContainerService/managedClusters/write"),
        ],
        delete: &[],
        purge: &[],
    };

    fn name(&self) -> &str {
        &self.spec.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn poll_policy(&self) -> PollPolicy {
        // The slowest of 162 recorded creates took 1,508 s.
        PollPolicy::minutes(Duration::from_secs(3600))
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<ManagedCluster>, AzureError> {
        let cluster = ctx.azure.cluster(&self.group, &self.spec.name).await?;
        if let Some(cluster) = &cluster {
            self.tell_issuer(cluster);
        }
        Ok(cluster)
    }

    fn compare(&self, state: &ManagedCluster) -> Comparison {
        compare(state, &self.spec, self.asked_location.as_deref())
    }

    fn fields(&self) -> Vec<Field> {
        let spec = &self.spec;
        let mut fields = vec![Field::new("location", &self.location)];
        fields.extend(spec.kubernetes_version.as_ref().map(|version| Field::new("kubernetes_version", version)));
        fields.push(Field::new("node_count", spec.new_node_count().to_string()));
        fields.push(Field::new("node_vm_size", spec.new_vm_size()));
        fields
    }

    async fn write(&self, ctx: &Context, current: Option<&ManagedCluster>) -> Result<Reply, AzureError> {
        // A stopped cluster takes nothing else: its PUT would be refused with a code that is waited out. What else
        // differs is changed after the next look.
        if current.is_some_and(is_stopped) {
            return ctx.azure.start_cluster(&self.group, &self.spec.name).await;
        }
        let (group, name) = (&self.group, &self.spec.name);
        match if current.is_some() { ctx.azure.observe_cluster(group, name).await? } else { None } {
            Some(current) => ctx.azure.update_cluster(group, name, self.update(current)).await,
            None => ctx.azure.put_cluster(group, name, self.new_cluster()).await,
        }
    }

    fn written(&self, reply: &Reply) {
        if let Ok(cluster) = parse::<ManagedCluster>(&self.id, &reply.body) {
            self.tell_issuer(&cluster);
        }
    }
}

impl Cluster<'_> {
    /// Changes what differs, and nothing else.
    fn update(&self, current: Observed<ManagedCluster>) -> Update<ManagedCluster> {
        let differences = differences(&current.model, &self.spec, None);
        let pools = current.model.properties.as_ref().map(|properties| properties.agent_pool_profiles.as_slice());
        let pool = pools.and_then(system_pool).unwrap_or_default();
        let mut update = current.into_update();
        for difference in differences {
            match difference.field {
                "oidc_issuer" => update.set("/properties/oidcIssuerProfile/enabled", true),
                "workload_identity" => update.set("/properties/securityProfile/workloadIdentity/enabled", true),
                "kubernetes_version" => update.set("/properties/kubernetesVersion", difference.want),
                "node_count" => {
                    update.set(&format!("/properties/agentPoolProfiles/{pool}/count"), self.spec.node_count)
                }
                // Nothing else is changed by a PUT: the power state is not, and what is fixed has been told.
                _ => {}
            }
        }
        update
    }

    fn new_cluster(&self) -> ManagedCluster {
        let mut pool = ManagedClusterAgentPoolProfile::new(ClusterSpec::POOL.into());
        let profile = &mut pool.managed_cluster_agent_pool_profile_properties;
        profile.count = i32::try_from(self.spec.new_node_count()).ok();
        profile.vm_size = Some(self.spec.new_vm_size().to_owned());
        profile.mode = Some(AgentPoolMode::System);
        profile.os_type = Some(OsType::Linux);
        profile.type_ = Some(AgentPoolType::VirtualMachineScaleSets);
        let mut cluster = ManagedCluster::new(TrackedResource::new(self.location.clone()));
        cluster.identity = Some(ManagedClusterIdentity {
            type_: Some(managed_cluster_identity::Type::SystemAssigned),
            ..ManagedClusterIdentity::default()
        });
        let properties = cluster.properties.get_or_insert_default();
        properties.dns_prefix = Some(dns_prefix(&self.spec.name, &self.group));
        properties.enable_rbac = Some(true);
        properties.agent_pool_profiles = vec![pool];
        properties.kubernetes_version.clone_from(&self.spec.kubernetes_version);
        properties.oidc_issuer_profile =
            Some(ManagedClusterOidcIssuerProfile { enabled: Some(true), ..ManagedClusterOidcIssuerProfile::default() });
        properties.security_profile = Some(ManagedClusterSecurityProfile {
            workload_identity: Some(ManagedClusterSecurityProfileWorkloadIdentity { enabled: Some(true) }),
            ..ManagedClusterSecurityProfile::default()
        });
        cluster
    }
}

/// At most 54 letters, digits and dashes, beginning with a letter and ending with a letter or digit (AKS's rule); the
/// service adds what makes it unique.
fn dns_prefix(cluster: &str, group: &str) -> String {
    let text: String = format!("{cluster}-{group}")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .skip_while(|c| !c.is_ascii_alphabetic())
        .take(54)
        .collect();
    let text = text.trim_end_matches('-');
    if text.is_empty() { "azlab".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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

    #[test]
    fn the_dns_prefix_keeps_to_its_rule() {
        assert_eq!(dns_prefix("myAKSCluster", "myResourceGroup"), "myAKSCluster-myResourceGroup");
        assert_eq!(dns_prefix("1", "_._"), "azlab");
        assert!(dns_prefix(&"c".repeat(63), &"g.".repeat(45)).len() <= 54);
    }
}
