//! Subscriptions, tenants, regions.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::regions::REGIONS;
use crate::arm::response::Answer;
use crate::ids::{SUBSCRIPTION_ID, TENANT_ID};
use crate::providers::authorization::permissions;
use crate::state::settings::SubscriptionState;

fn subscription(call: &Call<'_>) -> Value {
    json!({
        "id": format!("/subscriptions/{SUBSCRIPTION_ID}"),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": SUBSCRIPTION_ID,
        "tenantId": TENANT_ID,
        "displayName": "azlab sandbox",
        "state": call.settings.subscription_state,
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": call.settings.offer, "spendingLimit": "Off"},
    })
}

fn read_only(call: &Call<'_>, body: Value) -> Outcome {
    if call.writes() { Err(call.method_not_allowed()) } else { Ok(Answer::ok(body)) }
}

/// `GET /subscriptions`
pub(super) fn list(call: &Call<'_>) -> Outcome {
    let value = if permissions::sees_subscription(call)? { vec![subscription(call)] } else { Vec::new() };
    read_only(call, json!({"count": {"type": "Total", "value": value.len()}, "value": value}))
}

/// `GET /subscriptions/{id}`
pub(super) fn get(call: &Call<'_>) -> Outcome {
    read_only(call, subscription(call))
}

/// `GET /tenants`
pub(super) fn tenants(call: &Call<'_>) -> Outcome {
    read_only(
        call,
        json!({"value": [{"id": format!("/tenants/{TENANT_ID}"), "tenantId": TENANT_ID, "displayName": "azlab sandbox", "tenantCategory": "Home"}]}),
    )
}

/// `GET /subscriptions/{id}/locations`
pub(super) fn locations(call: &Call<'_>) -> Outcome {
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

/// Refuses what a subscription that is no longer paid for does not take: everything but reads and deletes (the resource
/// provider contract's subscription life cycle; code and message from public reports, the status inferred).
pub(crate) fn check_state(call: &Call<'_>) -> Result<(), Failure> {
    let is_open = matches!(call.settings.subscription_state, SubscriptionState::Enabled | SubscriptionState::PastDue);
    if is_open
        || !call.writes()
        || *call.method == Method::DELETE
        || call.path.lower().first() != Some(&"subscriptions")
    {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::CONFLICT,
        "ReadOnlyDisabledSubscription",
        format!(
            "The subscription '{SUBSCRIPTION_ID}' is disabled and therefore marked as read only. You cannot perform any write \
             actions on this subscription until it is re-enabled."
        ),
    )
    .gateway())
}
