//! The data plane of Azure OpenAI accounts: what answers at `https://{subdomain}.openai.azure.com/`, and where the sandbox is served
//! also at `https://localhost:PORT/_accounts/{subdomain}/`.
//!
//! [`coverage`] lists what is served. A request goes through `target` (which account), `route` (which operation), `access` (who),
//! then the file of the operation, which judges the body by a table (`parameters`); `said` makes the answer, which follows from
//! the question and the scenario alone, and `chat_answer` and `responses_answer` write it, whole or as events.
//!
//! Sources: <https://learn.microsoft.com/azure/ai-foundry/openai/reference>, its v1 sister, and for the wording of refusals
//! reports of them in public.

mod access;
mod chat;
mod chat_answer;
mod conversation;
pub(crate) mod coverage;
mod embeddings;
mod events;
pub(crate) mod filters;
mod format;
mod instance;
#[cfg(test)]
mod instance_tests;
mod model;
mod models;
mod parameters;
mod pattern_text;
mod rate;
mod refusal;
mod responses;
mod responses_answer;
mod responses_input;
mod route;
mod said;
mod scalar;
mod schema;
pub(crate) mod script;
pub(crate) mod target;
mod tokens;
mod tools;
mod versions;

use bytes::Bytes;
use http::StatusCode;
use time::OffsetDateTime;

use crate::arm::call::Path;
use crate::arm::response::Answer;
use crate::providers::cognitiveservices::catalogue::{CATALOGUE, Catalogue};
use crate::providers::cognitiveservices::{kind, upgrades};
use crate::sandbox::Sandbox;
use crate::scenario::active::Active;
use crate::state::lists::ListQuery;
use crate::state::pace::Pace;
use crate::state::store::{Resource, Store};
use crate::state::timestamps::{Millis, time_of};
use crate::state::transaction;
use chat_answer::Labels;
use coverage::Operation;
use model::Model;
use parameters::Body;
use refusal::Refusal;
use route::Route;
use said::{Question, Said};

pub(crate) use access::AUDIENCE;
pub use filters::{Category, Severity};
pub use script::{AnswerEntry, CallEntry, Refuse};
pub use target::ACCOUNTS_PATH;
pub(crate) use target::{Target, target};

/// Answers a request to an account.
pub(crate) fn answer(sandbox: &Sandbox, parts: &http::request::Parts, body: &Bytes, target: &Target) -> Answer {
    let answer = run(sandbox, parts, body, target).unwrap_or_else(Refusal::into_answer);
    answer.header("apim-request-id", uuid::Uuid::new_v4().to_string())
}

fn run(sandbox: &Sandbox, parts: &http::request::Parts, body: &Bytes, target: &Target) -> Result<Answer, Refusal> {
    let path = Path::parse(&target.path)?;
    transaction::write(sandbox, |visit| {
        let (store, now, pace) = (&visit.store, visit.now, visit.pace);
        let account = find_account(store, &target.subdomain)?
            .filter(|account| !account.in_progress(now))
            .ok_or_else(Refusal::no_resource)?;
        let route = route::find(&parts.method, &path, parts.uri.query().unwrap_or_default())?;
        let (keys, providers) = (&sandbox.inner.keys, sandbox.inner.providers);
        access::check(keys, providers, store, &parts.headers, sandbox.token_clock().now(), &account, &route)?;
        Asked { active: visit.active, store, at: time_of(now), now, pace, account: &account, route: &route }
            .answer(body)
    })
}

/// A request that was let in.
struct Asked<'a> {
    active: &'a Active,
    store: &'a Store<'a>,
    at: OffsetDateTime,
    now: Millis,
    pace: Pace,
    account: &'a Resource,
    route: &'a Route,
}

impl Asked<'_> {
    fn answer(&self, body: &[u8]) -> Result<Answer, Refusal> {
        let catalogue = self.active.overrides.get::<Catalogue>().unwrap_or(&*CATALOGUE);
        let named = self.route.named.as_deref();
        match self.route.operation {
            Operation::Models => Ok(models::list(catalogue, self.account, &self.route.version)),
            Operation::Model => models::one(catalogue, self.account, named.unwrap_or_default(), &self.route.version),
            Operation::Deployments => models::deployments(self.store, self.account),
            Operation::Deployment => Ok(Answer::ok(models::deployment(&self.deployment(named.unwrap_or_default())?))),
            Operation::Chat | Operation::Completions | Operation::Embeddings | Operation::Responses => {
                self.ask_model(catalogue, named, body)
            }
        }
    }

    /// The deployment of this name.
    fn deployment(&self, name: &str) -> Result<Resource, Refusal> {
        let found = self.store.get(&format!("{}/deployments/{name}", self.account.id))?;
        found.filter(|found| found.kind == kind::DEPLOYMENT).ok_or_else(no_deployment)
    }

    fn ask_model(&self, catalogue: &Catalogue, named: Option<&str>, body: &[u8]) -> Result<Answer, Refusal> {
        // Where the path names no deployment, the body does.
        let (found, body) = match named {
            Some(name) => (self.deployment(name)?, parameters::object(body)?),
            None => {
                let body = parameters::object(body)?;
                (self.deployment(&model_of(&body)?)?, body)
            }
        };
        let deployment = upgrades::as_it_is(&self.active.settings, catalogue, (self.now, self.pace), found);
        let model = Model::of(self.active.overrides.get::<Catalogue>(), &deployment);
        match self.route.operation {
            Operation::Embeddings => {
                let embeddings = embeddings::Embeddings::read(&body, &model)?;
                self.counted(&deployment, embeddings.cost(), |_| Ok(embeddings.answer()))
            }
            Operation::Responses => {
                let asked = responses::Responses::read(&body, &model, &self.route.version)?;
                let said = self.said(&asked.question, &model, &deployment)?;
                let cost = asked.question.cost(1, &said);
                let reasons = model.reasons;
                self.counted(&deployment, cost, |id| {
                    Ok(responses_answer::answer(
                        asked,
                        said,
                        Labels::new(id, self.at.unix_timestamp(), &model),
                        reasons,
                    ))
                })
            }
            Operation::Chat => {
                let asked = chat::Chat::read(&body, &model, &self.route.version)?;
                let said = self.said(&asked.question, &model, &deployment)?;
                let cost = asked.question.cost(asked.answers, &said);
                self.counted(&deployment, cost, |id| {
                    Ok(chat_answer::answer(&asked, said, Labels::new(id, self.at.unix_timestamp(), &model)))
                })
            }
            _ => Err(Refusal::wrong_model("completion", &model.name)),
        }
    }

    fn said(&self, question: &Question, model: &Model, deployment: &Resource) -> Result<Said, Refusal> {
        let Active { settings, scenario, .. } = self.active;
        question.answer(model, &deployment.name, settings, &scenario.answers, self.route)
    }

    /// Answers what the deployment's limits let pass, and tells what is left of them. `answer` is given an id of its own.
    fn counted(
        &self,
        deployment: &Resource,
        cost: i64,
        answer: impl FnOnce(uuid::Uuid) -> Result<Answer, Refusal>,
    ) -> Result<Answer, Refusal> {
        let left = match self.active.settings.throttling {
            true => rate::take(self.store, (self.now, self.pace), deployment, cost, self.route)?,
            false => Vec::new(),
        };
        let answer = answer(self.store.guid("chat completion")?)?.header("x-ms-region", deployment.location.clone());
        Ok(left.into_iter().fold(answer, |answer, (name, left)| answer.header(name, left.to_string())))
    }
}

/// The deployment that a body names.
fn model_of(body: &Body) -> Result<String, Refusal> {
    match parameters::sent(body, "model") {
        None => Err(Refusal::invalid("", "", "you must provide a model parameter")),
        Some(model) => match model.as_str() {
            Some(name) if !name.is_empty() && !name.contains('/') => Ok(name.to_owned()),
            Some(_) => Err(no_deployment()),
            None => Err(parameters::wrong_type("model", "a string", model)),
        },
    }
}

fn find_account(store: &Store<'_>, subdomain: &str) -> rusqlite::Result<Option<Resource>> {
    let wanted = ListQuery { kinds: Some(&[kind::ACCOUNT]), lookup: Some(subdomain), ..ListQuery::default() };
    Ok(store.list(&wanted)?.into_iter().next())
}

fn no_deployment() -> Refusal {
    Refusal::coded(
        StatusCode::NOT_FOUND,
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please \
         wait a moment and try again.",
    )
}
