//! Check `providers`: the resource providers of a lab are registered with the subscription.

use futures::future::join_all;

use super::finding::Finding;
use crate::azure::client::Azure;
use crate::azure::error::Error;
use crate::azure::groups::Provider;

/// The check's id.
pub const ID: &str = "providers";

/// The resource providers that a lab's resources belong to. Microsoft.Authorization and Microsoft.Resources are always
/// registered.
pub const NAMESPACES: [&str; 3] =
    ["Microsoft.ContainerService", "Microsoft.CognitiveServices", "Microsoft.ManagedIdentity"];

/// Reads the providers.
///
/// # Errors
/// The first that cannot be read.
pub async fn read(azure: &Azure) -> Result<Vec<Provider>, Error> {
    join_all(NAMESPACES.map(|namespace| azure.provider(namespace))).await.into_iter().collect()
}

/// Whether all are registered.
pub fn check(providers: &[Provider]) -> Finding {
    let missing: Vec<&str> = NAMESPACES
        .into_iter()
        .filter(|namespace| {
            !providers.iter().any(|provider| {
                let is_it = provider.namespace.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(namespace));
                let state = provider.registration_state.as_deref().unwrap_or_default();
                is_it && (state.eq_ignore_ascii_case("Registered") || state.eq_ignore_ascii_case("Registering"))
            })
        })
        .collect();
    if missing.is_empty() {
        return Finding::pass(ID, "resource providers are registered");
    }
    let commands: Vec<String> =
        missing.iter().map(|namespace| format!("az provider register --namespace {namespace} --wait")).collect();
    Finding::fail(
        ID,
        "MissingSubscriptionRegistration",
        format!("not registered with this subscription: {}", missing.join(", ")),
        format!("register, then run the command again: {}", commands.join(" && ")),
    )
}
