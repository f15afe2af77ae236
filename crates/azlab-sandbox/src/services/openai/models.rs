//! The lists of models and of deployments.
//!
//! Source: `Models_List` of the Azure OpenAI authoring reference. On `/openai/v1` a model has OpenAI's `created` and `owned_by`
//! beside them (inferred).

use http::StatusCode;
use serde_json::{Value, json};

use super::model::full_name;
use super::refusal::Refusal;
use super::versions::Version;
use crate::arm::regions;
use crate::arm::response::Answer;
use crate::providers::cognitiveservices::catalogue::{Catalogue, Model};
use crate::providers::cognitiveservices::{catalogue_day, kind};
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, Store};

/// The base models of the account's region.
pub(super) fn list(catalogue: &Catalogue, account: &Resource, version: &Version) -> Answer {
    let data: Vec<Value> = here(catalogue, account).map(|model| body(model, version)).collect();
    Answer::ok(json!({"object": "list", "data": data}))
}

/// One of them.
pub(super) fn one(catalogue: &Catalogue, account: &Resource, id: &str, version: &Version) -> Result<Answer, Refusal> {
    let found = here(catalogue, account).find(|model| full_name(&model.name, &model.version).eq_ignore_ascii_case(id));
    let missing = || Refusal::coded(StatusCode::NOT_FOUND, "404", format!("The model '{id}' does not exist."));
    found.map(|model| Answer::ok(body(model, version))).ok_or_else(missing)
}

fn here<'a>(catalogue: &'a Catalogue, account: &Resource) -> impl Iterator<Item = &'a Model> {
    let region = regions::normal(&account.location);
    catalogue.models.iter().filter(move |model| model.in_region(&region))
}

fn body(model: &Model, version: &Version) -> Value {
    let day = |text: &str| catalogue_day::parse(text).map(|day| day.midnight().assume_utc().unix_timestamp());
    let can = |name: &str| model.can(name);
    let created = day(&model.created);
    let mut body = json!({
        "id": full_name(&model.name, &model.version),
        "object": "model",
        "status": "succeeded",
        "created_at": created,
        "updated_at": created,
        "lifecycle_status": "generally-available",
        "deprecation": {"inference": day(&model.inference)},
        "capabilities": {
            "fine_tune": can("fineTune"),
            "inference": true,
            "completion": false,
            "chat_completion": can("chatCompletion"),
            "embeddings": can("embeddings"),
        },
    });
    if *version == Version::V1 {
        body["created"] = created.into();
        body["owned_by"] = "system".into();
    }
    body
}

/// The account's deployments, as the oldest versions list them.
pub(super) fn deployments(store: &Store<'_>, account: &Resource) -> Result<Answer, Refusal> {
    let parent = account.key();
    let wanted = ListQuery { kinds: Some(&[kind::DEPLOYMENT]), parent: Some(&parent), ..ListQuery::default() };
    let data: Vec<Value> = store.list(&wanted)?.iter().map(deployment).collect();
    Ok(Answer::ok(json!({"object": "list", "data": data})))
}

/// A deployment, as the oldest versions show it.
pub(super) fn deployment(deployment: &Resource) -> Value {
    let seconds = |at: i64| at / 1000;
    json!({
        "id": deployment.name,
        "object": "deployment",
        "model": deployment.body["properties"]["model"]["name"],
        "owner": "organization-owner",
        "status": "succeeded",
        "scale_settings": {"scale_type": "standard"},
        "created_at": seconds(deployment.created),
        "updated_at": seconds(deployment.done.max(deployment.created)),
    })
}
