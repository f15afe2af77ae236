//! Agent pools, as parts of their cluster: one is added, changed or taken away at a time ("Agent Pools", 2025-08-01).

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::accepted::{accepted, begun};
use super::judged::{self, Of};
use super::pool_body::pool_profile;
use super::validation::{self, Pool};
use super::work;
use super::{JSON, clusters, etags, power, quotas, rules, versions};
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::state::store::Resource;
use crate::state::timestamps::Millis;

/// Mode of a pool that is added without one (the reference of `AgentPoolMode`).
const DEFAULT_MODE: &str = "User";
/// Member of a cluster's stored body, never shown: `{"name", "state"}` of the pool that is worked on.
const AT_WORK: &str = "poolAtWork";
/// Member of a cluster's stored body, never shown: by name, the states of the pools that say more than the cluster is worked on.
const CHANGING: &str = "poolsChanging";

/// Makes of the stored body of a cluster what it is at `now`: once the work on a pool is done it is forgotten, and with it a pool
/// that was to go. Of `cluster` only the states are read.
pub(super) fn settle(body: &mut Value, cluster: &Resource, now: Millis) {
    if cluster.in_progress(now) {
        return;
    }
    let work = body.as_object_mut().and_then(|body| {
        body.remove(CHANGING);
        body.remove(AT_WORK)
    });
    let work = work.unwrap_or_default();
    let goes = work["state"] == "Deleting" && cluster.state(now) == "Succeeded";
    if let (true, Some(pools)) = (goes, profiles(body)) {
        pools.retain(|pool| pool["name"] != work["name"]);
    }
}

/// Writes the pools' states into a body that is about to be shown: that of the cluster, `state`, unless one pool is worked on.
pub(super) fn show_states(body: &mut Value, state: &str) {
    let (work, changing) = match body.as_object_mut() {
        Some(body) => {
            (body.remove(AT_WORK), body.remove(CHANGING).filter(|_| matches!(state, "Updating" | "Upgrading")))
        }
        None => (None, None),
    };
    for pool in profiles(body).into_iter().flatten().filter_map(Value::as_object_mut) {
        let now = match &work {
            None => pool["name"]
                .as_str()
                .and_then(|name| changing.as_ref()?.get(name).cloned())
                .unwrap_or_else(|| state.into()),
            Some(work) if pool.get("name") == work.get("name") => work["state"].clone(),
            Some(_) => "Succeeded".into(),
        };
        pool.insert("provisioningState".into(), now);
    }
}

fn profiles(body: &mut Value) -> Option<&mut Vec<Value>> {
    body.pointer_mut("/properties/agentPoolProfiles").and_then(Value::as_array_mut)
}

fn rendered(call: &Call<'_>, cluster: &Resource) -> Vec<Value> {
    let mut body = clusters::render(call, cluster);
    let Value::Array(pools) = body["properties"]["agentPoolProfiles"].take() else { return Vec::new() };
    pools
        .into_iter()
        .map(|mut properties| {
            let name = properties.as_object_mut().and_then(|pool| pool.remove("name")).unwrap_or_default();
            json!({
                "id": format!("{}/agentPools/{}", cluster.id, name.as_str().unwrap_or_default()),
                "name": name,
                "type": "Microsoft.ContainerService/managedClusters/agentPools",
                "properties": properties,
            })
        })
        .collect()
}

/// `GET …/agentPools`
pub(super) fn list(call: &Call<'_>, group: &Resource, cluster: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, cluster)?;
    Ok(Answer::ok(json!({ "value": rendered(call, &cluster) })).header("content-type", JSON))
}

/// `…/agentPools/{name}`
pub(super) fn one(call: &Call<'_>, group: &Resource, cluster: &str, name: &str) -> Outcome {
    let cluster = clusters::find(call, group, cluster)?;
    match *call.method {
        Method::GET | Method::HEAD => {
            Ok(Answer::ok(required(call, group, &cluster, name)?).header("content-type", JSON))
        }
        Method::PUT => put(call, cluster, name),
        Method::DELETE => delete(call, cluster, name),
        _ => Err(call.method_not_allowed()),
    }
}

fn is(pool: &Value, name: &str) -> bool {
    pool["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name))
}

fn shown(call: &Call<'_>, cluster: &Resource, name: &str) -> Option<Value> {
    rendered(call, cluster).into_iter().find(|pool| is(pool, name))
}

/// The pool of this name as it is shown, or AKS's 404.
pub(super) fn required(call: &Call<'_>, group: &Resource, cluster: &Resource, name: &str) -> Result<Value, Failure> {
    shown(call, cluster, name).ok_or_else(|| missing(group, cluster, name))
}

fn missing(group: &Resource, cluster: &Resource, name: &str) -> Failure {
    Failure::not_found(
        "NotFound",
        format!(
            "Could not find the agentpool: {name} in subscription: {}, resourceGroup: {}, resourceName: {}.",
            cluster.id.split('/').nth(2).unwrap_or_default(),
            group.name,
            cluster.name
        ),
    )
    .flat()
    .detail(json!({"code": "Unspecified", "message": "rpc error: code = NotFound desc = Agent Pool not found"}))
}

/// Refuses a write whose condition does not hold for the pool of this name.
fn check_etag(call: &Call<'_>, cluster: &Resource, name: &str) -> Result<(), Failure> {
    let pools = cluster.body["properties"]["agentPoolProfiles"].as_array().into_iter().flatten();
    let known = pools.filter(|pool| is(pool, name)).find_map(|pool| pool["name"].as_str());
    etags::check(call, known.map(|known| etags::of_pool(cluster, known)).as_deref())
}

/// 201 `Creating`, or 200 `Updating`, with the polling URL.
fn put(call: &Call<'_>, cluster: Resource, name: &str) -> Outcome {
    check_etag(call, &cluster, name)?;
    clusters::refuse_in_progress(call, &cluster)?;
    power::refuse_stopped(&cluster)?;
    let mut sent = judged::judge(call, Of::Pool)?["properties"].take();
    let mut body = cluster.body.clone();
    let old = profiles(&mut body).into_iter().flatten().find(|pool| is(pool, name)).map(|pool| pool.clone());
    sent["name"] = old.as_ref().map_or_else(|| name.into(), |old| old["name"].clone());
    if sent["mode"].is_null() {
        sent["mode"] = old.as_ref().map_or_else(|| DEFAULT_MODE.into(), |old| old["mode"].clone());
    }
    if let Some(old) = &old {
        judged::refuse_changes(Of::Pool, &json!({"properties": sent}), &json!({"properties": old}))?;
    }
    let asked: Pool = serde_json::from_value(sent.clone()).map_err(|error| Failure::content(error).flat())?;
    let running = body["properties"]["kubernetesVersion"].as_str().map(str::to_owned);
    let version = validation::version(sent["orchestratorVersion"].as_str(), running.as_deref(), &cluster.name)?;
    let profile = pool_profile(&cluster.location, &asked, &sent, &version, old.as_ref())?;
    let state = match &old {
        None => "Creating",
        Some(old) => changing(old, &profile)?,
    };
    if let Some(pools) = profiles(&mut body) {
        match pools.iter_mut().find(|pool| is(pool, name)) {
            Some(pool) => *pool = profile,
            None => pools.push(profile),
        }
    }
    check(call, &cluster, &body)?;
    let durations = &call.settings.durations;
    let (work, takes) = match old {
        Some(_) => (&work::POOL_UPDATE, durations.agent_pool_update),
        None => (&work::POOL_CREATE, durations.agent_pool_create),
    };
    let cluster = at_work(call, cluster, body, name, state, call.later(durations.cluster_put + takes))?;
    let mut pool = shown(call, &cluster, name).unwrap_or_default();
    if old.is_none() {
        etags::hide(&mut pool);
    }
    let answer = Answer::created_or_ok(old.is_none(), pool).header("content-type", JSON).after(durations.cluster_put);
    begun(call, &cluster, work, cluster.done, answer)
}

/// Writes into the body that a cluster is about to have what is done to its pools, beside the body that it has had.
///
/// # Errors
/// Where a pool is to have a lower version.
pub(super) fn mark_changes(old: &Value, new: &mut Value) -> Result<(), Failure> {
    let pools = |body: &Value| body["properties"]["agentPoolProfiles"].as_array().cloned().unwrap_or_default();
    let (before, mut changes) = (pools(old), Map::new());
    for pool in pools(new) {
        let Some(name) = pool["name"].as_str() else { continue };
        let state = match before.iter().find(|known| is(known, name)) {
            None => "Creating",
            Some(old) => changing(old, &pool)?,
        };
        if state != "Updating" {
            changes.insert(name.to_owned(), state.into());
        }
    }
    if !changes.is_empty() {
        new[CHANGING] = Value::Object(changes);
    }
    Ok(())
}

/// The state of a pool that goes from `old` to `new` (recorded: pools say what is done to them).
fn changing(old: &Value, new: &Value) -> Result<&'static str, Failure> {
    let runs = |pool: &Value| pool["currentOrchestratorVersion"].as_str().unwrap_or_default().to_owned();
    let is_stopped = |pool: &Value| pool["powerState"]["code"] == "Stopped";
    versions::check_upgrade(&runs(old), &runs(new))?;
    Ok(match () {
        () if is_stopped(new) && !is_stopped(old) => "Stopping",
        () if is_stopped(old) && !is_stopped(new) => "Starting",
        () if runs(old) != runs(new) => "Upgrading",
        () if old["count"] != new["count"] => "Scaling",
        () => "Updating",
    })
}

/// 202 with both polling URLs; an absent pool is 204.
fn delete(call: &Call<'_>, cluster: Resource, name: &str) -> Outcome {
    check_etag(call, &cluster, name)?;
    let mut body = cluster.body.clone();
    let Some(pools) = profiles(&mut body).filter(|pools| pools.iter().any(|pool| is(pool, name))) else {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    };
    clusters::refuse_in_progress(call, &cluster)?;
    pools.retain(|pool| !is(pool, name));
    if pools.is_empty() {
        return Err(validation::no_system_pool());
    }
    // Its vCPUs are free as soon as it is asked to go, a little sooner than Azure's.
    check(call, &cluster, &body)?;
    let durations = &call.settings.durations;
    let done = call.later(durations.delete_call + durations.agent_pool_delete);
    let body = cluster.body.clone();
    let cluster = at_work(call, cluster, body, name, "Deleting", done)?;
    accepted(call, &cluster, &work::POOL_DELETE, done)
}

/// Checks the pools in `body` as a cluster's PUT would, and takes the quota that they need.
fn check(call: &Call<'_>, cluster: &Resource, body: &Value) -> Result<(), Failure> {
    let pools: Vec<Pool> = serde_json::from_value(body["properties"]["agentPoolProfiles"].clone())
        .map_err(|error| Failure::content(error).flat())?;
    validation::check_pools(&pools, &cluster.location)?;
    rules::check_pools(&body["properties"]["agentPoolProfiles"], &cluster.location)?;
    quotas::take(call, &cluster.id, &cluster.location, &pools, &body["properties"])
}

/// Keeps the cluster with `body`, whose pool `name` is worked on until `done`: nothing else is meanwhile.
pub(super) fn at_work(
    call: &Call<'_>,
    cluster: Resource,
    mut body: Value,
    name: &str,
    state: &str,
    done: Millis,
) -> Result<Resource, Failure> {
    let known = profiles(&mut body).into_iter().flatten().find(|pool| is(pool, name)).map(|pool| pool["name"].clone());
    if let Some(known) = known.as_ref().and_then(Value::as_str) {
        etags::renew_pool(&cluster.id, &mut body, known, call.now);
    }
    body[AT_WORK] = json!({"name": known, "state": state});
    let cluster = Resource { body, state: "Updating".into(), asked: call.now, done, ..cluster };
    call.store.put(&cluster)?;
    Ok(cluster)
}
