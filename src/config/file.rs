//! The types of `azlab.toml`. Their docs are the schema's descriptions: they are written for who writes the file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lab::spec::SoftDeleted as WhatToDo;
use crate::values::{AuthMode, Cloud};

/// The labs of a workshop, for azlab. What is left out has the workshop's own value. It holds no secrets: share it, commit
/// it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(title = "azlab.toml", extend("additionalProperties" = false))]
pub struct File {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The workshop's name: the tag azlab-workshop of every lab, and what teardown asks for before it deletes several.
    pub workshop: Option<String>,
    /// The subscription's id; without it the az CLI's default.
    pub subscription: Option<String>,
    /// The tenant's id, or a domain name of it.
    pub tenant: Option<String>,
    /// The cloud.
    #[schemars(extend("enum" = Cloud::ALL.map(Cloud::as_str)))]
    pub cloud: Option<String>,
    /// How to sign in.
    #[schemars(extend("enum" = AuthMode::ALL.map(AuthMode::as_str)))]
    pub auth: Option<String>,
    /// The labs: names, or tables with a name and what is different about them. Without it, -l NAME takes any name.
    pub labs: Option<Vec<LabEntry>>,
    /// What holds for all labs.
    #[serde(flatten)]
    pub lab: LabTable,
}

/// A lab: its name, or a table.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum LabEntry {
    /// Its name.
    Name(String),
    /// Its name and what is different about it.
    Table(Box<NamedLab>),
}

/// A lab of its own name, or several that are numbered; what it says goes before what the file says for all.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct NamedLab {
    /// Its name: letters, digits and '-'. With count, {n} is the number, {n:02} with two digits.
    pub name: String,
    /// So many labs, numbered from 1.
    #[schemars(range(min = 1, max = 980))]
    pub count: Option<u32>,
    /// What is different.
    #[serde(flatten)]
    pub lab: LabTable,
}

/// What a lab is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct LabTable {
    /// The resource group; {lab} is the lab's name. Without it myResourceGroup for the lab "default", else
    /// myResourceGroup-{lab}.
    pub resource_group: Option<String>,
    /// The location. Without it that of the group if it exists, else westeurope.
    pub location: Option<String>,
    /// How long a lab lives from its making until it may be swept: 8h, 2d.
    pub ttl: Option<String>,
    /// Who the lab belongs to, as the tag azlab-owner. Without it your user name.
    pub owner: Option<String>,
    /// More tags for the resource group; a lab's go on top of the file's.
    pub tags: Option<BTreeMap<String, String>>,
    /// The AKS cluster.
    pub cluster: Option<ClusterTable>,
    /// The managed identity.
    pub identity: Option<IdentityTable>,
    /// The Azure OpenAI account.
    pub openai: Option<OpenAiTable>,
    /// The model deployments, instead of gpt-35-turbo; a lab's list takes the place of the file's. [] makes none.
    pub deployments: Option<Vec<DeploymentTable>>,
}

/// The AKS cluster.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct ClusterTable {
    /// Its name; {lab} is the lab's name. Without it myAKSCluster.
    pub name: Option<String>,
    /// Kubernetes version, such as "1.33" or "1.33.2". Without it the service's choice.
    pub kubernetes_version: Option<String>,
    /// Nodes of the system pool. Without it 2 for a new cluster.
    #[schemars(range(min = 1, max = 1000))]
    pub node_count: Option<u32>,
    /// VM size of the nodes. Without it Standard_D2s_v5 for a new cluster.
    pub node_vm_size: Option<String>,
}

/// The managed identity.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct IdentityTable {
    /// Its name; {lab} is the lab's name. Without it myIdentity.
    pub name: Option<String>,
    /// Its federated credentials, at most 20, instead of myFederatedCredential; a lab's list takes the place of the
    /// file's. [] makes none.
    pub federated_credentials: Option<Vec<FederatedCredentialTable>>,
}

/// A federated credential: whom the identity trusts. The issuer is the lab's cluster.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct FederatedCredentialTable {
    /// Its name.
    pub name: String,
    /// The subject; or say namespace and service_account. Without any system:serviceaccount:default:ai-service-account.
    pub subject: Option<String>,
    /// The namespace of the service account.
    pub namespace: Option<String>,
    /// The service account.
    pub service_account: Option<String>,
    /// The audience. Without it api://AzureADTokenExchange.
    pub audience: Option<String>,
}

/// The Azure OpenAI account.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct OpenAiTable {
    /// Its name and subdomain; {lab} is the lab's name. Without it myopenai and six digits that follow from the group.
    pub account: Option<String>,
    /// What to do about a soft-deleted account of that name. Without it purge.
    pub soft_deleted: Option<SoftDeleted>,
}

/// What to do about a soft-deleted account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SoftDeleted {
    /// Purge it for good, and create a new one.
    Purge,
    /// Bring it back.
    Restore,
    /// Leave it, and take another name.
    Avoid,
}

impl From<SoftDeleted> for WhatToDo {
    fn from(what: SoftDeleted) -> Self {
        match what {
            SoftDeleted::Purge => Self::Purge,
            SoftDeleted::Restore => Self::Restore,
            SoftDeleted::Avoid => Self::Avoid,
        }
    }
}

/// A model deployment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct DeploymentTable {
    /// Its name.
    pub name: String,
    /// The model, or "auto" for the best that can be deployed. Without it gpt-35-turbo for a new deployment; one that exists
    /// keeps its model.
    pub model: Option<String>,
    /// The model's version. Without it the catalogue's.
    pub model_version: Option<String>,
    /// How it is billed: Standard, GlobalStandard … Without it the first of these with quota.
    pub model_sku: Option<String>,
    /// In units of the sku: 1 is 1,000 tokens a minute. Without it 10, or what is left.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub capacity: Option<u32>,
}
