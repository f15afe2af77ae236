//! The services beside Resource Manager: a folder each. What API servers of both kinds know of Pods stands beside them.

pub(crate) mod control_plane;
pub(crate) mod graph;
pub(crate) mod issuer;
mod keyed_lists;
pub(crate) mod kubernetes;
pub(crate) mod openai;
pub(crate) mod prices;
pub mod signin;
mod workload_identity;
