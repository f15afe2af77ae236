//! The kinds of resources that a lab is made of.

use serde::{Deserialize, Serialize};

/// A kind of resource in a lab. Its JSON name is the contract's (`cli-contract.md`, "Result").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// `Microsoft.Resources/resourceGroups`
    ResourceGroup,
    /// `Microsoft.ContainerService/managedClusters`
    Cluster,
    /// `Microsoft.ManagedIdentity/userAssignedIdentities`
    Identity,
    /// `Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials`
    FederatedCredential,
    /// `Microsoft.CognitiveServices/accounts` of kind `OpenAI`
    OpenaiAccount,
    /// `Microsoft.CognitiveServices/accounts/deployments`
    ModelDeployment,
    /// `Microsoft.Authorization/roleAssignments`
    RoleAssignment,
}

impl ResourceKind {
    /// Every kind, in the order in which people think of a lab.
    pub const ALL: [Self; 7] = [
        Self::ResourceGroup,
        Self::Cluster,
        Self::Identity,
        Self::FederatedCredential,
        Self::OpenaiAccount,
        Self::ModelDeployment,
        Self::RoleAssignment,
    ];

    /// The name for people, in lower case: `federated credential`.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::ResourceGroup => "resource group",
            Self::Cluster => "cluster",
            Self::Identity => "identity",
            Self::FederatedCredential => "federated credential",
            Self::OpenaiAccount => "OpenAI account",
            Self::ModelDeployment => "model deployment",
            Self::RoleAssignment => "role assignment",
        }
    }
}

impl std::fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.label())
    }
}
