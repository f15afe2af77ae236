//! Content-filter policies ("Rai Policies", 2024-10-01): Azure's own two, and those of an account. They are kept and told; what
//! the data plane filters a scenario says.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::account_body::{etag, system_data};
use super::{FACTS, accounts, kind};
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::response::Answer;
use crate::state::lists::ListQuery;
use crate::state::store::Resource;

/// What a deployment has where it names none.
pub(super) const DEFAULT: &str = "Microsoft.DefaultV2";
/// The policies that every account has.
const SYSTEM: [&str; 2] = ["Microsoft.Default", DEFAULT];
/// What they filter, on the way in and on the way out, at which severity.
const FILTERS: [&str; 4] = ["Hate", "Sexual", "Selfharm", "Violence"];

/// `…/raiPolicies`
pub(super) fn list(call: &Call<'_>, group: &Resource, account: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let account = accounts::find(call, group, account)?;
    let own = call.store.list(&ListQuery { parent: Some(&account.key()), ..ListQuery::default() })?;
    let own = own.into_iter().filter(|it| it.kind == kind::RAI_POLICY).map(|it| it.body);
    let value: Vec<Value> = SYSTEM.iter().map(|name| system(&account, name)).chain(own).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// `…/raiPolicies/{name}`
pub(super) fn one(call: &Call<'_>, group: &Resource, account: &str, name: &str) -> Outcome {
    let account = accounts::find(call, group, account)?;
    let id = format!("{}/raiPolicies/{name}", account.id);
    let of_azure = SYSTEM.into_iter().find(|known| known.eq_ignore_ascii_case(name));
    if let (Some(_), true) = (of_azure, call.writes()) {
        // The code is inferred.
        let message = format!("The policy '{name}' is managed by the system and cannot be changed.");
        return Err(Failure::bad_request("InvalidRaiPolicy", message));
    }
    let found = call.store.get(&id)?;
    match *call.method {
        Method::GET | Method::HEAD => {
            let body = of_azure.map(|name| system(&account, name)).or_else(|| found.map(|it| it.body));
            body.map(Answer::ok).ok_or_else(|| missing(&id))
        }
        Method::PUT => put(call, &account, id, name, found),
        Method::DELETE => {
            let Some(found) = found else { return Ok(Answer::empty(StatusCode::NO_CONTENT)) };
            refuse_used(call, &account, name)?;
            call.store.end(&found.key(), call.now)?;
            Ok(Answer::empty(StatusCode::OK))
        }
        _ => Err(call.method_not_allowed()),
    }
}

/// Whether an account has the policy of that name.
pub(super) fn exists(call: &Call<'_>, account: &Resource, name: &str) -> rusqlite::Result<bool> {
    let of_azure = SYSTEM.iter().any(|known| known.eq_ignore_ascii_case(name));
    Ok(of_azure || call.store.get(&format!("{}/raiPolicies/{name}", account.id))?.is_some())
}

fn missing(id: &str) -> Failure {
    Failure::not_found("NotFound", format!("Specified resource '{id}' cannot be found."))
}

fn system(account: &Resource, name: &str) -> Value {
    let filter = |name: &str, source: &str| json!({"name": name, "enabled": true, "blocking": true, "severityThreshold": "Medium", "source": source});
    let sources = ["Prompt", "Completion"];
    let filters: Vec<Value> = FILTERS.iter().flat_map(|name| sources.map(|source| filter(name, source))).collect();
    json!({
        "id": format!("{}/raiPolicies/{name}", account.id),
        "type": "Microsoft.CognitiveServices/accounts/raiPolicies",
        "name": name,
        "properties": {"mode": "Blocking", "type": "SystemManaged", "contentFilters": filters},
    })
}

fn put(call: &Call<'_>, account: &Resource, id: String, name: &str, found: Option<Resource>) -> Outcome {
    let sent = FACTS.judged(call, "raiPolicies", Sent::Whole)?;
    let Value::Object(mut properties) = sent["properties"].clone() else {
        return Err(Failure::content("'properties' is required"));
    };
    let base = properties.get("basePolicyName").and_then(Value::as_str).unwrap_or_default();
    if !base.is_empty() && !exists(call, account, base)? {
        return Err(Failure::bad_request("InvalidRaiPolicy", format!("The base policy '{base}' cannot be found.")));
    }
    properties.insert("type".into(), "UserManaged".into());
    properties.entry("mode").or_insert_with(|| "Default".into());
    let is_new = found.is_none();
    let created = found.map_or(call.now, |found| found.created);
    let mut body = json!({
        "id": id,
        "type": "Microsoft.CognitiveServices/accounts/raiPolicies",
        "name": name,
        "properties": properties,
        "systemData": system_data(created, call.now),
        "etag": etag(call, &id)?,
    });
    if sent["tags"].is_object() {
        body["tags"] = sent["tags"].clone();
    }
    let policy = Resource {
        group: account.group.clone(),
        parent: account.key(),
        location: account.location.clone(),
        created,
        born: created,
        ..Resource::ready(kind::RAI_POLICY, id, name, body, call.now)
    };
    call.store.put(&policy)?;
    Ok(Answer::created_or_ok(is_new, policy.body))
}

/// Refuses to take a policy from a deployment that has it (the code is inferred).
fn refuse_used(call: &Call<'_>, account: &Resource, name: &str) -> Result<(), Failure> {
    let all = call.store.list(&ListQuery { parent: Some(&account.key()), ..ListQuery::default() })?;
    let is_user = |it: &&Resource| {
        let has = it.body["properties"]["raiPolicyName"].as_str().unwrap_or_default();
        it.kind == kind::DEPLOYMENT && has.eq_ignore_ascii_case(name)
    };
    match all.iter().find(is_user) {
        None => Ok(()),
        Some(user) => Err(Failure::conflict(
            "RaiPolicyInUse",
            format!("The policy '{name}' is used by the deployment '{}' and cannot be deleted.", user.name),
        )),
    }
}
