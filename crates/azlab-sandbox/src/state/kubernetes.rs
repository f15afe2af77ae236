//! What goes wrong in the clusters of the sandbox, above their API servers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What goes wrong with Pods and services. A name in a list means a container, an image (with or without its tag), or a Pod by
/// the beginning of its name; `*` means all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KubernetesSettings {
    /// Containers that run out of memory once they have started, and again after each restart: `OOMKilled`, then
    /// `CrashLoopBackOff`.
    pub out_of_memory: Vec<String>,
    /// Containers whose image cannot be pulled: `ErrImagePull`, then `ImagePullBackOff`.
    pub image_pull_fails: Vec<String>,
    /// Containers that run and whose readiness probe never succeeds.
    pub never_ready: Vec<String>,
    /// Pods that fit on no node: `Unschedulable`.
    pub unschedulable: Vec<String>,
    /// Services of type LoadBalancer that get no address.
    pub no_address: Vec<String>,
    /// Admission webhooks that refuse.
    pub refusing_webhooks: Vec<RefusingWebhook>,
}

/// An admission webhook that refuses what it is asked about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusingWebhook {
    /// Its name, as refusals tell it: `validation.gatekeeper.sh`.
    pub name: String,
    /// What it says.
    pub message: String,
    /// The kinds that it is asked about, in the plural: `pods`, `deployments`; left out, all.
    #[serde(default)]
    pub resources: Vec<String>,
    /// The objects that it refuses, by the beginning of their name; left out, all.
    #[serde(default)]
    pub names: Vec<String>,
}

impl RefusingWebhook {
    /// Whether it refuses the object `name` of the kind `plural`.
    pub(crate) fn refuses(&self, plural: &str, name: &str) -> bool {
        (self.resources.is_empty() || self.resources.iter().any(|one| one == plural))
            && (self.names.is_empty() || self.names.iter().any(|one| name.starts_with(one.as_str())))
    }
}

/// Whether one of `names` means a container of that name and image in a Pod or workload of that name.
pub(crate) fn means(names: &[String], owner: &str, container: &str, image: &str) -> bool {
    let bare = image.split('@').next().unwrap_or_default();
    let untagged = match bare.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => bare,
    };
    let last = untagged.rsplit('/').next().unwrap_or_default();
    names.iter().map(String::as_str).any(|name| {
        name == "*"
            || (!name.is_empty()
                && (name == container
                    || name == image
                    || name == bare
                    || name == untagged
                    || name == last
                    || owner == name
                    || owner.starts_with(&format!("{name}-"))))
    })
}
