//! A resource of a lab: how it is observed, compared and written. [`super::ensure`] makes it be as it should.

use std::time::Duration;

use super::context::Context;
use super::error::Error;
use super::needs::Needs;
use crate::azure::arm::Reply;
use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;
use crate::azure::lro::{PollPolicy, Status};
use crate::lab::comparison::Comparison;
use crate::outcome::Action;
use crate::outcome::plan::Field;
use crate::values::ResourceKind;

/// A resource of a lab, as it should be.
pub trait Resource {
    /// What a look shows.
    type State;
    /// What its kind needs of a subscription, and of who works with it.
    const NEEDS: Needs;
    /// The kind.
    const KIND: ResourceKind = Self::NEEDS.kind;

    /// Its name.
    fn name(&self) -> &str;

    /// Its ARM id.
    fn id(&self) -> &str;

    /// The ARM id of what a look showed: another than [`Self::id`] where something under another name does as well.
    fn found_id<'a>(&'a self, _state: &'a Self::State) -> &'a str {
        self.id()
    }

    /// The ARM id of the parent below which only one write may be in progress.
    fn parent(&self) -> Option<&str> {
        None
    }

    /// How to wait for it.
    fn poll_policy(&self) -> PollPolicy {
        PollPolicy::seconds(Duration::from_secs(1800))
    }

    /// Looks at it. Reads only.
    ///
    /// # Errors
    /// Every error but an absence.
    fn observe(&self, ctx: &Context) -> impl Future<Output = Result<Option<Self::State>, AzureError>>;

    /// Compares what a look showed with what should be. Pure.
    fn compare(&self, state: &Self::State) -> Comparison;

    /// What people should know of what a look showed: of one that is there, although it fits; of one that is not, why the
    /// service would refuse it.
    fn note(&self, _state: Option<&Self::State>) -> Option<String> {
        None
    }

    /// Whether what exists may be touched.
    ///
    /// # Errors
    /// [`Error::NotOurs`]
    fn claim(&self, _state: &Self::State) -> Result<(), Error> {
        Ok(())
    }

    /// What a new one gets, as far as it was asked for or chosen: the fields that [`Self::write`] fills, in the words of our
    /// flags and files.
    fn fields(&self) -> Vec<Field> {
        Vec::new()
    }

    /// Writes it once: creates it if `current` is `None`, else changes what differs.
    ///
    /// # Errors
    /// As [`crate::azure::arm::Arm::send`].
    fn write(&self, ctx: &Context, current: Option<&Self::State>) -> impl Future<Output = Result<Reply, AzureError>>;

    /// Hears the answer to a write, before the wait for its end.
    fn written(&self, _reply: &Reply) {}

    /// What a create counts as.
    fn creation(&self) -> Action {
        Action::Created
    }

    /// Whether the caller has a way around a refusal, so that it is not told as a failure.
    fn has_way_around(&self, _code: &Code) -> bool {
        false
    }

    /// Whether a refused write means that the resource is there under another name, and the next look will show it.
    fn is_there_after(&self, _code: &Code) -> bool {
        false
    }
}

/// What a `provisioningState` says of a resource that is not to be compared yet; `None` if it is.
pub(crate) fn unfinished(provisioning_state: Option<&str>) -> Option<Comparison> {
    match Status::read(provisioning_state) {
        Status::Succeeded => None,
        Status::Running(status) => Some(Comparison::Busy(status)),
        Status::Failed => Some(Comparison::Broken("Failed".into())),
        Status::Canceled => Some(Comparison::Broken("Canceled".into())),
    }
}
