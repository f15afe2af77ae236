//! The identities that a resource has: its own, which the service makes, and user-assigned ones that it names.

use serde_json::{Value, json};

use super::kind;
use crate::arm::call::Call;
use crate::ids::TENANT_ID;

/// The member `identity` of the resource `id`: what was asked for, completed with the ids of the principals, or what it had
/// (`old`). One of its own stays the same as long as the resource has it (recorded of clusters and accounts).
pub(crate) fn assigned(
    call: &Call<'_>,
    id: &str,
    asked: Option<&Value>,
    old: Option<&Value>,
) -> Result<Option<Value>, rusqlite::Error> {
    if asked.is_some_and(|identity| identity["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("None"))) {
        return Ok(None);
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
