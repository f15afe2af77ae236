//! The mark by which Pods of the ai-service are made again when what they read at their start has changed.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::manifest::Manifest;
use crate::kubernetes::Kind;

/// Tells Pods of other variables apart, so that they are made again when those change: by what they should be, and by the versions of
/// the objects that hold them, since a Pod that read another value keeps it when the right one is put back.
pub(super) const CONFIG_HASH: &str = "azlab/config";

/// Which versions of objects are there.
pub(super) type Versions = BTreeMap<(Kind, String), String>;

/// `manifest` with a mark of the `versions` of what its Pods read, where it is the connected ai-service's Deployment.
pub(super) fn stamped(manifest: &Manifest, versions: &Versions) -> Manifest {
    let mut stamped = manifest.clone();
    let Some(template) = stamped.object.body_mut().pointer_mut("/spec/template") else { return stamped };
    let Some(mark) = template["metadata"]["annotations"].get(CONFIG_HASH).and_then(Value::as_str) else {
        return stamped;
    };
    let mut hash = Sha256::new();
    hash.update(mark);
    let spec = &template["spec"];
    let sources = spec["containers"][0]["envFrom"].as_array().into_iter().flatten();
    let read = sources.flat_map(|source| {
        [(Kind::ConfigMap, &source["configMapRef"]["name"]), (Kind::Secret, &source["secretRef"]["name"])]
    });
    for (kind, name) in read.chain([(Kind::ServiceAccount, &spec["serviceAccountName"])]) {
        hash.update(name.as_str().and_then(|name| versions.get(&(kind, name.to_owned()))).map_or("", String::as_str));
        hash.update("/");
    }
    template["metadata"]["annotations"][CONFIG_HASH] = short(hash).into();
    stamped
}

/// 64 bits of a hash, for people.
pub(super) fn short(hash: Sha256) -> String {
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
