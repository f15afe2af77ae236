//! The services beside Resource Manager: a folder each.

pub(crate) mod control_plane;
pub(crate) mod graph;
pub(crate) mod issuer;
pub(crate) mod kubernetes;
pub(crate) mod openai;
pub(crate) mod prices;
pub mod signin;
