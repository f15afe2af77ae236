//! The desired state of one lab: plain values, resolved and checked.

use std::time::Duration;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attendee::{Attendee, Grant};
use super::defaults::{
    ACCOUNT_PREFIX, DEFAULT_CREDENTIAL, DEFAULT_DEPLOYMENT, DEFAULT_GROUP, DEFAULT_MODEL, DEFAULT_NODE_COUNT,
    DEFAULT_ROLE, DEFAULT_SUBJECT, DEFAULT_VM_SIZE,
};
use super::ids::{self, same};
use super::names::{self, NameError};
use super::tags::{self, Tags};

pub(crate) use super::defaults::{AUDIENCE, DEFAULT_CLUSTER, DEFAULT_IDENTITY, DEFAULT_LAB, DEFAULT_LOCATION};

/// What should be.
#[derive(Clone, Debug, PartialEq)]
pub struct LabSpec {
    /// The lab's name.
    pub name: String,
    /// The subscription's id.
    pub subscription: String,
    /// The resource group's name.
    pub group: String,
    /// The location asked for; `None` takes that of an existing group, else [`DEFAULT_LOCATION`].
    pub location: Option<String>,
    /// The cluster.
    pub cluster: ClusterSpec,
    /// The identity's name.
    pub identity: String,
    /// Its federated credentials, written one at a time; at most 20 (azure-facts.md section 3).
    pub federated_credentials: Vec<FederatedCredentialSpec>,
    /// The OpenAI account.
    pub account: AccountSpec,
    /// The model deployments, written one at a time.
    pub deployments: Vec<DeploymentSpec>,
    /// Who the lab is for, if somebody says so.
    pub(crate) attendee: Option<Attendee>,
    /// The roles that the attendee is to have on the group, by name or id.
    pub(crate) roles: Vec<String>,
    /// The access that follows from both; `None` while nobody has looked up who the attendee is, or where that cannot be told.
    pub(crate) access: Option<Vec<Grant>>,
    /// Tags that the group gets.
    pub tags: Tags,
    /// Whose the lab is if it has no owner yet and `tags` name none.
    pub default_owner: Option<String>,
    /// How long from now the lab lives if it has no expiry yet and `tags` name none.
    pub default_ttl: Option<Duration>,
    /// Whether nobody has said when it expires: the expiry in `tags` is for a group that has none, and another one stays.
    pub(crate) keeps_expiry: bool,
    /// The lab that its group's tag still names, where a swap that was cut off has not yet taken the group from that one.
    pub(crate) still_called: Option<String>,
}

/// The cluster that should be. `None` leaves the choice to the service on create, and to what exists after.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterSpec {
    /// Its name.
    pub name: String,
    /// `1.33` or `1.33.2`.
    pub kubernetes_version: Option<String>,
    /// Nodes of the system pool.
    pub node_count: Option<u32>,
    /// `Standard_D2s_v5`
    pub node_vm_size: Option<String>,
    /// Whether a tag of the lab's group ([`tags::PAUSED`]) says that azlab has paused it: a stopped cluster is left alone.
    pub is_paused: bool,
}

impl ClusterSpec {
    /// The system pool's name.
    pub(crate) const POOL: &'static str = "nodepool1";
    /// The nodes that an upgrade adds for its time (AKS's default `maxSurge`: 10 %, at least one).
    pub(crate) const SURGE_NODES: u32 = 1;

    /// Nodes that a new cluster gets.
    pub(crate) fn new_node_count(&self) -> u32 {
        self.node_count.unwrap_or(DEFAULT_NODE_COUNT)
    }

    /// The VM size that a new cluster gets.
    pub(crate) fn new_vm_size(&self) -> &str {
        self.node_vm_size.as_deref().unwrap_or(DEFAULT_VM_SIZE)
    }
}

/// The federated credential that should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FederatedCredentialSpec {
    /// Its name.
    pub name: String,
    /// `system:serviceaccount:default:ai-service-account`
    pub subject: String,
    /// [`AUDIENCE`]
    pub audience: String,
}

impl FederatedCredentialSpec {
    /// The workshop's own.
    pub(crate) fn workshop() -> Self {
        Self { name: DEFAULT_CREDENTIAL.into(), subject: DEFAULT_SUBJECT.into(), audience: AUDIENCE.into() }
    }
}

/// The account that should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSpec {
    /// Its name, which is its subdomain too; `None` derives `myopenai<salt>`.
    pub(crate) name: Option<String>,
    /// What to do about a soft-deleted account of that name.
    pub(crate) soft_deleted: SoftDeleted,
    /// Whether a new lab shares one with the labs of its place; `None` if nobody says.
    pub(crate) shared: Option<bool>,
    /// The capacity of each shared deployment for one lab, in thousands of tokens a minute; `None` is the deployment's own.
    pub(crate) per_lab: Option<u32>,
    /// What the tags of an existing group say of it.
    pub(crate) housed: Option<Housed>,
    /// The tags that every lab of the file has: those of what they share.
    pub(crate) common_tags: Tags,
}

/// Where the account of a lab is that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Housed {
    /// In its own group.
    Own,
    /// In the group of this name, with others'.
    In(String),
}

/// What to do about a soft-deleted account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SoftDeleted {
    /// Purge it for good, and create a new one.
    #[default]
    Purge,
    /// Bring it back.
    Restore,
    /// Leave it, and take another name.
    Avoid,
}

impl SoftDeleted {
    /// As it is written in the file and on the command line.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Purge => "purge",
            Self::Restore => "restore",
            Self::Avoid => "avoid",
        }
    }
}

impl std::fmt::Display for SoftDeleted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A model deployment that should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentSpec {
    /// Its name.
    pub name: String,
    /// The model.
    pub model: ModelSpec,
}

impl DeploymentSpec {
    /// The workshop's own.
    pub(crate) fn workshop() -> Self {
        Self {
            name: DEFAULT_DEPLOYMENT.into(),
            model: ModelSpec {
                name: Some(DEFAULT_MODEL.into()),
                is_default: true,
                is_asked_now: false,
                version: None,
                sku: None,
                capacity: None,
            },
        }
    }
}

/// The model of a deployment. `None` leaves the choice to preflight on create, and to what exists after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSpec {
    /// `gpt-35-turbo`; `None` is `auto`: the best that can be deployed.
    pub(crate) name: Option<String>,
    /// Whether nobody asked for that model: a new deployment gets it, and one that exists with another fits.
    pub(crate) is_default: bool,
    /// Whether the command line of this run names it: that means exactly this model, whatever the service has made of it.
    pub(crate) is_asked_now: bool,
    /// `0125`
    pub(crate) version: Option<String>,
    /// `Standard`, `GlobalStandard` …
    pub(crate) sku: Option<String>,
    /// In the sku's units: 1 is 1,000 tokens a minute.
    pub(crate) capacity: Option<u32>,
}

impl LabSpec {
    /// The workshop's own lab (`cli-contract.md`, "With no file and no flags"). A lab with another name than
    /// [`DEFAULT_LAB`] gets a group of its own.
    pub fn workshop(lab: &str, subscription: &str) -> Self {
        let group = if lab == DEFAULT_LAB { DEFAULT_GROUP.to_owned() } else { format!("{DEFAULT_GROUP}-{lab}") };
        Self {
            name: lab.to_owned(),
            subscription: subscription.to_owned(),
            group,
            location: None,
            cluster: ClusterSpec {
                name: DEFAULT_CLUSTER.into(),
                kubernetes_version: None,
                node_count: None,
                node_vm_size: None,
                is_paused: false,
            },
            identity: DEFAULT_IDENTITY.into(),
            federated_credentials: vec![FederatedCredentialSpec::workshop()],
            account: AccountSpec::default(),
            deployments: vec![DeploymentSpec::workshop()],
            attendee: None,
            roles: vec![DEFAULT_ROLE.into()],
            access: None,
            tags: [
                (tags::WORKSHOP, tags::DEFAULT_WORKSHOP),
                (tags::LAB, lab),
                (tags::VERSION, env!("CARGO_PKG_VERSION")),
            ]
            .into_iter()
            .collect(),
            default_owner: None,
            default_ttl: None,
            keeps_expiry: false,
            still_called: None,
        }
    }

    /// The lab whose group has this name, where no tag tells: a group that azlab did not name is a lab of its own name.
    pub(crate) fn name_by_group(group: &str) -> &str {
        match group.split_at_checked(DEFAULT_GROUP.len()) {
            Some((default, "")) if same(default, DEFAULT_GROUP) => DEFAULT_LAB,
            Some((default, rest)) if same(default, DEFAULT_GROUP) => rest.strip_prefix('-').unwrap_or(group),
            _ => group,
        }
    }

    /// The account's name: the one given, or the `attempt`th derived one.
    pub fn account_name(&self, attempt: u32) -> String {
        match &self.account.name {
            Some(name) => name.clone(),
            None => format!("{ACCOUNT_PREFIX}{}", ids::salt(&self.subscription, &self.group, attempt)),
        }
    }

    /// The resource group's ARM id.
    pub fn group_id(&self) -> String {
        ids::group(&self.subscription, &self.group)
    }

    /// The cluster's ARM id.
    pub fn cluster_id(&self) -> String {
        ids::cluster(&self.subscription, &self.group, &self.cluster.name)
    }

    /// The identity's ARM id.
    pub fn identity_id(&self) -> String {
        ids::identity(&self.subscription, &self.group, &self.identity)
    }

    /// Sets when the lab may be swept: `ttl` after `now`.
    pub(crate) fn expire_after(&mut self, now: time::OffsetDateTime, ttl: Duration) {
        if let Some(text) = tags::expiry(now, ttl) {
            self.tags.set(tags::EXPIRES, text);
        }
    }

    /// Takes over from the tags of its group what nobody said otherwise: the workshop that it belongs to, its expiry,
    /// which begins now for a lab that should have one and does not, and whether it is paused.
    pub(crate) fn settle_tags(&mut self, group: &Tags, now: time::OffsetDateTime) {
        let some = |name: &str| group.get(name).filter(|value| !value.is_empty());
        if let Some(workshop) =
            some(tags::WORKSHOP).filter(|_| self.tags.get(tags::WORKSHOP) == Some(tags::DEFAULT_WORKSHOP))
        {
            self.tags.set(tags::WORKSHOP, workshop);
        }
        self.cluster.is_paused = some(tags::PAUSED).is_some();
        self.settle_account(group);
        if self.tags.get(tags::EXPIRES).is_none() {
            self.keeps_expiry = true;
            match (some(tags::EXPIRES), self.default_ttl) {
                (Some(expires), _) => self.tags.set(tags::EXPIRES, expires),
                (None, Some(ttl)) => self.expire_after(now, ttl),
                (None, None) => {}
            }
        }
    }

    /// Takes over the expiry that its group has in the end, where nobody has said one: another run may have set it since.
    pub(crate) fn settle_expiry(&mut self, group: &Tags) {
        if let Some(expires) = group.get(tags::EXPIRES).filter(|text| self.keeps_expiry && !text.is_empty()) {
            self.tags.set(tags::EXPIRES, expires);
        }
    }

    /// The names by which its group may call it.
    pub(crate) fn called(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.still_called.as_deref())
    }

    /// Checks every name against Azure's rules.
    ///
    /// # Errors
    /// The first name that Azure would refuse, with the rule and, where there is one, a name that it takes.
    pub fn check_names(&self) -> Result<(), NameError> {
        names::lab(&self.name)?;
        names::group(&self.group)?;
        names::cluster(&self.cluster.name)?;
        names::identity(&self.identity)?;
        for credential in &self.federated_credentials {
            names::federated_credential(&credential.name)?;
            names::subject(&credential.subject)?;
        }
        names::account(&self.account_name(0))?;
        for deployment in &self.deployments {
            names::deployment(&deployment.name)?;
        }
        for (name, value) in self.tags.iter() {
            names::tag(name, value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_group_tells_the_lab_that_it_would_be_made_for() {
        for lab in [DEFAULT_LAB, "ben", "a-b"] {
            assert_eq!(LabSpec::name_by_group(&LabSpec::workshop(lab, "s").group), lab);
        }
        assert_eq!(LabSpec::name_by_group("MYRESOURCEGROUP-ben"), "ben");
        for group in ["rg", "myResourceGroups", "myResourceGroup2-x", "größe-und-mehr-davon", ""] {
            assert_eq!(LabSpec::name_by_group(group), group);
        }
    }
}
