//! What the checks of one run stand on: each list is read once, however many labs ask for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::{model, providers};
use crate::azure::accounts::{Account, Usage};
use crate::azure::client::Azure;
use crate::azure::clusters::KubernetesVersion;
use crate::azure::compute::VmSku;
use crate::azure::denials::DenyAssignment;
use crate::azure::error::Error;
use crate::azure::groups::{Provider, ResourceGroup};
use crate::azure::locks::Lock;
use crate::azure::permissions::Permission;
use crate::azure::tenancy::Subscription;
use crate::azure::usages::RegionUsage;
use crate::lab::ids;
use crate::lab::model::Offer;

/// A list that was read once, or why it could not be.
type Once<T> = OnceCell<Result<Arc<T>, Error>>;

/// A region's offers and quota of models.
#[derive(Debug)]
pub(crate) struct Models {
    /// What can be deployed, with what is left.
    pub(crate) offers: Vec<Offer>,
    /// The quotas themselves, the count of accounts among them.
    pub(crate) usages: Vec<Usage>,
}

/// What is read of a subscription and of its regions, each once.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionCache {
    /// The connection.
    pub(crate) azure: Azure,
    /// The object id of who is signed in, if known; for commands that an administrator runs.
    pub(crate) who: Option<String>,
    whole: Arc<Whole>,
    unanswered: Arc<Mutex<Option<Error>>>,
    regions: Arc<Mutex<HashMap<String, Arc<Region>>>>,
}

#[derive(Debug, Default)]
struct Whole {
    subscription: Once<Subscription>,
    permissions: Once<Vec<Permission>>,
    providers: Once<Vec<Provider>>,
    deleted_accounts: Once<Vec<Account>>,
    groups: Once<Vec<ResourceGroup>>,
    role_assignments: Once<usize>,
    locks: Once<Vec<Lock>>,
    deny_assignments: Once<Vec<DenyAssignment>>,
}

#[derive(Debug, Default)]
struct Region {
    versions: Once<Vec<KubernetesVersion>>,
    sizes: Once<Vec<VmSku>>,
    compute_usages: Once<Vec<RegionUsage>>,
    cluster_usages: Once<Vec<RegionUsage>>,
    network_usages: Once<Vec<RegionUsage>>,
    models: Once<Models>,
}

impl SubscriptionCache {
    /// Nothing is read yet. `who` is the object id of who is signed in.
    pub(crate) fn new(azure: Azure, who: Option<String>) -> Self {
        Self { azure, who, whole: Arc::default(), unanswered: Arc::default(), regions: Arc::default() }
    }

    /// The subscription.
    ///
    /// # Errors
    /// As [`crate::azure::arm::Arm::send`]; so for all that follow.
    pub(crate) async fn subscription(&self) -> Result<Arc<Subscription>, Error> {
        self.once(&self.whole.subscription, || self.azure.subscription_itself()).await
    }

    /// What the caller may do in the whole subscription.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn permissions(&self) -> Result<Arc<Vec<Permission>>, Error> {
        let scope = ids::subscription(self.azure.subscription());
        self.once(&self.whole.permissions, async || self.azure.permissions(&scope).await).await
    }

    /// The resource providers of a lab.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn providers(&self) -> Result<Arc<Vec<Provider>>, Error> {
        self.once(&self.whole.providers, || providers::read(&self.azure)).await
    }

    /// The subscription's soft-deleted accounts.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn deleted_accounts(&self) -> Result<Arc<Vec<Account>>, Error> {
        self.once(&self.whole.deleted_accounts, || self.azure.deleted_accounts()).await
    }

    /// The Kubernetes versions of a region.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn kubernetes_versions(&self, location: &str) -> Result<Arc<Vec<KubernetesVersion>>, Error> {
        self.once(&self.region(location).versions, || self.azure.kubernetes_versions(location)).await
    }

    /// The VM sizes of a region.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn vm_sizes(&self, location: &str) -> Result<Arc<Vec<VmSku>>, Error> {
        self.once(&self.region(location).sizes, || self.azure.vm_sizes(location)).await
    }

    /// The vCPU quotas of a region.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn compute_usages(&self, location: &str) -> Result<Arc<Vec<RegionUsage>>, Error> {
        self.once(&self.region(location).compute_usages, || self.azure.compute_usages(location)).await
    }

    /// The quota of clusters of a region.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn cluster_usages(&self, location: &str) -> Result<Arc<Vec<RegionUsage>>, Error> {
        self.once(&self.region(location).cluster_usages, || self.azure.cluster_usages(location)).await
    }

    /// The quotas of a region's networks.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn network_usages(&self, location: &str) -> Result<Arc<Vec<RegionUsage>>, Error> {
        self.once(&self.region(location).network_usages, || self.azure.network_usages(location)).await
    }

    /// The resource groups of the subscription.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn groups(&self) -> Result<Arc<Vec<ResourceGroup>>, Error> {
        self.once(&self.whole.groups, || self.azure.all_groups()).await
    }

    /// How many role assignments the subscription has, those below it included.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn role_assignments(&self) -> Result<Arc<usize>, Error> {
        self.once(&self.whole.role_assignments, || self.azure.count_role_assignments()).await
    }

    /// The locks of the subscription, and of what is in it.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn locks(&self) -> Result<Arc<Vec<Lock>>, Error> {
        let scope = ids::subscription(self.azure.subscription());
        self.once(&self.whole.locks, async || self.azure.locks(&scope).await).await
    }

    /// The deny assignments of the subscription, and of what is in it.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn deny_assignments(&self) -> Result<Arc<Vec<DenyAssignment>>, Error> {
        self.once(&self.whole.deny_assignments, || self.azure.deny_assignments()).await
    }

    /// The models of a region, and the quota that is left.
    ///
    /// # Errors
    /// As [`Self::subscription`].
    pub(crate) async fn models(&self, location: &str) -> Result<Arc<Models>, Error> {
        let read = async || {
            let (offers, usages) = model::read(&self.azure, location).await?;
            Ok(Models { offers, usages })
        };
        self.once(&self.region(location).models, read).await
    }

    /// The first read that brought no answer of the service: what that would have told is not known, and not refused either.
    pub(crate) fn unanswered(&self) -> Option<Error> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is in `cell`; `read` is for who comes first. That is on the heap: each of a thousand labs waits for many cells at once, and
    /// would hold each reading's state.
    async fn once<T, F: Future<Output = Result<T, Error>>>(
        &self,
        cell: &Once<T>,
        read: impl FnOnce() -> F,
    ) -> Result<Arc<T>, Error> {
        let answer = cell.get_or_init(async || Box::pin(read()).await.map(Arc::new)).await.clone();
        if let Err(error) = answer.as_ref()
            && error.service().is_none()
        {
            let mut first = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| error.clone());
        }
        answer
    }

    fn region(&self, location: &str) -> Arc<Region> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(regions.entry(location.to_owned()).or_default())
    }
}
