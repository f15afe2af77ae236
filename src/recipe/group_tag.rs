//! One tag of a lab's group, as it should be; the others stay.

use super::context::Context;
use super::error::Error;
use super::group::{self, Group};
use super::lease;
use super::needs::Needs;
use super::resource::Resource;
use crate::azure::arm::Reply;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;

/// A tag of a lab's group.
#[derive(Clone, Debug)]
pub(crate) struct GroupTag<'a> {
    lab: &'a LabSpec,
    group: &'a str,
    id: String,
    tag: &'static str,
    value: Option<&'a str>,
}

impl<'a> GroupTag<'a> {
    /// The tag `tag` on the group of `lab`, with this value; `None` is without it.
    pub(crate) fn new(lab: &'a LabSpec, tag: &'static str, value: Option<&'a str>) -> Self {
        Self { lab, group: &lab.group, id: lab.group_id(), tag, value }
    }
}

/// The tags of `current` with `tag` as it should be, as the `tags` object of a resource.
pub(super) fn with_tag(current: Option<&serde_json::Value>, tag: &str, value: Option<&str>) -> serde_json::Value {
    let mut tags = Tags::read(current);
    match value {
        Some(text) => tags.set(tag, text),
        None => tags.remove(tag),
    }
    tags.to_value()
}

/// The difference between `tag` in `current` and its value as it should be.
pub(super) fn difference(current: Option<&serde_json::Value>, tag: &str, value: Option<&str>) -> Option<Difference> {
    Difference::of_tag(tag, Tags::read(current).get(tag), value)
}

impl Resource for GroupTag<'_> {
    type State = ResourceGroup;
    const NEEDS: Needs = Group::NEEDS;

    fn name(&self) -> &str {
        self.group
    }

    fn id(&self) -> &str {
        &self.id
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<ResourceGroup>, AzureError> {
        ctx.azure.group(&self.lab.group).await
    }

    fn claim(&self, state: &ResourceGroup) -> Result<(), Error> {
        group::claim(state, self.lab, false)
    }

    fn compare(&self, state: &ResourceGroup) -> Comparison {
        Comparison::of(difference(state.tags.as_ref(), self.tag, self.value).into_iter().collect())
    }

    /// A group that has gone meanwhile is not made anew: a PATCH of it is a 404.
    async fn write(&self, ctx: &Context, _: Option<&ResourceGroup>) -> Result<Reply, AzureError> {
        // A PATCH replaces all tags, and the run's own lease may have joined them since the look.
        let current = ctx.azure.group(&self.lab.group).await?;
        let tags = with_tag(current.as_ref().and_then(|group| group.tags.as_ref()), self.tag, self.value);
        let mut tags = Tags::read(Some(&tags));
        lease::put_into(ctx, &mut tags);
        let written = ctx.azure.tag_group(&self.lab.group, tags.to_value()).await;
        if written.as_ref().is_err_and(|error| !error.is_ambiguous()) {
            lease::refused(ctx);
        }
        written
    }
}
