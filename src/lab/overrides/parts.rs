//! The fields of a lab, each once. A new one is a few lines here, a field of the desired state, and what makes use of it.

use std::collections::BTreeMap;

use super::access::AccessOverrides;
use super::field::fields;
use super::values::{
    audience_check, location, model, model_check, owner, owner_check, set_location, set_model, set_owner, set_shared,
    set_ttl, shared, ttl, ttl_check,
};
use crate::lab::defaults::{
    ACCOUNT_PREFIX, AUDIENCE, DEFAULT_CAPACITY, DEFAULT_CLUSTER, DEFAULT_CREDENTIAL, DEFAULT_DEPLOYMENT, DEFAULT_GROUP,
    DEFAULT_IDENTITY, DEFAULT_LOCATION, DEFAULT_MODEL, DEFAULT_NODE_COUNT, DEFAULT_SUBJECT, DEFAULT_VM_SIZE,
};
use crate::lab::names;
use crate::lab::spec::{AccountSpec, ClusterSpec, DeploymentSpec, FederatedCredentialSpec, LabSpec, SoftDeleted};

fields! {
    /// What a lab is.
    #[schemars(rename = "LabTable")]
    pub(crate) struct LabOverrides("", None::<&'static str>) for LabSpec;

    #[arg(short = 'g')]
    resource_group: String {
        flag "resource-group" as "NAME", "The resource group";
        file "The resource group; {lab} is the lab's name";
        default format!("{DEFAULT_GROUP} for the lab \"default\", else {DEFAULT_GROUP}-{{lab}}");
        check names::group;
        pattern lab;
        place group;
    }
    location: String {
        flag "location" as "LOCATION", "The location";
        file "The location";
        default format!("that of the group if it exists, else {DEFAULT_LOCATION}");
        check names::location;
        via set_location, location;
    }
    #[arg(skip)]
    ttl: String {
        file "Time to live: from the lab's creation until it may be swept: 8h, 2d";
        check ttl_check;
        example "8h";
        via set_ttl, ttl;
    }
    #[arg(env = "AZLAB_OWNER")]
    owner: String {
        flag "owner" as "NAME", "Who the lab belongs to, as a tag";
        file "Who the lab belongs to, as the tag azlab-owner";
        default "your user name";
        check owner_check;
        via set_owner, owner;
    }
    .. also {
        /// More tags for the resource group; a lab's go on top of the file's.
        #[arg(skip)]
        pub(crate) tags: Option<BTreeMap<String, String>>,
        /// What the attendee may do.
        #[arg(skip)]
        #[serde(default)]
        pub(crate) access: AccessOverrides,
        /// The AKS cluster.
        #[command(flatten)]
        #[serde(default)]
        pub(crate) cluster: ClusterOverrides,
        /// The managed identity.
        #[command(flatten)]
        #[serde(default)]
        pub(crate) identity: IdentityOverrides,
        /// The Azure OpenAI account.
        #[command(flatten)]
        #[serde(default)]
        pub(crate) openai: OpenAiOverrides,
        /// The model deployments.
        #[arg(skip)]
        #[schemars(description = format!("The model deployments, instead of {DEFAULT_DEPLOYMENT}; a lab's list takes the \
                                          place of the file's. [] creates none."))]
        pub(crate) deployments: Option<Vec<DeploymentOverrides>>,
        /// What the command line says of the lab's deployment.
        #[command(flatten)]
        #[serde(skip)]
        pub(crate) deployment: DeploymentOverrides,
    }
}

fields! {
    /// The AKS cluster.
    #[schemars(rename = "ClusterTable", extend("additionalProperties" = false))]
    pub(crate) struct ClusterOverrides("cluster.", "Cluster") for ClusterSpec;

    name: String {
        flag "cluster" as "NAME", "The AKS cluster";
        file "Its name; {lab} is the lab's name";
        default DEFAULT_CLUSTER;
        check names::cluster;
        pattern lab;
        place name;
    }
    kubernetes_version: String {
        flag "kubernetes-version" as "VERSION", "Kubernetes version, such as 1.33 or 1.33.2";
        file "Kubernetes version, such as \"1.33\" or \"1.33.2\"";
        default "the service's choice";
        check names::kubernetes_version;
        example "1.33";
        place kubernetes_version;
    }
    node_count: u32 {
        flag "node-count" as "N", "Nodes of the system pool";
        file "Nodes of the system pool";
        default format!("{DEFAULT_NODE_COUNT} for a new cluster");
        range 1 to 1000;
        place node_count;
    }
    node_vm_size: String {
        flag "node-vm-size" as "SIZE", "VM size of the nodes";
        file "VM size of the nodes";
        default format!("{DEFAULT_VM_SIZE} for a new cluster");
        place node_vm_size;
    }
}

fields! {
    /// The managed identity.
    #[schemars(rename = "IdentityTable", extend("additionalProperties" = false))]
    pub(crate) struct IdentityOverrides("identity.", "Identity") for LabSpec;

    name: String {
        flag "identity" as "NAME", "The managed identity";
        file "Its name; {lab} is the lab's name";
        default DEFAULT_IDENTITY;
        check names::identity;
        pattern lab;
        place identity;
    }
    .. also {
        /// Its federated credentials.
        #[arg(skip)]
        #[schemars(description = format!("Its federated credentials, at most 20, instead of {DEFAULT_CREDENTIAL}; a lab's \
                                          list takes the place of the file's. [] creates none."))]
        pub(crate) federated_credentials: Option<Vec<CredentialOverrides>>,
        /// What the command line says of the lab's federated credential.
        #[command(flatten)]
        #[serde(skip)]
        pub(crate) credential: CredentialOverrides,
    }
}

fields! {
    /// A federated credential: whom the identity trusts. The issuer is the lab's cluster.
    #[schemars(rename = "FederatedCredentialTable", extend("additionalProperties" = false))]
    pub(crate) struct CredentialOverrides("identity.federated_credentials[].", "Identity") for FederatedCredentialSpec;

    name: String {
        flag "federated-credential" as "NAME", "The federated credential";
        file "Its name";
        in_file required;
        default DEFAULT_CREDENTIAL;
        check names::federated_credential;
        place name;
    }
    subject: String {
        flag "subject" as "SUBJECT", "The subject that it trusts";
        file "The subject; or use namespace and service_account";
        default DEFAULT_SUBJECT;
        check names::subject;
        place subject;
    }
    #[arg(skip)]
    namespace: String {
        file "The namespace of the service account";
    }
    #[arg(skip)]
    service_account: String {
        file "The service account";
    }
    #[arg(skip)]
    audience: String {
        file "The audience";
        default AUDIENCE;
        check audience_check;
        place audience;
    }
}

fields! {
    /// The Azure OpenAI account.
    #[schemars(rename = "OpenAiTable", extend("additionalProperties" = false))]
    pub(crate) struct OpenAiOverrides("openai.", "Azure OpenAI") for AccountSpec;

    account: String {
        flag "account" as "NAME", "The Azure OpenAI account and its subdomain";
        file "Its name and subdomain; {lab} is the lab's name";
        default format!("{ACCOUNT_PREFIX} and six digits that follow from the group");
        check names::account;
        pattern lab;
        place name;
    }
    #[arg(value_enum)]
    soft_deleted: SoftDeleted {
        flag "soft-deleted" or "restore" as "HOW", "What to do about a soft-deleted account of that name";
        file "What to do about a soft-deleted account of that name";
        default SoftDeleted::default();
        place soft_deleted;
    }
    #[arg(skip)]
    shared: bool {
        file "Whether the labs of a place, a location of a subscription, share one account; for all labs of the file";
        default false;
        via set_shared, shared;
    }
    #[arg(skip)]
    #[schemars(range(min = 1, max = 1_000_000))]
    per_lab: u32 {
        file "With shared: thousands of tokens a minute for each lab; a shared deployment's capacity is that times its labs";
        default "the deployment's capacity";
        place per_lab;
    }
    .. also {
        /// Short for --soft-deleted restore
        #[arg(long, conflicts_with = "soft-deleted", help_heading = "Azure OpenAI")]
        #[serde(skip)]
        pub(crate) restore: bool,
    }
}

fields! {
    /// A model deployment.
    #[schemars(rename = "DeploymentTable", extend("additionalProperties" = false))]
    pub(crate) struct DeploymentOverrides("deployments[].", "Azure OpenAI") for DeploymentSpec;

    name: String {
        flag "deployment" as "NAME", "The model deployment";
        file "Its name";
        in_file required;
        default DEFAULT_DEPLOYMENT;
        check names::deployment;
        place name;
    }
    model: String {
        flag "model" as "NAME", "The model, or auto for the best that can be deployed";
        file "The model, or \"auto\" for the best that can be deployed";
        default format!("{DEFAULT_MODEL} or the best that can be, for a new deployment; one that exists keeps its model");
        check model_check;
        via set_model, model;
    }
    model_version: String {
        flag "model-version" as "VERSION", "The model's version";
        file "The model's version";
        default "the catalogue's";
        place model.version;
    }
    model_sku: String {
        flag "model-sku" as "SKU", "How it is billed: Standard, GlobalStandard …";
        file "How it is billed: Standard, GlobalStandard …";
        default "the first of these with quota";
        place model.sku;
    }
    capacity: u32 {
        flag "capacity" as "N", "In units of the sku: 1 is 1,000 tokens a minute";
        file "In units of the sku: 1 is 1,000 tokens a minute";
        default format!("{DEFAULT_CAPACITY}, or what is left");
        range 1 to 1_000_000;
        place model.capacity;
    }
}
