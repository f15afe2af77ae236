//! A role assignment: of the lab's identity on the account, or of the attendee on the resource group.

use super::context::Context;
use super::error::Error;
use super::needs::{Needs, RequiredAction, Role};
use super::resource::Resource;
use super::step::Step;
use crate::azure::arm::Reply;
use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;
use crate::azure::roles::{
    RoleAssignment as State, RoleAssignmentCreateParameters, RoleAssignmentProperties,
    role_assignment_properties::PrincipalType,
};
use crate::events::noting_waits;
use crate::lab::attendee::Grant;
use crate::lab::comparison::Comparison;
use crate::lab::ids::{self, same};
use crate::outcome::Action;
use crate::values::{PrincipalKind, ResourceKind};

/// The role assignment as it should be.
#[derive(Clone, Debug)]
pub struct RoleAssignment {
    scope: String,
    guid: String,
    id: String,
    principal_id: String,
    principal_type: Option<PrincipalType>,
    role_definition: String,
    /// The role's name, with whom it is for where that is not the lab's identity.
    name: String,
}

impl RoleAssignment {
    /// `Cognitive Services OpenAI User` for `principal_id` on the account with the ARM id `scope`.
    pub fn new(subscription: &str, scope: &str, principal_id: &str) -> Self {
        let kind = Some(PrincipalKind::ServicePrincipal);
        let label = ids::OPENAI_USER_ROLE_NAME.to_owned();
        Self::of(subscription, scope, (principal_id, kind), ids::OPENAI_USER_ROLE, label)
    }

    /// What `grant` gives on the resource group with the ARM id `scope`.
    pub(crate) fn granted(subscription: &str, scope: &str, grant: &Grant) -> Self {
        let Grant { who, principal_id, kind, role, role_id } = grant;
        Self::of(subscription, scope, (principal_id, *kind), role_id, format!("{role} ({who})"))
    }

    fn of(
        subscription: &str,
        scope: &str,
        (principal_id, kind): (&str, Option<PrincipalKind>),
        role: &str,
        label: String,
    ) -> Self {
        let name = ids::role_assignment_name(scope, principal_id, role);
        Self {
            id: ids::role_assignment(scope, &name),
            guid: name,
            scope: scope.to_owned(),
            principal_id: principal_id.to_owned(),
            principal_type: kind.map(|kind| match kind {
                PrincipalKind::User => PrincipalType::User,
                PrincipalKind::Group => PrincipalType::Group,
                PrincipalKind::ServicePrincipal => PrincipalType::ServicePrincipal,
            }),
            role_definition: ids::role_definition(subscription, role),
            name: label,
        }
    }
}

/// Whether `assignment` gives `principal_id` the role with the definition `role_definition` right at `scope`.
pub(crate) fn grants(assignment: &State, scope: &str, principal_id: &str, role_definition: &str) -> bool {
    // A definition's id may carry a subscription or not; its guid tells.
    let guid = |id: &str| id.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    assignment.properties.as_ref().is_some_and(|have| {
        same(have.scope.as_deref().unwrap_or_default(), scope)
            && same(&have.principal_id, principal_id)
            && guid(&have.role_definition_id) == guid(role_definition)
    })
}

impl Resource for RoleAssignment {
    type State = State;
    const NEEDS: Needs = Needs {
        kind: ResourceKind::RoleAssignment,
        provider: "Microsoft.Authorization",
        resource_type: "roleAssignments",
        is_regional: false,
        bills: false,
        write: &[RequiredAction {
            // Contributor does not have it.
            role: Role::AccessAdministrator,
            ..RequiredAction::in_group("Microsoft.Authorization/roleAssignments/write")
        }],
        delete: &[],
        purge: &[],
    };

    fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn found_id<'a>(&'a self, state: &'a State) -> &'a str {
        state.id.as_deref().unwrap_or(&self.id)
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<State>, AzureError> {
        // By what it grants, not by name: az gives it a random guid.
        let all = ctx.azure.role_assignments(&self.scope, &self.principal_id).await?;
        Ok(all.into_iter().find(|one| grants(one, &self.scope, &self.principal_id, &self.role_definition)))
    }

    fn compare(&self, _state: &State) -> Comparison {
        Comparison::Fits
    }

    async fn write(&self, ctx: &Context, _current: Option<&State>) -> Result<Reply, AzureError> {
        let mut properties = RoleAssignmentProperties::new(self.role_definition.clone(), self.principal_id.clone());
        // Without it a new principal is looked up in a directory that does not know it yet.
        properties.principal_type.clone_from(&self.principal_type);
        ctx.azure.put_role_assignment(&self.scope, &self.guid, RoleAssignmentCreateParameters::new(properties)).await
    }

    fn is_there_after(&self, code: &Code) -> bool {
        *code == Code::RoleAssignmentExists
    }
}

/// Deletes the role assignment `name` at `scope`, called `label`, and tells so.
///
/// # Errors
/// What the service refuses.
pub(crate) async fn take_away(ctx: &Context, scope: &str, name: &str, id: &str, label: &str) -> Result<(), Error> {
    let kind = ResourceKind::RoleAssignment;
    let step = Step::begin(ctx, kind, label);
    ctx.ledger.asked(kind, label, "Deleting");
    let (deleted, waits) = noting_waits(ctx.azure.delete_role_assignment(scope, name)).await;
    if let Err(source) = deleted {
        let error = Error::azure(kind, label, id, source);
        step.fail(&error, waits);
        return Err(error);
    }
    step.finish(id, Action::Deleted, waits);
    Ok(())
}
