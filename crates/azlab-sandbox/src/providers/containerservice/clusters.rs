//! Managed clusters: create, update, read, list.

use http::{Method, StatusCode};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::accepted::begun;
use super::body::{ClusterId, body};
use super::judged::{self, Of};
use super::kind;
use super::validation::{self, ClusterBody};
use super::work;
use super::{
    JSON, autoscaler, capacity, delete, etags, node_group, node_images, pools, power, quotas, rotation, rules, versions,
};
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::arm::tags::check_tags;
use crate::arm::{location, paging};
use crate::providers::managedidentity::assigned::check_assigned;
use crate::providers::resources::groups;
use crate::state::lists::ListQuery;
use crate::state::store::Resource;

const TYPE: &str = "Microsoft.ContainerService/managedClusters";
/// Seconds after the end of a cluster's deletion within which Resource Manager may not have noticed (inferred: a recording that
/// looks later is answered by it).
const KNOWN_AFTER_S: f64 = 60.0;

fn id(call: &Call<'_>, group: &str, name: &str) -> String {
    let subscription = call.subscription();
    format!("/subscriptions/{subscription}/resourcegroups/{group}/providers/{TYPE}/{name}")
}

/// The cluster with this id, with the pools that it has by now.
fn load(call: &Call<'_>, id: &str) -> Result<Option<Resource>, Failure> {
    Ok(call.store.get(id)?.map(|cluster| as_it_is(call, cluster)))
}

/// A stored cluster with what has changed by itself since.
fn as_it_is(call: &Call<'_>, mut cluster: Resource) -> Resource {
    let mut body = std::mem::take(&mut cluster.body);
    pools::settle(&mut body, &cluster, call.now);
    autoscaler::scale(call, &cluster, &mut body);
    Resource { body, ..cluster }
}

/// The cluster of this name, or ARM's 404.
pub(super) fn find(call: &Call<'_>, group: &Resource, name: &str) -> Result<Resource, Failure> {
    load(call, &id(call, &group.name, name))?
        .ok_or_else(|| Failure::resource_missing(&format!("{TYPE}/{name}"), &group.name))
}

/// `GET …/managedClusters` of a group or the subscription.
pub(super) fn list(call: &Call<'_>, group: Option<&Resource>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let group = group.map(|group| group.group.as_str());
    let wanted = ListQuery { kinds: Some(&[kind::CLUSTER]), group, ..ListQuery::default() };
    let shown = |cluster| {
        let mut cluster = as_it_is(call, cluster);
        let body = std::mem::take(&mut cluster.body);
        rendered(call, &cluster, body)
    };
    Ok(paging::page(call, wanted, shown)?.header("content-type", JSON))
}

/// `…/managedClusters/{name}`
pub(super) fn one(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    let answer = match *call.method {
        Method::GET => match find(call, group, name) {
            Ok(cluster) => Answer::ok(render(call, &cluster)),
            Err(missing) => return Err(just_gone(call, group, name)?.unwrap_or(missing)),
        },
        Method::HEAD => find(call, group, name).map(|_| Answer::empty(StatusCode::NO_CONTENT))?,
        Method::PUT => put(call, group, name)?,
        Method::PATCH => patch(call, find(call, group, name)?)?,
        Method::DELETE => {
            let found = call.store.get(&id(call, &group.name, name))?;
            etags::check_cluster(call, found.as_ref())?;
            return delete::delete(call, found);
        }
        _ => return Err(call.method_not_allowed()),
    };
    Ok(answer.header("content-type", JSON))
}

/// The body now: the states of cluster and pools, and what only a ready cluster has.
pub(super) fn render(call: &Call<'_>, cluster: &Resource) -> Value {
    rendered(call, cluster, cluster.body.clone())
}

/// [`render`] of a stored body, which it takes: a page has hundreds.
fn rendered(call: &Call<'_>, cluster: &Resource, mut body: Value) -> Value {
    pools::settle(&mut body, cluster, call.now);
    let state = cluster.state(call.now);
    body["properties"]["provisioningState"] = state.into();
    pools::show_states(&mut body, state);
    node_images::show(&mut body, cluster.created);
    rotation::hide(&mut body);
    etags::show(call, cluster, &mut body);
    if !(cluster.in_progress(call.now) && cluster.state == "Creating") {
        let nodes = body["properties"]["nodeResourceGroup"].as_str().unwrap_or_default().to_owned();
        let subscription = call.subscription();
        let uid =
            |what: &str| uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("{}/{what}", cluster.id).as_bytes());
        body["properties"]["identityProfile"] = json!({"kubeletidentity": {
            "resourceId": format!(
                "/subscriptions/{subscription}/resourcegroups/{nodes}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{}-agentpool",
                cluster.name
            ),
            "clientId": uid("client"),
            "objectId": uid("object"),
        }});
        let address = format!(
            "/subscriptions/{subscription}/resourceGroups/{nodes}/providers/Microsoft.Network/publicIPAddresses/{}",
            node_group::address_name(cluster)
        );
        show_outbound(&mut body, &address);
    }
    body
}

/// Names the address through which the nodes reach the internet. States of older versions may have anything as the profile.
fn show_outbound(body: &mut Value, address: &str) {
    let profile = body.pointer_mut("/properties/networkProfile/loadBalancerProfile").and_then(Value::as_object_mut);
    if let Some(profile) = profile {
        profile.insert("effectiveOutboundIPs".into(), json!([{ "id": address }]));
    }
}

/// The first look at a cluster right after its deletion has ended reaches the provider; from the next one on Resource Manager
/// knows (recorded, without `x-ms-failure-cause`; the messages are inferred).
fn just_gone(call: &Call<'_>, group: &Resource, name: &str) -> Result<Option<Failure>, Failure> {
    let id = id(call, &group.name, name);
    let gone = call.store.ended_at(&id)?.is_some_and(|gone| call.now < call.pace.after(gone, KNOWN_AFTER_S));
    if !gone {
        return Ok(None);
    }
    // Where somebody else writes at this moment, the next one is told the same.
    call.changed.set(call.store.forget(&id).is_ok());
    let message = format!("Could not find managed cluster {name} in resource group {}.", group.name);
    Ok(Some(
        Failure::not_found("NotFound", message).flat().subcode("GetManagedCluster_NotFound_HCPServerError").detail(
            json!({"code": "Unspecified", "message": "rpc error: code = NotFound desc = Managed Cluster not found"}),
        ),
    ))
}

fn put(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    check_name(name)?;
    let found = load(call, &id(call, &group.name, name))?;
    etags::check_cluster(call, found.as_ref())?;
    let mut sent = judged::judge(call, Of::Cluster)?;
    let mut asked = ClusterBody::deserialize(&sent).map_err(Failure::content)?;
    check_tags(asked.tags.as_ref())?;
    let location = location::required(call.settings, asked.location.as_deref(), TYPE)?;
    if let Some(found) = &found {
        refuse_in_progress(call, found)?;
        power::refuse_stopped(found)?;
        if found.location != location {
            return Err(location::immovable(&found.name, &found.location, &location, &group.name));
        }
        let issuer_on = found.body["properties"]["oidcIssuerProfile"]["enabled"] == true;
        let off = asked.properties.oidc_issuer_profile.as_ref().is_some_and(|profile| profile.enabled == Some(false));
        if issuer_on && off {
            return Err(Failure::bad_request(
                "OIDCIssuerFeatureCannotBeDisabled",
                "OIDC issuer feature can not be disabled once it is enabled on the managed cluster.",
            )
            .flat());
        }
        judged::refuse_changes(Of::Cluster, &sent, &found.body)?;
    } else {
        rules::check_new(&sent)?;
    }
    check_assigned(call, &id(call, &group.name, name), &sent["identity"])?;
    if let (Some(found), true) = (&found, asked.properties.agent_pool_profiles.as_ref().is_none_or(Vec::is_empty)) {
        // An update may leave the pools out; they stay.
        sent["properties"]["agentPoolProfiles"] = found.body["properties"]["agentPoolProfiles"].clone();
        asked = ClusterBody::deserialize(&sent).map_err(Failure::content)?;
    }
    validation::check_pools(asked.properties.agent_pool_profiles.as_deref().unwrap_or_default(), &location)?;
    rules::check_pools(&sent["properties"]["agentPoolProfiles"], &location)?;
    let previous = found.as_ref().and_then(|found| found.body["properties"]["kubernetesVersion"].as_str());
    let version = validation::version(asked.properties.kubernetes_version.as_deref(), previous, name)?;
    if let Some(current) =
        found.as_ref().and_then(|found| found.body["properties"]["currentKubernetesVersion"].as_str())
    {
        versions::check_upgrade(current, &version.running)?;
    }
    if found.is_none() {
        let (plan, tier) = (sent["properties"]["supportPlan"].as_str(), sent["sku"]["tier"].as_str());
        versions::check_support(call, &version.running, plan, tier)?;
    }
    let id = found.as_ref().map_or_else(|| id(call, &group.name, name), |found| found.id.clone());
    let place = ClusterId { id: &id, name, group: &group.name, location: &location };
    let body = body(call, &place, &asked, &sent, &version, found.as_ref())?;
    rules::check(&sent["properties"], &body["properties"], &version.running)?;
    let pools = asked.properties.agent_pool_profiles.as_deref().unwrap_or_default();
    quotas::take(call, &id, &location, pools, &body["properties"])?;
    capacity::refuse_full(call, &location, found.as_ref())?;
    if found.is_none() {
        let nodes = body["properties"]["nodeResourceGroup"].as_str().unwrap_or_default().to_owned();
        if call.store.get(&groups::id(call, &nodes))?.is_some() {
            return Err(Failure::conflict(
                "NodeResourceGroupAlreadyExists",
                format!("The node resource group '{nodes}' already exists. Please choose another nodeResourceGroup."),
            )
            .flat());
        }
        groups::refuse_too_many(call, &nodes).map_err(Failure::flat)?;
        groups::write(call, None, &nodes, &location, None, Some(id.clone()))?;
    }
    let answer = store(call, group, body, found.as_ref(), &id, name, &location)?;
    capacity::end_in_full(call, &location, found.as_ref())?;
    Ok(answer)
}

fn patch(call: &Call<'_>, found: Resource) -> Outcome {
    etags::check_cluster(call, Some(&found))?;
    refuse_in_progress(call, &found)?;
    power::refuse_stopped(&found)?;
    let sent = judged::judge(call, Of::Tags)?;
    check_tags(sent.get("tags"))?;
    let mut body = found.body.clone();
    if sent["tags"].is_object() {
        body["tags"] = sent["tags"].clone();
    }
    let group = call.group(&found.group)?;
    store(call, &group, body, Some(&found), &found.id, &found.name, &found.location)
}

/// Keeps the cluster and starts the work: 201 `Creating`, or 200 `Updating` even where nothing changes.
fn store(
    call: &Call<'_>,
    group: &Resource,
    body: Value,
    found: Option<&Resource>,
    id: &str,
    name: &str,
    location: &str,
) -> Outcome {
    let durations = &call.settings.durations;
    let mut body = body;
    if let Some(found) = found {
        pools::mark_changes(&found.body, &mut body)?;
    }
    etags::renew(id, found.map(|found| &found.body), &mut body, call.now);
    let runs = |body: &Value| body["properties"]["currentKubernetesVersion"].clone();
    let (work, state, takes) = match found {
        None => (&work::CLUSTER_CREATE, "Creating", durations.cluster_create),
        Some(found) if runs(&found.body) != runs(&body) => {
            (&work::CLUSTER_UPDATE, "Upgrading", durations.cluster_update)
        }
        Some(_) => (&work::CLUSTER_UPDATE, "Updating", durations.cluster_update),
    };
    let accepted = call.later(durations.cluster_put);
    let created = found.map_or(call.now, |found| found.created);
    let cluster = Resource {
        group: group.group.clone(),
        parent: group.key(),
        location: location.to_owned(),
        state: state.into(),
        done: call.pace.after(accepted, takes),
        created,
        born: created,
        ..Resource::ready(kind::CLUSTER, id, name, body, call.now)
    };
    call.store.put(&cluster)?;
    let mut shown = render(call, &cluster);
    if found.is_none() {
        etags::hide(&mut shown);
    }
    let answer = Answer::created_or_ok(found.is_none(), shown).after(durations.cluster_put);
    begun(call, &cluster, work, cluster.done, answer)
}

/// The cluster on which an action is asked for: by POST, of one that runs and has nothing under way.
pub(super) fn acted_on(call: &Call<'_>, group: &Resource, name: &str) -> Result<Resource, Failure> {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let cluster = find(call, group, name)?;
    refuse_in_progress(call, &cluster)?;
    power::refuse_stopped(&cluster)?;
    Ok(cluster)
}

pub(super) fn refuse_in_progress(call: &Call<'_>, cluster: &Resource) -> Result<(), Failure> {
    if !cluster.in_progress(call.now) {
        return Ok(());
    }
    let doing = cluster.state(call.now);
    Err(Failure::conflict(
        "OperationNotAllowed",
        format!(
            "Operation is not allowed because there's an in progress {} managed cluster operation on the managed cluster \
             '{}'. Please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for \
             more details.",
            doing.to_lowercase(),
            cluster.name
        ),
    )
    .flat())
}

/// 1-63 letters, digits, dashes, underscores, beginning and ending with a letter or digit.
fn check_name(name: &str) -> Result<(), Failure> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if allowed && (1..=63).contains(&name.len()) && edge(name.chars().next()) && edge(name.chars().last()) {
        return Ok(());
    }
    Err(Failure::bad_request(
        "InvalidParameter",
        format!(
            "The value of parameter resourceName is invalid: '{name}'. It must be 1-63 letters, digits, dashes and \
             underscores, and begin and end with a letter or digit."
        ),
    )
    .flat()
    .target("resourceName"))
}

#[test]
fn a_profile_that_an_older_version_kept_as_something_else_is_shown_as_it_is() {
    for profile in [json!("x"), json!({"loadBalancerProfile": ["x"]}), Value::Null] {
        let mut body = json!({"properties": {"networkProfile": profile}});
        let before = body.clone();
        show_outbound(&mut body, "/an/address");
        assert_eq!(body, before);
    }
}
