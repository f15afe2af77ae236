//! The body of an account.

use serde_json::{Value, json};

use super::accounts::Asked;
use crate::sandbox::SIGNED_IN_OBJECT_ID;
use crate::sandbox::call::Call;
use crate::sandbox::moment::{Millis, stamp};
use crate::sandbox::places;
use crate::sandbox::store::Resource;

/// Kinds that a lab meets, with the host of their endpoint; others are on the general one.
fn endpoint(kind: &str, subdomain: Option<&str>, location: &str) -> String {
    match subdomain {
        Some(subdomain) if kind == "OpenAI" => format!("https://{subdomain}.openai.azure.com/"),
        Some(subdomain) => format!("https://{subdomain}.cognitiveservices.azure.com/"),
        None => format!("https://{}.api.cognitive.microsoft.com/", places::normal(location)),
    }
}

/// Who did it, and when.
pub(super) fn system_data(created: Millis, modified: Millis) -> Value {
    json!({
        "createdBy": SIGNED_IN_OBJECT_ID,
        "createdByType": "User",
        "createdAt": stamp(created),
        "lastModifiedBy": SIGNED_IN_OBJECT_ID,
        "lastModifiedByType": "User",
        "lastModifiedAt": stamp(modified),
    })
}

/// The body of a new account, or of `found` after an update; without its state.
pub(super) fn body(
    call: &Call<'_>,
    id: &str,
    name: &str,
    location: &str,
    asked: &Asked,
    found: Option<&Resource>,
) -> Result<Value, rusqlite::Error> {
    let old = found.map_or(Value::Null, |found| found.body.clone());
    let properties = &asked.properties;
    let keep = |sent: Option<&Value>, path: &str| {
        sent.filter(|value| !value.is_null()).cloned().or_else(|| old.pointer(path).cloned())
    };
    let kind = asked.kind.clone().or_else(|| old["kind"].as_str().map(str::to_owned)).unwrap_or_default();
    let subdomain = properties
        .custom_sub_domain_name
        .clone()
        .or_else(|| old["properties"]["customSubDomainName"].as_str().map(str::to_owned));
    let endpoint = endpoint(&kind, subdomain.as_deref(), location);
    let internal = match old["properties"]["internalId"].as_str() {
        Some(internal) => internal.to_owned(),
        None => call.store.guid(id)?.simple().to_string(),
    };
    let created = found.map_or(call.now, |found| found.created);
    let mut body = json!({
        "id": id,
        "name": name,
        "type": "Microsoft.CognitiveServices/accounts",
        "etag": etag(call, id)?,
        "location": location,
        "sku": keep(asked.sku.as_ref(), "/sku"),
        "kind": kind,
        "properties": {
            "endpoint": endpoint,
            "internalId": internal,
            "dateCreated": stamp(created),
            "callRateLimit": {"rules": [
                {"key": "openai", "renewalPeriod": 1, "count": 30, "matchPatterns": [{"path": "openai/*", "method": "*"}]},
                {"key": "default", "renewalPeriod": 1, "count": 30, "matchPatterns": [{"path": "*", "method": "*"}]},
            ]},
            "isMigrated": false,
            "privateEndpointConnections": [],
            "publicNetworkAccess": keep(properties.public_network_access.as_ref(), "/properties/publicNetworkAccess")
                .unwrap_or_else(|| "Enabled".into()),
            "capabilities": [{"name": "VirtualNetworks"}, {"name": "CustomerManagedKey"}],
            "endpoints": {"OpenAI Language Model Instance API": endpoint},
        },
        "systemData": system_data(created, call.now),
    });
    if let Some(subdomain) = subdomain {
        body["properties"]["customSubDomainName"] = subdomain.into();
    }
    for (name, sent) in
        [("networkAcls", &properties.network_acls), ("disableLocalAuth", &properties.disable_local_auth)]
    {
        if let Some(value) = keep(sent.as_ref(), &format!("/properties/{name}")) {
            body["properties"][name] = value;
        }
    }
    if let Some(identity) = keep(asked.identity.as_ref(), "/identity") {
        body["identity"] = identity;
    }
    if let Some(tags) = asked.tags.as_ref().filter(|tags| tags.is_object()) {
        body["tags"] = tags.clone();
    }
    Ok(body)
}

/// A new etag, quoted as the service does.
pub(super) fn etag(call: &Call<'_>, id: &str) -> Result<String, rusqlite::Error> {
    Ok(format!("\"{}\"", call.store.guid(id)?))
}
