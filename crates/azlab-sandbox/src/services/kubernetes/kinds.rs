//! The kinds of objects that a cluster's API server has.

/// A kind of object, as discovery tells it.
#[derive(Debug)]
pub(super) struct Kind {
    /// Empty for the core group.
    pub group: &'static str,
    pub version: &'static str,
    pub kind: &'static str,
    pub plural: &'static str,
    pub singular: &'static str,
    pub short: &'static [&'static str],
    pub namespaced: bool,
    /// Whether `kubectl get all` shows it.
    pub in_all: bool,
    pub subresources: &'static [&'static str],
    /// What can be done; empty: everything.
    pub verbs: &'static [&'static str],
}

/// Every verb on an object, in the order in which discovery has them.
const ALL_VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const ASK: &[&str] = &["create"];

const fn kind(
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    singular: &'static str,
    short: &'static [&'static str],
) -> Kind {
    let subresources: &[&str] = &[];
    Kind {
        group,
        version: "v1",
        kind,
        plural,
        singular,
        short,
        namespaced: true,
        in_all: false,
        subresources,
        verbs: &[],
    }
}

const fn with(subresources: &'static [&'static str], kind: Kind) -> Kind {
    Kind { subresources, ..kind }
}

const fn in_all(kind: Kind) -> Kind {
    Kind { in_all: true, ..kind }
}

const fn of_the_cluster(kind: Kind) -> Kind {
    Kind { namespaced: false, ..kind }
}

const fn asked(kind: Kind) -> Kind {
    Kind { verbs: ASK, namespaced: false, ..kind }
}

const APPS: &str = "apps";
const REVIEWS: &str = "authorization.k8s.io";

/// All of them.
pub(super) static KINDS: [Kind; 15] = [
    kind("", "ConfigMap", "configmaps", "configmap", &["cm"]),
    kind("", "Event", "events", "event", &["ev"]),
    with(&["finalize", "status"], of_the_cluster(kind("", "Namespace", "namespaces", "namespace", &["ns"]))),
    with(&["status"], of_the_cluster(kind("", "Node", "nodes", "node", &["no"]))),
    with(&["status"], kind("", "PersistentVolumeClaim", "persistentvolumeclaims", "persistentvolumeclaim", &["pvc"])),
    with(&["log", "status"], in_all(kind("", "Pod", "pods", "pod", &["po"]))),
    kind("", "Secret", "secrets", "secret", &[]),
    with(&["token"], kind("", "ServiceAccount", "serviceaccounts", "serviceaccount", &["sa"])),
    with(&["status"], in_all(kind("", "Service", "services", "service", &["svc"]))),
    with(&["scale", "status"], in_all(kind(APPS, "Deployment", "deployments", "deployment", &["deploy"]))),
    with(&["scale", "status"], in_all(kind(APPS, "ReplicaSet", "replicasets", "replicaset", &["rs"]))),
    with(&["scale", "status"], in_all(kind(APPS, "StatefulSet", "statefulsets", "statefulset", &["sts"]))),
    asked(kind(REVIEWS, "SelfSubjectAccessReview", "selfsubjectaccessreviews", "selfsubjectaccessreview", &[])),
    asked(kind(REVIEWS, "SelfSubjectRulesReview", "selfsubjectrulesreviews", "selfsubjectrulesreview", &[])),
    asked(kind("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews", "selfsubjectreview", &[])),
];

/// What is to be evicted later: a note of a controller to itself, which nobody is served. It has the name of the Pod.
pub(super) static EVICTIONS: Kind = kind("", "Eviction", "evictions", "eviction", &[]);

/// Groups of a real cluster that this one does not have.
pub(super) const ABSENT_GROUPS: [&str; 17] = [
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "metrics.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// Kinds of a real cluster, of the groups that there are, that this one does not have.
pub(super) const ABSENT_KINDS: [&str; 11] = [
    "bindings",
    "componentstatuses",
    "controllerrevisions",
    "daemonsets",
    "endpoints",
    "limitranges",
    "localsubjectaccessreviews",
    "persistentvolumes",
    "podtemplates",
    "replicationcontrollers",
    "resourcequotas",
];

impl Kind {
    /// The kind of a path.
    pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static Self> {
        KINDS.iter().find(|it| it.group == group && it.version == version && it.plural == plural)
    }

    /// The kind of objects of that name.
    pub fn named(kind: &str) -> Option<&'static Self> {
        KINDS.iter().find(|it| it.kind == kind)
    }

    /// The kind as the store has it.
    pub fn stored(key: &str) -> Option<&'static Self> {
        KINDS.iter().chain([&EVICTIONS]).find(|it| it.key() == key)
    }

    /// `pods`, `deployments.apps`: how messages and the store call it.
    pub fn key(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `v1`, `apps/v1`
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// What can be done with it.
    pub fn verbs(&self) -> &'static [&'static str] {
        if self.verbs.is_empty() { &ALL_VERBS } else { self.verbs }
    }

    /// Whether it is a question, and nothing is kept of it.
    pub fn is_question(&self) -> bool {
        !self.verbs.is_empty()
    }

    /// The name of its type in the table.
    pub fn shape(&self) -> &'static str {
        if self.is_question() { "AccessReview" } else { self.kind }
    }

    /// Whether its status is written apart from the rest.
    pub fn has_status(&self) -> bool {
        self.subresources.contains(&"status")
    }
}

/// Pods, which controllers make.
pub(super) fn pods() -> &'static Kind {
    &KINDS[5]
}

/// Replica sets, which deployments make.
pub(super) fn replica_sets() -> &'static Kind {
    &KINDS[10]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_that_controllers_make_are_where_they_are_looked_for() {
        assert_eq!((pods().plural, replica_sets().plural), ("pods", "replicasets"));
    }
}
