//! The recipe: what a lab needs, in which order, and how each resource is observed, compared and ensured.
pub mod account;
pub mod cluster;
pub mod context;
pub mod deployment;
pub mod ensure;
pub mod error;
pub mod federated_credential;
pub mod foresee;
pub mod group;
pub mod identity;
pub mod inspection;
pub mod ledger;
pub mod provision;
pub mod role_assignment;
pub mod taken;
pub mod teardown;
pub mod waits;
