//! Registration of resource providers.

use http::{Method, StatusCode};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use crate::arm::api_versions;
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::regions::REGIONS;
use crate::arm::response::Answer;
use crate::ids::SUBSCRIPTION_ID;
use crate::state::timestamps::Millis;

/// The providers and their types.
const PROVIDERS: [(&str, &[&str]); 6] = [
    ("Microsoft.Resources", &["resourceGroups", "subscriptions", "tags"]),
    ("Microsoft.Authorization", &["roleAssignments", "roleDefinitions"]),
    ("Microsoft.ContainerService", &["managedClusters", "managedClusters/agentPools"]),
    ("Microsoft.ManagedIdentity", &["userAssignedIdentities", "userAssignedIdentities/federatedIdentityCredentials"]),
    ("Microsoft.CognitiveServices", &["accounts", "accounts/deployments", "deletedAccounts"]),
    ("Microsoft.Compute", &["virtualMachineScaleSets"]),
];

/// Whether there is such a provider.
pub(crate) fn known(namespace: &str) -> bool {
    find(namespace).is_ok()
}

/// The providers' names.
pub(crate) fn names() -> Vec<&'static str> {
    PROVIDERS.iter().map(|(name, _)| *name).collect()
}

/// `NotRegistered`, `Registering` or `Registered`, by whether and when registration was asked for.
fn state(call: &Call<'_>, namespace: &str) -> Result<&'static str, Failure> {
    let row: Option<Option<Millis>> = call
        .store
        .db()
        .prepare_cached("SELECT registered FROM providers WHERE namespace = ?1")?
        .query_row([namespace.to_lowercase()], |row| row.get(0))
        .optional()?;
    Ok(match row {
        None => "Registered",
        Some(None) => "NotRegistered",
        Some(Some(at)) if call.now < at => "Registering",
        Some(Some(_)) => "Registered",
    })
}

fn find(namespace: &str) -> Result<(&'static str, &'static [&'static str]), Failure> {
    PROVIDERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(namespace)).copied().ok_or_else(|| {
        Failure::not_found("InvalidResourceNamespace", format!("The resource namespace '{namespace}' is invalid."))
            .gateway()
    })
}

fn body(call: &Call<'_>, namespace: &str, types: &[&str]) -> Result<Value, Failure> {
    let locations: Vec<&str> = REGIONS.iter().map(|(_, display)| *display).collect();
    let versions = api_versions::named(namespace);
    let types: Vec<Value> = types
        .iter()
        .map(|name| json!({"resourceType": name, "locations": locations, "apiVersions": versions, "capabilities": "None"}))
        .collect();
    Ok(json!({
        "id": format!("/subscriptions/{SUBSCRIPTION_ID}/providers/{namespace}"),
        "namespace": namespace,
        "resourceTypes": types,
        "registrationState": state(call, namespace)?,
        "registrationPolicy": "RegistrationRequired",
    }))
}

/// `GET …/providers/{ns}`
pub(crate) fn get(call: &Call<'_>, namespace: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let (namespace, types) = find(namespace)?;
    Ok(Answer::ok(body(call, namespace, types)?))
}

/// `GET …/providers`
pub(crate) fn list(call: &Call<'_>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let all = PROVIDERS.iter().map(|(namespace, types)| body(call, namespace, types)).collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::ok(json!({ "value": all })))
}

/// `POST …/providers/{ns}/register`
pub(crate) fn register(call: &Call<'_>, namespace: &str) -> Outcome {
    let (namespace, types) = find(namespace)?;
    expect_post(call)?;
    if state(call, namespace)? == "NotRegistered" {
        set(call.store.db(), namespace, Some(call.later(call.settings.durations.registration)))?;
    }
    Ok(Answer::ok(body(call, namespace, types)?))
}

/// `POST …/providers/{ns}/unregister`
pub(crate) fn unregister(call: &Call<'_>, namespace: &str) -> Outcome {
    let (namespace, types) = find(namespace)?;
    expect_post(call)?;
    set(call.store.db(), namespace, None)?;
    Ok(Answer::ok(body(call, namespace, types)?))
}

fn expect_post(call: &Call<'_>) -> Result<(), Failure> {
    if *call.method == Method::POST { Ok(()) } else { Err(call.method_not_allowed()) }
}

/// Lets a provider be registered from `at` on; `None`: it is not registered.
pub(crate) fn set(db: &Connection, namespace: &str, at: Option<Millis>) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO providers(namespace, registered) VALUES (?1, ?2)")?
        .execute(params![namespace.to_lowercase(), at])?;
    Ok(())
}

/// Lets all providers be registered, as if they had always been.
pub(crate) fn forget_all(db: &Connection) -> rusqlite::Result<()> {
    db.execute("DELETE FROM providers", [])?;
    Ok(())
}

/// Refuses writes, and reads of a region, of a provider that is not registered.
pub(crate) fn check(call: &Call<'_>, namespace: &str, inner: &[&str]) -> Result<(), Failure> {
    let Some((name, _)) = PROVIDERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(namespace)) else {
        return Err(Failure::not_found(
            "InvalidResourceNamespace",
            format!("The resource namespace '{namespace}' is invalid."),
        )
        .gateway());
    };
    let needs = call.writes() || matches!(inner, ["locations", ..]);
    if !needs || state(call, name)? == "Registered" {
        return Ok(());
    }
    let message = format!(
        "The subscription is not registered to use namespace '{name}'. See https://aka.ms/rps-not-found for how to register \
         subscriptions."
    );
    Err(Failure::new(StatusCode::CONFLICT, "MissingSubscriptionRegistration", message.clone())
        .detail(json!({"code": "MissingSubscriptionRegistration", "target": name, "message": message}))
        .gateway())
}
