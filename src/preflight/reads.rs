//! What a survey reads of the region and the subscription, as far as what is missing of the lab asks for it.

use std::sync::Arc;

use super::existing::Existing;
use super::subscription_cache::{Models, SubscriptionCache};
use crate::azure::accounts::Account;
use crate::azure::clusters::KubernetesVersion;
use crate::azure::compute::VmSku;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::azure::usages::RegionUsage;
use crate::lab::spec::LabSpec;

/// What was read, or why it could not be.
pub(super) type Read<T> = Result<Arc<T>, AzureError>;

/// The VM sizes of the region, and its vCPU quota.
pub(super) type NodeReads = (Read<Vec<VmSku>>, Read<Vec<RegionUsage>>);

/// The quotas of clusters and of networks.
pub(super) type ClusterQuotas = (Read<Vec<RegionUsage>>, Read<Vec<RegionUsage>>);

/// What was read; `None` is what nothing asks for.
pub(super) struct Reads {
    /// The Kubernetes versions, for a cluster that is to get a version that was asked for.
    pub(crate) versions: Option<Read<Vec<KubernetesVersion>>>,
    /// For nodes that a cluster is to get.
    pub(crate) nodes: Option<NodeReads>,
    /// The quotas of clusters and of networks, for a new cluster.
    pub(crate) cluster_quotas: Option<ClusterQuotas>,
    /// The resource groups that there are, for new ones.
    pub(crate) groups: Option<Read<Vec<ResourceGroup>>>,
    /// The models of the account's region, and their quota.
    pub(crate) models: Option<Read<Models>>,
    /// The soft-deleted accounts, for a new account.
    pub(crate) deleted_accounts: Option<Read<Vec<Account>>>,
}

impl Reads {
    /// Reads beside each other what is needed. What may refuse a write is read too, for whoever asks for it later.
    pub(crate) async fn make(
        cache: &SubscriptionCache,
        lab: &LabSpec,
        existing: &Existing,
        (location, account_location): (&str, &str),
        reads_refusals: bool,
    ) -> Self {
        let needs_cluster = existing.needs_cluster();
        let needs_nodes = existing.new_nodes(lab).is_some();
        let is_version_asked = lab.cluster.kubernetes_version.is_some();
        let needs_version = is_version_asked && (needs_cluster || existing.upgraded_from(lab).is_some());
        let needs_account = existing.needs_account();
        let needs_models = existing.needs_models() || needs_account;
        let (versions, nodes, cluster_quotas, groups, models, deleted_accounts, _) = tokio::join!(
            async { if needs_version { Some(cache.kubernetes_versions(location).await) } else { None } },
            async {
                if needs_nodes {
                    Some(tokio::join!(cache.vm_sizes(location), cache.compute_usages(location)))
                } else {
                    None
                }
            },
            async {
                if needs_cluster {
                    Some(tokio::join!(cache.cluster_usages(location), cache.network_usages(location)))
                } else {
                    None
                }
            },
            async { if needs_cluster || !existing.has_group { Some(cache.groups().await) } else { None } },
            async { if needs_models { Some(cache.models(account_location).await) } else { None } },
            async { if needs_account { Some(cache.deleted_accounts().await) } else { None } },
            async {
                if reads_refusals {
                    Some(tokio::join!(cache.locks(), cache.deny_assignments(), cache.subscription()))
                } else {
                    None
                }
            },
        );
        Self { versions, nodes, cluster_quotas, groups, models, deleted_accounts }
    }
}
