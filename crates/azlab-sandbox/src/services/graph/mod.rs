//! Microsoft Graph, as far as `az role assignment` and `az ad sp|user|group` read the directory, and azlab looks attendees up
//! there: service principals, users with guests among them, groups and their members.
//!
//! It answers below `/graph` (what `/metadata/endpoints` names), for tokens that are for that address or for Azure's own
//! Graph. The sandbox's own application may read the directory, and so may users; an identity may not, since nobody
//! has granted it a permission of Graph. Nothing can be changed here: identities are made by Resource Manager.
//!
//! Sources: <https://learn.microsoft.com/graph/api/overview> and, for which calls are made, azure-cli's
//! `command_modules/role/_msgrpah/_graph_client.py`.

mod elsewhere;
mod errors;
mod filter;
mod objects;
mod people;
mod query;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::signin::{DEFAULT_CLIENT_ID, DEFAULT_OBJECT_ID, Origin, bearer, graph as address_at};
use crate::arm::response::Answer;
use crate::sandbox::Sandbox;
use crate::state::people::People;
use crate::state::transaction::{self, Transaction};
use errors::GraphError;
use filter::Filter;
use objects::Object;
use people::Below;
use query::Query;

/// What tokens for Azure's own Graph are for: its address, or its application id.
const AUDIENCES: [&str; 2] = ["https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"];
/// A body of `getByIds` has at most 1,000 ids of 40 bytes.
const MAX_BODY: usize = 256 * 1024;
/// `getByIds` takes no more.
const MAX_IDS: usize = 1000;

/// The routes below `/graph`.
pub(crate) fn router(sandbox: Sandbox) -> axum::Router {
    axum::Router::new()
        .route("/graph/{*path}", axum::routing::any(answer))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY))
        .with_state(sandbox)
}

async fn answer(
    State(sandbox): State<Sandbox>,
    method: Method,
    uri: Uri,
    scheme: Option<Extension<Scheme>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let done = match Origin::of(scheme, &headers) {
        Some(origin) => run(&sandbox, &method, &uri, &address_at(&origin.base()), &headers, body),
        None => Err(GraphError::bad_request("The request names no host.")),
    };
    let read = sandbox
        .settings()
        .map_or_else(|_| crate::state::settings::Durations::default().read, |settings| settings.durations.read);
    sandbox.pass(read).await;
    let request_id = Uuid::new_v4().to_string();
    let client_request_id = headers.get("client-request-id").and_then(|id| id.to_str().ok()).unwrap_or(&request_id);
    let (status, body, challenge) = match done {
        Ok(body) => (StatusCode::OK, body, None),
        Err(error) => error.into_parts(sandbox.clock().now(), &request_id, client_request_id),
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    set(
        header::CONTENT_TYPE,
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
    );
    set(header::CACHE_CONTROL, "no-cache");
    set(HeaderName::from_static("odata-version"), "4.0");
    set(HeaderName::from_static("request-id"), &request_id);
    set(HeaderName::from_static("client-request-id"), client_request_id);
    if let Some(challenge) = challenge {
        set(header::WWW_AUTHENTICATE, &challenge);
    }
    response
}

/// Whether a request in process is to Graph: below `/graph`, as where the sandbox is served.
pub(crate) fn is_meant(parts: &http::request::Parts) -> bool {
    parts.uri.path().starts_with("/graph/")
}

/// Answers a request in process; `base` is what its URL begins with.
pub(crate) fn answer_in_process(sandbox: &Sandbox, parts: &http::request::Parts, body: &Bytes, base: &str) -> Answer {
    let request_id = Uuid::new_v4().to_string();
    let done = run(sandbox, &parts.method, &parts.uri, &address_at(base), &parts.headers, Ok(body.clone()));
    let (status, body, challenge) = match done {
        Ok(body) => (StatusCode::OK, body, None),
        Err(error) => error.into_parts(sandbox.clock().now(), &request_id, &request_id),
    };
    let answer = Answer::json(status, body).header("request-id", request_id);
    match challenge {
        Some(challenge) => answer.header("www-authenticate", challenge),
        None => answer,
    }
}

fn run(
    sandbox: &Sandbox,
    method: &Method,
    uri: &Uri,
    address: &str,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Value, GraphError> {
    let audiences: Vec<&str> = AUDIENCES.into_iter().chain([address]).collect();
    let claims =
        bearer(sandbox.signer(), headers, sandbox.token_clock().now(), &audiences).map_err(GraphError::token)?;
    let body = body.map_err(|refused| GraphError::unread(refused.status()))?;
    let query = Query::parse(uri)?;
    let whole = query.path();
    let Some((version, path)) = whole.split_first().filter(|(version, _)| matches!(**version, "v1.0" | "beta")) else {
        return Err(GraphError::bad_request("Invalid version: the sandbox's Graph has v1.0 and beta."));
    };
    if path.starts_with(&["me"]) && claims.upn.is_none() {
        return Err(GraphError::bad_request("/me request is only valid with delegated authentication flow."));
    }
    if claims.oid != DEFAULT_OBJECT_ID.to_string() && claims.upn.is_none() {
        return Err(GraphError::denied());
    }
    let context = |what: &str| format!("{address}/{version}/$metadata#{what}");
    transaction::read(sandbox, |visit| match (method, path) {
        _ if !visit.active.settings.directory.readable => Err(GraphError::denied()),
        (&Method::POST, ["directoryObjects", "getByIds"]) => {
            let found = by_ids(visit, &body)?;
            Ok(json!({"@odata.context": context("directoryObjects"), "value": found}))
        }
        (&Method::GET, ["servicePrincipals"]) => {
            list(visit, &query, &format!("{address}/{version}/servicePrincipals"), &context("servicePrincipals"))
        }
        (&Method::GET, ["servicePrincipals", id]) => {
            let found = service_principal(visit, id)?;
            Ok(with_context(&context("servicePrincipals/$entity"), query.select(found.body())))
        }
        (&Method::GET, ["servicePrincipals", id, "owners"]) => {
            service_principal(visit, id)?;
            Ok(json!({"@odata.context": context("directoryObjects"), "value": []}))
        }
        (&Method::GET, ["applications"]) => {
            let all = passing(&query, [objects::application()])?;
            Ok(paged(&query, all, &format!("{address}/{version}/applications"), &context("applications")))
        }
        (&Method::GET, ["applications", id]) => {
            let found = application(id)?;
            Ok(with_context(&context("applications/$entity"), query.select(found)))
        }
        (&Method::GET, ["applications", id, what @ ("owners" | "federatedIdentityCredentials")]) => {
            application(id)?;
            Ok(json!({"@odata.context": context(&format!("applications('{id}')/{what}")), "value": []}))
        }
        (&Method::GET, ["directoryObjects", id]) => {
            let person =
                Uuid::try_parse(id).ok().and_then(|id| people::by_id(People::of(&visit.active.settings.directory), id));
            let found = match person {
                Some((_, body)) => body,
                None => service_principal(visit, id)?.typed_body(),
            };
            Ok(with_context(&context("directoryObjects/$entity"), query.select(found)))
        }
        (&Method::GET, ["me"]) => {
            let upn = claims.upn.as_deref().unwrap_or_default();
            let me =
                People::of(&visit.active.settings.directory).user(upn).ok_or_else(|| GraphError::not_found(upn))?;
            Ok(with_context(&context("users/$entity"), query.select(people::user(&me))))
        }
        (&Method::GET, [collection @ ("users" | "groups")]) => {
            let all = people::list(People::of(&visit.active.settings.directory), collection, &query)?;
            Ok(paged(&query, all, &format!("{address}/{version}/{collection}"), &context(collection)))
        }
        (_, [collection @ ("users" | "groups"), rest @ ..]) => {
            match people::below(People::of(&visit.active.settings.directory), collection, rest, method)? {
                Below::One(body) => Ok(with_context(&context(&format!("{collection}/$entity")), query.select(body))),
                Below::Several(all) => Ok(json!({"@odata.context": context("directoryObjects"), "value": all})),
            }
        }
        _ => Err(elsewhere::refusal(method, path)),
    })
}

fn with_context(context: &str, mut body: Value) -> Value {
    body["@odata.context"] = context.into();
    body
}

/// A service principal by its object id, or by `appId='…'` (a key in parentheses).
fn service_principal(visit: &Transaction<'_>, id: &str) -> Result<Object, GraphError> {
    let found = match id.strip_prefix("appId=") {
        Some(app) => Uuid::try_parse(app.trim_matches('\'')).ok().map(|app| objects::by_app_id(visit, app)),
        None => Uuid::try_parse(id).ok().map(|id| objects::by_id(visit, id)),
    };
    found.transpose()?.flatten().ok_or_else(|| GraphError::not_found(id))
}

/// Lists service principals that the filter lets pass.
fn list(visit: &Transaction<'_>, query: &Query, address: &str, context: &str) -> Result<Value, GraphError> {
    let filter = query.filter.as_deref().map(Filter::parse).transpose()?;
    let candidates = match filter.as_ref().and_then(Filter::only_id) {
        Some(id) => objects::by_any_id(visit, id)?,
        None => objects::all(visit)?,
    };
    let passed = passing(query, candidates.iter().map(Object::body))?;
    Ok(paged(query, passed, address, context))
}

/// Those that the request's filter lets pass.
fn passing(query: &Query, candidates: impl IntoIterator<Item = Value>) -> Result<Vec<Value>, GraphError> {
    let filter = query.filter.as_deref().map(Filter::parse).transpose()?;
    let mut passed = Vec::new();
    for body in candidates {
        match &filter {
            Some(filter) if !filter.holds(&body)? => {}
            _ => passed.push(body),
        }
    }
    Ok(passed)
}

/// The application by its object id, or by `appId='…'`.
fn application(id: &str) -> Result<Value, GraphError> {
    let is = |text: &str, known: Uuid| Uuid::try_parse(text.trim_matches('\'')).is_ok_and(|id| id == known);
    let found = match id.strip_prefix("appId=") {
        Some(app) => is(app, DEFAULT_CLIENT_ID),
        None => is(id, objects::APPLICATION_OBJECT_ID),
    };
    if found { Ok(objects::application()) } else { Err(GraphError::not_found(id)) }
}

/// A page of `all`, with the link to the next one.
fn paged(query: &Query, all: Vec<Value>, address: &str, context: &str) -> Value {
    let (page, next) = query.page(all);
    let value: Vec<Value> = page.into_iter().map(|body| query.select(body)).collect();
    let mut answer = json!({"@odata.context": context, "value": value});
    if let Some(next) = next {
        answer["@odata.nextLink"] = format!("{address}?{next}").into();
    }
    answer
}

#[derive(Deserialize)]
struct GetByIds {
    ids: Vec<String>,
    #[serde(default)]
    types: Vec<String>,
}

/// The objects with these ids; those that do not exist are left out.
fn by_ids(visit: &Transaction<'_>, body: &[u8]) -> Result<Vec<Value>, GraphError> {
    let asked: GetByIds = serde_json::from_slice(body)
        .map_err(|error| GraphError::bad_request(&format!("Unable to read JSON request payload: {error}.")))?;
    if asked.ids.len() > MAX_IDS {
        return Err(GraphError::request("Too many ids: directoryObjects/getByIds takes up to 1000."));
    }
    let wanted = |kind: &str| {
        let is = |other: &String| other.eq_ignore_ascii_case(kind) || other.eq_ignore_ascii_case("directoryObject");
        asked.types.is_empty() || asked.types.iter().any(is)
    };
    let mut found = Vec::new();
    for id in &asked.ids {
        let id = Uuid::try_parse(id).map_err(|_| GraphError::request(&format!("Invalid object identifier '{id}'.")))?;
        if wanted("servicePrincipal") {
            found.extend(objects::by_id(visit, id)?.map(|object| object.typed_body()));
        }
        let person = people::by_id(People::of(&visit.active.settings.directory), id);
        found.extend(person.filter(|(kind, _)| wanted(kind)).map(|(_, body)| body));
    }
    Ok(found)
}
