//! The AKS cluster, with OIDC issuer and workload identity.
mod comparison;
mod state;

use std::time::Duration;

use tokio::sync::SetOnce;

use super::context::Context;
use super::needs::{Needs, RequiredAction};
use super::resource::Resource;
use crate::azure::arm::Reply;
use crate::azure::body::parse;
use crate::azure::clusters::{
    AgentPoolMode, AgentPoolType, ManagedCluster, ManagedClusterAgentPoolProfile, ManagedClusterIdentity,
    ManagedClusterOidcIssuerProfile, ManagedClusterSecurityProfile, ManagedClusterSecurityProfileWorkloadIdentity,
    OsType, TrackedResource, managed_cluster_identity,
};
use crate::azure::error::Error as AzureError;
use crate::azure::lro::PollPolicy;
use crate::azure::observed::{Observed, Update};
use crate::lab::comparison::Comparison;
use crate::lab::spec::{ClusterSpec, LabSpec};
use crate::outcome::plan::Field;
use crate::values::ResourceKind;

use comparison::differences;
pub(crate) use comparison::{POWER_STATE, compare, growth, upgraded_from};
pub use state::issuer;
use state::system_pool;
pub(crate) use state::{is_at_rest, is_busy, is_going, is_private, is_stopped};

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
    use super::*;

    #[test]
    fn the_dns_prefix_keeps_to_its_rule() {
        assert_eq!(dns_prefix("myAKSCluster", "myResourceGroup"), "myAKSCluster-myResourceGroup");
        assert_eq!(dns_prefix("1", "_._"), "azlab");
        assert!(dns_prefix(&"c".repeat(63), &"g.".repeat(45)).len() <= 54);
    }
}
