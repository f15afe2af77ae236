//! What holds when nobody says otherwise: the workshop's own values, each in this one place. Help, `config init`, the
//! schema and `config show` tell them from here.

// The parts of the texts that are made of one another: `concat!` takes literals only.
macro_rules! namespace {
    () => {
        "default"
    };
}
macro_rules! service_account {
    () => {
        "ai-service-account"
    };
}

/// The lab that is meant when none is named.
pub(crate) const DEFAULT_LAB: &str = "default";
/// Its resource group; with `-NAME` behind it, that of the lab NAME.
pub(crate) const DEFAULT_GROUP: &str = "myResourceGroup";
/// Where a lab is made, as in the workshop's text.
pub(crate) const DEFAULT_LOCATION: &str = "westeurope";
/// The cluster's name, as in the workshop's text.
pub(crate) const DEFAULT_CLUSTER: &str = "myAKSCluster";
/// Nodes of a new cluster: enough for the store demo, and for one to be drained.
pub(crate) const DEFAULT_NODE_COUNT: u32 = 2;
/// The VM size of a new cluster: 2 vCPU, 8 GiB, offered in every region of Azure OpenAI.
pub(crate) const DEFAULT_VM_SIZE: &str = "Standard_D2s_v5";
/// The identity's name, as in the workshop's text.
pub(crate) const DEFAULT_IDENTITY: &str = "myIdentity";
/// The federated credential's name, as in the workshop's text.
pub(crate) const DEFAULT_CREDENTIAL: &str = "myFederatedCredential";
/// The namespace of the workshop's service account.
pub(crate) const DEFAULT_NAMESPACE: &str = namespace!();
/// The workshop's service account.
pub(crate) const DEFAULT_SERVICE_ACCOUNT: &str = service_account!();
/// Both, as `sandbox token` takes them.
pub(crate) const DEFAULT_SERVICE_ACCOUNT_PATH: &str = concat!(namespace!(), "/", service_account!());
/// Whom the federated credential trusts: the workshop's service account, as Kubernetes writes it in a token's `sub`.
pub(crate) const DEFAULT_SUBJECT: &str = concat!("system:serviceaccount:", namespace!(), ":", service_account!());
/// The audience that Entra expects of a workload's token.
pub(crate) const AUDIENCE: &str = "api://AzureADTokenExchange";
/// What the derived names of OpenAI accounts begin with; six digits that follow from the group come after it.
pub(crate) const ACCOUNT_PREFIX: &str = "myopenai";
/// The model that the workshop's text names.
pub(crate) const DEFAULT_MODEL: &str = "gpt-35-turbo";
/// The deployment that the workshop's application asks for; it is called as the model is.
pub(crate) const DEFAULT_DEPLOYMENT: &str = DEFAULT_MODEL;
/// The capacity of a new deployment: 10,000 tokens a minute.
pub(crate) const DEFAULT_CAPACITY: u32 = 10;
/// The role that an attendee gets on the group of their lab: all of the workshop but its one assignment of a role.
pub(crate) const DEFAULT_ROLE: &str = "Contributor";
