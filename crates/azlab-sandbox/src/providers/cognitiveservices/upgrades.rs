//! Deployments that the service moves by itself: to a younger version ("Working with models", `versionUpgradeOption`), and to the
//! model that replaces theirs once that has retired ("Azure OpenAI model retirements").

use uuid::Uuid;

use super::catalogue::{Catalogue, Model};
use crate::arm::regions;
use crate::state::pace::Pace;
use crate::state::settings::Settings;
use crate::state::store::Resource;
use crate::state::timestamps::{Millis, stamp};

/// Moves to the default version as soon as there is a younger one.
pub(super) const TO_DEFAULT: &str = "OnceNewDefaultVersionAvailable";
/// Moves to the default version once its own has retired.
const ONCE_RETIRED: &str = "OnceCurrentVersionExpired";

/// The stored deployment with the model and version to which the service has brought it by `now`. It follows from the state
/// alone.
pub(crate) fn as_it_is(
    settings: &Settings,
    catalogue: &Catalogue,
    (now, pace): (Millis, Pace),
    mut deployment: Resource,
) -> Resource {
    let seconds = settings.version_upgrades_s;
    let moved_at = pace.after(deployment.done, seconds);
    if seconds <= 0.0 || now < moved_at {
        return deployment;
    }
    let region = regions::normal(&deployment.location);
    let Some(target) = target(settings, catalogue, &region, now, &deployment) else { return deployment };
    // The etag changes with the version, and is the same at every look.
    let etag = Uuid::new_v5(
        &Uuid::NAMESPACE_OID,
        format!("{}/{}/{}", deployment.body["etag"], target.name, target.version).as_bytes(),
    );
    let body = &mut deployment.body;
    body["properties"]["model"]["name"] = target.name.as_str().into();
    body["properties"]["model"]["version"] = target.version.as_str().into();
    body["properties"]["capabilities"] = target.deployed_capabilities(&region).into();
    body["systemData"]["lastModifiedAt"] = stamp(moved_at).into();
    body["etag"] = format!("\"{etag}\"").into();
    deployment
}

/// The model that a deployment has by now instead of its own.
fn target<'a>(
    settings: &Settings,
    catalogue: &'a Catalogue,
    region: &str,
    now: Millis,
    deployment: &Resource,
) -> Option<&'a Model> {
    let text = |pointer: &str| deployment.body.pointer(pointer).and_then(serde_json::Value::as_str);
    let (name, version) = (text("/properties/model/name")?, text("/properties/model/version")?);
    let versions_of = |name: &str| {
        let name = name.to_ascii_lowercase();
        let is_one = move |model: &&'a Model| model.name.eq_ignore_ascii_case(&name) && model.in_region(region);
        catalogue.models.iter().filter(is_one)
    };
    let own = versions_of(name).find(|model| model.version == version)?;
    let sku = text("/sku/name")?;
    // Both are days as text, which compare as days do.
    let has_retired = |model: &Model| {
        let told = settings.retired_since(&model.name, &model.version);
        *model.inference <= *stamp(now) || told.is_some_and(|since| *since <= *stamp(now))
    };
    let is_due = match text("/properties/versionUpgradeOption")? {
        TO_DEFAULT => true,
        ONCE_RETIRED => has_retired(own),
        _ => return None,
    };
    let younger = versions_of(name).find(|model| model.default && model.created > own.created);
    let latest = younger.filter(|model| is_due && model.sku(sku).is_some());
    let (_, successor) = settings
        .successors
        .iter()
        .find(|(retired, _)| retired.eq_ignore_ascii_case(name) && has_retired(latest.unwrap_or(own)))
        .unzip();
    let of_successor =
        |successor: &String| versions_of(successor).find(|model| model.default && model.sku(sku).is_some());
    successor.and_then(of_successor).or(latest)
}
