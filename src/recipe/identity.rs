//! The user-assigned managed identity.

use super::context::Context;
use super::needs::{Needs, RequiredAction};
use super::resource::Resource;
use crate::azure::arm::Reply;
use crate::azure::error::Error as AzureError;
use crate::azure::identities::{Identity as State, TrackedResource};
use crate::lab::comparison::Comparison;
use crate::lab::spec::LabSpec;
use crate::values::ResourceKind;

/// The identity as it should be.
#[derive(Clone, Debug)]
pub struct Identity {
    group: String,
    name: String,
    id: String,
    location: String,
}

impl Identity {
    /// The identity of `lab` at `location`.
    pub fn new(lab: &LabSpec, location: &str) -> Self {
        Self {
            group: lab.group.clone(),
            name: lab.identity.clone(),
            id: lab.identity_id(),
            location: location.to_owned(),
        }
    }
}

/// Its principal (object) id.
pub fn principal_id(identity: &State) -> Option<&str> {
    identity.properties.as_ref()?.principal_id.as_deref()
}

/// Its client id.
pub fn client_id(identity: &State) -> Option<&str> {
    identity.properties.as_ref()?.client_id.as_deref()
}

impl Resource for Identity {
    type State = State;
    const NEEDS: Needs = Needs {
        kind: ResourceKind::Identity,
        provider: "Microsoft.ManagedIdentity",
        resource_type: "userAssignedIdentities",
        is_regional: true,
        bills: false,
        write: &[
            RequiredAction::in_group("Microsoft.ManagedIdentity/userAssignedIdentities/read"),
            RequiredAction::in_group("Microsoft.ManagedIdentity/userAssignedIdentities/write"),
        ],
        delete: &[],
        purge: &[],
    };

    fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn parent(&self) -> Option<&str> {
        // Writes of an identity and below it share one rate and one lock.
        Some(&self.id)
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<State>, AzureError> {
        ctx.azure.identity(&self.group, &self.name).await
    }

    fn compare(&self, state: &State) -> Comparison {
        // It has no fields of its own; where it lives makes no difference to its use.
        match principal_id(state) {
            Some(_) => Comparison::Fits,
            None => Comparison::Busy("no principal yet".into()),
        }
    }

    async fn write(&self, ctx: &Context, _current: Option<&State>) -> Result<Reply, AzureError> {
        // One that exists never differs, and is never written.
        let identity = State::new(TrackedResource::new(self.location.clone()));
        ctx.azure.put_identity(&self.group, &self.name, identity).await
    }
}
