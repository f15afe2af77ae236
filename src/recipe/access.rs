//! The access that a lab's group gives and should not: what azlab gave to an attendee who is no longer there, or in a role that
//! is no longer asked for. What others have given stays theirs.

use super::context::Context;
use super::error::Error;
use super::look::Item;
use super::{membership, role_assignment};
use crate::azure::roles::RoleAssignment as State;
use crate::lab::attendee::Grant;
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids::{self, same};
use crate::lab::roles;
use crate::lab::spec::LabSpec;
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
    /// Who has it: an object id.
    pub(crate) principal_id: String,
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
            note: None,
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
    let principal_id = have.principal_id.clone();
    let extra = Extra { name: name.to_owned(), id, label, principal_id };
    is_own.then(|| (Given { principal_id: &have.principal_id, role_id }, extra))
}

fn is_wanted(given: &Given<'_>, wanted: &[Grant]) -> bool {
    wanted.iter().any(|grant| same(&grant.principal_id, given.principal_id) && same(&grant.role_id, given.role_id))
}

/// Takes the access of `lab` away again, from its group and from the account that it shares, where it turns out to be another
/// lab's.
///
/// # Errors
/// What cannot be read, or deleted.
pub(crate) async fn take_back(ctx: &Context, lab: &LabSpec) -> Result<(), Error> {
    let nobody = LabSpec { access: Some(Vec::new()), ..lab.clone() };
    let given = |one: &Extra| lab.access.iter().flatten().any(|grant| same(&grant.principal_id, &one.principal_id));
    let extra: Vec<Extra> = extra(ctx, &nobody).await?.into_iter().filter(given).collect();
    take_away(ctx, &nobody, extra).await
}

/// Takes away the extra access to the group of `lab`, and that to the account that it shares of whom has none to the lab any more.
///
/// # Errors
/// What cannot be read, or deleted.
pub(crate) async fn take_away_extra(ctx: &Context, lab: &LabSpec) -> Result<(), Error> {
    take_away(ctx, lab, extra(ctx, lab).await?).await
}

async fn take_away(ctx: &Context, lab: &LabSpec, extra: Vec<Extra>) -> Result<(), Error> {
    for Extra { name, id, label, principal_id } in extra {
        let is_still_here = lab.access.iter().flatten().any(|grant| same(&grant.principal_id, &principal_id));
        if let Some(shared) = lab.shared_group("").filter(|_| !is_still_here) {
            membership::leave(ctx, lab, &shared, &[principal_id]).await?;
        }
        role_assignment::take_away(ctx, &lab.group_id(), &name, &id, &label).await?;
    }
    Ok(())
}
