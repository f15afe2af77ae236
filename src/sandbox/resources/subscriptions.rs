//! Subscriptions, tenants, regions.

use serde_json::{Value, json};

use crate::sandbox::answer::{Answer, Outcome};
use crate::sandbox::call::Call;
use crate::sandbox::places::REGIONS;
use crate::sandbox::{SUBSCRIPTION_ID, TENANT_ID};

fn subscription() -> Value {
    json!({
        "id": format!("/subscriptions/{SUBSCRIPTION_ID}"),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": SUBSCRIPTION_ID,
        "tenantId": TENANT_ID,
        "displayName": "azlab sandbox",
        "state": "Enabled",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
    })
}

fn read_only(call: &Call<'_>, body: Value) -> Outcome {
    if call.writes() { Err(call.method_not_allowed()) } else { Ok(Answer::ok(body)) }
}

/// `GET /subscriptions`
pub(crate) fn list(call: &Call<'_>) -> Outcome {
    read_only(call, json!({"value": [subscription()], "count": {"type": "Total", "value": 1}}))
}

/// `GET /subscriptions/{id}`
pub(crate) fn get(call: &Call<'_>) -> Outcome {
    read_only(call, subscription())
}

/// `GET /tenants`
pub(crate) fn tenants(call: &Call<'_>) -> Outcome {
    read_only(
        call,
        json!({"value": [{"id": format!("/tenants/{TENANT_ID}"), "tenantId": TENANT_ID, "displayName": "azlab sandbox", "tenantCategory": "Home"}]}),
    )
}

/// `GET /subscriptions/{id}/locations`
pub(crate) fn locations(call: &Call<'_>) -> Outcome {
    let regions: Vec<Value> = REGIONS
        .iter()
        .map(|(name, display)| {
            json!({
                "id": format!("/subscriptions/{SUBSCRIPTION_ID}/locations/{name}"),
                "name": name,
                "type": "Region",
                "displayName": display,
                "regionalDisplayName": display,
                "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
            })
        })
        .collect();
    read_only(call, json!({ "value": regions }))
}
