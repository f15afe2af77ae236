//! `skus`: what kinds of accounts there are, how they are sold, and where (REST reference, "Resource Skus - List" and
//! "Accounts - List Skus").

use serde_json::{Value, json};

use super::accounts::{KINDS, SKU};
use crate::arm::call::Call;
use crate::arm::failure::Outcome;
use crate::arm::regions::REGIONS;
use crate::arm::response::Answer;
use crate::state::store::Resource;

/// Tier of [`SKU`].
const TIER: &str = "Standard";

/// `GET …/skus` of the subscription: an entry for each kind and region, the region in capitals.
pub(super) fn list(call: &Call<'_>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let entry = |kind: &str, region: &str| {
        json!({
            "resourceType": "accounts",
            "name": SKU,
            "tier": TIER,
            "kind": kind,
            "locations": [region.to_uppercase()],
            "restrictions": [],
        })
    };
    let value: Vec<Value> =
        KINDS.iter().flat_map(|kind| REGIONS.iter().map(move |(region, _)| entry(kind, region))).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// `GET …/accounts/{name}/skus`: to which the account can be changed.
pub(super) fn of_account(call: &Call<'_>, account: &Resource) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let kind = account.body["type"].clone();
    Ok(Answer::ok(json!({"value": [{"resourceType": kind, "sku": {"name": SKU, "tier": TIER}}]})))
}
