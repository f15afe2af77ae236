//! The workshop's application on a lab's cluster: what it is made of, how it is put there, and why it does not run.
//!
//! What is azlab's carries its labels ([`labels`]). All writes are server-side applies under azlab's own name, so that what others
//! have set is a conflict that can be told, and kept.

pub(crate) mod address;
pub(crate) mod components;
pub(crate) mod connect;
pub(crate) mod deploy;
pub(crate) mod follow;
pub(crate) mod health;
pub(crate) mod labels;
pub(crate) mod logs;
pub(crate) mod look;
pub(crate) mod manifest;
pub(crate) mod namespace;
mod pauses;
mod places;
pub(crate) mod remove;
pub(crate) mod stage;
mod stamp;
pub(crate) mod wait;
