//! The resource providers: a folder each, with everything that the sandbox knows of it.

pub(crate) mod authorization;
pub(crate) mod cognitiveservices;
pub(crate) mod compute;
pub(crate) mod containerservice;
pub(crate) mod managedidentity;
pub(crate) mod policy;
pub(crate) mod resources;
