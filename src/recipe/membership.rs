//! The access to a shared account that azlab gave for one lab, taken away when the lab goes or is somebody else's. It is outside
//! the lab's group, and would stay.
//!
//! It goes before what tells whose it was: a run that is cut off in between finds it again.

use super::context::Context;
use super::error::Error;
use super::role_assignment;
use super::sharers::sharers;
use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;
use crate::azure::roles::RoleAssignment as State;
use crate::events::Level;
use crate::lab::ids::{self, same};
use crate::lab::roles;
use crate::lab::spec::LabSpec;
use crate::values::ResourceKind;
use crate::values::arm_id::group_in;

/// A role assignment by its name and where it is.
struct Assignment {
    scope: String,
    name: String,
    role: String,
}

/// The assignment, if its name is the one that azlab derives.
fn own(assignment: &State) -> Option<Assignment> {
    let have = assignment.properties.as_ref()?;
    let role = have.role_definition_id.rsplit('/').next()?;
    let (scope, name) = (have.scope.as_deref()?, assignment.name.as_deref()?);
    let is_own = name.eq_ignore_ascii_case(&ids::role_assignment_name(scope, &have.principal_id, role));
    is_own.then(|| Assignment { scope: scope.to_owned(), name: name.to_owned(), role: role.to_owned() })
}

/// Whether the scope (an ARM id) is the group of this name, or something in it.
fn is_in(scope: &str, group: &str) -> bool {
    group_in(scope).is_some_and(|name| same(name, group))
}

/// Takes away what azlab gave to `principals`, whose lab is `lab`, on the account in the group `shared`. Who has another lab that
/// uses the account keeps it.
///
/// # Errors
/// What cannot be read, or deleted. Without the right to read role assignments it is told, and the lab goes all the same.
pub(crate) async fn leave(ctx: &Context, lab: &LabSpec, shared: &str, principals: &[String]) -> Result<(), Error> {
    let kind = ResourceKind::RoleAssignment;
    let account = ids::group(&lab.subscription, shared);
    let wrap = |error: AzureError| Error::azure(kind, "access", &account, error);
    let mut others = None;
    for principal in principals {
        let all = match ctx.azure.role_assignments_now(principal).await {
            Err(error) if error.code() == Some(&Code::AuthorizationFailed) => {
                let text = format!(
                    "you may not read role assignments at the subscription: those of the lab {} on the shared account in {shared} stay",
                    lab.name
                );
                ctx.events.note(Level::Warning, text);
                return Ok(());
            }
            all => all.map_err(wrap)?,
        };
        let all: Vec<Assignment> = all.iter().filter_map(own).collect();
        if all.iter().all(|one| !is_in(&one.scope, shared)) {
            continue;
        }
        if others.is_none() {
            others = Some(sharers(&ctx.azure, shared).await.map_err(wrap)?);
        }
        let has_another = others
            .iter()
            .flatten()
            .filter(|other| !same(&other.group, &lab.group))
            .any(|other| all.iter().any(|one| same(&one.scope, &ids::group(&lab.subscription, &other.group))));
        if has_another {
            continue;
        }
        for one in all.iter().filter(|one| is_in(&one.scope, shared)) {
            take_away(ctx, principal, one).await?;
        }
    }
    Ok(())
}

async fn take_away(ctx: &Context, principal: &str, one: &Assignment) -> Result<(), Error> {
    let (label, id) = (
        format!("{} ({principal}, shared account)", roles::name_of(&one.role)),
        ids::role_assignment(&one.scope, &one.name),
    );
    role_assignment::take_away(ctx, &one.scope, &one.name, &id, &label).await
}
