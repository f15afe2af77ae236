//! Deployments that the service moves to a younger version by itself ("Working with models", `versionUpgradeOption`).

use uuid::Uuid;

use super::catalogue::{Catalogue, Model};
use crate::arm::regions;
use crate::state::settings::Settings;
use crate::state::store::Resource;
use crate::state::timestamps::{Millis, plus, stamp};

/// Moves to the default version as soon as there is a younger one.
pub(super) const TO_DEFAULT: &str = "OnceNewDefaultVersionAvailable";
/// Moves to the default version once its own has retired.
const ONCE_RETIRED: &str = "OnceCurrentVersionExpired";

/// The stored deployment with the version to which the service has brought it by `now`. It follows from the state alone.
pub(crate) fn as_it_is(settings: &Settings, catalogue: &Catalogue, now: Millis, mut deployment: Resource) -> Resource {
    let seconds = settings.version_upgrades_s;
    let moved_at = plus(deployment.done, seconds);
    if seconds <= 0.0 || now < moved_at {
        return deployment;
    }
    let region = regions::normal(&deployment.location);
    let Some(target) = target(catalogue, &region, now, &deployment) else { return deployment };
    // The etag changes with the version, and is the same at every look.
    let etag = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/{}", deployment.body["etag"], target.version).as_bytes());
    let body = &mut deployment.body;
    body["properties"]["model"]["version"] = target.version.as_str().into();
    body["properties"]["capabilities"] = target.deployed_capabilities(&region).into();
    body["systemData"]["lastModifiedAt"] = stamp(moved_at).into();
    body["etag"] = format!("\"{etag}\"").into();
    deployment
}

/// The version that a deployment has by now instead of its own.
fn target<'a>(catalogue: &'a Catalogue, region: &str, now: Millis, deployment: &Resource) -> Option<&'a Model> {
    let text = |pointer: &str| deployment.body.pointer(pointer).and_then(serde_json::Value::as_str);
    let (name, version) = (text("/properties/model/name")?, text("/properties/model/version")?);
    let versions = || catalogue.models.iter().filter(|model| model.name == name && model.in_region(region));
    let own = versions().find(|model| model.version == version)?;
    let is_due = match text("/properties/versionUpgradeOption")? {
        TO_DEFAULT => true,
        // Both are days as text, which compare as days do.
        ONCE_RETIRED => *own.inference <= *stamp(now),
        _ => false,
    };
    let sku = text("/sku/name")?;
    versions().find(|model| is_due && model.default && model.created > own.created && model.sku(sku).is_some())
}
