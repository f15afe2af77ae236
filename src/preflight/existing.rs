//! What there is of a lab, as far as it decides what is checked and chosen.

use tokio::sync::SetOnce;

use super::account_name;
use super::deployments::{self, OpenDeployment};
use crate::azure::accounts::Account;
use crate::azure::client::Azure;
use crate::azure::clusters::ManagedCluster;
use crate::lab::comparison::Comparison;
use crate::lab::spec::{ClusterSpec, LabSpec};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::parts::Parts;
use crate::recipe::resource::Resource;
use crate::recipe::{account, cluster};
use crate::values::ResourceKind;

/// What there is of a lab.
#[derive(Debug)]
pub(super) struct Existing {
    /// Whether the resource group is there, and stays.
    pub(crate) has_group: bool,
    /// The name of the lab's account.
    pub(crate) account: Option<String>,
    /// What there is of each deployment.
    pub(crate) deployments: Vec<OpenDeployment>,
    cluster: Option<ManagedCluster>,
    /// All accounts in the group.
    accounts: Vec<Account>,
}

impl Existing {
    /// Reads what there is of `lab`.
    ///
    /// # Errors
    /// The first resource that cannot be read.
    pub(crate) async fn read(azure: &Azure, lab: &LabSpec, has_group: bool) -> Result<Self, RecipeError> {
        let (cluster, accounts) = if has_group { read_group(azure, lab).await? } else { (None, Vec::new()) };
        let cluster = cluster.filter(|cluster| !cluster::is_going(cluster));
        let account = account::existing(lab, &accounts);
        let deployments = deployments::read(azure, lab, account.as_deref()).await?;
        Ok(Self { has_group, account, deployments, cluster, accounts })
    }

    /// Whether the cluster is to be made.
    pub(crate) fn needs_cluster(&self) -> bool {
        self.cluster.is_none()
    }

    /// The nodes that a cluster is to have beyond those that it has, as the spec of a cluster that has those alone: all of
    /// one that is to be made.
    pub(crate) fn new_nodes(&self, lab: &LabSpec) -> Option<ClusterSpec> {
        match &self.cluster {
            None => Some(lab.cluster.clone()),
            Some(cluster) => cluster::growth(cluster, &lab.cluster),
        }
    }

    /// The version from which the cluster is to be upgraded.
    pub(crate) fn upgraded_from(&self, lab: &LabSpec) -> Option<String> {
        cluster::upgraded_from(self.cluster.as_ref()?, &lab.cluster)
    }

    /// How many resource groups are to be made: the lab's own, and that of the cluster's nodes.
    pub(crate) fn new_groups(&self) -> i64 {
        i64::from(!self.has_group) + i64::from(self.needs_cluster())
    }

    /// Whether the account is to be made.
    pub(crate) fn needs_account(&self) -> bool {
        self.account.is_none()
    }

    /// Whether a deployment is to be made or changed.
    pub(crate) fn needs_models(&self) -> bool {
        self.deployments.iter().any(|one| !one.fits)
    }

    /// Whether anything is to be made that is checked beforehand.
    pub(crate) fn needs_anything(&self) -> bool {
        self.needs_cluster() || self.needs_account() || self.needs_models()
    }

    /// Where the lab's account is.
    pub(crate) fn account_location(&self) -> Option<String> {
        account_name::location(self.account.as_deref(), &self.accounts)
    }

    /// Stops at what exists and cannot be changed in place, before anything beside it is written.
    ///
    /// # Errors
    /// [`RecipeError::Fixed`]
    pub(crate) fn refuse_fixed(&self, lab: &LabSpec, adopt: bool) -> Result<(), RecipeError> {
        let parts = Parts { adopt, ..Parts::to_look_at(lab, "") };
        let issuer = SetOnce::new();
        refuse_fixed(&parts.cluster(&issuer), self.cluster.as_ref())?;
        let name = self.account.as_deref().unwrap_or_default();
        refuse_fixed(&parts.account(name), account::named(name, &self.accounts))
    }
}

async fn read_group(azure: &Azure, lab: &LabSpec) -> Result<(Option<ManagedCluster>, Vec<Account>), RecipeError> {
    let group_error = |error| RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let cluster_error = |error| RecipeError::azure(ResourceKind::Cluster, &lab.cluster.name, &lab.cluster_id(), error);
    tokio::try_join!(async { azure.cluster(&lab.group, &lab.cluster.name).await.map_err(cluster_error) }, async {
        azure.accounts(&lab.group).await.map_err(group_error)
    },)
}

fn refuse_fixed<R: Resource>(resource: &R, state: Option<&R::State>) -> Result<(), RecipeError> {
    let Some(Comparison::Differs(differences)) = state.map(|state| resource.compare(state)) else { return Ok(()) };
    RecipeError::fixed(R::KIND, resource.name(), resource.id(), &differences).map_or(Ok(()), Err)
}
