//! What an identity is assigned to ("User Assigned Identities - List Associated Resources", previews until 2022-01-31).

use http::Method;
use serde_json::{Value, json};

use super::identities;
use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::provider::Providers;
use crate::arm::response::Answer;
use crate::state::lists::ListQuery;
use crate::state::store::Resource;

/// The most entries of a page (the reference's maximum of `$top`).
const PAGE: usize = 100;

/// `POST …/userAssignedIdentities/{name}/listAssociatedResources`, with `$top` and `$skip`; filters are refused.
pub(super) fn list(call: &Call<'_>, providers: &Providers, group: &Resource, name: &str) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let identity = identities::find(call, group, name)?;
    if let Some(filter) = call.query("$filter").filter(|filter| !filter.is_empty()) {
        return Err(crate::arm::filter::invalid(&filter));
    }
    let number = |name: &str, otherwise: usize| match call.query(name) {
        None => Ok(otherwise),
        Some(text) => text.parse::<usize>().map_err(|_| {
            Failure::bad_request("BadRequest", format!("The {name} query parameter '{text}' is invalid."))
        }),
    };
    let (top, skip) = (number("$top", PAGE)?.clamp(1, PAGE), number("$skip", 0)?);
    let all = call.store.list(&ListQuery { kinds: Some(providers.tracked()), ..ListQuery::default() })?;
    let has = |it: &&Resource| {
        let assigned = it.body["identity"]["userAssignedIdentities"].as_object();
        assigned.is_some_and(|assigned| assigned.keys().any(|id| id.eq_ignore_ascii_case(&identity.id)))
    };
    let all: Vec<Value> = all.iter().filter(has).map(|it| entry(call, it)).collect();
    let page: Vec<Value> = all.iter().skip(skip).take(top).cloned().collect();
    let mut body = json!({"totalCount": all.len(), "value": page});
    let next = skip.saturating_add(top);
    if next < all.len() {
        let version = call.query("api-version").unwrap_or_default();
        body["nextLink"] =
            format!("{}{}?api-version={version}&$top={top}&$skip={next}", call.base, call.raw_path).into();
    }
    Ok(Answer::ok(body))
}

fn entry(call: &Call<'_>, it: &Resource) -> Value {
    json!({
        "id": it.id,
        "name": it.name,
        "type": it.kind.as_ref(),
        "resourceGroup": it.group,
        "subscriptionId": call.subscription(),
        "subscriptionDisplayName": "azlab sandbox",
    })
}
