//! Networks and public addresses in the groups of clusters' nodes, for reads: AKS makes them with a cluster, and they end with it.
//! They follow from the cluster and are kept nowhere; so lists of a group's resources do not have them.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::response::Answer;
use crate::providers::containerservice::kind::CLUSTER;
use crate::providers::containerservice::node_group;
use crate::state::lists::ListQuery;
use crate::state::store::Resource;

/// `GET …/virtualNetworks` and `…/publicIPAddresses` of a group or of the subscription.
pub(super) fn list(call: &Call<'_>, group: Option<&Resource>, kind: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let clusters = clusters(call, group)?;
    let value: Vec<Value> = clusters.iter().filter_map(|cluster| made(call, cluster, kind)).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// `GET …/virtualNetworks/{name}` and `…/publicIPAddresses/{name}`
pub(super) fn one(call: &Call<'_>, group: Option<&Resource>, kind: &str, name: &str, raw: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let clusters = clusters(call, group)?;
    let mut all = clusters.iter().filter_map(|cluster| made(call, cluster, kind));
    let found = all.find(|it| it["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)));
    let shown = if kind == "virtualnetworks" { "virtualNetworks" } else { "publicIPAddresses" };
    let group = group.map_or("", |group| group.name.as_str());
    match found {
        Some(_) if call.method == http::Method::HEAD => Ok(Answer::empty(StatusCode::NO_CONTENT)),
        Some(body) => Ok(Answer::ok(body)),
        None => Err(Failure::resource_missing(&format!("Microsoft.Network/{shown}/{raw}"), group)),
    }
}

/// The cluster whose nodes are in a group, or all of them.
fn clusters(call: &Call<'_>, group: Option<&Resource>) -> rusqlite::Result<Vec<Resource>> {
    let Some(group) = group else {
        return call.store.list(&ListQuery { kinds: Some(&[CLUSTER]), ..ListQuery::default() });
    };
    let owner = group.body["managedBy"].as_str().unwrap_or_default();
    let owner = if owner.is_empty() { None } else { call.store.get(owner)? };
    let is_here = |cluster: &Resource| {
        let nodes = cluster.body["properties"]["nodeResourceGroup"].as_str().unwrap_or_default();
        cluster.kind == CLUSTER && nodes.eq_ignore_ascii_case(&group.name)
    };
    Ok(owner.filter(is_here).into_iter().collect())
}

/// What AKS made of that kind for a cluster, if it did: none while the cluster is created, no network where the nodes are in
/// one of their owner's, no address where they go out by other ways.
fn made(call: &Call<'_>, cluster: &Resource, kind: &str) -> Option<Value> {
    if cluster.in_progress(call.now) && cluster.state == "Creating" {
        return None;
    }
    let properties = &cluster.body["properties"];
    let nodes = properties["nodeResourceGroup"].as_str().unwrap_or_default();
    let prefix = format!("/subscriptions/{}/resourceGroups/{nodes}/providers/Microsoft.Network", call.subscription());
    if kind == "virtualnetworks" {
        let is_own = properties["agentPoolProfiles"]
            .as_array()
            .is_some_and(|pools| pools.iter().all(|pool| pool["vnetSubnetID"].is_null()));
        return is_own.then(|| network(cluster, &prefix));
    }
    let outbound = properties["networkProfile"]["outboundType"].as_str();
    (outbound == Some("loadBalancer")).then(|| address(cluster, &prefix))
}

fn etag(id: &str) -> String {
    format!("W/\"{}\"", Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes()))
}

/// The network of AKS's default: 10.224.0.0/12 with a subnet of 10.224.0.0/16 for the nodes.
fn network(cluster: &Resource, prefix: &str) -> Value {
    let name = node_group::network_name(cluster);
    let id = format!("{prefix}/virtualNetworks/{name}");
    let subnet = format!("{id}/subnets/aks-subnet");
    json!({
        "id": id,
        "name": name,
        "type": "Microsoft.Network/virtualNetworks",
        "location": cluster.location,
        "etag": etag(&id),
        "tags": {},
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": Uuid::new_v5(&Uuid::NAMESPACE_URL, id.as_bytes()),
            "addressSpace": {"addressPrefixes": ["10.224.0.0/12"]},
            "subnets": [{
                "id": subnet,
                "name": "aks-subnet",
                "type": "Microsoft.Network/virtualNetworks/subnets",
                "etag": etag(&subnet),
                "properties": {
                    "provisioningState": "Succeeded",
                    "addressPrefix": "10.224.0.0/16",
                    "delegations": [],
                    "privateEndpointNetworkPolicies": "Disabled",
                    "privateLinkServiceNetworkPolicies": "Enabled",
                },
            }],
            "virtualNetworkPeerings": [],
            "enableDdosProtection": false,
        },
    })
}

/// The address through which the nodes reach the internet, of a range that is nobody's (RFC 5737).
fn address(cluster: &Resource, prefix: &str) -> Value {
    let name = node_group::address_name(cluster);
    let id = format!("{prefix}/publicIPAddresses/{name}");
    let [last, ..] = *name.as_bytes();
    json!({
        "id": id,
        "name": name,
        "type": "Microsoft.Network/publicIPAddresses",
        "location": cluster.location,
        "etag": etag(&id),
        "sku": {"name": "Standard", "tier": "Regional"},
        "tags": {"aks-managed-cluster-name": cluster.name, "aks-managed-cluster-rg": cluster.group, "aks-managed-type": "aks-slb-managed-outbound-ip"},
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": Uuid::new_v5(&Uuid::NAMESPACE_URL, id.as_bytes()),
            "ipAddress": format!("198.51.100.{last}"),
            "publicIPAddressVersion": "IPv4",
            "publicIPAllocationMethod": "Static",
            "idleTimeoutInMinutes": 30,
            "ipTags": [],
        },
    })
}
