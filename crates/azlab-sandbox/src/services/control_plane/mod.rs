//! Real Kubernetes control planes for the sandbox's clusters: etcd, kube-apiserver, kube-controller-manager and kube-scheduler of
//! one program (`tests/kubernetes/install` builds it), with a stand-in for the nodes.
//!
//! A cluster's control plane starts when its credentials are first asked for, and not when the cluster is created: it takes
//! 600 MiB and three seconds, and most clusters of a class are never asked. From then on it runs while its cluster does and the
//! sandbox's process lives. What it keeps lies in a folder of the sandbox's directory, so that the next process finds the same
//! objects, certificates and port.
//!
//! Its service accounts' tokens are signed with the key of the cluster's issuer, so that the sign-in service takes them.
//!
//! Everything here lives on the real clock, as the processes do; what the stand-in for the nodes draws is service time.

mod certificates;
mod client;
mod cluster;
mod endpoint;
pub(crate) mod error;
mod folder;
mod kubeconfig;
mod life;
mod load_balancers;
mod lock;
mod nodes;
mod parts;
mod planes;
mod pods;
#[cfg(test)]
mod pods_tests;
mod process;
mod program;
mod running;
mod stand_in;
mod watching;
mod webhook;

pub use error::ControlPlaneError;
pub(crate) use folder::forget;
pub use planes::ControlPlanes;
