//! One group given from one lab to another: the tags of the group, and those of the accounts in it, which are all that is left
//! of a lab once its group is gone. Each step can be repeated, so a swap that was cut off is finished by the same steps.

use super::account::keeps_tags_from_being_written;
use super::context::Context;
use super::ensure::ensure;
use super::error::Error;
use super::group::{self, Group};
use super::group_tag;
use super::needs::Needs;
use super::resource::Resource;
use super::tagged::{TagRule, TaggedAccount, own_accounts};
use crate::azure::arm::Reply;
use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::events::Level;
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, MOST_TAGS, Tags};
use crate::values::ResourceKind;

/// The tags of a group, as they should be after a step of a swap. Others stay.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    group: String,
    id: String,
    /// The lab that it is to be, and the one that it may still be.
    labs: [String; 2],
    set: Tags,
    remove: Vec<String>,
}

impl Marks {
    /// Those of the group of `lab`, which was the lab `before`.
    pub(crate) fn new(lab: &LabSpec, before: &str) -> Self {
        Self {
            group: lab.group.clone(),
            id: lab.group_id(),
            labs: [lab.name.clone(), before.to_owned()],
            set: lab.tags.clone(),
            remove: Vec::new(),
        }
    }

    /// Those of the group of a spare, which was the lab `before`: nobody's.
    pub(crate) fn of_spare(spare: &LabSpec, before: &str) -> Self {
        Self::new(spare, before).with(tags::OWNER, None).with(tags::REPLACES, None)
    }

    /// With a tag of this value; without it, if there is none.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.set.remove(name);
        self.remove.retain(|known| known != name);
        match value {
            Some(value) => self.set.set(name, value),
            None => self.remove.push(name.to_owned()),
        }
        self
    }

    fn on(&self, current: Option<&serde_json::Value>) -> Tags {
        let mut all = Tags::read(current).with(&self.set);
        self.remove.iter().for_each(|name| all.remove(name));
        // Whoever wanted the spare that this was comes too late, or has written this.
        all.remove_reservations();
        all
    }

    /// Whether they fit beside those that `found` has.
    ///
    /// # Errors
    /// [`Error::TooManyTags`]; [`Error::NotOurs`]
    pub(crate) fn check(&self, found: &ResourceGroup) -> Result<(), Error> {
        self.claim(found)?;
        let (have, want) =
            (Tags::read(found.tags.as_ref()).iter().count(), self.on(found.tags.as_ref()).iter().count());
        let (kind, name, id) = (ResourceKind::ResourceGroup, self.group.clone(), self.id.clone());
        match want > MOST_TAGS {
            true => Err(Error::TooManyTags { kind, name, id, have, want, limit: MOST_TAGS }),
            false => Ok(()),
        }
    }
}

impl Resource for Marks {
    type State = ResourceGroup;
    const NEEDS: Needs = Group::NEEDS;

    fn name(&self) -> &str {
        &self.group
    }

    fn id(&self) -> &str {
        &self.id
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<ResourceGroup>, AzureError> {
        ctx.azure.group(&self.group).await
    }

    fn claim(&self, state: &ResourceGroup) -> Result<(), Error> {
        group::claim_as(state, &self.id, self.labs.iter().map(String::as_str), false)
    }

    fn compare(&self, state: &ResourceGroup) -> Comparison {
        let have = Tags::read(state.tags.as_ref());
        // What wrote last is news, not a difference.
        let set = self.set.iter().filter(|(name, _)| *name != tags::VERSION);
        let set = set.filter_map(|(name, want)| Difference::of_tag(name, have.get(name), Some(want)));
        let gone = self.remove.iter().filter_map(|name| Difference::of_tag(name, have.get(name), None));
        Comparison::of(set.chain(gone).collect())
    }

    /// A group that has gone meanwhile is not made anew: a PATCH of it is a 404.
    async fn write(&self, ctx: &Context, current: Option<&ResourceGroup>) -> Result<Reply, AzureError> {
        let tags = self.on(current.and_then(|group| group.tags.as_ref()));
        ctx.azure.tag_group(&self.group, tags.to_value()).await
    }
}

/// Writes the tags of a group, and copies those that count onto the accounts in it. Tells the tags of the group.
///
/// # Errors
/// What cannot be read, or is refused. An account that does not take tags keeps its own.
pub(crate) async fn mark(ctx: &Context, lab: &LabSpec, marks: &Marks) -> Result<Tags, Error> {
    let group = ensure(ctx, marks).await?;
    let of_group = Tags::read(group.tags.as_ref());
    for account in own_accounts(ctx, lab).await? {
        match ensure(ctx, &TaggedAccount::of(lab, &account, CopiedTags { of_group: &of_group })).await {
            Err(error) if error.code().is_some_and(keeps_tags_from_being_written) => {
                let message = format!("the OpenAI account {} keeps its tags, which may not be written", account.name);
                ctx.events.note(Level::Warning, message);
            }
            done => drop(done?),
        }
    }
    Ok(of_group)
}

/// The tags that an account has of its group.
const COPIED: [&str; 3] = [tags::WORKSHOP, tags::LAB, tags::EXPIRES];

/// The tags of its group that count, on an account.
struct CopiedTags<'a> {
    of_group: &'a Tags,
}

impl TagRule for CopiedTags<'_> {
    fn differences(&self, current: &Tags) -> Vec<Difference> {
        COPIED.iter().filter_map(|name| group_tag::difference(current, name, self.of_group.get(name))).collect()
    }

    fn put_into(&self, tags: &mut Tags) {
        COPIED.iter().for_each(|name| group_tag::put(tags, name, self.of_group.get(name)));
    }

    fn has_way_around(&self, code: &Code) -> bool {
        keeps_tags_from_being_written(code)
    }
}
