//! The body of an account.

use serde_json::{Value, json};

use super::FACTS;
use super::accounts::AccountBody;
use crate::arm::call::Call;
use crate::arm::facts::Written;
use crate::arm::regions;
use crate::ids::SIGNED_IN_OBJECT_ID;
use crate::providers::managedidentity::assigned::assigned;
use crate::state::store::Resource;
use crate::state::timestamps::{Millis, stamp};

/// Kinds that a lab meets, with the host of their endpoint; others are on the general one.
fn endpoint(kind: &str, subdomain: Option<&str>, location: &str) -> String {
    match subdomain {
        Some(subdomain) if kind == "OpenAI" => format!("https://{subdomain}.openai.azure.com/"),
        Some(subdomain) => format!("https://{subdomain}.cognitiveservices.azure.com/"),
        None => format!("https://{}.api.cognitive.microsoft.com/", regions::normal(location)),
    }
}

/// What an OpenAI account is said to be able to (recorded of OpenAI accounts; some of their limits).
const CAPABILITIES: [(&str, &str); 5] = [
    ("VirtualNetworks", ""),
    ("CustomerManagedKey", ""),
    ("MaxFineTuneCount", "100"),
    ("MaxRunningFineTuneCount", "1"),
    ("MaxTrainingFileSize", "100000000"),
];

/// Properties that are more than told back, or are never told.
const DECIDED: [&str; 5] = ["customSubDomainName", "publicNetworkAccess", "restore", "migrationToken", "apiProperties"];
/// A rule of `callRateLimit` (recorded of OpenAI accounts).
fn rate_rule(key: &str, path: &str) -> Value {
    json!({
        "key": key,
        "renewalPeriod": 1,
        "count": 30,
        "dynamicThrottlingEnabled": false,
        "matchPatterns": [{"path": path, "method": "*"}],
    })
}

/// The endpoints by name; an account of kind AIServices has one for projects, too.
fn endpoints(kind: &str, subdomain: Option<&str>, endpoint: &str) -> Value {
    match subdomain {
        Some(subdomain) if kind == "AIServices" => json!({
            "AI Foundry API": format!("https://{subdomain}.services.ai.azure.com/"),
            "OpenAI Language Model Instance API": format!("https://{subdomain}.openai.azure.com/"),
        }),
        _ => json!({"OpenAI Language Model Instance API": endpoint}),
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
    asked: &AccountBody,
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
                rate_rule("openai", "openai/*"),
                rate_rule("default", "*"),
            ]},
            "isMigrated": false,
            "privateEndpointConnections": [],
            "publicNetworkAccess": keep(properties.public_network_access.as_ref(), "/properties/publicNetworkAccess")
                .unwrap_or_else(|| "Enabled".into()),
            "capabilities": CAPABILITIES.map(|(name, value)| match value {
                "" => json!({"name": name}),
                value => json!({"name": name, "value": value}),
            }),
            "endpoints": endpoints(&kind, subdomain.as_deref(), &endpoint),
        },
        "systemData": system_data(created, call.now),
    });
    if let Some(subdomain) = subdomain {
        body["properties"]["customSubDomainName"] = subdomain.into();
    }
    // Whatever the type knows, and can be written, is told back.
    let known = FACTS.of("accounts").at(&["properties"]).and_then(|fact| fact.kind.members());
    let known =
        known.into_iter().flatten().filter(|fact| fact.written != Written::Never).map(|fact| fact.name.as_str());
    for name in known.filter(|name| !DECIDED.contains(name)) {
        if let Some(value) = keep(properties.others.get(name), &format!("/properties/{name}")) {
            body["properties"][name] = value;
        }
    }
    if kind == "AIServices" {
        body["properties"]["apiProperties"] = json!({"qnaAzureSearchEndpointKey": null});
    }
    if let Some(api) = keep(properties.others.get("apiProperties"), "/properties/apiProperties") {
        body["properties"]["apiProperties"] = api;
    }
    if let Some(identity) = assigned(call, id, asked.identity.as_ref(), old.get("identity"))? {
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
