//! The parts of a control plane, and what each is told.

use super::cluster::Cluster;
use super::folder::file;

/// A part: a process of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Etcd,
    ApiServer,
    Controllers,
    Scheduler,
}

/// Where etcd answers: a socket in the cluster's folder, in which all parts run, so that nobody else on the machine reaches what
/// needs no credentials. etcd takes host and port for the file's name.
const ETCD: &str = "unix://localhost:2379";
/// For members of a cluster of etcd; this one has one.
const ETCD_PEERS: &str = "unix://localhost:2380";

impl Part {
    /// The subcommand, and the name of its log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::Controllers => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
        }
    }

    /// Its flags, for a control plane whose API server is at `port`. Files are those of the cluster's folder.
    pub fn flags(self, cluster: &Cluster, port: u16) -> Vec<String> {
        match self {
            Self::Etcd => etcd(),
            Self::ApiServer => api_server(cluster, port),
            Self::Controllers => controllers(),
            Self::Scheduler => {
                flags(&[("kubeconfig", file::SCHEDULER), ("leader-elect", "false"), ("secure-port", "0")])
            }
        }
    }
}

fn etcd() -> Vec<String> {
    flags(&[
        ("name", "sandbox"),
        ("data-dir", "etcd"),
        ("listen-client-urls", ETCD),
        ("advertise-client-urls", ETCD),
        ("listen-peer-urls", ETCD_PEERS),
        ("initial-advertise-peer-urls", ETCD_PEERS),
        ("initial-cluster", &format!("sandbox={ETCD_PEERS}")),
        // A power cut may cost the sandbox's objects; a fsync a write would cost more.
        ("unsafe-no-fsync", "true"),
        ("log-level", "warn"),
    ])
}

fn api_server(cluster: &Cluster, port: u16) -> Vec<String> {
    let port = port.to_string();
    let keys = format!("{}/openid/v1/jwks", cluster.issuer.trim_end_matches('/'));
    flags(&[
        ("etcd-servers", ETCD),
        ("bind-address", "127.0.0.1"),
        ("secure-port", &port),
        // Where Pods would reach it; there is no network of Pods, and 127.0.0.1 is refused.
        ("advertise-address", "192.0.2.1"),
        ("endpoint-reconciler-type", "none"),
        ("tls-cert-file", file::SERVER),
        ("tls-private-key-file", file::SERVER_KEY),
        ("client-ca-file", file::AUTHORITY),
        ("anonymous-auth", "false"),
        ("authorization-mode", "Node,RBAC"),
        ("enable-admission-plugins", "NodeRestriction"),
        ("allow-privileged", "true"),
        ("service-cluster-ip-range", "10.0.0.0/16"),
        ("service-account-issuer", &cluster.issuer),
        ("service-account-jwks-uri", &keys),
        ("service-account-signing-key-file", file::SERVICE_ACCOUNTS),
        ("service-account-key-file", file::SERVICE_ACCOUNTS_PUBLIC),
    ])
}

fn controllers() -> Vec<String> {
    flags(&[
        ("kubeconfig", file::CONTROLLERS),
        ("leader-elect", "false"),
        ("secure-port", "0"),
        ("use-service-account-credentials", "true"),
        ("service-account-private-key-file", file::SERVICE_ACCOUNTS),
        ("root-ca-file", file::AUTHORITY),
        // The nodes are made up: none has a network, a heartbeat or figures.
        ("controllers", "*,-nodelifecycle,-node-ipam-controller,-horizontalpodautoscaling"),
        ("kube-api-qps", "200"),
        ("kube-api-burst", "400"),
    ])
}

fn flags(pairs: &[(&str, &str)]) -> Vec<String> {
    pairs.iter().map(|(name, value)| format!("--{name}={value}")).collect()
}
