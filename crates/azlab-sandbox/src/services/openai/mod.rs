//! The data plane of Azure OpenAI accounts: what answers at `https://{subdomain}.openai.azure.com/`.
//!
//! It is told from Resource Manager by the host of the request: that of the URL in process, the `Host` header where the
//! sandbox is served. There is one operation, the chat completion.
//!
//! Source: <https://learn.microsoft.com/azure/ai-foundry/openai/reference>, and for the wording of refusals reports of them in
//! public.

mod access;
mod chat;
mod rate;

use bytes::Bytes;
use http::header::HOST;
use http::{Method, StatusCode};
use rusqlite::TransactionBehavior;

use crate::arm::call::Path;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::providers::cognitiveservices::catalogue::{CATALOGUE, Catalogue};
use crate::providers::cognitiveservices::{kind, upgrades};
use crate::sandbox::Sandbox;
use crate::scenario::active::Active;
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, Store};
use crate::state::timestamps::is_date;
use crate::state::timestamps::millis;

/// The hosts below which accounts have theirs.
const SUFFIXES: [&str; 2] = [".openai.azure.com", ".cognitiveservices.azure.com"];

/// The subdomain that a request is addressed to, if it is one to the data plane.
pub(crate) fn subdomain(parts: &http::request::Parts) -> Option<String> {
    let sent = || parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = parts.uri.authority().map(|authority| authority.as_str()).or_else(sent)?.to_ascii_lowercase();
    let host = host.rsplit_once(':').map_or(host.as_str(), |(host, _)| host);
    let name = SUFFIXES.iter().find_map(|suffix| host.strip_suffix(suffix))?;
    (!name.is_empty() && !name.contains('.')).then(|| name.to_owned())
}

/// Answers a request to the account with this subdomain.
pub(crate) fn answer(sandbox: &Sandbox, parts: &http::request::Parts, body: &Bytes, subdomain: &str) -> Answer {
    let answer = run(sandbox, parts, body, subdomain).unwrap_or_else(Failure::into_answer);
    answer.header("apim-request-id", uuid::Uuid::new_v4().to_string())
}

fn run(sandbox: &Sandbox, parts: &http::request::Parts, body: &Bytes, subdomain: &str) -> Outcome {
    let path = Path::parse(parts.uri.path())?;
    let mut db = sandbox.connection();
    let active = sandbox.active(&db)?;
    if let Some(anchor) = &sandbox.inner.anchor {
        anchor.refresh(&db, &sandbox.inner.clock)?;
    }
    let settings = &active.settings;
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Once more: whoever waited for its turn may have waited for an upgrade.
    sandbox.check_schema(&transaction)?;
    let at = sandbox.inner.clock.now();
    let now = millis(at);
    let store = Store::new(&transaction, now);
    let account =
        find_account(&store, subdomain)?.filter(|account| !account.in_progress(now)).ok_or_else(no_resource)?;
    let version = version(parts.uri.query().unwrap_or_default()).ok_or_else(no_resource)?;
    let segments = path.lower();
    let ["openai", "deployments", _, "chat", "completions"] = segments.as_slice() else { return Err(no_resource()) };
    if parts.method != Method::POST {
        return Err(no_resource());
    }
    access::check(&sandbox.inner.keys, sandbox.inner.providers, &store, &parts.headers, at, &account)?;
    let deployment = store.get(&format!("{}/deployments/{}", account.id, path.raw(2)))?.ok_or_else(no_deployment)?;
    let catalogue = active.overrides.get::<Catalogue>().unwrap_or(&*CATALOGUE);
    let deployment = upgrades::as_it_is(settings, catalogue, now, deployment);
    let answer = match chat::Chat::read(body, &deployment, reasons(&active, &deployment)) {
        Err(refused) => *refused,
        Ok(chat) => {
            let left = match settings.throttling {
                true => rate::take(&store, now, &deployment, chat.cost(), &version)?,
                false => Vec::new(),
            };
            let answer = chat.answer(&store, at)?;
            left.into_iter().fold(answer, |answer, (name, left)| answer.header(name, left.to_string()))
        }
    };
    transaction.commit()?;
    Ok(answer.after(settings.durations.chat_completion))
}

/// Whether the deployment's model reasons, by the catalogue; a model that has left it is known from the whole one.
fn reasons(active: &Active, deployment: &Resource) -> bool {
    let name = deployment.body["properties"]["model"]["name"].as_str().unwrap_or_default();
    let sold = active.overrides.get::<Catalogue>().into_iter().chain([&*CATALOGUE]);
    sold.flat_map(|catalogue| &catalogue.models).find(|model| model.name == name).is_some_and(|model| model.reasoning)
}

fn find_account(store: &Store<'_>, subdomain: &str) -> rusqlite::Result<Option<Resource>> {
    let wanted = ListQuery { kinds: Some(&[kind::ACCOUNT]), lookup: Some(subdomain), ..ListQuery::default() };
    Ok(store.list(&wanted)?.into_iter().next())
}

/// `api-version`: a day, maybe with `-preview`.
fn version(query: &str) -> Option<String> {
    let (_, version) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "api-version")?;
    let day = version.strip_suffix("-preview").unwrap_or(&version);
    is_date(day).then(|| version.into_owned())
}

/// What the service says to a path, a method or a version that it does not have.
fn no_resource() -> Failure {
    Failure::not_found("404", "Resource not found")
}

fn no_deployment() -> Failure {
    Failure::new(
        StatusCode::NOT_FOUND,
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please \
         wait a moment and try again.",
    )
}
