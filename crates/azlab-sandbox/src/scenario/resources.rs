//! `[[resources]]`: what a scenario begins with, as ARM templates write resources.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::entry_error::EntryError;
use crate::arm::provider::Provider;
use crate::arm::resource_type::ResourceType;
use crate::ids::SUBSCRIPTION_ID;
use crate::providers::PROVIDERS;
use crate::state::store::kind;
use azlab_clock::parse_duration;

/// A resource that is there already. It is made by the sandbox's own handlers, as a PUT of it would be, at a time that has
/// passed. Texts may refer to what was made before: `${myIdentity.properties.principalId}`; `${me}`, `${tenant}` and
/// `${subscription}` stand for the signed-in principal, the tenant and the subscription.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceEntry {
    /// The type: `Microsoft.ContainerService/managedClusters`, `Microsoft.Resources/resourceGroups`, …
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The name; of a part of another resource `account/deployment`. `{n}` is the number of the copy.
    pub name: String,
    /// The id of its subscription; left out, the first one.
    pub subscription: Option<String>,
    /// Its resource group.
    pub group: Option<String>,
    /// What a role assignment, a lock or a policy assignment is for: an id; left out, the group or the subscription.
    pub scope: Option<String>,
    /// Its region.
    pub location: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The kind of an account.
    pub kind: Option<String>,
    /// Its sku.
    #[schemars(with = "Option<Map<String, Value>>")]
    pub sku: Option<toml::Table>,
    /// The identity of a cluster or an account.
    #[schemars(with = "Option<Map<String, Value>>")]
    pub identity: Option<toml::Table>,
    /// Its properties.
    #[schemars(with = "Option<Map<String, Value>>")]
    pub properties: Option<toml::Table>,
    /// How long ago it was asked for: `90s`, `2h`. A day; with `state = "InProgress"` just now.
    pub age: Option<String>,
    /// In which state it is.
    #[serde(default)]
    pub state: EntryState,
    /// How long ago it was deleted again; accounts, and groups with all that is in them, of which accounts are then
    /// soft-deleted.
    pub deleted: Option<String>,
    /// How many of it there are; `{n}` in its texts is 1, 2, …
    #[schemars(range(min = 1, max = 1000))]
    pub count: Option<u32>,
}

/// In which state a resource is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum EntryState {
    /// Ready.
    #[default]
    Succeeded,
    /// Its creation has failed.
    Failed,
    /// Its creation was canceled.
    Canceled,
    /// Its creation is under way, and ends when it has taken as long as such a thing takes.
    InProgress,
}

/// The types that can be made.
fn types() -> impl Iterator<Item = (&'static dyn Provider, &'static ResourceType)> {
    let all = PROVIDERS.iter().flat_map(|provider| provider.types().iter().map(move |it| (provider, it)));
    all.filter(|(_, it)| it.scenario_version.is_some())
}

/// A type as a scenario writes it.
fn whole((provider, it): (&'static dyn Provider, &'static ResourceType)) -> String {
    format!("{}/{}", provider.namespace(), it.name)
}

const DAY: Duration = Duration::from_secs(24 * 3600);

impl ResourceEntry {
    fn known_type(&self) -> Option<(&'static dyn Provider, &'static ResourceType)> {
        types().find(|known| whole(*known).eq_ignore_ascii_case(&self.resource_type))
    }

    /// The version of the API by which it is made.
    pub(super) fn api_version(&self) -> &'static str {
        self.known_type().and_then(|(_, it)| it.scenario_version).unwrap_or_default()
    }

    /// Checks what can be checked without the sandbox's state.
    pub(super) fn check(&self) -> Result<(), EntryError> {
        let Some((provider, it)) = self.known_type() else {
            let known = types().map(whole).collect::<Vec<_>>().join(", ");
            return Err(EntryError::at(
                "type",
                format!("there is no type '{}'; there are: {known}", self.resource_type),
            ));
        };
        let known = whole((provider, it));
        let is_group = it.kind == kind::GROUP;
        let is_extension = provider.extends_scopes();
        let parts = self.name.split('/').count();
        let wanted = known.split('/').count() - 1;
        if parts != wanted || self.name.split('/').any(str::is_empty) {
            let form = if wanted == 2 { "`parent/name`" } else { "one name without a slash" };
            return Err(EntryError::at("name", format!("the name of a {known} is {form}, and not '{}'", self.name)));
        }
        if is_group && (self.group.is_some() || self.scope.is_some()) {
            let key = if self.group.is_some() { "group" } else { "scope" };
            return Err(EntryError::at(key, "a resource group is in no `group` and has no `scope`"));
        }
        if !is_group && !is_extension && self.group.is_none() {
            return Err(EntryError::whole(format!("'{}' needs a `group`", self.name)));
        }
        if self.scope.is_some() && (!is_extension || self.group.is_some()) {
            let reason = "`scope` belongs to role assignments, locks and policy assignments, without a `group`";
            return Err(EntryError::at("scope", reason));
        }
        if !matches!(self.count, None | Some(1..=1000)) {
            return Err(EntryError::at("count", "`count` is 1 to 1000"));
        }
        if self.count.is_some_and(|count| count > 1) && !self.name.contains("{n}") {
            let count = self.count.unwrap_or(1);
            let reason = format!("{count} of '{}' need names of their own: write `{{n}}` in it", self.name);
            return Err(EntryError::at("name", reason));
        }
        if matches!(self.state, EntryState::Failed | EntryState::Canceled) && !it.has_state {
            let with_state = types().filter(|(_, it)| it.has_state).map(whole).collect::<Vec<_>>().join(", ");
            let reason = format!(
                "a {known} has no provisioning state, so its `state` cannot be `Failed` or `Canceled`; these have one: \
                 {with_state}"
            );
            return Err(EntryError::at("state", reason));
        }
        let age = self.age().map_err(|reason| EntryError::at("age", reason))?;
        if let Some(deleted) = self.deleted().map_err(|reason| EntryError::at("deleted", reason))? {
            if !it.leaves_deleted {
                let reason = "`deleted` is for accounts and groups: nothing else is left of what was deleted";
                return Err(EntryError::at("deleted", reason));
            }
            if deleted > age || self.state == EntryState::InProgress {
                let reason = "what was `deleted` must have been there before: give it a greater `age`";
                return Err(EntryError::at("deleted", reason));
            }
        }
        Ok(())
    }

    /// How long ago it was asked for.
    pub(super) fn age(&self) -> Result<Duration, String> {
        match &self.age {
            Some(age) => parse_duration(age).map_err(|expected| format!("`age` is {expected}")),
            None if self.state == EntryState::InProgress => Ok(Duration::ZERO),
            None => Ok(DAY),
        }
    }

    /// How long ago it was deleted.
    pub(super) fn deleted(&self) -> Result<Option<Duration>, String> {
        let read = |text: &String| parse_duration(text).map_err(|expected| format!("`deleted` is {expected}"));
        self.deleted.as_ref().map(read).transpose()
    }

    /// Its path, before references in it are resolved.
    pub(super) fn path(&self) -> String {
        let subscription = self.subscription.as_ref().map(|id| id.to_lowercase());
        let subscription = format!("/subscriptions/{}", subscription.as_deref().unwrap_or(SUBSCRIPTION_ID));
        let group = self.group.as_ref().map(|group| format!("{subscription}/resourceGroups/{group}"));
        let Some((provider, it)) = self.known_type() else { return subscription };
        if it.kind == kind::GROUP {
            return format!("{subscription}/resourceGroups/{}", self.name);
        }
        let scope = self.scope.clone().or(group).unwrap_or(subscription);
        let namespace = provider.namespace();
        let below = it.name.split('/').zip(self.name.split('/')).map(|(kind, name)| format!("/{kind}/{name}"));
        format!("{scope}/providers/{namespace}{}", below.collect::<String>())
    }

    /// The body of its PUT, before references in it are resolved.
    pub(super) fn body(&self) -> Value {
        let mut body = Map::new();
        for (name, text) in [("location", &self.location), ("kind", &self.kind)] {
            if let Some(text) = text {
                body.insert(name.into(), text.clone().into());
            }
        }
        for (name, table) in [("sku", &self.sku), ("identity", &self.identity), ("properties", &self.properties)] {
            if let Some(table) = table {
                // A table is an object, whatever is in it.
                body.insert(name.into(), serde_json::to_value(table).unwrap_or_default());
            }
        }
        if !self.tags.is_empty() {
            body.insert("tags".into(), serde_json::to_value(&self.tags).unwrap_or_default());
        }
        Value::Object(body)
    }
}
