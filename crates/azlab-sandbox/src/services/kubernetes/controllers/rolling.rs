//! How a deployment goes from one template to the next: as its strategy says, within its surge and what may be unavailable.

use serde_json::Value;

use super::super::object::Object;
use super::super::refusal::Refusal;
use super::super::world::World;
use super::event::tell;
use super::write::update;

/// A deployment with its replica sets, the old ones oldest first.
pub(super) struct Scaling<'a> {
    pub deployment: &'a Object,
    pub newest: Object,
    pub old: Vec<Object>,
}

impl Scaling<'_> {
    pub fn all(&self) -> impl Iterator<Item = &Object> {
        self.old.iter().chain([&self.newest])
    }
}

fn wanted(deployment: &Object) -> i64 {
    deployment.body["spec"]["replicas"].as_i64().unwrap_or(1).max(0)
}

/// A number, or a percentage of the replicas.
fn resolve(value: &Value, of: i64, up: bool) -> i64 {
    if let Some(number) = value.as_i64() {
        return number.clamp(0, 100_000);
    }
    let percent: f64 = value.as_str().and_then(|text| text.strip_suffix('%')?.parse().ok()).unwrap_or(25.0);
    let exact = of as f64 * percent / 100.0;
    (if up { exact.ceil() } else { exact.floor() }) as i64
}

/// How many Pods there may be above the wanted number.
pub(super) fn surge(deployment: &Object) -> i64 {
    match deployment.body["spec"]["strategy"]["type"].as_str() {
        Some("Recreate") => 0,
        _ => resolve(&deployment.body["spec"]["strategy"]["rollingUpdate"]["maxSurge"], wanted(deployment), true),
    }
}

/// How many of the wanted Pods may be missing.
pub(super) fn unavailable(deployment: &Object) -> i64 {
    if deployment.body["spec"]["strategy"]["type"] == "Recreate" {
        return wanted(deployment);
    }
    let asked = &deployment.body["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"];
    let resolved = resolve(asked, wanted(deployment), false).min(wanted(deployment));
    // Both none would be no way forward.
    if resolved == 0 && surge(deployment) == 0 { 1.min(wanted(deployment)) } else { resolved }
}

fn replicas(set: &Object) -> i64 {
    set.body["spec"]["replicas"].as_i64().unwrap_or_default()
}

fn count(set: &Object, name: &str) -> i64 {
    set.body["status"][name].as_i64().unwrap_or_default()
}

/// The next step of the way.
///
/// # Errors
/// What the API server says to a change of a replica set.
pub(super) fn advance<'a>(world: &World<'_>, mut scaling: Scaling<'a>) -> Result<Scaling<'a>, Refusal> {
    let deployment = scaling.deployment;
    let wanted = wanted(deployment);
    if deployment.body["spec"]["strategy"]["type"] == "Recreate" {
        for set in &mut scaling.old {
            scale(world, deployment, set, 0)?;
        }
        if scaling.old.iter().all(|set| count(set, "replicas") == 0) {
            scale(world, deployment, &mut scaling.newest, wanted)?;
        }
        return Ok(scaling);
    }
    let total: i64 = scaling.all().map(replicas).sum();
    let current = replicas(&scaling.newest);
    if current > wanted {
        scale(world, deployment, &mut scaling.newest, wanted)?;
        return Ok(scaling);
    }
    let room = (wanted + surge(deployment) - total).max(0);
    if current < wanted && room > 0 {
        scale(world, deployment, &mut scaling.newest, current + room.min(wanted - current))?;
        return Ok(scaling);
    }
    scale_down(world, &mut scaling, total, wanted)?;
    Ok(scaling)
}

fn scale_down(world: &World<'_>, scaling: &mut Scaling<'_>, total: i64, wanted: i64) -> Result<(), Refusal> {
    let deployment = scaling.deployment;
    let least = wanted - unavailable(deployment);
    let pending = (replicas(&scaling.newest) - count(&scaling.newest, "availableReplicas")).max(0);
    let mut most = total - least - pending;
    if most <= 0 {
        return Ok(());
    }
    // Old Pods that are of no use go first.
    for set in &mut scaling.old {
        let unhealthy = (replicas(set) - count(set, "availableReplicas")).clamp(0, most.max(0));
        if unhealthy > 0 {
            let left = replicas(set) - unhealthy;
            scale(world, deployment, set, left)?;
            most -= unhealthy;
        }
    }
    let available: i64 = scaling.all().map(|set| count(set, "availableReplicas").min(replicas(set))).sum();
    let mut down = available - least;
    for set in &mut scaling.old {
        let step = replicas(set).min(down.max(0));
        if step > 0 {
            let left = replicas(set) - step;
            scale(world, deployment, set, left)?;
            down -= step;
        }
    }
    Ok(())
}

fn scale(world: &World<'_>, deployment: &Object, set: &mut Object, to: i64) -> Result<(), Refusal> {
    let from = replicas(set);
    if from == to {
        return Ok(());
    }
    let mut body = set.body.clone();
    body["spec"]["replicas"] = to.into();
    *set = update(world, set, body)?;
    let way = if to > from { "up" } else { "down" };
    let message = format!("Scaled {way} replica set {} from {from} to {to}", set.name());
    tell(world, deployment, "deployment-controller", true, "ScalingReplicaSet", &message)
}
