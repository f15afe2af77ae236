//! AKS clusters (Microsoft.ContainerService, sent with [`super::api_version::CONTAINER_SERVICE`]).

use std::collections::BTreeMap;

use azure_core_010::Response;
use azure_mgmt_containerservice::package_preview_2023_01::models;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::adapter::{observe, reply};
use super::api_version::CONTAINER_SERVICE;
use super::arm::Reply;
use super::body::parse;
use super::client::{Azure, optional};
use super::error::Error;
use super::observed::{Observed, Update};
use crate::values::Secret;

pub use models::{
    AgentPoolMode, AgentPoolType, ManagedCluster, ManagedClusterAgentPoolProfile,
    ManagedClusterAgentPoolProfileProperties, ManagedClusterIdentity, ManagedClusterOidcIssuerProfile,
    ManagedClusterProperties, ManagedClusterSecurityProfile, ManagedClusterSecurityProfileWorkloadIdentity, OsDiskType,
    OsType, TrackedResource, managed_cluster_identity, power_state,
};

pub use models::managed_cluster_auto_upgrade_profile::UpgradeChannel;

/// What the service alone writes ("Managed Clusters - Create Or Update", 2025-08-01: the fields that are marked read-only).
const READ_ONLY: &[&str] = &[
    "/id",
    "/name",
    "/type",
    "/systemData",
    "/eTag",
    "/identity/principalId",
    "/identity/tenantId",
    "/identity/userAssignedIdentities/*/principalId",
    "/identity/userAssignedIdentities/*/clientId",
    "/properties/provisioningState",
    "/properties/powerState",
    "/properties/status",
    "/properties/maxAgentPools",
    "/properties/currentKubernetesVersion",
    "/properties/fqdn",
    "/properties/privateFQDN",
    "/properties/azurePortalFQDN",
    "/properties/resourceUID",
    "/properties/oidcIssuerProfile/issuerURL",
    "/properties/addonProfiles/*/identity",
    "/properties/agentPoolProfiles/*/eTag",
    "/properties/agentPoolProfiles/*/status",
    "/properties/agentPoolProfiles/*/provisioningState",
    "/properties/agentPoolProfiles/*/currentOrchestratorVersion",
    "/properties/agentPoolProfiles/*/nodeImageVersion",
    "/properties/ingressProfile/webAppRouting/identity",
    "/properties/networkProfile/loadBalancerProfile/effectiveOutboundIPs",
    "/properties/networkProfile/natGatewayProfile/effectiveOutboundIPs",
    "/properties/podIdentityProfile/userAssignedIdentities/*/provisioningState",
    "/properties/podIdentityProfile/userAssignedIdentities/*/provisioningInfo",
    "/properties/privateLinkResources/*/privateLinkServiceID",
];

/// A Kubernetes minor version that a region offers ("Managed Clusters - List Kubernetes Versions", 2025-08-01; younger than
/// the SDK crate).
#[derive(Clone, Debug, Deserialize)]
pub struct KubernetesVersion {
    /// `1.33`
    pub(crate) version: String,
    /// Its patches, by name: `1.33.2`.
    #[serde(rename = "patchVersions", default)]
    pub(crate) patches: BTreeMap<String, serde_json::Value>,
    /// Whether it is a preview.
    #[serde(rename = "isPreview", default)]
    pub(crate) is_preview: Option<bool>,
    /// Under which support plans clusters may have it.
    #[serde(default)]
    pub(crate) capabilities: Option<VersionCapabilities>,
}

/// What a Kubernetes version may be used for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct VersionCapabilities {
    /// `KubernetesOfficial`, `AKSLongTermSupport`
    #[serde(rename = "supportPlan", default)]
    pub(crate) support_plans: Vec<String>,
}

/// The support plan that a cluster has unless it asks for another.
const OFFICIAL: &str = "KubernetesOfficial";

impl KubernetesVersion {
    /// Whether a cluster needs long-term support (the tier Premium) to have it: plans are told, and the usual one is not
    /// among them (azure-facts.md section 10).
    pub(crate) fn needs_long_term_support(&self) -> bool {
        let plans = self.capabilities.as_ref().map(|capabilities| &capabilities.support_plans);
        plans.is_some_and(|plans| !plans.is_empty() && !plans.iter().any(|plan| plan.eq_ignore_ascii_case(OFFICIAL)))
    }

    /// The versions to which a cluster of the patch `version` can be upgraded; empty if the service does not tell.
    pub(crate) fn upgrades(&self, version: &str) -> Vec<&str> {
        let told = self.patches.get(version).and_then(|patch| patch.get("upgrades")?.as_array());
        told.into_iter().flatten().filter_map(serde_json::Value::as_str).collect()
    }

    /// Whether it can be recommended: no preview, and with the usual support.
    pub(crate) fn is_recommendable(&self) -> bool {
        !self.is_preview.unwrap_or_default() && !self.needs_long_term_support()
    }
}

/// The names of those that can be recommended, oldest first.
pub(crate) fn recommendable(offered: &[KubernetesVersion]) -> Vec<&str> {
    let mut stable: Vec<&KubernetesVersion> = offered.iter().filter(|one| one.is_recommendable()).collect();
    stable.sort_by_key(|one| one.version.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>());
    stable.into_iter().map(|one| one.version.as_str()).collect()
}

/// A cluster in a list, as far as it is read.
#[derive(Deserialize)]
struct ListedCluster {
    id: String,
    #[serde(default)]
    properties: Listed,
}

/// The state of a cluster and of each of its node pools.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Listed {
    provisioning_state: Option<String>,
    agent_pool_profiles: Vec<ListedPool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedPool {
    provisioning_state: Option<String>,
}

impl Azure {
    /// The Kubernetes versions that a region offers.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn kubernetes_versions(&self, location: &str) -> Result<Vec<KubernetesVersion>, Error> {
        #[derive(Deserialize)]
        struct Versions {
            values: Vec<KubernetesVersion>,
        }
        let path = format!(
            "/subscriptions/{}/providers/Microsoft.ContainerService/locations/{location}/kubernetesVersions?api-version={CONTAINER_SERVICE}",
            self.subscription()
        );
        let reply = self.arm().get(&path).await?;
        parse::<Versions>(&path, &reply.body).map(|versions| versions.values)
    }

    /// The subscription's clusters: the resource group of each, and whether it has failed before any of its node pools was there, so
    /// that nobody can have worked with it.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn listed_clusters(&self) -> Result<Vec<(String, bool)>, Error> {
        let path = format!(
            "/subscriptions/{}/providers/Microsoft.ContainerService/managedClusters?api-version={CONTAINER_SERVICE}",
            self.subscription()
        );
        let all: Vec<ListedCluster> = self.pages(path).await?;
        let told = |cluster: &ListedCluster| {
            let Listed { provisioning_state, agent_pool_profiles } = &cluster.properties;
            let is = |state: &Option<String>, wanted: &str| {
                state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case(wanted))
            };
            let has_pool = agent_pool_profiles.iter().any(|pool| is(&pool.provisioning_state, "Succeeded"));
            let group = cluster.id.split('/').nth(4)?.to_owned();
            Some((group, is(provisioning_state, "Failed") && !has_pool))
        };
        Ok(all.iter().filter_map(told).collect())
    }

    /// A cluster, if it exists.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn cluster(&self, group: &str, name: &str) -> Result<Option<ManagedCluster>, Error> {
        if let Some(first_look) = self.first_look(group)
            && let Some(found) = Box::pin(first_look.cluster(group, name)).await
        {
            return Ok(found);
        }
        Ok(self.observe_cluster(group, name).await?.map(|observed| observed.model))
    }

    /// The same, with its JSON.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn observe_cluster(
        &self,
        group: &str,
        name: &str,
    ) -> Result<Option<Observed<ManagedCluster>>, Error> {
        let client = self.containers.managed_clusters_client();
        let sent = client.get(self.subscription(), group, name).send().await;
        optional(observe(name, sent.map(Response::from)).await)
    }

    /// Creates a cluster (201); the answer begins a long-running operation and already carries the OIDC issuer
    /// (azure-facts.md, "What changes the design" 1).
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 409 `OperationNotAllowed` while another operation is in progress.
    pub async fn put_cluster(&self, group: &str, name: &str, cluster: ManagedCluster) -> Result<Reply, Error> {
        let client = self.containers.managed_clusters_client();
        let sent = client.create_or_update(self.subscription(), group, name, cluster).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// Changes a cluster (200); the answer begins a long-running operation.
    ///
    /// # Errors
    /// As [`Self::put_cluster`]; 412 if somebody has written it since it was observed.
    pub async fn update_cluster(
        &self,
        group: &str,
        name: &str,
        update: Update<ManagedCluster>,
    ) -> Result<Reply, Error> {
        let outgoing = update.without(READ_ONLY).if_unchanged();
        let client = self.containers_sending(outgoing.body).managed_clusters_client();
        let sent = client.create_or_update(self.subscription(), group, name, outgoing.model).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// Starts a stopped cluster (202); the answer begins a long-running operation ("Managed Clusters - Start").
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 400 `OperationNotAllowed` if it is running, or another operation is in progress.
    pub(crate) async fn start_cluster(&self, group: &str, name: &str) -> Result<Reply, Error> {
        self.power(group, name, "start").await
    }

    /// Stops a running cluster (202); the answer begins a long-running operation ("Managed Clusters - Stop").
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 400 `OperationNotAllowed` if it is stopped, or another operation is in progress.
    pub(crate) async fn stop_cluster(&self, group: &str, name: &str) -> Result<Reply, Error> {
        self.power(group, name, "stop").await
    }

    async fn power(&self, group: &str, name: &str, action: &str) -> Result<Reply, Error> {
        // The SDK's answers to these keep their headers to themselves, and they name what to poll.
        let path = format!(
            "/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{name}/{action}?api-version={CONTAINER_SERVICE}",
            self.subscription()
        );
        self.arm().post(&path).await
    }

    /// Writes a cluster as it is (200), which repairs one whose last operation failed ("Troubleshoot failed cluster
    /// state"); the answer begins a long-running operation.
    ///
    /// # Errors
    /// As [`Self::update_cluster`].
    pub(crate) async fn reconcile_cluster(&self, group: &str, name: &str) -> Result<Option<Reply>, Error> {
        match self.observe_cluster(group, name).await? {
            Some(current) => self.update_cluster(group, name, current.into_update()).await.map(Some),
            None => Ok(None),
        }
    }

    /// The kubeconfig (YAML) of a cluster's users, or of its administrator; counts as a write in ARM's buckets.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; what an answer that cannot be read says is not told, for credentials may be in it.
    pub async fn cluster_kubeconfig(&self, group: &str, name: &str, admin: bool) -> Result<Secret, Error> {
        let client = self.containers.managed_clusters_client();
        let reply = if admin {
            let sent = client.list_cluster_admin_credentials(self.subscription(), group, name).send().await;
            reply(name, sent.map(Response::from)).await?
        } else {
            let sent = client.list_cluster_user_credentials(self.subscription(), group, name).send().await;
            reply(name, sent.map(Response::from)).await?
        };
        let read = || {
            let answer: models::CredentialResults = serde_json::from_slice(&reply.body).ok()?;
            let bytes = STANDARD.decode(answer.kubeconfigs.into_iter().next()?.value?).ok()?;
            String::from_utf8(bytes).ok().map(Secret::new)
        };
        read().ok_or_else(|| Error::Answer { resource: name.to_owned(), problem: "it holds no kubeconfig".to_owned() })
    }
}
