//! What an account takes of its region's quotas ("Accounts - List Usages"), and what it has not: commitment plans and tiers, and
//! private endpoints, of which there are none.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::models;
use crate::arm::call::Call;
use crate::arm::failure::Outcome;
use crate::arm::regions;
use crate::arm::response::Answer;
use crate::state::store::Resource;

/// `…/accounts/{name}/usages`: the usages that its deployments take, each with the account's own share (which entries an OpenAI
/// account has is inferred).
pub(super) fn list(call: &Call<'_>, account: &Resource) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let region = regions::normal(&account.location);
    let value: Vec<Value> = taken(call, account)?
        .into_iter()
        .map(|(usage, amount)| {
            let (text, limit) = models::limit(call, &models::counted_in(call, &region, &usage), &usage);
            json!({
                "name": {"value": usage, "localizedValue": text},
                "currentValue": amount,
                "limit": limit,
                "unit": "Count",
                "status": "Included",
            })
        })
        .collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// What is held for the account's deployments, by usage.
fn taken(call: &Call<'_>, account: &Resource) -> rusqlite::Result<BTreeMap<String, i64>> {
    let mut statement = call.store.db().prepare_cached(
        "SELECT usage, SUM(amount) FROM quota
         WHERE owner = ?1 COLLATE NOCASE AND holder != owner AND (until IS NULL OR until > ?2) GROUP BY usage",
    )?;
    let rows = statement.query_map((&account.id, call.now), |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// A list without entries: the kinds of accounts that the sandbox offers are sold without commitments, and nothing of it has a
/// private endpoint.
pub(super) fn none(call: &Call<'_>) -> Outcome {
    if call.writes() { Err(call.method_not_allowed()) } else { Ok(Answer::ok(json!({"value": []}))) }
}
