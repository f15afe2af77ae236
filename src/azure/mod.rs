//! The only place that knows the SDK crates, HTTP and tokens.
pub mod accounts;
pub mod adapter;
pub mod api_version;
pub mod arm;
pub mod client;
pub mod clusters;
pub mod code;
pub mod compute;
pub mod envelope;
pub mod error;
pub mod groups;
pub mod identities;
pub mod limits;
pub mod lro;
pub mod retry;
pub mod roles;
pub mod transport;
