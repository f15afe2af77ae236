//! The resource group: the root of a lab, and what tells whose it is.

use std::time::Duration;

use super::context::Context;
use super::error::Error;
use super::lease;
use super::needs::{Needs, RequiredAction};
use super::resource::Resource;
use crate::azure::arm::Reply;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::azure::lro::{PollPolicy, Status};
use crate::lab::claims::Claim;
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids::same;
use crate::lab::names;
use crate::lab::shared::{SHARED_LAB, is_shared_group};
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, MOST_TAGS, Tags};
use crate::outcome::plan::Field;
use crate::values::ResourceKind;

/// The resource group as it should be.
#[derive(Clone, Debug)]
pub struct Group {
    name: String,
    id: String,
    location: String,
    tags: Tags,
    default_owner: Option<String>,
    keeps_expiry: bool,
    called: Vec<String>,
    adopt: bool,
}

/// Whether the group is being deleted, with all that is in it.
pub(crate) fn is_going(group: &ResourceGroup) -> bool {
    let state = group.properties.as_ref().and_then(|properties| properties.provisioning_state.as_deref());
    state.is_some_and(|state| same(state, "Deleting"))
}

/// What a group of ours says of which lab it is; nothing of one that labs share.
pub(crate) fn which_lab(subscription: &str, group: &ResourceGroup) -> Option<Claim> {
    let tags = Tags::read(group.tags.as_ref());
    let name = group.name.as_deref().filter(|_| !is_shared_group(&tags))?;
    // Never the default lab: who means that would do to this group what was meant for another.
    Some(Claim::new((subscription, name, &group.location), &tags, LabSpec::name_by_group(name)))
}

/// Whether a group may be changed by us, as part of `lab`.
///
/// # Errors
/// Whose it is, and how to go on.
pub(crate) fn claim(group: &ResourceGroup, lab: &LabSpec, adopt: bool) -> Result<(), Error> {
    claim_as(group, &lab.group_id(), lab.called(), adopt)
}

/// [`claim`] of a group that may have any of the names in `called`; the first is that of the lab.
///
/// # Errors
/// As [`claim`].
pub(crate) fn claim_as<'a>(
    group: &ResourceGroup,
    id: &str,
    called: impl IntoIterator<Item = &'a str>,
    adopt: bool,
) -> Result<(), Error> {
    let called: Vec<&str> = called.into_iter().collect();
    let name = group.name.clone().unwrap_or_default();
    let refuse = |why: String, hint: String| Error::NotOurs {
        kind: ResourceKind::ResourceGroup,
        name: name.clone(),
        id: id.to_owned(),
        why,
        hint,
    };
    if let Some(manager) = &group.managed_by {
        return Err(refuse(format!("{manager} manages it"), "choose another group with --resource-group NAME".into()));
    }
    let tags = Tags::read(group.tags.as_ref());
    if is_shared_group(&tags) && called.first() != Some(&SHARED_LAB) {
        let why = "it has the OpenAI account that labs share";
        return Err(refuse(why.into(), "name a lab; what labs share goes with the last of them".into()));
    }
    match tags.get(tags::LAB) {
        Some(other) if tags.is_ours() && !called.iter().any(|name| same(name, other)) => Err(refuse(
            format!("it belongs to the lab '{other}'"),
            format!("name that lab (--lab {other}) or another group (--resource-group NAME)"),
        )),
        _ if tags.is_ours() || adopt => Ok(()),
        _ => Err(refuse(
            format!("it exists without the tag {}", tags::WORKSHOP),
            "add --adopt to take it over as it is, or choose another group with --resource-group NAME".into(),
        )),
    }
}

/// Whether the lab's tags fit beside those that the group has.
///
/// # Errors
/// [`Error::TooManyTags`]
pub(crate) fn check_tags(group: &ResourceGroup, lab: &LabSpec) -> Result<(), Error> {
    let has = Tags::read(group.tags.as_ref());
    let mut wanted = has.with(&lab.tags);
    if let Some(owner) = lab.default_owner.as_ref().filter(|_| wanted.get(tags::OWNER).is_none()) {
        wanted.set(tags::OWNER, owner);
    }
    let (have, want) = (has.iter().count(), wanted.iter().count());
    if want <= MOST_TAGS {
        return Ok(());
    }
    Err(Error::TooManyTags {
        kind: ResourceKind::ResourceGroup,
        name: lab.group.clone(),
        id: lab.group_id(),
        have,
        want,
        limit: MOST_TAGS,
    })
}

impl Group {
    /// The group of `lab` at `location`; `adopt` takes over one that is not ours.
    pub fn new(lab: &LabSpec, location: &str, adopt: bool) -> Self {
        Self {
            name: lab.group.clone(),
            id: lab.group_id(),
            location: location.to_owned(),
            tags: lab.tags.clone(),
            default_owner: lab.default_owner.clone(),
            keeps_expiry: lab.keeps_expiry,
            called: lab.called().map(str::to_owned).collect(),
            adopt,
        }
    }

    /// Whether the tag `name` stays as the group has it.
    fn keeps(&self, name: &str, have: &Tags) -> bool {
        name == tags::EXPIRES && self.keeps_expiry && have.get(name).is_some_and(|text| !text.is_empty())
    }

    /// With this tag.
    #[must_use]
    pub(crate) fn with_tag(mut self, name: &str, value: &str) -> Self {
        self.tags.set(name, value);
        self
    }
}

impl Resource for Group {
    type State = ResourceGroup;
    const NEEDS: Needs = Needs {
        kind: ResourceKind::ResourceGroup,
        provider: "Microsoft.Resources",
        resource_type: "subscriptions/resourceGroups",
        is_regional: false,
        bills: false,
        write: &[
            RequiredAction::in_group("Microsoft.Resources/subscriptions/resourceGroups/read"),
            RequiredAction::in_group("Microsoft.Resources/subscriptions/resourceGroups/write"),
        ],
        delete: &[RequiredAction::in_group("Microsoft.Resources/subscriptions/resourceGroups/delete")],
        purge: &[],
    };

    fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn poll_policy(&self) -> PollPolicy {
        // Creating takes seconds; one that is being deleted with its cluster goes within minutes.
        PollPolicy::minutes(Duration::from_secs(1800))
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<ResourceGroup>, AzureError> {
        ctx.azure.group(&self.name).await
    }

    fn claim(&self, state: &ResourceGroup) -> Result<(), Error> {
        claim_as(state, &self.id, self.called.iter().map(String::as_str), self.adopt)
    }

    fn compare(&self, state: &ResourceGroup) -> Comparison {
        let provisioning = state.properties.as_ref().and_then(|properties| properties.provisioning_state.as_deref());
        if let Status::Running(status) = Status::read(provisioning) {
            return Comparison::Busy(status);
        }
        let mut differences = Vec::new();
        // `West Europe` is `westeurope`.
        let location = names::location(&state.location).unwrap_or_else(|_| state.location.clone());
        if !same(&location, &self.location) {
            differences.push(Difference::fixed("location", location, &self.location));
        }
        let have = Tags::read(state.tags.as_ref());
        for (name, want) in self.tags.iter() {
            // What wrote last is news, not a difference.
            if name == tags::VERSION || self.keeps(name, &have) {
                continue;
            }
            differences.extend(Difference::of_tag(name, have.get(name), Some(want)));
        }
        Comparison::of(differences)
    }

    fn fields(&self) -> Vec<Field> {
        vec![Field::new("location", &self.location)]
    }

    async fn write(&self, ctx: &Context, current: Option<&ResourceGroup>) -> Result<Reply, AzureError> {
        let current = if current.is_some() { ctx.azure.observe_group(&self.name).await? } else { None };
        // PUT replaces the tags (azure-facts.md section 1): those of others stay.
        let mut existing = Tags::read(current.as_ref().and_then(|group| group.model.tags.as_ref()));
        if let Some(owner) = &self.default_owner
            && existing.get(tags::OWNER).is_none()
        {
            existing.set(tags::OWNER, owner);
        }
        let mut own = self.tags.clone();
        if self.keeps(tags::EXPIRES, &existing) {
            own.remove(tags::EXPIRES);
        }
        let mut tags = existing.with(&own);
        lease::put_into(ctx, &mut tags);
        let answer = if let Some(current) = current {
            let mut update = current.into_update();
            update.set("/tags", tags.to_value());
            ctx.azure.update_group(&self.name, update).await
        } else {
            let mut group = ResourceGroup::new(self.location.clone());
            group.tags = Some(tags.to_value());
            ctx.azure.put_group(&self.name, group).await
        };
        if answer.as_ref().is_err_and(|error| !error.is_ambiguous()) {
            lease::refused(ctx);
        }
        answer
    }
}
