//! Registration of resource providers.

use http::{Method, StatusCode};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use crate::arm::call::Call;
use crate::arm::elsewhere;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::provider::{Provider, Providers, Routed};
use crate::arm::regions::REGIONS;
use crate::arm::response::Answer;
use crate::state::subscriptions::counted_in;
use crate::state::timestamps::Millis;

/// A provider as it is registered: one of the sandbox's, or the namespace of one of which it simulates nothing.
#[derive(Clone, Copy)]
enum Registrable {
    Simulated(&'static dyn Provider),
    Elsewhere(&'static str),
}

impl Registrable {
    fn namespace(self) -> &'static str {
        match self {
            Self::Simulated(provider) => provider.namespace(),
            Self::Elsewhere(namespace) => namespace,
        }
    }

    /// `NotRegistered`, `Registering` or `Registered`: the sandbox's are registered to begin with, others are once somebody
    /// has asked for it.
    fn state(self, call: &Call<'_>) -> Result<&'static str, Failure> {
        let initially = if matches!(self, Self::Simulated(_)) { "Registered" } else { "NotRegistered" };
        state(call, self.namespace(), initially)
    }
}

/// By whether and when registration was asked for; `initially` where nobody has.
fn state(call: &Call<'_>, namespace: &str, initially: &'static str) -> Result<&'static str, Failure> {
    let row: Option<Option<Millis>> = call
        .store
        .db()
        .prepare_cached("SELECT registered FROM providers WHERE namespace = ?1")?
        .query_row([counted_in(call.subscription(), &namespace.to_lowercase())], |row| row.get(0))
        .optional()?;
    Ok(match row {
        None => initially,
        Some(None) => "NotRegistered",
        Some(Some(at)) if call.now < at => "Registering",
        Some(Some(_)) => "Registered",
    })
}

fn find(providers: &'static Providers, namespace: &str) -> Result<Registrable, Failure> {
    let simulated = providers.named(namespace).map(Registrable::Simulated);
    simulated.or_else(|| elsewhere::namespace(namespace).map(Registrable::Elsewhere)).ok_or_else(|| unknown(namespace))
}

fn unknown(namespace: &str) -> Failure {
    Failure::not_found("InvalidResourceNamespace", format!("The resource namespace '{namespace}' is invalid."))
        .gateway()
}

fn body(call: &Call<'_>, which: Registrable) -> Result<Value, Failure> {
    let namespace = which.namespace();
    let types = types_of(call, which);
    Ok(json!({
        "id": format!("/subscriptions/{}/providers/{namespace}", call.subscription()),
        "namespace": namespace,
        "resourceTypes": types,
        "registrationState": which.state(call)?,
        "registrationPolicy": "RegistrationRequired",
    }))
}

/// The types of one that is not simulated are left out: none of them is answered.
fn types_of(call: &Call<'_>, which: Registrable) -> Vec<Value> {
    match which {
        Registrable::Simulated(provider) => types(call, provider),
        Registrable::Elsewhere(_) => Vec::new(),
    }
}

/// `GET /providers` and `GET /providers/{ns}` ("Providers - List At Tenant Scope", "- Get At Tenant Scope"): without a state of
/// registration, which is a subscription's.
pub(super) fn of_tenant(request: &Routed<'_>, namespace: Option<&str>) -> Outcome {
    let call = request.call;
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let body = |which: Registrable| {
        let namespace = which.namespace();
        let id = format!("/providers/{namespace}");
        json!({"id": id, "namespace": namespace, "resourceTypes": types_of(call, which)})
    };
    Ok(Answer::ok(match namespace {
        Some(namespace) => body(find(request.providers, namespace)?),
        None => {
            let all: Vec<Value> = all(request.providers).map(body).collect();
            json!({ "value": all })
        }
    }))
}

/// All namespaces: the sandbox's, then Azure's others.
fn all(providers: &'static Providers) -> impl Iterator<Item = Registrable> {
    let simulated = providers.iter().map(Registrable::Simulated);
    simulated.chain(elsewhere::namespaces().iter().map(|namespace| Registrable::Elsewhere(namespace)))
}

fn types(call: &Call<'_>, provider: &dyn Provider) -> Vec<Value> {
    let locations = |name: &str| -> Vec<&str> {
        let whole = format!("{}/{name}", provider.namespace());
        let offering = REGIONS.iter().filter(|(region, _)| call.settings.offers(region, &whole));
        offering.map(|(_, display)| *display).collect()
    };
    let described = provider.types().iter().filter(|it| it.described);
    described
        .map(|it| {
            json!({"resourceType": it.name, "locations": locations(it.name), "apiVersions": provider.api_versions().named(it.name), "capabilities": "None"})
        })
        .collect()
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
    let all = all(request.providers).map(|which| body(call, which)).collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::ok(json!({ "value": all })))
}

/// `POST …/providers/{ns}/register`
pub(super) fn register(request: &Routed<'_>, namespace: &str) -> Outcome {
    let call = request.call;
    let provider = find(request.providers, namespace)?;
    expect_post(call)?;
    if provider.state(call)? == "NotRegistered" {
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
    let Some(provider) = providers.named(namespace) else {
        let other = elsewhere::namespace(namespace).ok_or_else(|| unknown(namespace))?;
        return Err(call.unknown_type(other, inner));
    };
    let name = provider.namespace();
    let needs = call.writes() || matches!(inner, ["locations", ..]);
    if !needs || state(call, name, "Registered")? == "Registered" {
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
