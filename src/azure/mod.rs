//! The only place that knows the SDK crates, HTTP and tokens.
pub mod cloud;
pub mod credential;
pub mod subscription;
