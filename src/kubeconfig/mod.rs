//! Kubeconfigs: a cluster's credentials, merged into somebody's file as kubectl and az do it. Knows nothing of Azure.
pub(crate) mod credentials;
pub(crate) mod document;
mod encoding;
mod entry;
pub(crate) mod file;
mod malformed;
mod merge;
mod reading;
mod replace;
mod scalar;
mod shape;

#[cfg(test)]
mod tests;

pub use credentials::Credentials;
pub use document::Document;
pub(crate) use merge::Conflict;
