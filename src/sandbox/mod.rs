//! The embedded Azure.
pub mod serve;
pub mod signin;
