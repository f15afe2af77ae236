//! From a request to the provider that answers it, within one transaction.

use std::cell::RefCell;

use http::{Method, Uri};
use rusqlite::{Connection, TransactionBehavior};

use super::answer::{Answer, Outcome};
use super::call::{Call, Path};
use super::errors::Failure;
use super::faults::{self, FaultKind};
use super::moment::millis;
use super::script::InForce;
use super::settings::Settings;
use super::store::Store;
use super::{SUBSCRIPTION_ID, Sandbox, api_versions, authorization, cognitive, compute, containerservice, identity};
use super::{forwarded, policy, quota, resources, served};

/// A request of a caller who is known.
pub(super) struct Request<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    /// Scheme and authority under which the service was reached.
    pub base: &'a str,
    pub body: &'a [u8],
    /// What goes wrong within the work.
    pub fault: Option<&'a FaultKind>,
}

/// Answers a request; the second value is the latency of a read, in seconds.
pub(super) fn dispatch(sandbox: &Sandbox, caller: &str, request: &Request<'_>) -> (Answer, f64) {
    let mut read = super::Durations::default().read;
    match run(sandbox, caller, request, &mut read) {
        Ok(answer) => (answer, read),
        Err(failure) => (failure.into_answer(), read),
    }
}

fn run(sandbox: &Sandbox, caller: &str, request: &Request<'_>, read: &mut f64) -> Outcome {
    let path = Path::parse(request.uri.path())?;
    let mut db = sandbox.connection();
    let in_force = sandbox.in_force(&db)?;
    if let Some(anchor) = &sandbox.inner.anchor {
        anchor.refresh(&db, &sandbox.inner.clock)?;
    }
    let drawn;
    let settings = match &in_force.script.latencies {
        None => &in_force.settings,
        Some(latencies) => {
            let durations = latencies.apply(&in_force.settings.durations, &path.lower().join("/"));
            drawn = Settings { durations, ..in_force.settings.clone() };
            &drawn
        }
    };
    *read = settings.durations.read;
    let arrival = millis(sandbox.inner.clock.now());
    let remaining = match settings.throttling {
        true => match sandbox.inner.throttle.admit(arrival, caller, request.method, &path.lower()) {
            Ok(left) => Some(left),
            // Two writes at once are told apart from two fast ones: they are answered as if nothing limited them.
            Err(_) if identity::is_concurrent(&Store::new(&db, arrival), request.method, &path)? => None,
            Err(refused) => return Err(refused),
        },
        false => None,
    };
    // A refusal, too, says what is left, and who was asked (recorded).
    let answer =
        transact(sandbox, &mut db, &in_force, settings, caller, request, &path).unwrap_or_else(Failure::into_answer);
    let answer = with_remaining(answer, request.method, remaining);
    Ok(forwarded::identified(answer, request.method, &path.lower(), caller))
}

/// Answers within one transaction, which is kept unless the request is refused.
fn transact(
    sandbox: &Sandbox,
    db: &mut Connection,
    in_force: &InForce,
    settings: &Settings,
    caller: &str,
    request: &Request<'_>,
    path: &Path,
) -> Outcome {
    let Request { method, uri, .. } = *request;
    let writes = !matches!(*method, Method::GET | Method::HEAD);
    let behavior = if writes { TransactionBehavior::Immediate } else { TransactionBehavior::Deferred };
    let transaction = db.transaction_with_behavior(behavior)?;
    // Once more: whoever waited for its turn may have waited for an upgrade.
    sandbox.check_schema(&transaction)?;
    // After BEGIN IMMEDIATE: whoever waited for another writer sees the time at which its turn came.
    let now = millis(sandbox.inner.clock.now());
    let call = Call {
        method,
        path,
        raw_path: uri.path(),
        raw_query: uri.query().unwrap_or_default(),
        body: request.body,
        base: request.base,
        now,
        store: if writes { Store::new(&transaction, now) } else { Store::for_reads(&transaction, now) },
        settings,
        catalogue: in_force.catalogue(),
        principal: caller,
        started: RefCell::default(),
    };
    if writes {
        call.store.sweep()?;
        quota::sweep(&call.store, now)?;
    }
    authorization::permissions::check(&call)?;
    resources::subscriptions::check_state(&call)?;
    let mut answer = route(&call)?;
    served::check(method, &path.lower())?;
    if let Some(fault) = request.fault {
        answer = faults::effect::apply(&call, fault, answer)?;
    }
    if writes {
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
pub(super) fn route(call: &Call<'_>) -> Outcome {
    let segments = call.path.lower();
    let version = call.query("api-version");
    let version = version.as_deref();
    if let Some(at) = segments.iter().rposition(|segment| *segment == "providers")
        && segments.get(at + 1) == Some(&"microsoft.authorization")
    {
        let what = segments.get(at + 2).copied().unwrap_or_default();
        api_versions::check(version, "microsoft.authorization", what, "global")?;
        check_subscription(call, &segments)?;
        authorization::locks::enforce(call)?;
        return authorization::route(call, at);
    }
    let arm = |answer: Outcome| api_versions::check(version, "microsoft.resources", "", "global").and(answer);
    match segments.as_slice() {
        ["subscriptions"] => arm(resources::subscriptions::list(call)),
        ["tenants"] => arm(resources::subscriptions::tenants(call)),
        ["subscriptions", ..] => {
            check_subscription(call, &segments)?;
            authorization::locks::enforce(call)?;
            if let Some(at) = tags_scope(&segments) {
                api_versions::check(version, "microsoft.resources", "tags", "global")?;
                return resources::tags::of_scope(call, at);
            }
            policy::enforce(call)?;
            in_subscription(call, &segments[2..], version)
        }
        _ => Err(unknown_path(call)),
    }
}

/// The place of the last `providers` segment where the path is that of a scope's tags.
fn tags_scope(segments: &[&str]) -> Option<usize> {
    let is_tags = segments.ends_with(&["providers", "microsoft.resources", "tags", "default"]);
    is_tags.then(|| segments.len() - 4)
}

/// Below `/subscriptions/{id}`.
fn in_subscription(call: &Call<'_>, rest: &[&str], version: Option<&str>) -> Outcome {
    if let ["providers", namespace, inner @ ..] = rest
        && !matches!(inner, [] | ["register"] | ["unregister"])
    {
        return in_provider(call, namespace, inner, None, version);
    }
    if let ["resourcegroups", _, "providers", namespace, inner @ ..] = rest {
        check_version(call, namespace, inner, version)?;
        let group = call.group(call.path.raw(3))?;
        return in_provider(call, namespace, inner, Some(&group), version);
    }
    api_versions::check(version, "microsoft.resources", rest.first().copied().unwrap_or_default(), "global")?;
    match rest {
        [] => resources::subscriptions::get(call),
        ["locations"] => resources::subscriptions::locations(call),
        ["resourcegroups"] => resources::groups::list(call),
        ["resourcegroups", _] => resources::groups::one(call, call.path.raw(3)),
        ["resourcegroups", _, "resources"] => resources::listing::list(call, Some(call.path.raw(3))),
        ["resources"] => resources::listing::list(call, None),
        ["tagnames"] => resources::tags::names(call),
        ["operationresults", _] => super::operations::result(call, call.path.raw(3), http::StatusCode::OK),
        ["providers"] => resources::providers::list(call),
        ["providers", _] => resources::providers::get(call, call.path.raw(3)),
        ["providers", _, "register"] => resources::providers::register(call, call.path.raw(3)),
        ["providers", _, "unregister"] => resources::providers::unregister(call, call.path.raw(3)),
        _ => Err(unknown_path(call)),
    }
}

fn in_provider(
    call: &Call<'_>,
    namespace: &str,
    inner: &[&str],
    group: Option<&super::store::Resource>,
    version: Option<&str>,
) -> Outcome {
    check_version(call, namespace, inner, version)?;
    if let Some(group) = group
        && call.writes()
        && group.deleting(call.now)
    {
        return Err(resources::groups::being_deleted(&group.name));
    }
    resources::providers::check(call, namespace, inner)?;
    match namespace {
        "microsoft.containerservice" => containerservice::route(call, inner, group),
        "microsoft.managedidentity" => identity::route(call, inner, group),
        "microsoft.cognitiveservices" => cognitive::route(call, inner, group),
        "microsoft.compute" => compute::route(call, inner),
        _ => Err(unknown_type(call, namespace, inner)),
    }
}

fn check_version(call: &Call<'_>, namespace: &str, inner: &[&str], version: Option<&str>) -> Result<(), Failure> {
    let location = if let ["locations", location, ..] = inner { location } else { "westeurope" };
    let at = call.path.len() - inner.len();
    api_versions::check(version, namespace, call.path.raw(at), location)
}

fn check_subscription(call: &Call<'_>, segments: &[&str]) -> Result<(), Failure> {
    let ["subscriptions", id, ..] = segments else { return Ok(()) };
    if *id == SUBSCRIPTION_ID {
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

/// The refusal of a type that the namespace does not have.
pub(super) fn unknown_type(call: &Call<'_>, namespace: &str, inner: &[&str]) -> Failure {
    let at = call.path.len() - inner.len();
    Failure::not_found(
        "InvalidResourceType",
        format!(
            "The resource type '{}' could not be found in the namespace '{}' for api version '{}'. The supported \
             api-versions are ''.",
            call.path.raw(at),
            if at == 0 { namespace } else { call.path.raw(at - 1) },
            call.query("api-version").unwrap_or_default()
        ),
    )
    .gateway()
}

fn unknown_path(call: &Call<'_>) -> Failure {
    Failure::not_found(
        "NotFound",
        format!("The path '{}' is not one of Azure Resource Manager.", call.path.up_to(usize::MAX)),
    )
    .gateway()
}
