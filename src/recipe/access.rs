//! The access that a lab's group gives and should not: what azlab gave to an attendee who is no longer there, or in a role that
//! is no longer asked for. What others have given stays theirs.

use super::context::Context;
use super::error::Error;
use super::look::Item;
use crate::azure::roles::RoleAssignment as State;
use crate::events::{EventKind, noting_waits};
use crate::lab::attendee::Grant;
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids::{self, same};
use crate::lab::roles;
use crate::lab::spec::LabSpec;
use crate::outcome::{Action, Change};
use crate::values::ResourceKind;

/// A role assignment of azlab's own that should not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extra {
    /// Its name: a guid.
    name: String,
    /// The ARM id.
    id: String,
    /// The role, and the object id of who has it.
    label: String,
}

impl Extra {
    /// As a look shows it.
    pub(crate) fn item(&self) -> Item {
        let granted = Difference::changeable("access", "granted", "");
        Item {
            kind: ResourceKind::RoleAssignment,
            name: self.label.clone(),
            id: self.id.clone(),
            fit: Some(Comparison::Differs(vec![granted])),
        }
    }
}

/// The extra access to the group of `lab`; none where nobody says who should have it.
///
/// # Errors
/// The role assignments cannot be read.
pub(crate) async fn extra(ctx: &Context, lab: &LabSpec) -> Result<Vec<Extra>, Error> {
    let Some(wanted) = &lab.access else { return Ok(Vec::new()) };
    let scope = lab.group_id();
    let all = ctx.azure.role_assignments_right_at(&scope).await;
    let all = all.map_err(|error| Error::azure(ResourceKind::RoleAssignment, "access", &scope, error))?;
    Ok(all
        .iter()
        .filter_map(|one| own(one, &scope))
        .filter(|one| !is_wanted(&one.0, wanted))
        .map(|one| one.1)
        .collect())
}

/// Whom an assignment is of, and in which role.
struct Given<'a> {
    principal_id: &'a str,
    role_id: &'a str,
}

/// One of the assignments right at `scope`, if its name is the one that azlab derives.
fn own<'a>(assignment: &'a State, scope: &str) -> Option<(Given<'a>, Extra)> {
    let have = assignment.properties.as_ref()?;
    let role_id = have.role_definition_id.rsplit('/').next()?;
    let name = assignment.name.as_deref()?;
    let is_own = name.eq_ignore_ascii_case(&ids::role_assignment_name(scope, &have.principal_id, role_id));
    let label = format!("{} ({})", roles::name_of(role_id), have.principal_id);
    let id = assignment.id.clone().unwrap_or_else(|| ids::role_assignment(scope, name));
    is_own.then(|| (Given { principal_id: &have.principal_id, role_id }, Extra { name: name.to_owned(), id, label }))
}

fn is_wanted(given: &Given<'_>, wanted: &[Grant]) -> bool {
    wanted.iter().any(|grant| same(&grant.principal_id, given.principal_id) && same(&grant.role_id, given.role_id))
}

/// Takes away the extra access to the group of `lab`.
///
/// # Errors
/// What cannot be read, or deleted.
pub(crate) async fn take_away_extra(ctx: &Context, lab: &LabSpec) -> Result<(), Error> {
    for Extra { name, id, label } in extra(ctx, lab).await? {
        let began = ctx.clock().now();
        let kind = ResourceKind::RoleAssignment;
        ctx.events.emit(EventKind::ResourceStarted { resource: kind, name: label.clone() });
        ctx.ledger.asked(kind, &label, "Deleting");
        let (deleted, waits) = noting_waits(ctx.azure.delete_role_assignment(&lab.group_id(), &name)).await;
        let limits = ctx.events.waits(waits);
        if let Err(source) = deleted {
            let error = Error::azure(kind, &label, &id, source);
            let error_report = (ctx.describe)(&error);
            ctx.events.emit(EventKind::ResourceFailed { resource: kind, name: label, error: error_report, limits });
            return Err(error);
        }
        let elapsed_s = ctx.clock().since(began).as_secs_f64();
        let action = Action::Deleted;
        ctx.events.emit(EventKind::ResourceFinished {
            resource: kind,
            name: label.clone(),
            id: id.clone(),
            action,
            elapsed_s,
            limits,
        });
        ctx.ledger.finished(&label, Change { resource: kind, id, action, elapsed_s });
    }
    Ok(())
}
