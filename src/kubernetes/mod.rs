//! The Kubernetes API of a lab's cluster, over azlab's own transports. The only place that knows kube-rs.
//!
//! A command that asks no cluster builds nothing of this: [`Way`] holds what is needed to reach one, and a [`Cluster`] is made
//! when somebody has its credentials.

pub(crate) mod access;
mod apply;
mod channel;
mod cluster;
mod creations;
pub(crate) mod error;
pub(crate) mod kind;
mod logs;
pub(crate) mod object;
pub(crate) mod ownership;
#[cfg(test)]
mod tests;
mod tokens;
mod way;
pub(crate) mod workload;

pub(crate) use access::Access;
pub(crate) use apply::{Apply, Written};
pub(crate) use cluster::Cluster;
pub(crate) use error::{Conflict, Error, Refusal};
pub(crate) use kind::Kind;
pub(crate) use logs::LogPart;
pub(crate) use object::Object;
pub(crate) use way::{GIVE_UP_AFTER, Way};
