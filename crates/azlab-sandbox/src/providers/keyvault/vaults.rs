//! Vaults: create, read, update, delete, recover.
//!
//! Source: the REST specification of Microsoft.KeyVault (2023-07-01) and public reports of its answers. Inferred: how long
//! things take, and the words of what is refused as `BadRequest` but for those that reports quote.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{FACTS, deleted, judged, kind, names, wrong};
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::facts::{Written, member};
use crate::arm::failure::{Failure, Outcome};
use crate::arm::response::Answer;
use crate::arm::tags::check_tags;
use crate::arm::{location, paging};
use crate::ids::{SIGNED_IN_OBJECT_ID, TENANT_ID};
use crate::state::lists::ListQuery;
use crate::state::store::Resource;
use crate::state::timestamps::stamp;

pub(super) const TYPE: &str = "Microsoft.KeyVault/vaults";
/// Seconds that a write takes, and then until the name of a new vault is known: `RegisteringDns`. Both are inferred.
const WRITE_S: f64 = 3.0;
const REGISTERING_DNS_S: f64 = 20.0;
/// Days for which a deleted vault is kept, unless it says otherwise (REST specification).
const RETENTION_DAYS: i64 = 90;
/// Entries of `accessPolicies` (REST specification). Azure publishes no limit of vaults in a subscription.
const MOST_POLICIES: usize = 1024;

/// What a request says of a vault, as the table spells it.
#[derive(Deserialize)]
struct VaultBody {
    location: Option<String>,
    tags: Option<Value>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

impl VaultBody {
    fn of(call: &Call<'_>, how: Sent) -> Result<Self, Failure> {
        Self::deserialize(judged(call, "vaults", how)?).map_err(Failure::content)
    }
}

fn id(call: &Call<'_>, group: &str, name: &str) -> String {
    let subscription = call.subscription();
    format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{TYPE}/{name}")
}

fn find(call: &Call<'_>, group: &Resource, name: &str) -> Result<Resource, Failure> {
    let found = call.store.get(&id(call, &group.name, name))?;
    found.ok_or_else(|| Failure::resource_missing(&format!("{TYPE}/{name}"), &group.name))
}

/// The body as it is now: while the vault's name is not known, its URI has no slash at the end (reported).
fn render(call: &Call<'_>, vault: &Resource) -> Value {
    let mut body = vault.body.clone();
    let state = if vault.deleting(call.now) { "Deleting" } else { vault.state(call.now) };
    let slash = if vault.in_progress(call.now) { "" } else { "/" };
    body["properties"]["vaultUri"] = format!("https://{}.vault.azure.net{slash}", vault.name.to_lowercase()).into();
    body["properties"]["provisioningState"] = state.into();
    body
}

/// `GET …/vaults` of a group or the subscription.
pub(super) fn list(call: &Call<'_>, group: Option<&Resource>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let group = group.map(|group| group.group.as_str());
    let wanted = ListQuery { kinds: Some(&[kind::VAULT]), group, ..ListQuery::default() };
    paging::page(call, wanted, |vault| render(call, &vault))
}

/// `…/vaults/{name}`
pub(super) fn one(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    match *call.method {
        Method::GET | Method::HEAD => Ok(Answer::ok(render(call, &find(call, group, name)?))),
        Method::PUT => put(call, group, name),
        Method::PATCH => patch(call, &find(call, group, name)?),
        Method::DELETE => match call.store.get(&id(call, &group.name, name))? {
            None => Ok(Answer::empty(StatusCode::NO_CONTENT)),
            Some(vault) => {
                deleted::soft_delete(call, &vault, call.now)?;
                Ok(Answer::empty(StatusCode::OK).after(WRITE_S))
            }
        },
        _ => Err(call.method_not_allowed()),
    }
}

fn put(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    if let Some(message) = names::invalid(name) {
        return Err(Failure::bad_request("VaultNameNotValid", message));
    }
    let VaultBody { location, tags, properties } = VaultBody::of(call, Sent::Whole)?;
    check_tags(tags.as_ref())?;
    let region = location::required(call.settings, location.as_deref(), TYPE)?;
    let sent = properties.unwrap_or_default();
    let recovers = sent.get(MODE).is_some_and(|mode| mode == "recover");
    let id = id(call, &group.name, name);
    match names::holder(call, name)? {
        Some(found) if found.id.eq_ignore_ascii_case(&id) => {
            if found.location != region {
                return Err(location::immovable(&found.name, &found.location, &region, &group.name));
            }
            check_required(&sent)?;
            update(call, &found, tags.unwrap_or_else(|| json!({})), &sent)
        }
        Some(gone) if gone.kind == kind::DELETED_VAULT => match recovers {
            true => deleted::recover(call, group, &region, &gone).map(|vault| answer(call, &vault)),
            false => Err(deleted::name_is_kept()),
        },
        Some(_) => Err(Failure::conflict("VaultAlreadyExists", names::taken(name))),
        None if recovers => Err(deleted::missing(name)),
        None => {
            check_required(&sent)?;
            create(call, group, &id, name, &region, tags, &sent)
        }
    }
}

fn answer(call: &Call<'_>, vault: &Resource) -> Answer {
    Answer::ok(render(call, vault)).after(WRITE_S)
}

fn create(
    call: &Call<'_>,
    group: &Resource,
    id: &str,
    name: &str,
    region: &str,
    tags: Option<Value>,
    sent: &Map<String, Value>,
) -> Outcome {
    let mut properties = Map::new();
    // What a vault has unless it is told otherwise (REST specification). Soft delete cannot be turned off any more.
    properties.insert("accessPolicies".into(), json!([]));
    properties.insert("enabledForDeployment".into(), false.into());
    properties.insert("enableSoftDelete".into(), true.into());
    properties.insert("softDeleteRetentionInDays".into(), RETENTION_DAYS.into());
    properties.insert("enableRbacAuthorization".into(), false.into());
    properties.insert("publicNetworkAccess".into(), "Enabled".into());
    apply(&mut properties, sent, None)?;
    properties.insert("enableSoftDelete".into(), true.into());
    let body = json!({
        "id": id,
        "name": name,
        "type": TYPE,
        "location": region,
        "tags": tags.filter(Value::is_object).unwrap_or_else(|| json!({})),
        "systemData": system_data(&stamp(call.now), &stamp(call.now)),
        "properties": properties,
    });
    let vault = Resource {
        group: group.group.clone(),
        parent: group.key(),
        location: region.to_owned(),
        lookup: Some(name.to_lowercase()),
        state: "RegisteringDns".into(),
        done: call.later(WRITE_S + REGISTERING_DNS_S),
        ..Resource::ready(kind::VAULT, id, name, body, call.now)
    };
    call.store.put(&vault)?;
    Ok(answer(call, &vault))
}

/// A PATCH changes what it names.
fn patch(call: &Call<'_>, vault: &Resource) -> Outcome {
    let VaultBody { tags, properties, .. } = VaultBody::of(call, Sent::Part)?;
    check_tags(tags.as_ref())?;
    let tags = tags.unwrap_or_else(|| vault.body["tags"].clone());
    update(call, vault, tags, &properties.unwrap_or_default())
}

fn update(call: &Call<'_>, vault: &Resource, tags: Value, sent: &Map<String, Value>) -> Outcome {
    let mut vault = vault.clone();
    let old = vault.body["properties"].as_object().cloned().unwrap_or_default();
    let mut properties = old.clone();
    apply(&mut properties, sent, Some(&old))?;
    vault.body["properties"] = properties.into();
    vault.body["tags"] = tags;
    vault.body["systemData"] = system_data(&stamp(vault.created), &stamp(call.now));
    call.store.put_body(&vault)?;
    Ok(answer(call, &vault))
}

/// Takes over what was sent into the properties of a vault, `old` being those that it has.
fn apply(
    properties: &mut Map<String, Value>,
    sent: &Map<String, Value>,
    old: Option<&Map<String, Value>>,
) -> Result<(), Failure> {
    check(sent, old)?;
    let facts = FACTS.of("vaults").at(&["properties"]).and_then(|fact| fact.kind.members()).unwrap_or_default();
    for (name, value) in sent.iter().filter(|(name, value)| !value.is_null() && *name != MODE) {
        // What is read-only is the service's own.
        if member(facts, name).is_none_or(|fact| fact.written != Written::Never) {
            properties.insert(name.clone(), value.clone());
        }
    }
    Ok(())
}

/// A property for the request alone: whether a vault is made or recovered.
const MODE: &str = "createMode";

/// What a PUT has to say (REST specification): the tenant and the sku, and the access policies unless roles decide.
fn check_required(sent: &Map<String, Value>) -> Result<(), Failure> {
    let by_roles = sent.get("enableRbacAuthorization") == Some(&Value::Bool(true));
    for name in ["tenantId", "sku", "accessPolicies"] {
        let needed = name != "accessPolicies" || !by_roles;
        if needed && sent.get(name).is_none_or(Value::is_null) {
            return Err(wrong(name));
        }
    }
    Ok(())
}

fn check(sent: &Map<String, Value>, old: Option<&Map<String, Value>>) -> Result<(), Failure> {
    let given = |name: &str| sent.get(name).filter(|value| !value.is_null());
    if given("tenantId").is_some_and(|tenant| !tenant.as_str().is_some_and(|it| it.eq_ignore_ascii_case(TENANT_ID))) {
        return Err(wrong("tenantId"));
    }
    // A PATCH may not leave out one of the two.
    if given("sku").is_some_and(|sku| sku["family"].is_null() || sku["name"].is_null()) {
        return Err(wrong("sku"));
    }
    if given("accessPolicies").and_then(Value::as_array).is_some_and(|all| all.len() > MOST_POLICIES) {
        return Err(wrong("accessPolicies"));
    }
    if given("enablePurgeProtection") == Some(&Value::Bool(false)) {
        // Reported, of new vaults too.
        return Err(bad_request(
            "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge protection for a vault is an \
             irreversible action.",
        ));
    }
    if old.is_some() && given("enableSoftDelete") == Some(&Value::Bool(false)) {
        return Err(bad_request(
            "The property \"enableSoftDelete\" can be set to false only for creating new vault. Enabling the 'soft delete' \
             functionality is an irreversible action.",
        ));
    }
    let kept = old.map(|old| &old["softDeleteRetentionInDays"]);
    match given("softDeleteRetentionInDays") {
        Some(days) if kept.is_some_and(|kept| kept != days) => Err(bad_request(
            "The property \"softDeleteRetentionInDays\" has been set already and it can't be modified.",
        )),
        _ => Ok(()),
    }
}

fn bad_request(message: &str) -> Failure {
    Failure::bad_request("BadRequest", message)
}

fn system_data(created: &str, modified: &str) -> Value {
    json!({
        "createdBy": SIGNED_IN_OBJECT_ID,
        "createdByType": "Application",
        "createdAt": created,
        "lastModifiedBy": SIGNED_IN_OBJECT_ID,
        "lastModifiedByType": "Application",
        "lastModifiedAt": modified,
    })
}

/// The days for which the vault is kept when it is deleted.
pub(super) fn retention_days(vault: &Resource) -> i64 {
    vault.body["properties"]["softDeleteRetentionInDays"].as_i64().unwrap_or(RETENTION_DAYS)
}

/// Whether nobody can purge the vault before its time.
pub(super) fn is_protected(vault: &Value) -> bool {
    vault["properties"]["enablePurgeProtection"] == true
}
