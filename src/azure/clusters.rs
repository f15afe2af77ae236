//! AKS clusters (Microsoft.ContainerService, sent with [`super::api_version::CONTAINER_SERVICE`]).

use azure_core_010::Response;
use azure_mgmt_containerservice::package_preview_2023_01::models;

use super::adapter::{Answer, read, reply};
use super::arm::Reply;
use super::client::{Azure, optional};
use super::error::Error;

pub use models::{
    AgentPoolMode, AgentPoolType, ManagedCluster, ManagedClusterAgentPoolProfile,
    ManagedClusterAgentPoolProfileProperties, ManagedClusterIdentity, ManagedClusterOidcIssuerProfile,
    ManagedClusterProperties, ManagedClusterSecurityProfile, ManagedClusterSecurityProfileWorkloadIdentity, OsType,
    TrackedResource, managed_cluster_identity,
};

impl Azure {
    /// A cluster, if it exists.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn cluster(&self, group: &str, name: &str) -> Result<Option<ManagedCluster>, Error> {
        let client = self.containers.managed_clusters_client();
        let sent = client.get(self.subscription(), group, name).send().await;
        let answer = read(name, sent.map(Response::from)).await;
        Ok(optional(answer)?.map(|answer: Answer<ManagedCluster>| answer.value))
    }

    /// Creates (201) or changes (200) a cluster; the answer begins a long-running operation and, on create, already
    /// carries the OIDC issuer (azure-facts.md, "What changes the design" 1).
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 409 `OperationNotAllowed` while another operation is in progress.
    pub async fn put_cluster(&self, group: &str, name: &str, cluster: ManagedCluster) -> Result<Reply, Error> {
        let client = self.containers.managed_clusters_client();
        let sent = client.create_or_update(self.subscription(), group, name, cluster).send().await;
        reply(name, sent.map(Response::from)).await
    }
}
