//! The Azure OpenAI account.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::context::Context;
use super::needs::{ActionScope, Needs, RequiredAction, Role};
use super::purge::purge;
use super::resource::{Resource, unfinished};
use super::soft_deleted_account::SoftDeletedAccount;
use crate::azure::accounts::{Account as State, AccountProperties, Sku};
use crate::azure::arm::Reply;
use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;
use crate::azure::lro::PollPolicy;
use crate::azure::observed::{Observed, Update};
use crate::events::Level;
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids::{self, same};
use crate::lab::names;
use crate::lab::spec::{LabSpec, SoftDeleted};
use crate::lab::tags::{self, Tags};
use crate::outcome::Action;
use crate::outcome::plan::Field;
use crate::values::ResourceKind;

/// The one sku that OpenAI accounts have.
const SKU: &str = "S0";
/// Derived account names that are tried when one is taken by somebody else.
pub(crate) const MOST_ACCOUNT_NAMES: u32 = 4;

/// Whether azlab gives an account of `lab` this name, or was told it.
pub(crate) fn is_its_name(name: &str, lab: &LabSpec) -> bool {
    (0..=MOST_ACCOUNT_NAMES).any(|attempt| same(name, &lab.account_name(attempt)))
}

/// Whether these tags of an account say that it is this lab's.
pub(crate) fn are_its_tags(tags: &Tags, lab: &str) -> bool {
    tags.is_ours() && tags.get(tags::LAB).is_some_and(|name| same(name, lab))
}

/// A permission, a lock or a policy.
pub(super) fn keeps_tags_from_being_written(code: &Code) -> bool {
    matches!(code, Code::AuthorizationFailed | Code::ScopeLocked | Code::RequestDisallowedByPolicy)
}

/// An action on soft-deleted accounts (azure-facts.md section 4). Their group may have gone: a role on it does not help.
const fn in_subscription(name: &'static str) -> RequiredAction {
    RequiredAction { name, scope: ActionScope::Subscription, role: Role::CognitiveServicesContributor }
}

/// The account as it should be.
#[derive(Debug)]
pub struct Account {
    group: String,
    name: String,
    id: String,
    location: String,
    asked_location: Option<String>,
    tags: Tags,
    soft_deleted: SoftDeleted,
    is_named: bool,
    /// Whether its name alone tells whose it is.
    has_its_name: bool,
    adopt: bool,
    has_other_names: bool,
    restored: AtomicBool,
    /// Whether it is taken without the tags that it should have.
    untagged: AtomicBool,
}

impl Account {
    /// The account `name` of `lab`, at `location` if it is to be created. `adopt` allows purging or restoring a
    /// soft-deleted one that is not ours.
    pub fn new(lab: &LabSpec, name: &str, location: &str, adopt: bool) -> Self {
        Self {
            group: lab.group.clone(),
            name: name.to_owned(),
            id: ids::account(&lab.subscription, &lab.group, name),
            location: location.to_owned(),
            asked_location: lab.location.clone(),
            tags: lab.tags.clone(),
            is_named: lab.account.name.is_some(),
            has_its_name: lab.account.name.is_none() && is_its_name(name, lab),
            adopt,
            soft_deleted: lab.account.soft_deleted,
            has_other_names: false,
            restored: AtomicBool::new(false),
            untagged: AtomicBool::new(false),
        }
    }

    /// Whether the caller takes another name if its subdomain is somebody else's.
    #[must_use]
    pub(crate) fn with_other_names(self, has_other_names: bool) -> Self {
        Self { has_other_names, ..self }
    }

    /// What a sweep and a teardown go by once the account is all that is left.
    fn tags_that_differ(&self, state: &State) -> Vec<Difference> {
        let have = Tags::read(state.tags.as_ref());
        let wanted = |name| Difference::of_tag(name, have.get(name), self.tags.get(name));
        let mut differences = Vec::new();
        // Moved with the group's. One that nobody named here stays as it is.
        if self.tags.get(tags::EXPIRES).is_some() {
            differences.extend(wanted(tags::EXPIRES));
        }
        // One that somebody else named is known by its tags alone once it is soft-deleted.
        if !self.has_its_name && !are_its_tags(&have, self.tags.get(tags::LAB).unwrap_or_default()) {
            differences.extend([tags::WORKSHOP, tags::LAB].into_iter().filter_map(wanted));
        }
        differences
    }

    /// Changes nothing but the tags. A lab is no worse for a caller, a lock or a policy that does not let them be written: it
    /// is taken as it is.
    async fn tag(&self, ctx: &Context, mut tags: Tags) -> Result<Reply, AzureError> {
        for name in [tags::WORKSHOP, tags::LAB, tags::EXPIRES] {
            if let Some(value) = self.tags.get(name) {
                tags.set(name, value);
            }
        }
        let answer = ctx.azure.tag_account(&self.group, &self.name, tags.to_value()).await;
        if let Err(error) = &answer
            && error.code().is_some_and(keeps_tags_from_being_written)
        {
            self.untagged.store(true, Ordering::Relaxed);
            ctx.events.note(
                Level::Warning,
                format!(
                    "the account {} could not be tagged as the lab's ({error}); if its group is deleted and this lab's teardown does not complete, it has to be purged by hand: az cognitiveservices account list-deleted",
                    self.name
                ),
            );
        }
        answer
    }

    /// Changes what differs, and nothing else.
    fn update(&self, current: Observed<State>) -> Update<State> {
        let model = &current.model;
        let tags = Tags::read(model.tags.as_ref()).with(&self.tags).to_value();
        let is_standard = model.sku.as_ref().is_some_and(|sku| same(&sku.name, SKU));
        let subdomain = model.properties.as_ref().and_then(|properties| properties.custom_sub_domain_name.as_deref());
        let has_subdomain = subdomain.is_some_and(|name| !name.is_empty());
        let mut update = current.into_update();
        update.set("/tags", tags);
        if !is_standard {
            update.set("/sku/name", SKU);
            // It tells of the sku that was.
            update.remove("/sku/tier");
        }
        if !has_subdomain {
            update.set("/properties/customSubDomainName", self.name.to_lowercase());
        }
        update
    }

    /// Creates it, past what is soft-deleted under its name.
    async fn create(&self, ctx: &Context) -> Result<Reply, AzureError> {
        let mut properties = AccountProperties {
            custom_sub_domain_name: Some(self.name.to_lowercase()),
            ..AccountProperties::default()
        };
        for deleted_account in self.deleted_accounts(ctx).await? {
            match self.soft_deleted {
                SoftDeleted::Purge => purge(ctx, &deleted_account).await?,
                SoftDeleted::Restore if self.is_restored_from(&deleted_account) => {
                    properties.restore = Some(true);
                    self.restored.store(true, Ordering::Relaxed);
                    // Azure's documentation does not say what comes back with it.
                    ctx.azure.forget(&self.group);
                    ctx.events
                        .note(Level::Info, format!("restoring the soft-deleted account {}", deleted_account.name));
                }
                // Preflight has dealt with it; what has appeared since then is told by the service.
                SoftDeleted::Restore | SoftDeleted::Avoid => {}
            }
        }
        let mut account = State::new();
        account.kind = Some("OpenAI".into());
        account.sku = Some(Sku::new(SKU.into()));
        account.location = Some(self.location.clone());
        account.tags = Some(self.tags.to_value());
        account.properties = Some(properties);
        ctx.azure.put_account(&self.group, &self.name, account).await
    }

    /// Whether it could be brought back from it.
    pub(crate) fn is_restored_from(&self, deleted_account: &SoftDeletedAccount) -> bool {
        deleted_account.lies_at(&self.name, &self.group, &self.location)
    }

    /// The soft-deleted accounts that stand in the way and may be disposed of. Who owns no more than the group may not
    /// list them, and may make an account all the same: preflight has told, and the service has the last word.
    ///
    /// # Errors
    /// As [`crate::azure::client::Azure::deleted_accounts_now`].
    pub(crate) async fn deleted_accounts(&self, ctx: &Context) -> Result<Vec<SoftDeletedAccount>, AzureError> {
        listed(ctx.azure.deleted_accounts_now(|account| self.in_the_way(account)).await)
    }

    /// The same, as it was when a command that only looks began.
    ///
    /// # Errors
    /// As [`Self::deleted_accounts`].
    pub(crate) async fn deleted_accounts_seen(&self, ctx: &Context) -> Result<Vec<SoftDeletedAccount>, AzureError> {
        listed(ctx.azure.deleted_accounts_seen(&self.group, |account| self.in_the_way(account)).await)
    }

    /// What is left of a deleted account, if it stands in the way and may be disposed of.
    fn in_the_way(&self, deleted: &State) -> Option<SoftDeletedAccount> {
        let deleted = SoftDeletedAccount::read(deleted)?;
        let is_in_the_way = deleted.holds(&self.name, &self.group, &self.location);
        (is_in_the_way && deleted.is_ours(self.is_named, self.adopt)).then_some(deleted)
    }
}

/// Nothing where the list may not be read.
fn listed(read: Result<Vec<SoftDeletedAccount>, AzureError>) -> Result<Vec<SoftDeletedAccount>, AzureError> {
    match read {
        Err(error) if error.code() == Some(&Code::AuthorizationFailed) => Ok(Vec::new()),
        read => read,
    }
}

/// The account of the lab that exists in its group: the one that was named, a derived one, or the only one there is.
pub(crate) fn existing(lab: &LabSpec, accounts: &[State]) -> Option<String> {
    let names = || accounts.iter().filter_map(|account| account.azure_entity_resource.resource.name.clone());
    if let Some(wanted) = &lab.account.name {
        return names().find(|name| same(name, wanted));
    }
    let derived =
        (0..=MOST_ACCOUNT_NAMES).find_map(|attempt| names().find(|name| same(name, &lab.account_name(attempt))));
    // The workshop's own script adds a random number: what it made is taken as it is.
    let only = || {
        let mut openai =
            accounts.iter().filter(|account| account.kind.as_deref().is_some_and(|kind| same(kind, "OpenAI")));
        let first = openai.next()?.azure_entity_resource.resource.name.clone()?;
        openai.next().is_none().then_some(first)
    };
    derived.or_else(only)
}

/// The account of that name.
pub(crate) fn named<'a>(name: &str, accounts: &'a [State]) -> Option<&'a State> {
    let has_name =
        |one: &&State| one.azure_entity_resource.resource.name.as_deref().is_some_and(|have| same(have, name));
    accounts.iter().find(has_name)
}

/// The account's endpoint.
pub fn endpoint(account: &State) -> Option<&str> {
    account.properties.as_ref()?.endpoint.as_deref()
}

impl Resource for Account {
    type State = State;
    const NEEDS: Needs = Needs {
        kind: ResourceKind::OpenaiAccount,
        provider: "Microsoft.CognitiveServices",
        resource_type: "accounts",
        is_regional: true,
        bills: false,
        write: &[
            RequiredAction::in_group("Microsoft.CognitiveServices/accounts/read"),
            RequiredAction::in_group("Microsoft.CognitiveServices/accounts/write"),
        ],
        // It goes with its group. What is left of it is found in the subscription, by a caller whose role on the group went too.
        delete: &[in_subscription("Microsoft.CognitiveServices/deletedAccounts/read")],
        purge: &[in_subscription("Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts/delete")],
    };

    fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn poll_policy(&self) -> PollPolicy {
        // Recorded: 12-21 s, once 1,026 s.
        PollPolicy::seconds(Duration::from_secs(2100))
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<State>, AzureError> {
        ctx.azure.account(&self.group, &self.name).await
    }

    fn compare(&self, state: &State) -> Comparison {
        let properties = state.properties.clone().unwrap_or_default();
        let provisioning = properties.provisioning_state.and_then(|state| serde_json::to_value(state).ok());
        if let Some(fit) = unfinished(provisioning.as_ref().and_then(serde_json::Value::as_str)) {
            return fit;
        }
        let mut differences = Vec::new();
        // Where nobody said where, it may be anywhere: not every region that has clusters has models.
        if let Some(asked) = &self.asked_location {
            let location = names::location(state.location.as_deref().unwrap_or_default()).unwrap_or_default();
            if !same(&location, asked) {
                differences.push(Difference::fixed("location", location, asked));
            }
        }
        let kind = state.kind.as_deref().unwrap_or_default();
        // AIServices is the newer kind that contains OpenAI.
        if !same(kind, "OpenAI") && !same(kind, "AIServices") {
            differences.push(Difference::fixed("kind", kind, "OpenAI"));
        }
        let sku = state.sku.as_ref().map(|sku| sku.name.clone()).unwrap_or_default();
        if !same(&sku, SKU) {
            differences.push(Difference::changeable("sku", sku, SKU));
        }
        // Without a subdomain there is no sign-in with Entra tokens. Any will do; it cannot be changed once set.
        if properties.custom_sub_domain_name.as_deref().unwrap_or_default().is_empty() {
            differences.push(Difference::changeable("subdomain", "", self.name.to_lowercase()));
        }
        if !self.untagged.load(Ordering::Relaxed) {
            differences.extend(self.tags_that_differ(state));
        }
        Comparison::of(differences)
    }

    fn fields(&self) -> Vec<Field> {
        vec![Field::new("location", &self.location)]
    }

    async fn write(&self, ctx: &Context, current: Option<&State>) -> Result<Reply, AzureError> {
        let have = Tags::read(current.and_then(|state| state.tags.as_ref()));
        if let Some(Comparison::Differs(all)) = current.map(|state| self.compare(state))
            && all.iter().all(|difference| difference.field == Difference::TAGS)
        {
            return self.tag(ctx, have).await;
        }
        match if current.is_some() { ctx.azure.observe_account(&self.group, &self.name).await? } else { None } {
            Some(current) => ctx.azure.update_account(&self.group, &self.name, self.update(current)).await,
            None => self.create(ctx).await,
        }
    }

    fn is_there_after(&self, code: &Code) -> bool {
        self.untagged.load(Ordering::Relaxed) && keeps_tags_from_being_written(code)
    }

    fn has_way_around(&self, code: &Code) -> bool {
        self.has_other_names && *code == Code::CustomDomainInUse
    }

    fn creation(&self) -> Action {
        if self.restored.load(Ordering::Relaxed) { Action::Restored } else { Action::Created }
    }
}
