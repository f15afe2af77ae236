//! Connects the ai-service to the lab's model: with the account's key, or as the lab's managed identity.
//!
//! Its variables come from a ConfigMap and a Secret of their own, in a list (`envFrom`) that has one owner: whoever applies the
//! workshop's next manifest replaces all of it, and leaves no key behind. The names of the key's are not those of the workshop's text,
//! whose `kubectl create configmap` wants its own to be free.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::components::{AI, Makings, made};
use super::deploy::{How, put};
use super::manifest::Manifest;
use super::remove::remove_named;
use super::stamp::{CONFIG_HASH, short};
use crate::events::Events;
use crate::kubernetes::{Cluster, Error, Kind, Object};
use crate::lab::chapter::AppAuth;
use crate::outcome::app::ObjectReport;
use crate::values::Secret;

/// The Secret of the key.
pub(crate) const KEY_SECRET: &str = "ai-service-key";
/// The ConfigMap beside it.
const KEY_CONFIG: &str = "ai-service-settings";
/// The ConfigMap of workload identity, as the workshop's text calls it.
pub(crate) const IDENTITY_CONFIG: &str = "ai-service-config";
/// The variables that hold a key: the ai-service reads the first, else the second.
const KEYS: [&str; 2] = ["OPENAI_API_KEY", "AZURE_OPENAI_API_KEY"];
/// The label of Pods that get a token of the identity.
pub(crate) const USE: &str = "azure.workload.identity/use";
/// The annotation of a service account that says whose tokens its own are exchanged for.
pub(crate) const CLIENT_ID: &str = "azure.workload.identity/client-id";

/// What the ai-service is connected to.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    /// The account's endpoint.
    pub(crate) endpoint: String,
    /// The model deployment.
    pub(crate) deployment: String,
}

/// With what.
#[derive(Clone, Debug)]
pub(crate) enum Means {
    /// The account's key.
    Key(Secret),
    /// The lab's identity.
    Identity {
        /// Its client id.
        client_id: String,
        /// The service account that it trusts.
        service_account: String,
    },
}

impl Means {
    /// Which they are.
    pub(crate) fn auth(&self) -> AppAuth {
        match self {
            Self::Key(_) => AppAuth::Key,
            Self::Identity { .. } => AppAuth::WorkloadIdentity,
        }
    }
}

/// The objects of an ai-service that is connected to `model` by `means`.
pub(crate) fn objects(model: &Model, means: &Means, makings: &Makings) -> Vec<Manifest> {
    let mut all = match means {
        Means::Key(key) => vec![secret(key), config_map(KEY_CONFIG, model, "False")],
        Means::Identity { client_id, service_account } => {
            vec![self::service_account(service_account, client_id), config_map(IDENTITY_CONFIG, model, "True")]
        }
    };
    let hash = hash(&all);
    for mut manifest in makings.ai_service() {
        let is_it = manifest.object.kind() == Kind::Deployment && manifest.object.name() == AI;
        if let Some(template) = manifest.object.body_mut().pointer_mut("/spec/template").filter(|_| is_it) {
            template["metadata"]["annotations"][CONFIG_HASH] = hash.as_str().into();
            let spec = &mut template["spec"];
            let mut sources = match spec["containers"][0]["envFrom"].take() {
                Value::Array(own) => own,
                _ => Vec::new(),
            };
            match means {
                Means::Key(_) => {
                    sources.push(json!({"configMapRef": {"name": KEY_CONFIG}}));
                    sources.push(json!({"secretRef": {"name": KEY_SECRET}}));
                }
                Means::Identity { .. } => sources.push(json!({"configMapRef": {"name": IDENTITY_CONFIG}})),
            }
            spec["containers"][0]["envFrom"] = sources.into();
            if let Means::Identity { service_account, .. } = means {
                spec["serviceAccountName"] = service_account.as_str().into();
                template["metadata"]["labels"][USE] = "true".into();
            }
        }
        all.push(manifest);
    }
    all
}

/// The service account of workload identity.
pub(super) fn service_account(name: &str, client_id: &str) -> Manifest {
    made(Object::new(
        Kind::ServiceAccount,
        json!({"metadata": {"name": name, "labels": {"app": AI}, "annotations": {CLIENT_ID: client_id}}}),
    ))
}

/// The ConfigMap of workload identity.
pub(super) fn identity_config(model: &Model) -> Manifest {
    config_map(IDENTITY_CONFIG, model, "True")
}

fn config_map(name: &str, model: &Model, with_identity: &str) -> Manifest {
    let data = json!({
        "USE_AZURE_OPENAI": "True",
        "USE_AZURE_AD": with_identity,
        "AZURE_OPENAI_DEPLOYMENT_NAME": model.deployment,
        "AZURE_OPENAI_ENDPOINT": model.endpoint,
    });
    made(Object::new(Kind::ConfigMap, json!({"metadata": {"name": name, "labels": {"app": AI}}, "data": data})))
}

fn secret(key: &Secret) -> Manifest {
    let data = json!({KEYS[0]: STANDARD.encode(key.reveal())});
    made(Object::new(
        Kind::Secret,
        json!({"metadata": {"name": KEY_SECRET, "labels": {"app": AI}}, "type": "Opaque", "data": data}),
    ))
}

/// A mark of what the objects hold. Of a key, which has 128 bits and more, 64 bits of a hash tell nothing.
fn hash(objects: &[Manifest]) -> String {
    let mut hash = Sha256::new();
    for one in objects {
        hash.update(one.object.body()["data"].to_string());
        hash.update(one.object.body()["metadata"]["annotations"].to_string());
    }
    short(hash)
}

/// Connects the ai-service, and, where that is by identity, takes the key away.
///
/// # Errors
/// [`Error`]
pub(crate) async fn connect(
    cluster: &Cluster,
    model: &Model,
    means: &Means,
    makings: &Makings,
    how: How,
    events: &Events,
) -> Result<Vec<ObjectReport>, Error> {
    // What the workshop's text has the attendee write is what this is about.
    let how = How { adopts: true, ..how };
    let mut done = put(cluster, &objects(model, means, makings), how, events).await?;
    if means.auth() == AppAuth::WorkloadIdentity {
        let keys = [(Kind::Secret, KEY_SECRET), (Kind::ConfigMap, KEY_CONFIG)];
        done.extend(remove_named(cluster, &keys, how, events).await?);
    }
    Ok(done)
}

/// What is left of a key on the cluster, and what else keeps the ai-service from being the one that was meant; empty if all is well.
///
/// # Errors
/// [`Error`]
pub(crate) async fn left_over(cluster: &Cluster) -> Result<Vec<String>, Error> {
    let (deployment, secret) =
        tokio::try_join!(cluster.get(Kind::Deployment, AI), cluster.get(Kind::Secret, KEY_SECRET))?;
    let mut left = deployment.as_ref().map(keys_of).unwrap_or_default();
    let is_there = |secret: &Object| !secret.is_going();
    left.extend(secret.filter(is_there).map(|_| format!("the Secret {KEY_SECRET} is still there")));
    Ok(left)
}

/// What is wrong with a manifest of somebody's own that is to be the ai-service's Deployment, each with its place; empty for every other.
pub(crate) fn mistakes(manifest: &Manifest) -> Vec<String> {
    let object = &manifest.object;
    if object.kind() != Kind::Deployment || object.name() != AI {
        return Vec::new();
    }
    let told = |field: &str, mistake: &str| {
        let place = manifest.place(field).map_or_else(String::new, |place| format!("{place}: "));
        format!("{place}{mistake}")
    };
    let at = |field: &str| object.body().pointer(&format!("/{}", field.replace('.', "/")));
    let mut found = Vec::new();
    // What is added to must be there, or be an object where it is.
    for (field, is_needed) in [
        ("spec.template", true),
        ("spec.template.metadata", false),
        ("spec.template.metadata.annotations", false),
        ("spec.template.metadata.labels", false),
        ("spec.template.spec", true),
        ("spec.template.spec.containers.0", true),
    ] {
        if at(field).map_or(is_needed, |value| !value.is_object()) {
            let shown = field.replace(".0", "[0]");
            found.push(told(&shown, &format!("the Deployment {AI} has no {shown}")));
            break;
        }
    }
    let own = "azlab gives it its key, and takes that away: leave it out of the manifest";
    found.extend(keys_of(object).iter().map(|key| told("spec.template.spec.containers", &format!("{key}; {own}"))));
    found
}

/// What a Deployment of the ai-service has of keys, and of containers that are too many.
pub(crate) fn keys_of(deployment: &Object) -> Vec<String> {
    let containers = deployment.body().pointer("/spec/template/spec/containers").and_then(Value::as_array);
    let containers = containers.map(Vec::as_slice).unwrap_or_default();
    let name = |value: &Value| value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut left = Vec::new();
    if containers.len() > 1 {
        let names: Vec<String> = containers.iter().map(name).collect();
        left.push(format!("it has {} containers: {}", containers.len(), names.join(", ")));
    }
    for container in containers {
        let list = |key: &str| container.get(key).and_then(Value::as_array).into_iter().flatten();
        for variable in list("env").filter(|one| KEYS.contains(&name(one).as_str()) && is_set(one)) {
            left.push(format!("the container {} has the variable {}", name(container), name(variable)));
        }
        for secret in list("envFrom").filter_map(|one| one.get("secretRef")) {
            left.push(format!("the container {} reads the Secret {}", name(container), name(secret)));
        }
    }
    left
}

/// Whether a variable has a value; the application's own manifest has empty ones.
fn is_set(variable: &Value) -> bool {
    variable.get("valueFrom").is_some()
        || variable.get("value").and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

/// What a Deployment of the ai-service signs in with.
pub(super) fn auth_of(deployment: &Object) -> Option<AppAuth> {
    let template = deployment.body().pointer("/spec/template")?;
    let labels = template.get("metadata").and_then(|metadata| metadata.get("labels"));
    let is_used = labels.and_then(|labels| labels.get(USE)).and_then(Value::as_str) == Some("true");
    if is_used && keys_of(deployment).is_empty() {
        return Some(AppAuth::WorkloadIdentity);
    }
    Some(AppAuth::Key).filter(|_| !keys_of(deployment).is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::stamp::stamped;
    use super::*;

    fn model() -> Model {
        Model { endpoint: "https://a.openai.azure.com/".into(), deployment: "gpt-35-turbo".into() }
    }

    fn key(text: &str) -> Means {
        Means::Key(Secret::new(text.to_owned()))
    }

    fn identity() -> Means {
        Means::Identity { client_id: "c".into(), service_account: "ai-service-account".into() }
    }

    fn deployment(means: &Means) -> Object {
        let all = objects(&model(), means, &Makings::default());
        all.into_iter().map(|one| one.object).find(|one| one.kind() == Kind::Deployment).unwrap()
    }

    #[test]
    fn a_key_stands_in_a_secret_and_nowhere_else() {
        let all = objects(&model(), &key("s3cret-key"), &Makings::default());
        let text = |object: &Object| object.body().to_string();
        let encoded = STANDARD.encode("s3cret-key");
        let has_it = |object: &Object| text(object).contains("s3cret") || text(object).contains(&encoded);
        let holders: Vec<Kind> =
            all.iter().map(|one| &one.object).filter(|one| has_it(one)).map(Object::kind).collect();
        assert_eq!(holders, [Kind::Secret]);
        assert!(!format!("{all:?}").contains(&encoded), "and is not shown");
        assert_eq!(auth_of(&deployment(&key("k"))), Some(AppAuth::Key));
    }

    #[test]
    fn by_identity_there_is_no_key_and_the_pods_ask_for_a_token() {
        let deployment = deployment(&identity());
        assert!(keys_of(&deployment).is_empty(), "{:?}", keys_of(&deployment));
        assert_eq!(auth_of(&deployment), Some(AppAuth::WorkloadIdentity));
        assert_eq!(deployment.text("/spec/template/spec/serviceAccountName"), Some("ai-service-account"));
    }

    #[test]
    fn an_ai_service_of_ones_own_keeps_what_it_reads_and_gets_what_connects_it() {
        let body = json!({"metadata": {"name": AI}, "spec": {"template": {"metadata": {"annotations": {"a": "b"}}, "spec": {
            "containers": [{"name": "mine", "image": "i", "envFrom": [{"configMapRef": {"name": "prompts"}}]}]}}}});
        let own = Manifest::own(Object::new(Kind::Deployment, body));
        assert_eq!(mistakes(&own), Vec::<String>::new());
        let makings = Makings { others: vec![own], ..Makings::default() };
        let all = objects(&model(), &identity(), &makings);
        let deployment = all.iter().map(|one| &one.object).find(|one| one.kind() == Kind::Deployment).unwrap();
        let template = &deployment.body()["spec"]["template"];
        let names = ["prompts", IDENTITY_CONFIG].map(|name| json!({"configMapRef": {"name": name}}));
        assert_eq!(template["spec"]["containers"][0]["envFrom"], json!(names));
        assert_eq!(template["metadata"]["annotations"]["a"], "b");
        assert_eq!(template["metadata"]["labels"][USE], "true");
    }

    #[test]
    fn an_ai_service_of_ones_own_that_cannot_be_connected_is_told() {
        let of = |template: Value| {
            let body = json!({"metadata": {"name": AI}, "spec": {"template": template}});
            mistakes(&Manifest::own(Object::new(Kind::Deployment, body)))
        };
        for (template, says) in [
            (json!("x"), "has no spec.template"),
            (json!({"metadata": {"labels": "x"}, "spec": {}}), "has no spec.template.metadata.labels"),
            (json!({"spec": {"containers": []}}), "has no spec.template.spec.containers[0]"),
            (
                json!({"spec": {"containers": [{"name": "a", "env": [{"name": "OPENAI_API_KEY", "value": "k"}]}]}}),
                "the container a has the variable OPENAI_API_KEY",
            ),
            (json!({"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}), "it has 2 containers: a, b"),
        ] {
            let found = of(template);
            assert!(found.len() == 1 && found[0].contains(says), "{found:?}, not {says}");
        }
    }

    #[test]
    fn another_key_makes_other_pods() {
        let hash = |means: &Means| deployment(means).body()["spec"]["template"]["metadata"]["annotations"].to_string();
        assert_ne!(hash(&key("a")), hash(&key("b")));
        assert_eq!(hash(&key("a")), hash(&key("a")));
    }

    #[test]
    fn another_version_of_what_they_read_makes_other_pods() {
        let all = objects(&model(), &identity(), &Makings::default());
        let is_it = |one: &&Manifest| one.object.kind() == Kind::Deployment;
        let deployment = all.iter().find(is_it).unwrap();
        let mark = |versions: &[(Kind, &str, &str)]| {
            let of = |(kind, name, version): &(Kind, &str, &str)| ((*kind, (*name).to_owned()), (*version).to_owned());
            let stamped = stamped(deployment, &versions.iter().map(of).collect());
            stamped.object.body()["spec"]["template"]["metadata"]["annotations"].to_string()
        };
        let config = (Kind::ConfigMap, IDENTITY_CONFIG, "1");
        let account = (Kind::ServiceAccount, "ai-service-account", "2");
        assert_eq!(mark(&[config, account]), mark(&[account, config]));
        assert_ne!(mark(&[config, account]), mark(&[(Kind::ConfigMap, IDENTITY_CONFIG, "3"), account]));
        assert_ne!(mark(&[config, account]), mark(&[config, (Kind::ServiceAccount, "ai-service-account", "3")]));
        assert_eq!(mark(&[config]), mark(&[config, (Kind::Secret, KEY_SECRET, "4")]), "what is not read");
    }

    #[test]
    fn what_the_workshops_text_leaves_of_a_key_is_found() {
        let body = json!({"metadata": {"name": AI}, "spec": {"template": {"spec": {"containers": [
            {"name": "order-service", "env": [{"name": "OPENAI_API_KEY", "value": "k"}, {"name": "AZURE_OPENAI_API_KEY", "value": ""}]},
            {"name": "ai-service", "envFrom": [{"configMapRef": {"name": "c"}}, {"secretRef": {"name": "s"}}]},
        ]}}}});
        let left = keys_of(&Object::new(Kind::Deployment, body));
        assert_eq!(
            left,
            [
                "it has 2 containers: order-service, ai-service",
                "the container order-service has the variable OPENAI_API_KEY",
                "the container ai-service reads the Secret s",
            ]
        );
    }
}
