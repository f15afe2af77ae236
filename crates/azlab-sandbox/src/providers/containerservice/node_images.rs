//! Images of nodes and what pools can be upgraded to ("Agent Pools - Get Upgrade Profile", "- Get Available Agent Pool Versions",
//! "- Upgrade Node Image Version", 2025-08-01).
//!
//! A new image is released each week, on Wednesdays (AKS releases, inferred to be regular); a pool has the one of the week in
//! which its cluster was created until it is upgraded. Which image each pool has is a member of the cluster's properties,
//! [`IMAGES`], which is never shown.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use time::{Date, Duration, OffsetDateTime};

use super::accepted::begun;
use super::{JSON, clusters, pools, power, versions, work};
use crate::arm::call::Call;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::providers::compute::DATA;
use crate::state::store::Resource;
use crate::state::timestamps::Millis;

/// Member of a cluster's stored properties, by pool: the image that it was upgraded to.
const IMAGES: &str = "nodeImagesOfPools";
/// The first image, a Wednesday, as days of the Julian calendar count them.
const FIRST: Date = time::macros::date!(2020 - 01 - 01);

/// The image of the week of `at`: `202604.15.0`.
fn released(at: Millis) -> String {
    let day = OffsetDateTime::from_unix_timestamp(at / 1000).map_or(FIRST, OffsetDateTime::date);
    let past = (day - FIRST).whole_days().rem_euclid(7);
    let day = day.checked_sub(Duration::days(past)).unwrap_or(FIRST);
    format!("{}{:02}.{:02}.0", day.year(), u8::from(day.month()), day.day())
}

/// An image's name with another release: of `AKSUbuntu-2204gen2containerd-202601.07.0` what stands before the last dash stays.
fn of_release(image: &str, release: &str) -> String {
    let line = image.rsplit_once('-').map_or(image, |(line, _)| line);
    format!("{line}-{release}")
}

/// Writes into a body that is about to be shown the image that each pool has.
pub(super) fn show(body: &mut Value, created: Millis) {
    let Some(properties) = body.pointer_mut("/properties").and_then(Value::as_object_mut) else { return };
    let upgraded = properties.remove(IMAGES).unwrap_or_default();
    let pools = properties.get_mut("agentPoolProfiles").and_then(Value::as_array_mut);
    for pool in pools.into_iter().flatten().filter_map(Value::as_object_mut) {
        let name = pool.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let release = upgraded[&name].as_str().map_or_else(|| released(created), str::to_owned);
        if let Some(image) = pool.get("nodeImageVersion").and_then(Value::as_str) {
            let image = of_release(image, &release);
            pool.insert("nodeImageVersion".into(), image.into());
        }
    }
}

/// `…/agentPools/{name}/upgradeProfiles/default`
pub(super) fn upgrade_profile(call: &Call<'_>, group: &Resource, cluster: &str, pool: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, cluster)?;
    let shown = pools::required(call, group, &cluster, pool)?;
    let properties = &shown["properties"];
    let version = properties["currentOrchestratorVersion"].as_str().unwrap_or_default();
    let control_plane = cluster.body["properties"]["currentKubernetesVersion"].as_str().unwrap_or_default();
    // A pool is never ahead of its control plane (AKS, "Upgrade an AKS cluster").
    let reachable = versions::upgrades(version).into_iter().filter(|to| !versions::is_newer(to, control_plane));
    let mut profile = Map::new();
    profile.insert("kubernetesVersion".into(), version.into());
    profile.insert("osType".into(), properties["osType"].clone());
    let upgrades: Vec<Value> = reachable.map(|version| json!({"kubernetesVersion": version})).collect();
    if !upgrades.is_empty() {
        profile.insert("upgrades".into(), upgrades.into());
    }
    let image = properties["nodeImageVersion"].as_str().unwrap_or_default();
    profile.insert("latestNodeImageVersion".into(), of_release(image, &released(call.now)).into());
    let body = json!({
        "id": format!("{}/upgradeprofiles/default", shown["id"].as_str().unwrap_or_default()),
        "name": "default",
        "type": "Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles",
        "properties": profile,
    });
    Ok(Answer::ok(body).header("content-type", JSON))
}

/// `…/managedClusters/{name}/availableAgentPoolVersions`: what a new pool may have, the control plane's version and two minors
/// before it.
pub(super) fn available(call: &Call<'_>, group: &Resource, cluster: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, cluster)?;
    let running = cluster.body["properties"]["currentKubernetesVersion"].as_str().unwrap_or_default();
    let offered = DATA.kubernetes.iter().flat_map(|version| &version.patches);
    let value: Vec<Value> = offered
        .filter(|version| versions::is_within_skew(version, running))
        .map(|version| match version == running {
            true => json!({"default": true, "kubernetesVersion": version}),
            false => json!({"kubernetesVersion": version}),
        })
        .collect();
    let body = json!({
        "id": format!("{}/availableagentpoolversions", cluster.id),
        "name": "default",
        "type": "Microsoft.ContainerService/managedClusters/availableAgentpoolVersions",
        "properties": {"agentPoolVersions": value},
    });
    Ok(Answer::ok(body).header("content-type", JSON))
}

/// `POST …/agentPools/{name}/upgradeNodeImageVersion`: 202 with the pool, and where to poll.
pub(super) fn upgrade(call: &Call<'_>, group: &Resource, cluster: &str, pool: &str) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, cluster)?;
    let shown = pools::required(call, group, &cluster, pool)?;
    clusters::refuse_in_progress(call, &cluster)?;
    power::refuse_stopped(&cluster)?;
    let name = shown["name"].as_str().unwrap_or_default();
    let mut body = cluster.body.clone();
    let properties = body.pointer_mut("/properties").and_then(Value::as_object_mut);
    if let Some(properties) = properties {
        let images = properties.entry(IMAGES).or_insert_with(|| json!({}));
        if let Some(images) = images.as_object_mut() {
            images.insert(name.to_owned(), released(call.now).into());
        }
    }
    let durations = &call.settings.durations;
    let done = call.later(durations.delete_call + durations.agent_pool_update);
    let cluster = pools::at_work(call, cluster, body, name, "UpgradingNodeImageVersion", done)?;
    let pool = pools::required(call, group, &cluster, pool)?;
    let answer = Answer::json(StatusCode::ACCEPTED, pool).header("content-type", JSON).after(durations.delete_call);
    begun(call, &cluster, &work::POOL_UPDATE, done, answer)
}

#[test]
fn an_image_is_released_each_wednesday() {
    let at = |day: Date| day.midnight().assume_utc().unix_timestamp() * 1000;
    assert_eq!(released(at(time::macros::date!(2026 - 04 - 20))), "202604.15.0");
    assert_eq!(released(at(time::macros::date!(2026 - 04 - 22))), "202604.22.0");
    assert_eq!(
        of_release("AKSUbuntu-2204gen2containerd-202601.07.0", "202604.15.0"),
        "AKSUbuntu-2204gen2containerd-202604.15.0"
    );
    assert!(!released(i64::MAX).is_empty() && !released(i64::MIN).is_empty());
}
