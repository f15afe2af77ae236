//! From a request to the provider that answers it, within one transaction.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use http::{Method, Uri};
use rusqlite::{Connection, TransactionBehavior};

use super::call::{Call, Path};
use super::conditions::Conditions;
use super::coverage::{self, Simulated};
use super::failure::{Failure, Outcome};
use super::host::Served;
use super::provider::{Provider, Providers, Routed};
use super::response::Answer;
use super::{api_versions, elsewhere, operation_identifier, quota, regions};
use crate::faults::effect;
use crate::faults::fault::FaultKind;
use crate::ids::SUBSCRIPTION_ID;
use crate::providers::authorization::{described, locks, permissions};
use crate::providers::policy;
use crate::providers::resources::{Resources, registrations, subscriptions};
use crate::sandbox::Sandbox;
use crate::scenario::active::Active;
use crate::state::pace::Pace;
use crate::state::settings::{Durations, Settings};
use crate::state::store::Store;
use crate::state::timestamps::millis;

/// A request of a caller who is known.
pub(crate) struct Request<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    /// Scheme and authority under which the service was reached.
    pub base: &'a str,
    /// By whom it was received, if it came over a socket.
    pub served: Option<&'a Served>,
    pub body: &'a [u8],
    pub conditions: Conditions<'a>,
    /// What goes wrong within the work.
    pub fault: Option<&'a FaultKind>,
    /// What is in force, if that has just been read.
    pub in_force: Option<Arc<Active>>,
}

/// Answers a request; the second value is the latency of a read, in seconds.
pub(crate) fn dispatch(sandbox: &Sandbox, caller: &str, request: &Request<'_>) -> (Answer, f64) {
    let mut read = Durations::default().read;
    match run(sandbox, caller, request, &mut read) {
        Ok(answer) => (answer, read),
        Err(failure) => (failure.into_answer(), read),
    }
}

fn run(sandbox: &Sandbox, caller: &str, request: &Request<'_>, read: &mut f64) -> Outcome {
    let path = Path::parse(request.uri.path())?;
    let mut db = sandbox.connection();
    let active = match &request.in_force {
        Some(active) => active.clone(),
        None => sandbox.active(&db)?,
    };
    let own = active.settings_of(&path);
    let drawn;
    let settings = match &active.scenario.latencies {
        None => own,
        Some(latencies) => {
            let durations = latencies.apply(&own.durations, &path.lower().join("/"));
            drawn = Settings { durations, ..own.clone() };
            &drawn
        }
    };
    *read = settings.durations.read;
    let arrival = millis(sandbox.clock().now());
    let (providers, throttle) = (sandbox.inner.providers, &sandbox.inner.throttle);
    let remaining = match settings.throttling {
        true => match throttle.admit(providers, arrival, caller, request.method, &path.lower()) {
            Ok(left) => Some(left),
            // Two writes at once are told apart from two fast ones: they are answered as if nothing limited them.
            Err(_) if is_concurrent(providers, &Store::new(&db, arrival), request.method, &path)? => None,
            Err(refused) => return Err(refused),
        },
        false => None,
    };
    // A refusal, too, says what is left, and who was asked (recorded).
    let answer =
        transact(sandbox, &mut db, &active, settings, caller, request, &path).unwrap_or_else(Failure::into_answer);
    let answer = with_remaining(answer, request.method, remaining);
    Ok(operation_identifier::add(providers, answer, request.method, &path.lower(), caller))
}

/// Whether the provider tells the request, which a limit refuses, from too many.
fn is_concurrent(providers: &Providers, store: &Store<'_>, method: &Method, path: &Path) -> rusqlite::Result<bool> {
    match providers.of_path(&path.lower()) {
        Some((provider, _)) => provider.is_concurrent(store, method, path),
        None => Ok(false),
    }
}

/// Answers within one transaction, which is kept unless the request is refused.
fn transact(
    sandbox: &Sandbox,
    db: &mut Connection,
    active: &Active,
    settings: &Settings,
    caller: &str,
    request: &Request<'_>,
    path: &Path,
) -> Outcome {
    let Request { method, uri, .. } = *request;
    let providers = sandbox.inner.providers;
    let writes = !matches!(*method, Method::GET | Method::HEAD);
    let behavior = if writes { TransactionBehavior::Immediate } else { TransactionBehavior::Deferred };
    let transaction = db.transaction_with_behavior(behavior)?;
    // Once more: whoever waited for its turn may have waited for an upgrade.
    sandbox.check_schema(&transaction)?;
    // After BEGIN IMMEDIATE: whoever waited for another writer sees the time at which its turn came.
    let clock = sandbox.clock();
    let now = millis(clock.now());
    let lower = path.lower();
    let subscription = match lower.as_slice() {
        ["subscriptions", id, ..] if active.others.contains_key(*id) => *id,
        _ => SUBSCRIPTION_ID,
    };
    let store = if writes { Store::new(&transaction, now) } else { Store::for_reads(&transaction, now) };
    if let Some(other) = active.settings.other(subscription) {
        subscriptions::check_tenant(other)?;
    }
    let call = Call {
        method,
        path,
        raw_path: uri.path(),
        raw_query: uri.query().unwrap_or_default(),
        body: request.body,
        conditions: request.conditions,
        base: request.base,
        served: request.served,
        now,
        pace: Pace::of(&clock),
        store: store.within(subscription, !active.others.is_empty()),
        settings,
        overrides: &active.overrides,
        principal: caller,
        started: RefCell::default(),
        changed: Cell::default(),
    };
    if writes {
        call.store.sweep()?;
        quota::sweep(&call.store, now)?;
    }
    permissions::check(&call, providers)?;
    subscriptions::check_state(&call)?;
    let listed = providers.coverage.find(method, &lower);
    if let Some(row) = listed.filter(|row| row.2 == Simulated::No) {
        return Err(elsewhere::not_served(&elsewhere::operation(method, &row.1), &row.3));
    }
    let mut answer = match route(&call, providers) {
        Ok(answer) => answer,
        Err(refused) if call.changed.get() => {
            transaction.commit()?;
            return Err(refused);
        }
        Err(refused) => return Err(refused),
    };
    coverage::check(listed, method, &lower)?;
    if let Some(fault) = request.fault {
        answer = effect::apply(&call, providers, fault, answer)?;
    }
    if writes || call.changed.get() {
        transaction.commit()?;
    }
    Ok(answer)
}

/// What the client has left: the global bucket, and ARM's own where it is counted.
fn with_remaining(answer: Answer, method: &Method, remaining: Option<u32>) -> Answer {
    // The global buckets hold 15 times the subscription's (recorded values); nobody empties them from one machine.
    let (global, full, own) = match *method {
        Method::GET | Method::HEAD => (
            "x-ms-ratelimit-remaining-subscription-global-reads",
            "3749",
            "x-ms-ratelimit-remaining-subscription-reads",
        ),
        Method::DELETE => (
            "x-ms-ratelimit-remaining-subscription-global-deletes",
            "2999",
            "x-ms-ratelimit-remaining-subscription-deletes",
        ),
        _ => (
            "x-ms-ratelimit-remaining-subscription-global-writes",
            "2999",
            "x-ms-ratelimit-remaining-subscription-writes",
        ),
    };
    let answer = answer.header(global, full);
    match remaining {
        Some(left) => answer.header(own, left.to_string()),
        None => answer,
    }
}

/// The answer of the provider that the call is for.
pub(crate) fn route(call: &Call<'_>, providers: &'static Providers) -> Outcome {
    let segments = call.path.lower();
    let version = call.query("api-version");
    let version = version.as_deref();
    if let ["providers", namespace, "operations"] = segments.as_slice() {
        return described::list(call, providers, namespace, version);
    }
    if let Some((provider, inner)) = providers.of_path(&segments)
        && provider.extends_scopes()
    {
        provider.api_versions().check(version, provider.namespace(), &types_of(call, inner), None)?;
        check_subscription(call, &segments)?;
        locks::enforce(call)?;
        return provider.route(&Routed { call, inner, group: None, providers });
    }
    match segments.as_slice() {
        ["subscriptions"] | ["tenants"] | ["providers"] | ["providers", _] => {
            of_arm(call, providers, "", version, &segments)
        }
        ["subscriptions", _, rest @ ..] => {
            check_subscription(call, &segments)?;
            locks::enforce(call)?;
            if rest.ends_with(&["providers", "microsoft.resources", "tags", "default"]) {
                return of_arm(call, providers, "tags", version, &segments);
            }
            policy::enforce(call, providers)?;
            in_subscription(call, providers, &segments, version)
        }
        // Of the tenant: in no subscription.
        ["providers", namespace, inner @ ..] if !inner.is_empty() => {
            check_version(call, providers, namespace, inner, version)?;
            in_provider(providers, namespace, &Routed { call, inner, group: None, providers })
        }
        _ => {
            api_versions::required(version)?;
            Err(Failure::unknown_path(&call.path.up_to(usize::MAX)))
        }
    }
}

/// What Resource Manager answers by itself.
fn of_arm(
    call: &Call<'_>,
    providers: &'static Providers,
    what: &str,
    version: Option<&str>,
    segments: &[&str],
) -> Outcome {
    Resources.api_versions().check(version, Resources.namespace(), what, None)?;
    Resources.route(&Routed { call, inner: segments, group: None, providers })
}

/// Below `/subscriptions/{id}`.
fn in_subscription(
    call: &Call<'_>,
    providers: &'static Providers,
    segments: &[&str],
    version: Option<&str>,
) -> Outcome {
    if let Some((namespace, inner)) = below_another_provider(segments) {
        api_versions::required(version)?;
        return Err(call.unknown_type(namespace, inner));
    }
    match &segments[2..] {
        ["providers", namespace, inner @ ..] if !matches!(inner, [] | ["register"] | ["unregister"]) => {
            check_version(call, providers, namespace, inner, version)?;
            in_provider(providers, namespace, &Routed { call, inner, group: None, providers })
        }
        ["resourcegroups", _, "providers", namespace, inner @ ..] => {
            check_version(call, providers, namespace, inner, version)?;
            let name = call.path.raw(3);
            let group = call.group(name).map_err(|missing| {
                let provider = providers.named(namespace);
                provider.and_then(|it| it.in_missing_group(call, inner, name)).unwrap_or(missing)
            })?;
            in_provider(providers, namespace, &Routed { call, inner, group: Some(&group), providers })
        }
        rest => of_arm(call, providers, rest.first().copied().unwrap_or_default(), version, segments),
    }
}

/// The namespace that stands last in a path with several, and what follows it: an extension of a provider that extends no scopes.
fn below_another_provider<'a, 'b>(segments: &'a [&'b str]) -> Option<(&'b str, &'a [&'b str])> {
    let is_mark = |segment: &&str| *segment == "providers";
    let (first, last) = (segments.iter().position(is_mark)?, segments.iter().rposition(is_mark)?);
    (first < last && last + 2 < segments.len()).then(|| (segments[last + 1], &segments[last + 2..]))
}

fn in_provider(providers: &'static Providers, namespace: &str, request: &Routed<'_>) -> Outcome {
    let Routed { call, inner, group, .. } = *request;
    if let Some(group) = group
        && call.writes()
        && group.deleting(call.now)
    {
        return Err(Failure::group_being_deleted(&group.name));
    }
    let provider = registrations::check(call, providers, namespace, inner)?;
    if provider.is_part_of_arm() { Err(call.unknown_type(namespace, inner)) } else { provider.route(request) }
}

fn check_version(
    call: &Call<'_>,
    providers: &Providers,
    namespace: &str,
    inner: &[&str],
    version: Option<&str>,
) -> Result<(), Failure> {
    let Some(provider) = providers.named(namespace) else {
        return api_versions::required(version).map(drop);
    };
    let (known, types) = (provider.api_versions(), types_of(call, inner));
    let checked = known.check(version, provider.namespace(), &types, None);
    match checked {
        Err(refused) => match location_of(call, inner)? {
            Some(location) => known.check(version, provider.namespace(), &types, Some(&location)),
            None => Err(refused),
        },
        Ok(()) => Ok(()),
    }
}

/// The types in what follows a namespace, as the caller wrote them: `managedClusters/agentPools`.
fn types_of(call: &Call<'_>, inner: &[&str]) -> String {
    let types: Vec<&str> =
        (call.path.len() - inner.len()..call.path.len()).step_by(2).map(|at| call.path.raw(at)).collect();
    types.join("/")
}

/// The region that a request is for, if it can be told before its provider is asked: the one that it names, or that of the
/// resource, or that of its group. A list is for none.
fn location_of(call: &Call<'_>, inner: &[&str]) -> Result<Option<String>, Failure> {
    if let ["locations", location, ..] = inner {
        return Ok(Some((*location).to_owned()));
    }
    let [_, _, below @ ..] = inner else { return Ok(None) };
    let sent = || call.member("location")?.as_str().map(regions::normal);
    if let Some(location) = if below.is_empty() && call.writes() { sent() } else { None } {
        return Ok(Some(location));
    }
    let resource = call.path.up_to(call.path.len() - below.len());
    if let Some(found) = call.store.get(&resource)?.filter(|found| !found.location.is_empty()) {
        return Ok(Some(found.location));
    }
    Ok(call.group(call.path.raw(3)).ok().map(|group| group.location))
}

fn check_subscription(call: &Call<'_>, segments: &[&str]) -> Result<(), Failure> {
    let ["subscriptions", id, ..] = segments else { return Ok(()) };
    if *id == call.subscription() {
        return Ok(());
    }
    let raw = call.path.raw(1);
    Err(if uuid::Uuid::try_parse(id).is_ok() {
        Failure::not_found("SubscriptionNotFound", format!("The subscription '{raw}' could not be found."))
    } else {
        Failure::bad_request(
            "InvalidSubscriptionId",
            format!("The provided subscription identifier '{raw}' is malformed or invalid."),
        )
    }
    .gateway())
}
