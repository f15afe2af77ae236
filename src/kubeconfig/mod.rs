//! Kubeconfigs: a cluster's credentials, merged into somebody's file as kubectl and az do it. Knows nothing of Azure.
pub mod credentials;
pub mod document;
mod encoding;
pub mod file;
mod malformed;
mod merge;
mod reading;
mod replace;
mod scalar;

#[cfg(test)]
mod tests;

pub use credentials::Credentials;
pub use document::Document;
pub use malformed::Malformed;
pub use merge::Conflict;
