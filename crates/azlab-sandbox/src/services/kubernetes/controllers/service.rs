//! A service of type LoadBalancer gets an address, and gives it back before it goes.

use serde_json::{Value, json};

use super::super::object::{Object, moment};
use super::super::refusal::Refusal;
use super::super::verbs::finish_deletion;
use super::super::world::World;
use super::event::tell;
use super::write;
use crate::scenario::random::random;
use crate::state::kubernetes::means;

const MANAGER: &str = "cloud-controller-manager";
const COMPONENT: &str = "service-controller";
/// Keeps a service until its address is given back.
const FINALIZER: &str = "service.kubernetes.io/load-balancer-cleanup";
/// How long an address takes: some 20 to 60 seconds on AKS (inferred), in milliseconds.
const TAKES: (f64, f64) = (20_000.0, 60_000.0);
/// How long giving it back takes.
const GIVEN_BACK: i64 = 5000;

pub(super) fn step(world: &World<'_>, service: Object) -> Result<(), Refusal> {
    let mut new = service.clone();
    let has_finalizer = service.finalizers().contains(&FINALIZER);
    if service.is_deleting() {
        return go(world, service, has_finalizer);
    }
    let wants = service.body["spec"]["type"] == "LoadBalancer";
    let has = service.body["status"]["loadBalancer"]["ingress"].is_array();
    if !wants {
        if has || has_finalizer {
            set_finalizer(&mut new, false);
            new.body["status"]["loadBalancer"] = json!({});
        }
        return write::status(world, &service, new, MANAGER);
    }
    if !has_finalizer {
        set_finalizer(&mut new, true);
        let about = &service;
        tell(world, about, COMPONENT, true, "EnsuringLoadBalancer", "Ensuring load balancer")?;
    }
    if means(&world.settings.kubernetes.no_address, service.name(), service.name(), "") {
        return write::status(world, &service, new, MANAGER);
    }
    let drawn = random(&format!("{}/address", service.uid()));
    let since = moment(&service.body["metadata"]["creationTimestamp"]).unwrap_or(world.now);
    let at = since + world.pace.span((TAKES.0 + (TAKES.1 - TAKES.0) * drawn) as i64);
    if has {
        return write::status(world, &service, new, MANAGER);
    }
    if world.now < at {
        new.due = Some(at);
        return write::status(world, &service, new, MANAGER);
    }
    let octets = *uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, service.uid().as_bytes()).as_bytes();
    // An address for documentation (RFC 5737): nobody answers there.
    let address = format!("203.0.113.{}", octets[0].clamp(1, 254));
    new.body["status"]["loadBalancer"] = json!({"ingress": [{"ip": address, "ipMode": "VIP"}]});
    tell(world, &service, COMPONENT, true, "EnsuredLoadBalancer", "Ensured load balancer")?;
    write::status(world, &service, new, MANAGER)
}

/// A service that is deleted.
fn go(world: &World<'_>, mut service: Object, has_finalizer: bool) -> Result<(), Refusal> {
    let since = moment(&service.body["metadata"]["deletionTimestamp"]).unwrap_or(world.now);
    let given_back = since + world.pace.span(GIVEN_BACK);
    if has_finalizer && world.now < given_back {
        return Ok(world.set_due(&service, Some(given_back))?);
    }
    set_finalizer(&mut service, false);
    finish_deletion(world, &mut service)
}

fn set_finalizer(service: &mut Object, on: bool) {
    let mut finalizers: Vec<Value> =
        service.finalizers().into_iter().filter(|one| *one != FINALIZER).map(Value::from).collect();
    if on {
        finalizers.push(FINALIZER.into());
    }
    let metadata = service.metadata_mut();
    match finalizers.is_empty() {
        true => _ = metadata.remove("finalizers"),
        false => _ = metadata.insert("finalizers".into(), finalizers.into()),
    }
}
