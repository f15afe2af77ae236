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

/// What the file of the labs says that the application is made from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Makings {
    /// Images in the place of the manifests' own.
    pub(crate) images: Images,
    /// Manifests in the place of azlab's own: all of the store demo's, if one is not the ai-service's; of the ai-service those of their
    /// kinds and names.
    pub(crate) others: Vec<Manifest>,
}

impl Makings {
    /// The store demo.
    pub(crate) fn store(&self) -> Vec<Manifest> {
        let others: Vec<Manifest> = self.others.iter().filter(|one| !is_of_ai(&one.object)).cloned().collect();
        self.finish(if others.is_empty() { manifest::own(STORE) } else { others })
    }

    /// The ai-service, without what connects it; its Deployment is among it.
    pub(super) fn ai_service(&self) -> Vec<Manifest> {
        let mut all: Vec<Manifest> = self.others.iter().filter(|one| is_of_ai(&one.object)).cloned().collect();
        for own in manifest::own(AI_SERVICE) {
            let is_it =
                |one: &Manifest| one.object.kind() == own.object.kind() && one.object.name() == own.object.name();
            if !all.iter().any(is_it) {
                all.push(own);
            }
        }
        self.finish(all)
    }

    fn finish(&self, all: Vec<Manifest>) -> Vec<Manifest> {
        all.into_iter().map(|manifest| finished(manifest, &self.images)).collect()
    }
}

/// Whether an object is the ai-service's: by its label, or by its name.
pub(super) fn is_of_ai(object: &Object) -> bool {
    object.label("app") == Some(AI) || object.name() == AI
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
        let store = Makings::default().store();
        let count = |kind: Kind| store.iter().filter(|one| one.object.kind() == kind).count();
        let counts = [Kind::Secret, Kind::ConfigMap, Kind::Service, Kind::StatefulSet, Kind::Deployment].map(count);
        assert_eq!((store.len(), counts), (19, [2, 1, 7, 2, 7]));
        assert!(store.iter().all(|one| is_ours(&one.object)));
    }

    #[test]
    fn every_image_has_a_version_and_every_container_its_limits() {
        let all: Vec<Manifest> = [Makings::default().store(), Makings::default().ai_service()].concat();
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
        let all = Makings::default().ai_service();
        assert_eq!(containers(&all[0])[0]["resources"]["limits"]["memory"], "128Mi");
        assert_eq!(containers(&all[0])[0]["startupProbe"]["initialDelaySeconds"], 60);
    }

    #[test]
    fn pods_keep_to_the_baseline_of_pod_security() {
        for manifest in [Makings::default().store(), Makings::default().ai_service()].concat() {
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
    fn manifests_of_ones_own_take_the_place_of_the_part_that_they_are_of() {
        let one = |kind: Kind, name: &str, label: &str| {
            let body = serde_json::json!({"metadata": {"name": name, "labels": {"app": label}}});
            Manifest::own(Object::new(kind, body))
        };
        let of = |others: Vec<Manifest>| {
            let makings = Makings { others, ..Makings::default() };
            let names = |all: Vec<Manifest>| all.iter().map(|one| one.object.to_string()).collect::<Vec<_>>();
            (names(makings.store()), names(makings.ai_service()))
        };
        let (store, ai) = of(vec![one(Kind::Deployment, AI, "mine"), one(Kind::ConfigMap, "prompts", AI)]);
        assert_eq!(
            (store.len(), ai),
            (19, vec!["Deployment ai-service".into(), "ConfigMap prompts".into(), "Service ai-service".into()])
        );
        let (store, ai) = of(vec![one(Kind::Deployment, "shop", "shop")]);
        assert_eq!((store, ai.len()), (vec!["Deployment shop".to_owned()], 2));
    }

    #[test]
    fn an_image_of_ones_own_takes_the_place_of_one_container_alone() {
        let images = Images::from([("store-front".to_owned(), "example.com/front:1".to_owned())]);
        let store = Makings { images, ..Makings::default() }.store();
        let changed = store.iter().flat_map(containers).filter(|one| one["image"] == "example.com/front:1").count();
        assert_eq!(changed, 1);
    }
}
