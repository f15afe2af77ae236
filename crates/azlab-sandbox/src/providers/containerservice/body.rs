//! The body of a cluster: what was asked for, completed with what the service decides.

use serde_json::{Map, Value, json};

use super::judged::FACTS;
use super::networks;
use super::pool_body::pool_profile;
use super::validation::{ClusterBody, MOST_POOLS};
use super::versions::{self, Resolved};
use crate::arm::call::Call;
use crate::arm::facts::Written;
use crate::arm::failure::Failure;
use crate::ids::TENANT_ID;
use crate::providers::managedidentity::assigned::assigned;
use crate::state::store::Resource;

/// Properties that are more than told back: the service completes them, or keeps what they were at the creation.
const DECIDED: [&str; 6] = [
    "agentPoolProfiles",
    "dnsPrefix",
    "kubernetesVersion",
    "nodeResourceGroup",
    "oidcIssuerProfile",
    "servicePrincipalProfile",
];

/// What identifies the cluster.
pub(super) struct ClusterId<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub group: &'a str,
    pub location: &'a str,
}

/// The body of a new cluster, or of `found` after an update.
pub(super) fn body(
    call: &Call<'_>,
    place: &ClusterId<'_>,
    asked: &ClusterBody,
    sent: &Value,
    version: &Resolved,
    found: Option<&Resource>,
) -> Result<Value, Failure> {
    let (whole, sent) = (sent, &sent["properties"]);
    let old = found.map_or(Value::Null, |found| found.body["properties"].clone());
    let mut properties = defaults(place, version);
    // What the service decided once stays; what was set before stays unless it is sent again.
    merge(&mut properties, &old);
    // Whatever the type knows, and can be written, is told back.
    let known = FACTS.of("managedClusters").at(&["properties"]).and_then(|fact| fact.kind.members());
    for fact in known.into_iter().flatten().filter(|fact| fact.written != Written::Never) {
        let name = fact.name.as_str();
        if let (Some(value), false) = (sent.get(name).filter(|value| !value.is_null()), DECIDED.contains(&name)) {
            let mut merged = properties.get(name).cloned().unwrap_or(Value::Null);
            overlay(name, &mut merged, value)?;
            properties.insert(name.into(), merged);
        }
    }
    complete(&mut properties, &sent["networkProfile"]);
    properties.insert("kubernetesVersion".into(), version.asked.clone().into());
    properties.insert("currentKubernetesVersion".into(), version.running.clone().into());
    if found.is_none() {
        decide_names(call, place, asked, &mut properties)?;
    }
    properties
        .insert("agentPoolProfiles".into(), pools(place.location, asked, sent, version, &old["agentPoolProfiles"])?);
    properties.insert("oidcIssuerProfile".into(), issuer(call, place, asked, &old["oidcIssuerProfile"], version)?);
    let mut body = Map::new();
    body.insert("id".into(), place.id.into());
    body.insert("location".into(), place.location.into());
    body.insert("name".into(), place.name.into());
    if let Some(tags) = asked.tags.as_ref().filter(|tags| tags.is_object()) {
        body.insert("tags".into(), tags.clone());
    }
    body.insert("type".into(), "Microsoft.ContainerService/ManagedClusters".into());
    body.insert("kind".into(), "Base".into());
    body.insert("properties".into(), Value::Object(properties));
    if let Some(identity) =
        assigned(call, place.id, asked.identity.as_ref(), found.and_then(|found| found.body.get("identity")))?
    {
        body.insert("identity".into(), identity);
    }
    let mut sku = json!({"name": "Base", "tier": "Free"});
    if let Some(asked) = &asked.sku {
        overlay("sku", &mut sku, asked)?;
    }
    body.insert("sku".into(), sku);
    let mut body = Value::Object(body);
    let facts = FACTS.of("managedClusters");
    facts.tell(whole, &mut body);
    facts.forget_secrets(&mut body);
    Ok(body)
}

fn defaults(place: &ClusterId<'_>, version: &Resolved) -> Map<String, Value> {
    let value = json!({
        "provisioningState": "Creating",
        "powerState": {"code": "Running"},
        "kubernetesVersion": version.asked,
        "currentKubernetesVersion": version.running,
        "servicePrincipalProfile": {"clientId": "msi"},
        "nodeResourceGroup": node_group(place, None),
        "enableRBAC": true,
        "supportPlan": "KubernetesOfficial",
        "networkProfile": {
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "networkPolicy": "none",
            "networkDataplane": "azure",
            "loadBalancerSku": "standard",
            "loadBalancerProfile": {"managedOutboundIPs": {"count": 1}, "backendPoolType": "nodeIPConfiguration"},
            "podCidr": "10.244.0.0/16",
            "serviceCidr": "10.0.0.0/16",
            "dnsServiceIP": "10.0.0.10",
            "outboundType": "loadBalancer",
            "podCidrs": ["10.244.0.0/16"],
            "serviceCidrs": ["10.0.0.0/16"],
            "ipFamilies": ["IPv4"],
        },
        "maxAgentPools": MOST_POOLS,
        "autoUpgradeProfile": {"nodeOSUpgradeChannel": "NodeImage"},
        "disableLocalAccounts": false,
        "securityProfile": {},
        "storageProfile": {
            "diskCSIDriver": {"enabled": true},
            "fileCSIDriver": {"enabled": true},
            "snapshotController": {"enabled": true},
        },
        "workloadAutoScalerProfile": {},
        "metricsProfile": {"costAnalysis": {"enabled": false}},
        "nodeProvisioningProfile": {"mode": "Manual", "defaultNodePools": "Auto"},
        "bootstrapProfile": {"artifactSource": "Direct"},
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// What the service fills in beside what was asked for (recorded: `patch` of long-term support, `adminUsers` and `tenantID`
/// of Entra ID).
fn complete(properties: &mut Map<String, Value>, asked: &Value) {
    if properties.get("supportPlan").is_some_and(|plan| plan == versions::LONG_TERM) {
        fill(properties, "autoUpgradeProfile", "upgradeChannel", "patch".into());
    }
    if properties.get("aadProfile").is_some_and(Value::is_object) {
        fill(properties, "aadProfile", "tenantID", TENANT_ID.into());
        fill(properties, "aadProfile", "adminUsers", Value::Null);
    }
    let Some(network) = properties.get_mut("networkProfile").and_then(Value::as_object_mut) else { return };
    if let (Some(range), Value::Null) = (asked["serviceCidr"].as_str(), &asked["dnsServiceIP"])
        && let Some(address) = networks::dns_address(range)
    {
        network.insert("dnsServiceIP".into(), address.into());
    }
    for (one, all) in [("serviceCidr", "serviceCidrs"), ("podCidr", "podCidrs")] {
        if asked[one].is_string() && asked[all].is_null() {
            network.insert(all.into(), json!([asked[one]]));
        }
    }
}

/// Sets a member of a property that lacks it.
fn fill(properties: &mut Map<String, Value>, property: &str, member: &str, value: Value) {
    let members = properties.get_mut(property).and_then(Value::as_object_mut);
    if let Some(members) = members.filter(|members| members.get(member).is_none_or(Value::is_null)) {
        members.insert(member.into(), value);
    }
}

/// `MC_{group}_{cluster}_{location}`, unless another name was asked for; at most 80 characters.
fn node_group(place: &ClusterId<'_>, asked: Option<&str>) -> String {
    asked.filter(|name| !name.is_empty()).map_or_else(
        || format!("MC_{}_{}_{}", place.group, place.name, place.location).chars().take(80).collect(),
        str::to_owned,
    )
}

fn decide_names(
    call: &Call<'_>,
    place: &ClusterId<'_>,
    asked: &ClusterBody,
    properties: &mut Map<String, Value>,
) -> Result<(), Failure> {
    let unique = call.store.guid(place.id)?.simple().to_string();
    let mark = &unique[..8];
    let prefix = asked.properties.dns_prefix.as_deref().filter(|prefix| !prefix.is_empty()).unwrap_or(place.name);
    let location = place.location;
    properties.insert("dnsPrefix".into(), prefix.into());
    properties.insert("fqdn".into(), format!("{prefix}-{mark}.hcp.{location}.azmk8s.io").into());
    properties.insert("azurePortalFQDN".into(), format!("{prefix}-{mark}.portal.hcp.{location}.azmk8s.io").into());
    properties.insert("resourceUID".into(), unique[..24].into());
    properties
        .insert("nodeResourceGroup".into(), node_group(place, asked.properties.node_resource_group.as_deref()).into());
    if let Some(profile) = &asked.properties.service_principal_profile {
        properties.insert("servicePrincipalProfile".into(), profile.clone());
    }
    Ok(())
}

fn pools(location: &str, asked: &ClusterBody, sent: &Value, version: &Resolved, old: &Value) -> Result<Value, Failure> {
    let asked = asked.properties.agent_pool_profiles.iter().flatten().enumerate();
    asked
        .map(|(at, pool)| {
            let old = old.as_array().into_iter().flatten().find(|old| old["name"].as_str() == pool.name.as_deref());
            pool_profile(location, pool, &sent["agentPoolProfiles"][at], version, old)
        })
        .collect()
}

/// The issuer: on if asked for, or by default from some version on; once on it stays, with its URL.
fn issuer(
    call: &Call<'_>,
    place: &ClusterId<'_>,
    asked: &ClusterBody,
    old: &Value,
    version: &Resolved,
) -> Result<Value, Failure> {
    if old["enabled"] == true {
        return Ok(old.clone());
    }
    let wanted = asked.properties.oidc_issuer_profile.as_ref().and_then(|profile| profile.enabled);
    if !wanted.unwrap_or_else(|| versions::issuer_by_default(&version.running)) {
        return Ok(json!({"enabled": false}));
    }
    let guid = call.store.guid(place.id)?;
    let url = format!("https://{}.oic.prod-aks.azure.com/{TENANT_ID}/{guid}/", place.location);
    Ok(json!({"enabled": true, "issuerURL": url}))
}

fn merge(into: &mut Map<String, Value>, from: &Value) {
    for (name, value) in from.as_object().into_iter().flatten() {
        into.insert(name.clone(), value.clone());
    }
}

/// Lays what was sent over what is there; objects member by member, `null` is not sent.
///
/// # Errors
/// 400 where something else was sent than the object that `what` is: the service writes members of its own into some of them.
pub(super) fn overlay(what: &str, under: &mut Value, over: &Value) -> Result<(), Failure> {
    match (under, over) {
        (_, Value::Null) => {}
        (under @ Value::Null, Value::Object(_)) => {
            *under = json!({});
            overlay(what, under, over)?;
        }
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over.iter().filter(|(_, value)| !value.is_null()) {
                overlay(name, under.entry(name.clone()).or_insert(Value::Null), value)?;
            }
        }
        (Value::Object(_), _) => return Err(Failure::content(format!("'{what}' must be a JSON object")).flat()),
        (under, over) => *under = over.clone(),
    }
    Ok(())
}
