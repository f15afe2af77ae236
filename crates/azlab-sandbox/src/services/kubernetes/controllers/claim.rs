//! A claim of a volume gets one.

use serde_json::json;

use super::super::object::Object;
use super::super::refusal::Refusal;
use super::super::world::World;
use super::write::{self, CONTROLLERS};

pub(super) fn step(world: &World<'_>, claim: Object) -> Result<(), Refusal> {
    if claim.body["status"]["phase"] == "Bound" {
        return Ok(());
    }
    let mut bound = claim.clone();
    bound.body["spec"]["volumeName"] = format!("pvc-{}", claim.uid()).into();
    if bound.body["spec"]["storageClassName"].is_null() {
        bound.body["spec"]["storageClassName"] = "default".into();
    }
    let status = json!({
        "phase": "Bound",
        "accessModes": claim.body["spec"]["accessModes"],
        "capacity": {"storage": claim.body["spec"]["resources"]["requests"]["storage"]},
    });
    bound.body["status"] = status;
    write::status(world, &claim, bound, CONTROLLERS)
}
