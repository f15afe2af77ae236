//! The API server of each AKS cluster: what answers at the cluster's `fqdn`, and below `/kubernetes/{fqdn}` of the address at
//! which the sandbox is served.
//!
//! It keeps the objects of a workshop's application, with list, watch, patches and server-side apply, and plays the controllers
//! that stand behind them. Nothing runs in the background: whoever asks sees what has happened until now. What it does not do
//! answers 501 by name; docs/sandbox.md lists it.
//!
//! Source: <https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/>.

mod access;
mod admission;
mod apply;
mod body;
mod bootstrap;
mod controllers;
mod discovery;
mod kinds;
mod kubectl;
mod object;
mod prepare;
mod protobuf;
mod refusal;
mod reply;
mod request;
mod rules;
mod save;
mod schema;
mod selectors;
mod table;
mod target;
mod verbs;
mod world;

use bytes::Bytes;
use http::{Method, StatusCode};

use crate::sandbox::Sandbox;
use crate::state::store::{Resource, Store};
use crate::state::transaction;
pub(crate) use kubectl::run as run_command;
use refusal::Refusal;
use reply::Reply;
use request::Request;
pub(crate) use target::Target;
pub use target::Unreachable;
pub(crate) use verbs::watch::Watch;
use world::World;

/// How long a request takes, in seconds.
const LATENCY: f64 = 0.02;

/// Answers a request, with its latency in seconds. A name that leads to no API server is marked by [`Unreachable`], and a
/// watch that goes on by [`Watch`], each as an extension of the response.
pub(crate) fn answer(
    sandbox: &Sandbox,
    parts: &http::request::Parts,
    body: &Bytes,
    target: &Target,
) -> (http::Response<Bytes>, f64) {
    match run(sandbox, parts, body, target) {
        Ok(response) => (response, LATENCY),
        Err(Failed::Unreachable(why)) => (why.into_response(), 0.0),
        Err(Failed::Refused(refusal)) => (Reply::from(*refusal).preferred(&parts.headers).into_response(), LATENCY),
    }
}

/// The answer of a fault that a scenario has written.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> http::Response<Bytes> {
    let mut refusal = Refusal::new(status, "InternalError", message).status();
    refusal["reason"] = code.into();
    Reply::json(status, refusal).into_response()
}

/// Why there is no usual answer.
enum Failed {
    Unreachable(Unreachable),
    Refused(Box<Refusal>),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Refusal::from(error).into()
    }
}

fn run(
    sandbox: &Sandbox,
    parts: &http::request::Parts,
    body: &Bytes,
    target: &Target,
) -> Result<http::Response<Bytes>, Failed> {
    let query = parts.uri.query().unwrap_or_default();
    let request = Request::parse(&parts.method, &target.path, query, &parts.headers, body)?;
    let mut watch = None;
    let reply = visit(sandbox, &target.fqdn, target.from_inside, |store, world| {
        let caller = access::authenticate(sandbox, store, world.settings, world.cluster, &parts.headers)?;
        if let Some(known) = discovery::answer(world, &request) {
            return Ok(known?);
        }
        if !matches!(request.path.first().map(String::as_str), Some("api" | "apis")) {
            return Ok(Reply { status: 404, ..Reply::text("404 page not found\n") });
        }
        let address = request.address()?;
        caller.check(world, verbs::verb(&request, &address), &address)?;
        if parts.method == Method::GET && request.flag("watch") && address.subresource.is_empty() {
            let (reply, opened) = Watch::open(sandbox, world, &target.fqdn, &request, &address)?;
            watch = Some(opened);
            return Ok(reply);
        }
        Ok(verbs::answer(sandbox, world, &caller, &request, &address)?)
    })?;
    if parts.method != Method::GET {
        sandbox.inner.kubernetes_changed.notify_waiters();
    }
    let mut response = reply.preferred(&parts.headers).into_response();
    if parts.method == Method::HEAD {
        *response.body_mut() = Bytes::new();
    }
    if let Some(watch) = watch.filter(|_| response.status() == StatusCode::OK) {
        response.extensions_mut().insert(watch);
    }
    Ok(response)
}

/// Works on a cluster in one transaction, after what has happened there by itself has been caught up with. A refusal leaves the
/// cluster as it was.
fn visit<T>(
    sandbox: &Sandbox,
    fqdn: &str,
    from_inside: bool,
    work: impl FnOnce(&Store<'_>, &World<'_>) -> Result<T, Failed>,
) -> Result<T, Failed> {
    transaction::write(sandbox, |visit| {
        let (store, now) = (&visit.store, visit.now);
        let cluster: Resource = target::find(store, fqdn, from_inside)?.map_err(Failed::Unreachable)?;
        let (mut world, is_new) = World::open(store.db, &cluster, &visit.active.settings, (now, visit.pace))?;
        if is_new {
            bootstrap::begin(&world)?;
        }
        controllers::catch_up(&mut world, now)?;
        work(store, &world)
    })
}

/// A look at a cluster that nobody asked for in a request; `None` where it is gone.
fn look<T>(
    sandbox: &Sandbox,
    fqdn: &str,
    work: impl FnOnce(&World<'_>) -> Result<T, Refusal>,
) -> Result<Option<T>, Refusal> {
    match visit(sandbox, fqdn, false, |_, world| Ok(work(world)?)) {
        Ok(done) => Ok(Some(done)),
        Err(Failed::Unreachable(_)) => Ok(None),
        Err(Failed::Refused(refusal)) => Err(*refusal),
    }
}
