//! One resource, as a look shows it. Reads only.

use super::context::Context;
use super::error::Error;
use super::resource::Resource;
use crate::lab::comparison::{Comparison, Difference};
use crate::outcome::plan::Field;
use crate::outcome::state::{ResourceReport, ResourceState};
use crate::values::ResourceKind;

/// One resource, as a look shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The kind.
    pub(crate) kind: ResourceKind,
    /// Its name.
    pub(crate) name: String,
    /// The ARM id: the one that it has, or would have.
    pub(crate) id: String,
    /// How it compares; `None` if it is not there.
    pub(crate) fit: Option<Comparison>,
    /// What people should know of it: [`Resource::note`].
    pub(crate) note: Option<String>,
}

impl Item {
    /// As scripts see it.
    pub(crate) fn report(&self) -> ResourceReport {
        let (state, status, differences): (_, _, &[Difference]) = match &self.fit {
            None => (ResourceState::Absent, None, &[]),
            Some(Comparison::Fits) => (ResourceState::Ready, None, &[]),
            Some(Comparison::Differs(differences)) => (ResourceState::Differs, None, differences),
            Some(Comparison::Busy(status)) => (ResourceState::Busy, Some(status.clone()), &[]),
            Some(Comparison::Broken(status)) => (ResourceState::Failed, Some(status.clone()), &[]),
        };
        let differences = differences.iter().map(Field::from).collect();
        ResourceReport { resource: self.kind, name: self.name.clone(), id: self.id.clone(), state, status, differences }
    }
}

/// Looks at one resource.
///
/// # Errors
/// It cannot be read.
pub(crate) async fn look<R: Resource>(ctx: &Context, resource: &R) -> Result<(Item, Option<R::State>), Error> {
    let seen = resource.observe(ctx).await;
    let seen = seen.map_err(|error| Error::azure(R::KIND, resource.name(), resource.id(), error))?;
    Ok((item(resource, seen.as_ref()), seen))
}

/// One resource beside what is already known of it; `None` if it is not there.
pub(crate) fn item<R: Resource>(resource: &R, state: Option<&R::State>) -> Item {
    Item {
        kind: R::KIND,
        name: resource.name().to_owned(),
        id: state.map_or(resource.id(), |state| resource.found_id(state)).to_owned(),
        fit: state.map(|state| resource.compare(state)),
        note: resource.note(state),
    }
}
