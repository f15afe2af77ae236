//! The resource providers: a folder each, with everything that the sandbox knows of it, and the one list of them.

pub(crate) mod authorization;
pub(crate) mod cognitiveservices;
pub(crate) mod compute;
pub(crate) mod containerservice;
pub(crate) mod insights;
pub(crate) mod keyvault;
pub(crate) mod managedidentity;
pub(crate) mod network;
pub(crate) mod policy;
pub(crate) mod resourcegraph;
pub(crate) mod resources;

use std::sync::LazyLock;

use crate::arm::provider::Providers;

/// The providers, in the order in which they are listed.
pub(crate) static PROVIDERS: LazyLock<Providers> = LazyLock::new(|| {
    Providers::new(
        &[
            &resources::Resources,
            &authorization::Authorization,
            &containerservice::ContainerService,
            &managedidentity::ManagedIdentity,
            &cognitiveservices::CognitiveServices,
            &compute::Compute,
            &network::Network,
            &keyvault::KeyVault,
            &insights::Insights,
            &resourcegraph::ResourceGraph,
        ],
        include_str!("../arm/coverage.json"),
    )
});
