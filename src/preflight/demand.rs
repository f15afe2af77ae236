//! What a lab takes of quotas, as far as it does not hold it yet.

use crate::lab::spec::ModelSpec;

/// What one lab takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Demand {
    /// The lab's region.
    pub(crate) location: String,
    /// The region of its account: the lab's, unless the account exists elsewhere.
    pub(crate) account_location: String,
    /// Resource groups that do not exist yet, that of the cluster's nodes among them.
    pub(crate) new_groups: i64,
    /// Whether the lab gets a new cluster.
    pub(crate) new_cluster: bool,
    /// The nodes of a cluster that does not exist yet.
    pub(crate) nodes: Option<Nodes>,
    /// OpenAI accounts: 1 for a new one, 0 if one exists or if a soft-deleted one makes way.
    pub(crate) accounts: i64,
    /// Whether the lab gets a new account.
    pub(crate) new_account: bool,
    /// Role assignments of the subscription; only placement counts them.
    pub(crate) role_assignments: i64,
    /// The deployments that are to be made or changed.
    pub(crate) models: Vec<ModelDemand>,
}

impl Demand {
    /// With what the account takes that the lab shares with others: one of them is counted with it.
    pub(crate) fn with_shared(mut self, shared: &Self) -> Self {
        self.new_groups += shared.new_groups;
        self.account_location.clone_from(&shared.account_location);
        (self.new_account, self.accounts) = (shared.new_account, shared.accounts);
        self.models.extend(shared.models.iter().cloned());
        self
    }
}

/// The nodes of a new cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nodes {
    /// The usage name of the VM size's family, if the region tells.
    pub(crate) family: Option<String>,
    /// vCPUs of all nodes.
    pub(crate) vcpus: i64,
    /// vCPUs of the nodes that an upgrade adds.
    pub(crate) surge: i64,
}

/// A deployment that is to be made or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModelDemand {
    /// What was asked for.
    pub(crate) wanted: ModelSpec,
    /// The sku that was chosen; empty if none was.
    pub(crate) sku: String,
    /// The usage name of the quota that it takes from; `None` if the catalogue does not tell or nothing was chosen.
    pub(crate) usage: Option<String>,
    /// Units beyond those that it holds.
    pub(crate) units: i64,
}
