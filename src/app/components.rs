//! What the application is made of: the store demo, and the ai-service beside it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::labels::mark;
use super::manifest::{self, Manifest};
use crate::kubernetes::Object;

const STORE: &str = include_str!("manifests/store.yaml");
const AI_SERVICE: &str = include_str!("manifests/ai-service.yaml");
/// The Deployment, the Service and the container that ask the model.
pub(crate) const AI: &str = "ai-service";
/// The page of the store for those who run it, which the workshop opens.
pub(crate) const ADMIN: &str = "store-admin";
/// The containers whose image may be another.
pub(crate) const CONTAINERS: [&str; 11] = [
    "documentdb",
    "rabbitmq",
    "wait-for-rabbitmq",
    "order-service",
    "makeline-service",
    "product-service",
    "store-front",
    "store-admin",
    "virtual-customer",
    "virtual-worker",
    AI,
];

/// Images by container.
pub(crate) type Images = BTreeMap<String, String>;

/// The store demo: azlab's own, or `others` in its place.
pub(crate) fn store(others: Option<&[Manifest]>, images: &Images) -> Vec<Manifest> {
    let all = others.map_or_else(|| manifest::own(STORE), <[Manifest]>::to_vec);
    all.into_iter().map(|manifest| finished(manifest, images)).collect()
}

/// The ai-service's Deployment and Service, without what connects it.
pub(super) fn ai_service(images: &Images) -> Vec<Manifest> {
    manifest::own(AI_SERVICE).into_iter().map(|manifest| finished(manifest, images)).collect()
}

/// An object that azlab makes itself.
pub(super) fn made(mut object: Object) -> Manifest {
    mark(&mut object);
    Manifest::own(object)
}

/// Whether anything of azlab's own says that the object of that kind and name is the application's.
pub(super) fn is_known(name: &str) -> bool {
    CONTAINERS.contains(&name)
}

fn finished(mut manifest: Manifest, images: &Images) -> Manifest {
    mark(&mut manifest.object);
    if let Some(spec) = manifest.object.body_mut().pointer_mut("/spec/template/spec") {
        for list in ["initContainers", "containers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
                if let Some(image) = images.get(name) {
                    container["image"] = Value::from(image.as_str());
                }
            }
        }
    }
    manifest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::labels::is_ours;
    use crate::kubernetes::Kind;

    fn containers(manifest: &Manifest) -> Vec<&Value> {
        let spec = manifest.object.body().pointer("/spec/template/spec");
        let of = |list: &str| spec.and_then(|spec| spec.get(list)).and_then(Value::as_array).into_iter().flatten();
        of("initContainers").chain(of("containers")).collect()
    }

    #[test]
    fn the_store_has_the_nineteen_objects_of_today_under_azlabs_labels() {
        let store = store(None, &Images::new());
        let count = |kind: Kind| store.iter().filter(|one| one.object.kind() == kind).count();
        let counts = [Kind::Secret, Kind::ConfigMap, Kind::Service, Kind::StatefulSet, Kind::Deployment].map(count);
        assert_eq!((store.len(), counts), (19, [2, 1, 7, 2, 7]));
        assert!(store.iter().all(|one| is_ours(&one.object)));
    }

    #[test]
    fn every_image_has_a_version_and_every_container_its_limits() {
        let all: Vec<Manifest> = [store(None, &Images::new()), ai_service(&Images::new())].concat();
        let mut seen = Vec::new();
        for container in all.iter().flat_map(containers) {
            let image = container["image"].as_str().unwrap();
            let tag = image.rsplit_once(':').map(|(_, tag)| tag).unwrap_or_default();
            assert!(tag.contains('.') && tag != "latest", "{image}");
            assert!(container["resources"]["limits"]["memory"].is_string(), "{container}");
            seen.push(container["name"].as_str().unwrap());
        }
        seen.sort_unstable();
        let mut known = CONTAINERS.to_vec();
        known.sort_unstable();
        assert_eq!(seen, known);
    }

    #[test]
    fn the_ai_service_may_take_more_memory_than_the_workshops_text_gives_it() {
        let all = ai_service(&Images::new());
        assert_eq!(containers(&all[0])[0]["resources"]["limits"]["memory"], "128Mi");
        assert_eq!(containers(&all[0])[0]["startupProbe"]["initialDelaySeconds"], 60);
    }

    #[test]
    fn pods_keep_to_the_baseline_of_pod_security() {
        for manifest in [store(None, &Images::new()), ai_service(&Images::new())].concat() {
            let Some(spec) = manifest.object.body().pointer("/spec/template/spec") else { continue };
            for forbidden in ["hostNetwork", "hostPID", "hostIPC"] {
                assert!(spec.get(forbidden).is_none(), "{}", manifest.object);
            }
            assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
            assert!(spec["volumes"].as_array().into_iter().flatten().all(|volume| volume.get("hostPath").is_none()));
            for container in containers(&manifest) {
                assert!(container["securityContext"].get("privileged").is_none());
                assert!(container["securityContext"]["capabilities"].get("add").is_none());
            }
        }
    }

    #[test]
    fn an_image_of_ones_own_takes_the_place_of_one_container_alone() {
        let images = Images::from([("store-front".to_owned(), "example.com/front:1".to_owned())]);
        let store = store(None, &images);
        let changed = store.iter().flat_map(containers).filter(|one| one["image"] == "example.com/front:1").count();
        assert_eq!(changed, 1);
    }
}
