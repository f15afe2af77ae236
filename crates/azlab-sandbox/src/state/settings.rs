//! What a user or a test may change about the embedded Azure; kept as one JSON row beside the resources.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::kubernetes::KubernetesSettings;
use super::people::DirectorySettings;
use super::subscriptions::{DenyAssignment, GrantedRole, OtherSubscription, SubscriptionState};
use crate::arm::regions;

/// Changes to how the embedded Azure behaves. Missing fields take their defaults, so older states stay readable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long things take.
    pub durations: Durations,
    /// Seconds for which a new identity is unknown to role assignments that do not send `principalType`
    /// (recorded: 42 s).
    pub late_principals_s: f64,
    /// The same for role assignments that do send `principalType`. Zero on a good day.
    pub late_principals_with_type_s: f64,
    /// Seconds after its write for which a federated credential is not yet known to the sign-in service ("some seconds":
    /// azure-facts.md, section 3).
    pub late_federated_credentials_s: f64,
    /// Seconds after an account's deletion during which purging it answers 409 `RequestConflict` (field reports: 30-300).
    pub purge_conflict_s: f64,
    /// Models closed to new deployments; still listed, as on the real Azure.
    pub retired_models: Vec<RetiredModel>,
    /// Quota limits by `{location}/{usage name}`, lower case; location `*` is every region.
    /// Usage names: those of `models`, `OpenAI.S0.AccountCount`, `cores`, a VM family, `ManagedClusters`,
    /// `IPv4StandardSkuPublicIpAddresses`; `ResourceGroups` and the pooled ones, which have one limit: `*`.
    pub quota: BTreeMap<String, i64>,
    /// The subscription's offer, the `quotaId` of its policies. Its quotas to begin with are the offer's:
    /// `FreeTrial_2014-09-01` has none for models.
    pub offer: String,
    /// Models whose quota is pooled: of the sku GlobalStandard for all regions together, of DataZoneStandard for all of a
    /// data zone ("Foundry Models quotas and limits", since May 2026).
    pub pooled_models: Vec<String>,
    /// Kubernetes versions (`1.33`) that are under long-term support only: a cluster needs the tier Premium and the support
    /// plan `AKSLongTermSupport` to have one.
    pub long_term_support: Vec<String>,
    /// Seconds after which a pool with an autoscaler has one node more, up to its `maxCount`, and then one less, down to its
    /// `minCount`, and so on; counted from when the cluster's last operation ended. Zero: no pool is scaled.
    pub autoscaler_s: f64,
    /// Seconds after its write from which a deployment has the default version of its model, where that is younger, unless its
    /// `versionUpgradeOption` is `NoAutoUpgrade` (azure-facts.md section 10). Zero: versions stay.
    pub version_upgrades_s: f64,
    /// By a model's name, the model to which its deployments are moved once it has retired, so many seconds after their write
    /// ("Azure OpenAI model retirements", replacement models), unless their `versionUpgradeOption` is `NoAutoUpgrade`.
    pub successors: BTreeMap<String, String>,
    /// Regions without capacity for a new cluster: `AKSCapacityHeavyUsage`. A quota says nothing about it.
    pub full_regions: Vec<String>,
    /// Resource types that a region does not offer, as `{location}/{resource type}`:
    /// `koreasouth/Microsoft.ContainerService/managedClusters`. Such a region is in no list of the type.
    pub not_offered: Vec<String>,
    /// How a full region says so.
    pub full_regions_refuse: FullRegion,
    /// Milliseconds that each token of a model's answer takes. Zero: the whole answer takes `durations.chat_completion`, however
    /// long it is.
    pub token_ms: f64,
    /// `false`: the subscription may not create OpenAI accounts (400 `SpecialFeatureOrQuotaIdRequired`).
    pub openai_allowed: bool,
    /// Answer 429 when a published request limit is passed.
    pub throttling: bool,
    /// Entries in a page of a list.
    pub page_size: usize,
    /// Empty pages with a `nextLink` before each page of a list (azure-facts.md section 2).
    pub empty_pages: usize,
    /// The subscription's state; in all but `Enabled` and `PastDue` it takes no writes but deletes.
    pub subscription_state: SubscriptionState,
    /// The roles of the sandbox's own user, beside those that are assigned in it. Owner of the subscription by default.
    pub roles: Vec<GrantedRole>,
    /// What nobody may do in the first subscription, whatever their roles.
    pub deny_assignments: Vec<DenyAssignment>,
    /// Subscriptions beside the first one.
    pub subscriptions: Vec<OtherSubscription>,
    /// Who is in the directory of the tenant.
    pub directory: DirectorySettings,
    /// What goes wrong in the clusters themselves.
    pub kubernetes: KubernetesSettings,
}

/// Where a cluster meets that its region is full (azure-facts.md section 10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FullRegion {
    /// The PUT is refused; nothing is created.
    #[default]
    Request,
    /// The PUT is accepted and its operation fails: the cluster is there, and is `Failed`.
    Operation,
}

/// A model closed to new deployments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetiredModel {
    /// The model's name in the catalogue.
    pub name: String,
    /// One version only; `None` is all of them.
    pub version: Option<String>,
    /// Since when, RFC 3339; the `deprecationDate` of its skus.
    pub since: String,
}

/// Service seconds, but for `soft_delete` (issue 2, item 6; azure-facts.md sections 1 to 5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Durations {
    /// Any read, polls included.
    pub read: f64,
    /// PUT or PATCH of a resource group.
    pub group: f64,
    /// A DELETE call that only accepts work.
    pub delete_call: f64,
    /// Deletion of a group without clusters and accounts (recorded 17 s).
    pub group_delete_empty: f64,
    /// Deletion of a group with accounts (recorded 71 s).
    pub group_delete_accounts: f64,
    /// Deletion of a group with a cluster.
    pub group_delete_cluster: f64,
    /// The PUT of a cluster.
    pub cluster_put: f64,
    /// From the PUT's answer until the new cluster is ready (median of 162 recorded creates).
    pub cluster_create: f64,
    /// From the PUT's answer until an update is done (recorded 131-266 s).
    pub cluster_update: f64,
    /// Deletion of a cluster (recorded 187-311 s).
    pub cluster_delete: f64,
    /// From the PUT's answer until a new agent pool is ready (recorded: polled for 200 s at most).
    pub agent_pool_create: f64,
    /// From the PUT's answer until an agent pool is changed (recorded: 45 s at most).
    pub agent_pool_update: f64,
    /// Deletion of an agent pool (recorded: 20 s at most).
    pub agent_pool_delete: f64,
    /// PUT or DELETE of an identity.
    pub identity: f64,
    /// PUT or DELETE of a federated credential.
    pub federated_credential: f64,
    /// The PUT of an account.
    pub account_put: f64,
    /// From the PUT's answer until the account is `Succeeded`.
    pub account_create: f64,
    /// DELETE of an account (synchronous).
    pub account_delete: f64,
    /// Purge of a soft-deleted account.
    pub account_purge: f64,
    /// PUT or DELETE of a model deployment.
    pub deployment: f64,
    /// The answer of a model, of its first token to its last.
    pub chat_completion: f64,
    /// PUT or DELETE of a role assignment.
    pub role_assignment: f64,
    /// From `register` until a provider is registered.
    pub registration: f64,
    /// How long a soft-deleted account is kept, in seconds of the calendar.
    pub soft_delete: f64,
}

impl RetiredModel {
    /// Retired since the beginning of the day of `now`: the catalogue's dates are whole days, and this one must have passed.
    pub(crate) fn on_the_day_of(now: OffsetDateTime, name: &str, version: Option<&str>) -> Self {
        let day = now.date();
        Self {
            name: name.to_owned(),
            version: version.map(str::to_owned),
            since: format!("{:04}-{:02}-{:02}T00:00:00Z", day.year(), u8::from(day.month()), day.day()),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durations: Durations::default(),
            late_principals_s: 40.0,
            late_principals_with_type_s: 0.0,
            late_federated_credentials_s: 5.0,
            purge_conflict_s: 0.0,
            retired_models: Vec::new(),
            quota: BTreeMap::new(),
            offer: "EnterpriseAgreement_2014-09-01".into(),
            pooled_models: Vec::new(),
            long_term_support: Vec::new(),
            autoscaler_s: 0.0,
            version_upgrades_s: 0.0,
            successors: BTreeMap::new(),
            full_regions: Vec::new(),
            not_offered: Vec::new(),
            full_regions_refuse: FullRegion::default(),
            token_ms: 0.0,
            openai_allowed: true,
            throttling: true,
            page_size: 1000,
            empty_pages: 0,
            subscription_state: SubscriptionState::default(),
            roles: vec![GrantedRole::owner()],
            deny_assignments: Vec::new(),
            subscriptions: Vec::new(),
            directory: DirectorySettings::default(),
            kubernetes: KubernetesSettings::default(),
        }
    }
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            read: 0.08,
            group: 2.0,
            delete_call: 1.0,
            group_delete_empty: 17.0,
            group_delete_accounts: 71.0,
            group_delete_cluster: 240.0,
            cluster_put: 7.0,
            cluster_create: 332.0,
            cluster_update: 150.0,
            cluster_delete: 240.0,
            agent_pool_create: 180.0,
            agent_pool_update: 30.0,
            agent_pool_delete: 15.0,
            identity: 1.0,
            federated_credential: 1.0,
            account_put: 8.0,
            account_create: 16.0,
            account_delete: 2.0,
            account_purge: 1.0,
            deployment: 2.0,
            chat_completion: 0.8,
            role_assignment: 3.0,
            registration: 30.0,
            // 48 h, as of 2022 (azure-facts.md, "Not established")
            soft_delete: 48.0 * 3600.0,
        }
    }
}

impl Settings {
    /// The limit set for `usage` in `location`, if any; the region's own before that of every region.
    pub(crate) fn limit(&self, location: &str, usage: &str) -> Option<i64> {
        let usage = usage.to_ascii_lowercase();
        [location, "*"].iter().find_map(|place| self.quota.get(&format!("{place}/{usage}")).copied())
    }

    /// Whether clusters cannot be created in `location` for want of capacity.
    pub(crate) fn is_full(&self, location: &str) -> bool {
        self.full_regions.iter().any(|full| regions::normal(full) == location)
    }

    /// Whether `location` offers resources of this type (`Microsoft.ContainerService/managedClusters`).
    pub(crate) fn offers(&self, location: &str, resource_type: &str) -> bool {
        let is_it = |(region, name): (&str, &str)| {
            regions::normal(region) == location && name.eq_ignore_ascii_case(resource_type)
        };
        !self.not_offered.iter().filter_map(|one| one.split_once('/')).any(is_it)
    }

    /// The settings under which requests to another subscription are answered.
    pub(crate) fn of(&self, other: &OtherSubscription) -> Self {
        Self {
            quota: other.quota.clone(),
            offer: other.offer.clone().unwrap_or_else(|| self.offer.clone()),
            full_regions: other.full_regions.clone(),
            subscription_state: other.state,
            roles: other.roles.clone(),
            deny_assignments: Vec::new(),
            subscriptions: vec![other.clone()],
            ..self.clone()
        }
    }

    /// The subscription with this id (in lower case), if it is one beside the first.
    pub(crate) fn other(&self, id: &str) -> Option<&OtherSubscription> {
        self.subscriptions.iter().find(|other| other.id == id)
    }

    /// When the model was retired, if it was.
    pub(crate) fn retired_since(&self, name: &str, version: &str) -> Option<&str> {
        self.retired_models
            .iter()
            .find(|retired| {
                retired.name.eq_ignore_ascii_case(name) && retired.version.as_deref().is_none_or(|only| only == version)
            })
            .map(|retired| retired.since.as_str())
    }
}
