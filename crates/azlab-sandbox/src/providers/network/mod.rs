//! Microsoft.Network, as far as a lab asks: how many public IP addresses a region has left, and what AKS makes in the groups of
//! clusters' nodes.

mod api_versions;
mod node_groups;

use serde_json::json;

use crate::arm::api_versions::ApiVersions;
use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::provider::{Provider, Routed};
use crate::arm::resource_type::ResourceType;
use crate::arm::response::Answer;
use crate::arm::{quota, regions};
use crate::state::offer;

/// Usage name of the public IP addresses of the sku Standard ("Usages - List").
pub(crate) const PUBLIC_ADDRESSES: &str = "IPv4StandardSkuPublicIpAddresses";

/// How many public IP addresses a region has at most.
pub(crate) fn limit(call: &Call<'_>, location: &str) -> i64 {
    let granted = offer::grant(&call.settings.offer).public_addresses;
    call.settings.limit(location, PUBLIC_ADDRESSES).unwrap_or(granted)
}

/// The provider.
pub(crate) struct Network;

impl Provider for Network {
    fn namespace(&self) -> &'static str {
        "Microsoft.Network"
    }

    fn api_versions(&self) -> &'static ApiVersions {
        &api_versions::API_VERSIONS
    }

    fn types(&self) -> &'static [ResourceType] {
        const TYPES: &[ResourceType] =
            &[ResourceType::new("publicIPAddresses", ""), ResourceType::new("virtualNetworks", "")];
        TYPES
    }

    fn coverage(&self) -> &'static str {
        include_str!("coverage.json")
    }

    fn quota_names(&self) -> Vec<String> {
        vec![PUBLIC_ADDRESSES.to_owned()]
    }

    fn route(&self, request: &Routed<'_>) -> Outcome {
        let Routed { call, inner, .. } = *request;
        match inner {
            ["locations", location, "usages"] => usages(call, location),
            [kind @ ("virtualnetworks" | "publicipaddresses")] => node_groups::list(call, request.group, kind),
            [kind @ ("virtualnetworks" | "publicipaddresses"), name] if request.group.is_some() => {
                node_groups::one(call, request.group, kind, name, request.raw(1))
            }
            _ => Err(call.unknown_type(self.namespace(), inner)),
        }
    }
}

/// `GET …/locations/{l}/usages`
fn usages(call: &Call<'_>, location: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    if !regions::known(location) {
        let message = format!("The location '{location}' is not available.");
        return Err(Failure::bad_request("LocationNotAvailable", message));
    }
    let location = regions::normal(location);
    let subscription = call.subscription();
    let id = format!(
        "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}/usages/{PUBLIC_ADDRESSES}"
    );
    Ok(Answer::ok(json!({"value": [{
        "currentValue": quota::used(&call.store, call.now, &location, PUBLIC_ADDRESSES, "")?,
        "id": id,
        "limit": limit(call, &location),
        "name": {"value": PUBLIC_ADDRESSES, "localizedValue": "Public IPv4 Addresses - Standard"},
        "unit": "Count",
    }]})))
}
