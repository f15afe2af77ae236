//! Subscriptions, tenants, regions.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::arm::authorize;
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::regions::{self, REGIONS};
use crate::arm::response::Answer;
use crate::ids::{SUBSCRIPTION_ID, TENANT_ID};
use crate::providers::authorization::permissions;
use crate::state::settings::Settings;
use crate::state::subscriptions::{OtherSubscription, SubscriptionState};

/// A subscription's body.
fn body(id: &str, name: &str, tenant: &str, settings: &Settings) -> Value {
    json!({
        "id": format!("/subscriptions/{id}"),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": id,
        "tenantId": tenant,
        "displayName": name,
        "state": settings.subscription_state,
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": settings.offer, "spendingLimit": "Off"},
    })
}

/// The display name of the first subscription.
const FIRST_NAME: &str = "azlab sandbox";

fn read_only(call: &Call<'_>, body: Value) -> Outcome {
    if call.writes() { Err(call.method_not_allowed()) } else { Ok(Answer::ok(body)) }
}

/// `GET /subscriptions`: those of the tenant in which the caller has a role.
pub(super) fn list(call: &Call<'_>) -> Outcome {
    let mut value = Vec::new();
    if permissions::sees_subscription(call, SUBSCRIPTION_ID, call.settings)? {
        value.push(body(SUBSCRIPTION_ID, FIRST_NAME, TENANT_ID, call.settings));
    }
    for other in &call.settings.subscriptions {
        let settings = call.settings.of(other);
        if other.tenant() == TENANT_ID && permissions::sees_subscription(call, &other.id, &settings)? {
            value.push(body(&other.id, &other.name, other.tenant(), &settings));
        }
    }
    read_only(call, json!({"count": {"type": "Total", "value": value.len()}, "value": value}))
}

/// `GET /subscriptions/{id}`
pub(super) fn get(call: &Call<'_>) -> Outcome {
    let name = call.settings.other(call.subscription()).map_or(FIRST_NAME, |other| other.name.as_str());
    read_only(call, body(call.subscription(), name, TENANT_ID, call.settings))
}

/// Refuses whoever is signed in to this tenant what is of another one.
pub(crate) fn check_tenant(other: &OtherSubscription) -> Result<(), Failure> {
    if other.tenant() == TENANT_ID { Ok(()) } else { Err(authorize::other_tenant(TENANT_ID, other.tenant())) }
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
            let (geography, group) = regions::geography(display).unwrap_or_default();
            json!({
                "id": format!("/subscriptions/{}/locations/{name}", call.subscription()),
                "name": name,
                "type": "Region",
                "displayName": display,
                "regionalDisplayName": format!("({group}) {display}"),
                "metadata": {
                    "regionType": "Physical",
                    "regionCategory": "Recommended",
                    "geography": geography,
                    "geographyGroup": group,
                },
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
            "The subscription '{}' is disabled and therefore marked as read only. You cannot perform any write \
             actions on this subscription until it is re-enabled.",
            call.subscription()
        ),
    )
    .gateway())
}
