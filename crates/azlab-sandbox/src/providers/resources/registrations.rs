//! Registration of resource providers.

use http::{Method, StatusCode};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::provider::{Provider, Providers, Routed};
use crate::arm::regions::REGIONS;
use crate::arm::response::Answer;
use crate::state::subscriptions::counted_in;
use crate::state::timestamps::Millis;

/// `NotRegistered`, `Registering` or `Registered`, by whether and when registration was asked for.
fn state(call: &Call<'_>, namespace: &str) -> Result<&'static str, Failure> {
    let row: Option<Option<Millis>> = call
        .store
        .db()
        .prepare_cached("SELECT registered FROM providers WHERE namespace = ?1")?
        .query_row([counted_in(call.subscription(), &namespace.to_lowercase())], |row| row.get(0))
        .optional()?;
    Ok(match row {
        None => "Registered",
        Some(None) => "NotRegistered",
        Some(Some(at)) if call.now < at => "Registering",
        Some(Some(_)) => "Registered",
    })
}

fn find(providers: &Providers, namespace: &str) -> Result<&'static dyn Provider, Failure> {
    providers.named(namespace).ok_or_else(|| {
        Failure::not_found("InvalidResourceNamespace", format!("The resource namespace '{namespace}' is invalid."))
            .gateway()
    })
}

fn body(call: &Call<'_>, provider: &dyn Provider) -> Result<Value, Failure> {
    let namespace = provider.namespace();
    let locations = |name: &str| -> Vec<&str> {
        let whole = format!("{namespace}/{name}");
        let offering = REGIONS.iter().filter(|(region, _)| call.settings.offers(region, &whole));
        offering.map(|(_, display)| *display).collect()
    };
    let versions = provider.api_versions().named();
    let types: Vec<Value> = provider
        .types()
        .iter()
        .filter(|it| it.described)
        .map(|it| {
            json!({"resourceType": it.name, "locations": locations(it.name), "apiVersions": versions, "capabilities": "None"})
        })
        .collect();
    Ok(json!({
        "id": format!("/subscriptions/{}/providers/{namespace}", call.subscription()),
        "namespace": namespace,
        "resourceTypes": types,
        "registrationState": state(call, namespace)?,
        "registrationPolicy": "RegistrationRequired",
    }))
}

/// `GET …/providers/{ns}`
pub(super) fn get(request: &Routed<'_>, namespace: &str) -> Outcome {
    let call = request.call;
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    Ok(Answer::ok(body(call, find(request.providers, namespace)?)?))
}

/// `GET …/providers`
pub(super) fn list(request: &Routed<'_>) -> Outcome {
    let call = request.call;
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let all = request.providers.iter().map(|provider| body(call, provider)).collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::ok(json!({ "value": all })))
}

/// `POST …/providers/{ns}/register`
pub(super) fn register(request: &Routed<'_>, namespace: &str) -> Outcome {
    let call = request.call;
    let provider = find(request.providers, namespace)?;
    expect_post(call)?;
    if state(call, provider.namespace())? == "NotRegistered" {
        set(
            call.store.db(),
            call.subscription(),
            provider.namespace(),
            Some(call.later(call.settings.durations.registration)),
        )?;
    }
    Ok(Answer::ok(body(call, provider)?))
}

/// `POST …/providers/{ns}/unregister`
pub(super) fn unregister(request: &Routed<'_>, namespace: &str) -> Outcome {
    let call = request.call;
    let provider = find(request.providers, namespace)?;
    expect_post(call)?;
    set(call.store.db(), call.subscription(), provider.namespace(), None)?;
    Ok(Answer::ok(body(call, provider)?))
}

fn expect_post(call: &Call<'_>) -> Result<(), Failure> {
    if *call.method == Method::POST { Ok(()) } else { Err(call.method_not_allowed()) }
}

/// Lets a provider be registered from `at` on; `None`: it is not registered.
pub(crate) fn set(db: &Connection, subscription: &str, namespace: &str, at: Option<Millis>) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO providers(namespace, registered) VALUES (?1, ?2)")?
        .execute(params![counted_in(subscription, &namespace.to_lowercase()), at])?;
    Ok(())
}

/// Lets all providers be registered, as if they had always been.
pub(crate) fn forget_all(db: &Connection) -> rusqlite::Result<()> {
    db.execute("DELETE FROM providers", [])?;
    Ok(())
}

/// Refuses writes, and reads of a region, of a provider that is not registered.
pub(crate) fn check(
    call: &Call<'_>,
    providers: &Providers,
    namespace: &str,
    inner: &[&str],
) -> Result<&'static dyn Provider, Failure> {
    let provider = find(providers, namespace)?;
    let name = provider.namespace();
    let needs = call.writes() || matches!(inner, ["locations", ..]);
    if !needs || state(call, name)? == "Registered" {
        return Ok(provider);
    }
    let message = format!(
        "The subscription is not registered to use namespace '{name}'. See https://aka.ms/rps-not-found for how to register \
         subscriptions."
    );
    Err(Failure::new(StatusCode::CONFLICT, "MissingSubscriptionRegistration", message.clone())
        .detail(json!({"code": "MissingSubscriptionRegistration", "target": name, "message": message}))
        .gateway())
}
