//! What may differ about a subscription of the embedded Azure, and those beside its first one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{SUBSCRIPTION_ID, TENANT_ID};

/// A subscription's state (Resource Manager's `SubscriptionState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SubscriptionState {
    /// As it should be.
    #[default]
    Enabled,
    /// About to be disabled; takes no writes any more.
    Warned,
    /// A payment is late; still works.
    PastDue,
    /// Takes no writes.
    Disabled,
    /// Gone, and kept for a while.
    Deleted,
}

/// A role that somebody outside has given to the sandbox's user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantedRole {
    /// The built-in role's name: `Contributor`.
    pub role: String,
    /// The resource group that it is for; `None` is the subscription.
    #[serde(default)]
    pub group: Option<String>,
    /// The condition of the assignment. Of role assignments that it is to let somebody write it fits those whose role's guid
    /// it contains.
    #[serde(default)]
    pub condition: Option<String>,
}

impl GrantedRole {
    /// Owner of the subscription.
    pub(crate) fn owner() -> Self {
        Self { role: "Owner".into(), group: None, condition: None }
    }
}

/// A deny assignment: what nobody may do, whatever their roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DenyAssignment {
    /// Its name for people.
    pub name: String,
    /// The resource group that it is on; `None` is the subscription.
    #[serde(default)]
    pub group: Option<String>,
    /// What it denies, there and below; `*` stands for any text: `Microsoft.ContainerService/*`.
    pub actions: Vec<String>,
    /// What of it stays allowed.
    #[serde(default)]
    pub not_actions: Vec<String>,
}

/// A subscription beside the first one. It has resources, quotas, registrations and request limits of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherSubscription {
    /// Its id, a guid.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// The tenant's id; left out, the sandbox's own. One of another tenant is in no list, and takes no token of this one.
    pub tenant: Option<String>,
    /// Its offer, as `settings.offer`; left out, that of the first subscription.
    pub offer: Option<String>,
    /// Its state.
    #[serde(default)]
    pub state: SubscriptionState,
    /// Its quota limits, as `settings.quota`; those of the first subscription do not apply.
    #[serde(default)]
    pub quota: BTreeMap<String, i64>,
    /// Its regions without capacity for a new cluster.
    #[serde(default)]
    pub full_regions: Vec<String>,
    /// Resource providers that are not registered in it.
    #[serde(default)]
    pub unregister: Vec<String>,
    /// The roles of the sandbox's own user in it. Owner by default; with none the subscription is in no list.
    #[serde(default = "owner")]
    pub roles: Vec<GrantedRole>,
    /// `false`: the sandbox's own user has no role in it that lets it use models.
    #[serde(default = "yes")]
    pub data_role: bool,
}

fn owner() -> Vec<GrantedRole> {
    vec![GrantedRole::owner()]
}

fn yes() -> bool {
    true
}

impl OtherSubscription {
    /// A subscription of this id and name, of which nothing else is said.
    pub fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            tenant: None,
            offer: None,
            state: SubscriptionState::default(),
            quota: BTreeMap::new(),
            full_regions: Vec::new(),
            unregister: Vec::new(),
            roles: owner(),
            data_role: yes(),
        }
    }

    /// The tenant's id.
    pub(crate) fn tenant(&self) -> &str {
        self.tenant.as_deref().unwrap_or(TENANT_ID)
    }
}

/// A key (a region, a namespace, a bucket) as it is counted in `subscription`: that of the first one as it stands, as in states
/// of older versions.
pub(crate) fn counted_in(subscription: &str, key: &str) -> String {
    if subscription == SUBSCRIPTION_ID { key.to_owned() } else { format!("{subscription}/{key}") }
}
