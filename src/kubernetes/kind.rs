//! The kinds of objects that an application may be made of: all live in a namespace.

use kube::api::ApiResource;
use kube::core::GroupVersionKind;

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// `ServiceAccount`
    ServiceAccount,
    /// `Secret`
    Secret,
    /// `ConfigMap`
    ConfigMap,
    /// `Service`
    Service,
    /// `PersistentVolumeClaim`
    PersistentVolumeClaim,
    /// `StatefulSet`
    StatefulSet,
    /// `Deployment`
    Deployment,
    /// `Pod`, which controllers make.
    Pod,
    /// `Event`, by which controllers tell of their work, for an hour.
    Event,
}

impl Kind {
    /// Those that may be applied, in the order in which they need each other: what Pods read comes before what makes Pods.
    pub(crate) const APPLIED: [Self; 7] = [
        Self::ServiceAccount,
        Self::Secret,
        Self::ConfigMap,
        Self::Service,
        Self::PersistentVolumeClaim,
        Self::StatefulSet,
        Self::Deployment,
    ];

    /// As it stands in a manifest: `Deployment`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ServiceAccount => "ServiceAccount",
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
            Self::Service => "Service",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::StatefulSet => "StatefulSet",
            Self::Deployment => "Deployment",
            Self::Pod => "Pod",
            Self::Event => "Event",
        }
    }

    /// As kubectl takes it: `deployment`.
    pub(crate) fn word(self) -> String {
        self.name().to_ascii_lowercase()
    }

    /// Its `apiVersion`: `apps/v1`.
    pub(crate) fn api_version(self) -> &'static str {
        match self {
            Self::StatefulSet | Self::Deployment => "apps/v1",
            _ => "v1",
        }
    }

    /// The one of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::APPLIED.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it makes Pods.
    pub(crate) fn is_workload(self) -> bool {
        matches!(self, Self::StatefulSet | Self::Deployment)
    }

    /// As kube takes it.
    pub(super) fn resource(self) -> ApiResource {
        let (group, version) = self.api_version().split_once('/').unwrap_or(("", self.api_version()));
        let plural = format!("{}s", self.word());
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, self.name()), &plural)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
