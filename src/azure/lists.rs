//! What a subscription has, from lists of the whole of it: a few pages in place of many reads for each lab of a class.
//!
//! Two kinds of questions are answered from lists. A *first look* asks what there was when the command began ([`FirstLook`]): each
//! list is read once, on first use, for all labs. A *proof* asks what there is since a moment ([`Lists`]): who asks while another
//! reads waits for the next reading, which then serves all that wait. A list that cannot be read, as by a caller with rights on
//! single groups, answers nothing, and the resource itself is read.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use azure_mgmt_authorization::package_2022_04_01::models::RoleAssignment;
use azure_mgmt_cognitiveservices::package_2024_10::models::{Account, Deployment};
use azure_mgmt_containerservice::package_preview_2023_01::models::ManagedCluster;
use azure_mgmt_msi::package_2023_01_31::models::{FederatedIdentityCredential, Identity};
use azure_mgmt_resources::package_resources_2021_04::models::{GenericResourceExpanded, ResourceGroup};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::OnceCell;

use super::api_version::CONTAINER_SERVICE;
use super::arm::Arm;
use super::error::Error;
use super::list::{Entries, List, of};
use crate::values::arm_id::group_in;

/// The lists of a subscription.
#[derive(Debug)]
pub(super) struct Lists {
    arm: Arm,
    subscription: String,
    groups: List<ResourceGroup>,
    contents: List<GenericResourceExpanded>,
    clusters: List<ManagedCluster>,
    identities: List<Identity>,
    accounts: List<Account>,
    deleted_accounts: List<Account>,
    assignments: List<RoleAssignment>,
    /// As JSON: no crate of the SDK's has them.
    locks: List<Value>,
}

macro_rules! since {
    ($(#[$doc:meta])* $name:ident, $entry:ty) => {
        $(#[$doc])*
        async fn $name(&self, moment: OffsetDateTime) -> Option<Arc<Entries<$entry>>> {
            self.$name.since(&self.arm, &self.subscription, moment).await
        }
    };
}

impl Lists {
    /// None is read yet.
    pub(super) fn new(arm: &Arm, subscription: &str) -> Self {
        let cognitive = |what: &str| format!("providers/Microsoft.CognitiveServices/{what}?api-version=2024-10-01");
        Self {
            arm: arm.clone(),
            subscription: subscription.to_owned(),
            groups: List::new("resourcegroups?api-version=2021-04-01", |group| group.name.iter().cloned().collect()),
            contents: List::new("resources?api-version=2021-04-01&$expand=createdTime", |one| {
                by_group(one.generic_resource.resource.id.as_ref())
            }),
            clusters: List::new(
                format!("providers/Microsoft.ContainerService/managedClusters?api-version={CONTAINER_SERVICE}"),
                |cluster| by_group(cluster.tracked_resource.resource.id.as_ref()),
            ),
            identities: List::new(
                "providers/Microsoft.ManagedIdentity/userAssignedIdentities?api-version=2023-01-31",
                |identity| by_group(identity.tracked_resource.resource.id.as_ref()),
            ),
            accounts: List::new(cognitive("accounts"), |account| {
                by_group(account.azure_entity_resource.resource.id.as_ref())
            }),
            deleted_accounts: List::new(cognitive("deletedAccounts"), |account| {
                by_group(account.azure_entity_resource.resource.id.as_ref())
            }),
            // A principal is a GUID and a scope begins with a slash.
            assignments: List::new(
                "providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01",
                |assignment| {
                    let properties = assignment.properties.as_ref();
                    let principal = properties.map(|properties| properties.principal_id.clone());
                    principal.into_iter().chain(properties.and_then(|properties| properties.scope.clone())).collect()
                },
            ),
            locks: List::new("providers/Microsoft.Authorization/locks?api-version=2020-05-01", |_| vec![String::new()]),
        }
    }

    since!(groups, ResourceGroup);
    since!(contents, GenericResourceExpanded);
    since!(clusters, ManagedCluster);
    since!(identities, Identity);
    since!(accounts, Account);
    since!(deleted_accounts, Account);
    since!(assignments, RoleAssignment);
    since!(locks, Value);

    /// What all lists that anybody has asked for say, read at `moment` or later, as a number that is another where one of them says
    /// something else; `None` where one cannot be read.
    pub(super) async fn edition(&self, moment: OffsetDateTime) -> Option<u64> {
        macro_rules! editions {
            ($($list:ident),*) => {
                tokio::join!($(self.$list.edition(&self.arm, &self.subscription, moment)),*)
            };
        }
        let all = editions!(groups, contents, clusters, identities, accounts, deleted_accounts, assignments, locks);
        let (groups, contents, clusters, identities, accounts, deleted_accounts, assignments, locks) = all;
        let all = [groups?, contents?, clusters?, identities?, accounts?, deleted_accounts?, assignments?, locks?];
        let mut hasher = DefaultHasher::new();
        all.hash(&mut hasher);
        Some(hasher.finish())
    }

    /// The groups that carry the tag `name`, as they are since `moment`; `None` if that cannot be told.
    pub(super) async fn groups_tagged_since(&self, name: &str, moment: OffsetDateTime) -> Option<Vec<ResourceGroup>> {
        let groups = self.groups(moment).await?;
        let is_tagged = |group: &&Arc<ResourceGroup>| {
            let tags = group.tags.as_ref().and_then(Value::as_object);
            tags.is_some_and(|tags| tags.keys().any(|tag| tag.eq_ignore_ascii_case(name)))
        };
        let mut tagged: Vec<&Arc<ResourceGroup>> = groups.values().flatten().filter(is_tagged).collect();
        tagged.sort_by_key(|group| group.name.as_deref());
        Some(tagged.into_iter().map(|group| (**group).clone()).collect())
    }

    /// The group `name` as it is since `moment`; `None` if that cannot be told.
    pub(super) async fn group_since(&self, name: &str, moment: OffsetDateTime) -> Option<Option<ResourceGroup>> {
        let groups = self.groups(moment).await?;
        Some(of(&groups, name).next().cloned())
    }

    /// The soft-deleted accounts that were in `group`, likewise.
    pub(super) async fn deleted_accounts_since(&self, group: &str, moment: OffsetDateTime) -> Option<Vec<Account>> {
        Some(of(&*self.deleted_accounts(moment).await?, group).cloned().collect())
    }

    /// What `wanted` takes of all soft-deleted accounts, likewise.
    pub(super) async fn all_deleted_accounts_since<T>(
        &self,
        moment: OffsetDateTime,
        wanted: impl Fn(&Account) -> Option<T>,
    ) -> Option<Vec<T>> {
        let all = self.deleted_accounts(moment).await?;
        Some(all.values().flatten().filter_map(|account| wanted(account)).collect())
    }

    /// The role assignments of a principal, likewise.
    pub(super) async fn assignments_since(
        &self,
        principal: &str,
        moment: OffsetDateTime,
    ) -> Option<Vec<RoleAssignment>> {
        Some(of(&*self.assignments(moment).await?, principal).cloned().collect())
    }
}

fn by_group(id: Option<&String>) -> Vec<String> {
    id.and_then(|id| group_in(id)).map(str::to_owned).into_iter().collect()
}

/// What was read of single resources, by their ids in lower case.
type Memo<T> = Mutex<HashMap<String, Arc<OnceCell<Option<T>>>>>;

/// What there was when a command on several labs began. Each method gives `None` where that cannot be told.
#[derive(Debug)]
pub(super) struct FirstLook {
    lists: Arc<Lists>,
    began: OffsetDateTime,
    /// What has no list of a subscription.
    pub(super) credentials: Arc<Memo<FederatedIdentityCredential>>,
    pub(super) deployments: Arc<Memo<Deployment>>,
}

impl FirstLook {
    /// A look that began at this moment.
    pub(super) fn new(lists: &Arc<Lists>, began: OffsetDateTime) -> Self {
        let (credentials, deployments) = (Arc::default(), Arc::default());
        Self { lists: Arc::clone(lists), began, credentials, deployments }
    }

    /// A look that began at this moment, with what this one has read of single resources.
    pub(super) fn again(&self, began: OffsetDateTime) -> Self {
        let (credentials, deployments) = (Arc::clone(&self.credentials), Arc::clone(&self.deployments));
        Self { lists: Arc::clone(&self.lists), began, credentials, deployments }
    }

    /// Forgets what was read of single resources in the groups that `is_due` names.
    pub(super) fn read_again(&self, is_due: impl Fn(&str) -> bool) {
        forget(&self.credentials, &is_due);
        forget(&self.deployments, &is_due);
    }

    pub(super) async fn group(&self, name: &str) -> Option<Option<ResourceGroup>> {
        let found = self.lists.group_since(name, self.began).await?;
        // What an entry does not tell, the resource itself does.
        let is_complete = found.as_ref().is_none_or(|group| group.properties.is_some());
        is_complete.then_some(found)
    }

    pub(super) async fn contents(&self, group: &str) -> Option<Vec<GenericResourceExpanded>> {
        Some(of(&*self.lists.contents(self.began).await?, group).cloned().collect())
    }

    pub(super) async fn cluster(&self, group: &str, name: &str) -> Option<Option<ManagedCluster>> {
        let clusters = self.lists.clusters(self.began).await?;
        let is_it = |one: &&ManagedCluster| is(one.tracked_resource.resource.name.as_ref(), name);
        let found = of(&clusters, group).find(is_it);
        let properties = |cluster: &ManagedCluster| {
            cluster.properties.as_ref().is_some_and(|properties| properties.provisioning_state.is_some())
        };
        found.is_none_or(properties).then(|| found.cloned())
    }

    pub(super) async fn identity(&self, group: &str, name: &str) -> Option<Option<Identity>> {
        let identities = self.lists.identities(self.began).await?;
        let is_it = |one: &&Identity| is(one.tracked_resource.resource.name.as_ref(), name);
        let found = of(&identities, group).find(is_it);
        let is_complete = |identity: &Identity| {
            identity.properties.as_ref().is_some_and(|properties| properties.principal_id.is_some())
        };
        found.is_none_or(is_complete).then(|| found.cloned())
    }

    pub(super) async fn accounts(&self, group: &str) -> Option<Vec<Account>> {
        let accounts: Vec<Account> = of(&*self.lists.accounts(self.began).await?, group).cloned().collect();
        let is_complete = |account: &Account| {
            let state = account.properties.as_ref().and_then(|properties| properties.provisioning_state.as_ref());
            state.is_some() && account.kind.is_some() && account.sku.is_some()
        };
        accounts.iter().all(is_complete).then_some(accounts)
    }

    pub(super) async fn account(&self, group: &str, name: &str) -> Option<Option<Account>> {
        let accounts = self.accounts(group).await?;
        let is_it = |one: &Account| is(one.azure_entity_resource.resource.name.as_ref(), name);
        Some(accounts.into_iter().find(is_it))
    }

    pub(super) async fn deleted_accounts(&self, group: &str) -> Option<Vec<Account>> {
        self.lists.deleted_accounts_since(group, self.began).await
    }

    /// What `wanted` takes of all soft-deleted accounts.
    pub(super) async fn all_deleted_accounts<T>(&self, wanted: impl Fn(&Account) -> Option<T>) -> Option<Vec<T>> {
        self.lists.all_deleted_accounts_since(self.began, wanted).await
    }

    /// The locks in the whole subscription.
    pub(super) async fn locks(&self) -> Option<Vec<Value>> {
        Some(of(&*self.lists.locks(self.began).await?, "").cloned().collect())
    }

    /// The assignments of a principal at `scope` and above it.
    pub(super) async fn assignments(&self, scope: &str, principal: &str) -> Option<Vec<RoleAssignment>> {
        let scope = format!("{}/", scope.trim_end_matches('/').to_ascii_lowercase());
        let holds = |assignment: &RoleAssignment| {
            let at = assignment.properties.as_ref().and_then(|properties| properties.scope.as_deref()).unwrap_or("/");
            scope.starts_with(&format!("{}/", at.trim_end_matches('/').to_ascii_lowercase()))
        };
        let mut all = self.lists.assignments_since(principal, self.began).await?;
        all.retain(holds);
        Some(all)
    }

    /// The assignments of everybody right at `scope`.
    pub(super) async fn assignments_right_at(&self, scope: &str) -> Option<Vec<RoleAssignment>> {
        Some(of(&*self.lists.assignments(self.began).await?, scope).cloned().collect())
    }
}

/// Whether an assignment is at `scope` itself, not above it.
pub(super) fn is_right_at(assignment: &RoleAssignment, scope: &str) -> bool {
    assignment
        .properties
        .as_ref()
        .and_then(|properties| properties.scope.as_deref())
        .is_some_and(|at| at.eq_ignore_ascii_case(scope))
}

fn is(name: Option<&String>, wanted: &str) -> bool {
    name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
}

/// Forgets what `memo` has of the groups that `is_due` names; a key begins with its group.
fn forget<T>(memo: &Memo<T>, is_due: impl Fn(&str) -> bool) {
    let mut memo = memo.lock().unwrap_or_else(PoisonError::into_inner);
    memo.retain(|id, _| !is_due(id.split('/').next().unwrap_or_default()));
}

/// What `memo` has of the resource `id`, or what `read` gives, which is then kept: who asks while another reads waits for that, as
/// labs do that share an account.
///
/// # Errors
/// As `read`.
pub(super) async fn remembered<T: Clone>(
    memo: &Memo<T>,
    id: &str,
    read: impl Future<Output = Result<Option<T>, Error>>,
) -> Result<Option<T>, Error> {
    let id = id.to_ascii_lowercase();
    let cell = Arc::clone(memo.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default());
    Ok(cell.get_or_try_init(|| read).await?.clone())
}
