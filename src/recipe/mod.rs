//! The recipe: what a lab needs, in which order, and how each resource is observed, compared and ensured.
pub mod account;
pub mod cluster;
pub mod context;
pub mod deployment;
pub mod ensure;
pub mod error;
pub mod expired;
pub mod expiry;
pub mod federated_credential;
pub mod group;
pub mod identity;
pub mod ledger;
pub mod provision;
pub mod role_assignment;
pub mod teardown;
pub mod waits;
