//! `models` and `usages` of a region.

use serde_json::{Value, json};

use super::accounts::{ACCOUNT_COUNT, KINDS};
use super::catalogue::{self, Model, Sku};
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::arm::{quota, regions};
use crate::state::offer;
use crate::state::store::Resource;
use crate::state::timestamps::stamp;

/// The moment (RFC 3339, midnight) from which a sku is closed: the day of its retirement, or the catalogue's.
pub(super) fn closed_from(call: &Call<'_>, model: &Model, sku: &Sku) -> String {
    let planned = format!("{}T00:00:00Z", sku.until);
    match call.settings.retired_since(&model.name, &model.version) {
        Some(since) if *since < *planned => since.to_owned(),
        _ => planned,
    }
}

fn known(location: &str) -> Result<String, Failure> {
    if regions::known(location) {
        return Ok(regions::normal(location));
    }
    Err(Failure::bad_request("InvalidLocation", format!("The location '{location}' is not valid.")))
}

/// `GET …/locations/{l}/models`
pub(super) fn list(call: &Call<'_>, location: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let location = known(location)?;
    // Regions are written without spaces but in their display casing (recorded: `EastUS2`).
    let shown = regions::without_spaces(regions::display(&location));
    let subscription = call.subscription();
    let value: Vec<Value> = catalogue::of(call)
        .models
        .iter()
        .filter(|model| model.in_region(&location))
        .flat_map(|model| KINDS.map(|kind| (model, kind)))
        .map(|(model, kind)| {
            let name = format!("OpenAI.{}.{}", model.name, model.version);
            json!({
                "id": format!("/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{shown}/models/{name}"),
                "type": "Microsoft.CognitiveServices/locations/models",
                "name": name,
                "location": shown,
                "kind": kind,
                "skuName": "S0",
                "model": entry(call, model, &location),
            })
        })
        .collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// `GET …/accounts/{name}/models`
pub(super) fn of_account(call: &Call<'_>, account: &Resource) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let location = regions::normal(&account.location);
    let offered = catalogue::of(call).models.iter().filter(|model| model.in_region(&location));
    let value: Vec<Value> = offered.map(|model| entry(call, model, &location)).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

fn entry(call: &Call<'_>, model: &Model, location: &str) -> Value {
    let retired = call.settings.retired_since(&model.name, &model.version);
    let skus: Vec<Value> = model
        .skus
        .iter()
        .map(|sku| {
            json!({
                "name": sku.name,
                "usageName": sku.usage_name,
                "capacity": {"maximum": 1_000_000, "default": sku.default},
                "deprecationDate": closed_from(call, model, sku),
                "rateLimits": [
                    {"key": "request", "renewalPeriod": sku.request_window, "count": 1},
                    {"key": "token", "renewalPeriod": 60, "count": 1000},
                ],
            })
        })
        .collect();
    // Recorded of what had closed, in April 2026.
    let is_closed = model.skus.iter().all(|sku| closed_from(call, model, sku) <= stamp(call.now));
    let inference = retired.map_or_else(|| format!("{}T00:00:00Z", model.inference), str::to_owned);
    let created = format!("{}T00:00:00Z", model.created);
    json!({
        "format": "OpenAI",
        "name": model.name,
        "version": model.version,
        "isDefaultVersion": model.default,
        "skus": skus,
        "maxCapacity": model.max_capacity,
        "capabilities": model.capabilities(location),
        "deprecation": {"inference": inference},
        "lifecycleStatus": if is_closed { "Deprecated" } else { "GenerallyAvailable" },
        "systemData": {
            "createdBy": "Microsoft",
            "createdByType": "Application",
            "createdAt": created,
            "lastModifiedBy": "Microsoft",
            "lastModifiedByType": "Application",
            "lastModifiedAt": created,
        },
    })
}

/// Where a usage of a region is counted: in the region, or in the pool that the region draws from.
pub(super) fn counted_in(call: &Call<'_>, location: &str, usage: &str) -> String {
    let is_pooled =
        |model: &Model| call.settings.pooled_models.iter().any(|pooled| pooled.eq_ignore_ascii_case(&model.name));
    let models = catalogue::of(call).models.iter().filter(|model| is_pooled(model));
    let sku = models.flat_map(|model| &model.skus).find(|sku| sku.usage_name.eq_ignore_ascii_case(usage));
    let pool = sku.and_then(|sku| match sku.name.as_str() {
        "GlobalStandard" => Some("global".to_owned()),
        "DataZoneStandard" => regions::data_zone(location).map(|zone| format!("zone {zone}")),
        _ => None,
    });
    pool.unwrap_or_else(|| location.to_owned())
}

/// The text and the limit of a usage where it is counted.
pub(super) fn limit(call: &Call<'_>, counted_in: &str, usage: &str) -> (String, i64) {
    let known = catalogue::of(call).usages.iter().find(|(name, ..)| name.eq_ignore_ascii_case(usage));
    let (text, limit) = known.map_or((usage, 0), |(_, text, limit)| (text.as_str(), *limit));
    let granted = offer::grant(&call.settings.offer).model_units.filter(|_| usage != ACCOUNT_COUNT);
    let limit = granted.map_or(limit, |units| limit.min(units));
    (text.to_owned(), call.settings.limit(counted_in, usage).unwrap_or(limit))
}

/// `GET …/locations/{l}/usages`
pub(super) fn usages(call: &Call<'_>, location: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let location = known(location)?;
    let mut value = Vec::new();
    for (name, ..) in &catalogue::of(call).usages {
        let pool = counted_in(call, &location, name);
        let (text, limit) = limit(call, &pool, name);
        value.push(json!({
            "name": {"value": name, "localizedValue": text},
            "currentValue": quota::used(&call.store, call.now, &pool, name, "")?,
            "limit": limit,
            "unit": "Count",
        }));
    }
    Ok(Answer::ok(json!({ "value": value })))
}
