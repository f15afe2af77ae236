//! Deny assignments: what nobody may do at a scope and below it, whatever their roles. Managed applications, deployment stacks and
//! blueprints make them; nobody can by a request, so a scenario does.
//!
//! Source: Microsoft Learn, "Understand Azure deny assignments", and the REST reference of Microsoft.Authorization/denyAssignments
//! (2022-04-01).

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::permissions::covers;
use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::response::Answer;
use crate::arm::role::matches;
use crate::state::subscriptions::DenyAssignment;

/// Every principal, in a list of principals.
const EVERYBODY: &str = "00000000-0000-0000-0000-000000000000";

/// The scope of one: the subscription, or a group of it.
fn scope(call: &Call<'_>, one: &DenyAssignment) -> String {
    let whole = format!("/subscriptions/{}", call.subscription());
    one.group.as_ref().map_or(whole.clone(), |group| format!("{whole}/resourceGroups/{group}"))
}

fn id(scope: &str, name: &str) -> String {
    let guid = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{scope}/{name}").to_lowercase().as_bytes());
    format!("{scope}/providers/Microsoft.Authorization/denyAssignments/{guid}")
}

/// `GET {scope}/…/denyAssignments`: those at the scope, above it and below it.
pub(super) fn list(call: &Call<'_>, at: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let key = at.to_lowercase();
    let entry = |one: &DenyAssignment| {
        let scope = scope(call, one);
        let lower = scope.to_lowercase();
        (covers(&lower, &key) || covers(&key, &lower)).then(|| {
            let id = id(&scope, &one.name);
            let (_, guid) = id.rsplit_once('/').unwrap_or_default();
            json!({
                "properties": {
                    "denyAssignmentName": one.name,
                    "description": "",
                    "permissions": [{
                        "actions": one.actions,
                        "notActions": one.not_actions,
                        "dataActions": [],
                        "notDataActions": [],
                    }],
                    "scope": scope,
                    "doNotApplyToChildScopes": false,
                    "principals": [{"id": EVERYBODY, "type": "SystemDefined"}],
                    "excludePrincipals": [],
                    "isSystemProtected": true,
                },
                "id": id,
                "type": "Microsoft.Authorization/denyAssignments",
                "name": guid,
            })
        })
    };
    let value: Vec<Value> = call.settings.deny_assignments.iter().filter_map(entry).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// Refuses `action` at `at` if a deny assignment there or above it has it (403 `DenyAssignmentAuthorizationFailed`).
pub(super) fn check(call: &Call<'_>, action: &str, at: &str) -> Result<(), Failure> {
    let key = at.to_lowercase();
    for one in &call.settings.deny_assignments {
        let scope = scope(call, one);
        let has = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
        if !covers(&scope.to_lowercase(), &key) || !has(&one.actions) || has(&one.not_actions) {
            continue;
        }
        // The structure of public reports; the words are our own.
        let message = format!(
            "The client with object id '{}' may perform action '{action}' on scope '{at}' by its roles; the access is denied \
             because of the deny assignment with name '{}' and Id '{}' at scope '{scope}'.",
            call.principal,
            one.name,
            id(&scope, &one.name)
        );
        return Err(Failure::new(StatusCode::FORBIDDEN, "DenyAssignmentAuthorizationFailed", message).gateway());
    }
    Ok(())
}
