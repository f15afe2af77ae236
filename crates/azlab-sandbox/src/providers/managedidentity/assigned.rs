//! The identities that a resource has: its own, which the service makes, and user-assigned ones that it names.

use serde_json::{Value, json};

use super::kind;
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::ids::TENANT_ID;

/// Refuses an identity that cannot be given to the resource `id`: without the ids that its type needs, or of one that is not
/// there (codes and words are reported: terraform-provider-azurerm 17082, azure-policy 1311).
pub(crate) fn check_assigned(call: &Call<'_>, id: &str, asked: &Value) -> Result<(), Failure> {
    let kinds = asked["type"].as_str().unwrap_or_default().to_lowercase();
    if !kinds.contains("userassigned") {
        return Ok(());
    }
    let Some(named) = asked["userAssignedIdentities"].as_object().filter(|named| !named.is_empty()) else {
        let message = "The identity ids must not be null or empty for 'UserAssigned' identity type.";
        return Err(Failure::bad_request("MissingIdentityIds", message).gateway());
    };
    for (named, value) in named {
        // A null takes one away.
        let found = call.store.get(named)?.filter(|found| found.kind == kind::IDENTITY);
        if found.is_none() && !value.is_null() {
            return Err(Failure::bad_request(
                "FailedIdentityOperation",
                format!(
                    "Identity operation for resource '{id}' failed with error 'Failed to perform resource identity operation. \
                     Status: 'BadRequest'. Response: '{{\"error\":{{\"code\":\"BadRequest\",\"message\":\"Resource '{named}' was \
                     not found.\"}}}}'.'."
                ),
            )
            .gateway());
        }
    }
    Ok(())
}

/// The member `identity` of the resource `id`: what was asked for, completed with the ids of the principals, or what it had
/// (`old`). One of its own stays the same as long as the resource has it (recorded of clusters and accounts).
pub(crate) fn assigned(
    call: &Call<'_>,
    id: &str,
    asked: Option<&Value>,
    old: Option<&Value>,
) -> Result<Option<Value>, rusqlite::Error> {
    if asked.is_some_and(|identity| identity["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("None"))) {
        // It stays as that (recorded).
        return Ok(Some(json!({"type": "None"})));
    }
    let Some(asked) = asked.filter(|identity| identity.is_object()) else { return Ok(old.cloned()) };
    let mut identity = asked.clone();
    if let Some(members) = identity.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    let kinds = identity["type"].as_str().unwrap_or_default().to_lowercase();
    if kinds.contains("systemassigned") {
        let own = old.and_then(|old| old["principalId"].as_str().map(str::to_owned));
        identity["principalId"] = match own {
            Some(principal) => principal.into(),
            None => call.store.guid(id)?.to_string().into(),
        };
        identity["tenantId"] = TENANT_ID.into();
    }
    let named = identity.get_mut("userAssignedIdentities").and_then(Value::as_object_mut);
    for (named, ids) in named.into_iter().flatten() {
        if let Some(found) = call.store.get(named)?.filter(|found| found.kind == kind::IDENTITY) {
            let properties = &found.body["properties"];
            *ids = json!({"clientId": properties["clientId"], "principalId": properties["principalId"]});
        }
    }
    Ok(Some(identity))
}
