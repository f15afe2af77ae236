//! Microsoft.Authorization: role assignments, role definitions, locks and what the caller may do, at any scope; policies
//! are in [`crate::providers::policy`].

mod assignments;
pub(crate) mod definitions;
pub(crate) mod locks;
pub(crate) mod permissions;
pub(crate) mod signed_in;

use super::policy;
use crate::arm::call::Call;
use crate::arm::dispatch::unknown_type;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::ids::SUBSCRIPTION_ID;
use crate::state::store::{Store, kind};

/// Whether some role of `principal` at `scope` or above it allows a data action.
pub(crate) fn allows_data_action(
    store: &Store<'_>,
    principal: &str,
    scope: &str,
    action: &str,
) -> rusqlite::Result<bool> {
    let assignments = assignments::holding_at(store, &scope.to_lowercase(), Some(principal))?;
    let role = |body: &serde_json::Value| body["properties"]["roleDefinitionId"].as_str().map(str::to_owned);
    Ok(assignments.iter().filter_map(|one| role(&one.body)).any(|role| definitions::allows_data_action(&role, action)))
}

/// Routes a call to this provider; `at` is the place of the last `providers` segment, everything before it the scope.
pub(crate) fn route(call: &Call<'_>, at: usize) -> Outcome {
    let segments = call.path.lower();
    let inner = &segments[at + 2..];
    let scope = if at == 0 { "/".to_owned() } else { call.path.up_to(at) };
    match inner {
        ["roleassignments"] => assignments::list(call, &checked(call, scope)?),
        ["roleassignments", _] => assignments::one(call, &checked(call, scope)?, call.path.raw(at + 3)),
        ["roledefinitions"] => definitions::list(call, &scope),
        ["roledefinitions", _] => definitions::get(call, &scope, call.path.raw(at + 3)),
        ["locks"] => locks::list(call, &checked(call, scope)?),
        ["locks", _] => locks::one(call, &checked(call, scope)?, call.path.raw(at + 3)),
        ["policydefinitions", ..] => policy::definitions(call, at),
        ["policyassignments"] => policy::list_assignments(call, &checked(call, scope)?),
        ["policyassignments", _] => policy::assignment(call, &checked(call, scope)?, call.path.raw(at + 3)),
        ["permissions"] => permissions::list(call, &checked(call, scope)?),
        _ => Err(unknown_type(call, "Microsoft.Authorization", inner)),
    }
}

/// A scope in the service's casing. Below a group it must exist.
fn checked(call: &Call<'_>, scope: String) -> Result<String, Failure> {
    let lower = call.path.lower();
    let ["subscriptions", _, "resourcegroups", _, ..] = lower.as_slice() else {
        return Ok(scope);
    };
    let group = call.group(call.path.raw(3))?;
    if group.deleting(call.now) && call.writes() {
        return Err(crate::providers::resources::groups::being_deleted(&group.name));
    }
    let depth = scope.split('/').filter(|part| !part.is_empty()).count();
    if depth == 4 {
        return Ok(group.id);
    }
    match call.store.get(&scope)? {
        // A scope is written with `resourceGroups`, whatever the resource's own id has.
        Some(found) if found.kind != kind::ASSIGNMENT => {
            let tail = found.id.splitn(6, '/').nth(5).unwrap_or_default().to_owned();
            Ok(format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{}/{tail}", group.name))
        }
        _ => {
            let names: Vec<&str> = scope.split('/').skip(6).collect();
            Err(Failure::resource_missing(&names.join("/"), &group.name))
        }
    }
}
