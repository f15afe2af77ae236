//! Check `providers`: the resource providers of a lab are registered with the subscription.

use futures::future::join_all;

use super::finding::Finding;
use crate::azure::client::Azure;
use crate::azure::error::Error;
use crate::azure::groups::Provider;
use crate::follow_up::{Advice, FollowUp, Verb};
use crate::lab::ids::same;
use crate::recipe::parts::NEEDS;

/// The check's id.
pub(crate) const ID: &str = "providers";

/// Those that every subscription has registered, always (Azure docs, "Azure resource providers and types").
const ALWAYS_REGISTERED: [&str; 2] = ["Microsoft.Authorization", "Microsoft.Resources"];

/// The resource providers that a lab's resources belong to and that have to be registered, each once.
fn namespaces() -> Vec<&'static str> {
    let mut all = Vec::new();
    for needs in NEEDS {
        if !ALWAYS_REGISTERED.contains(&needs.provider) && !all.contains(&needs.provider) {
            all.push(needs.provider);
        }
    }
    all
}

/// Reads the providers.
///
/// # Errors
/// The first that cannot be read.
pub(crate) async fn read(azure: &Azure) -> Result<Vec<Provider>, Error> {
    join_all(namespaces().into_iter().map(|namespace| azure.provider(namespace))).await.into_iter().collect()
}

/// The registration state of each of a lab's providers; empty if the service does not tell.
fn states(providers: &[Provider]) -> impl Iterator<Item = (&'static str, &str)> {
    namespaces().into_iter().map(move |namespace| {
        let is_it = |provider: &&Provider| provider.namespace.as_deref().is_some_and(|name| same(name, namespace));
        let state = providers.iter().find(is_it).and_then(|provider| provider.registration_state.as_deref());
        (namespace, state.unwrap_or_default())
    })
}

/// Those that are not registered, nor about to be.
pub(crate) fn missing(providers: &[Provider]) -> Vec<&'static str> {
    let is_missing = |(_, state): &(&str, &str)| !same(state, "Registered") && !same(state, "Registering");
    states(providers).filter(is_missing).map(|(namespace, _)| namespace).collect()
}

/// Those that are not registered yet, with the service's word for it: `Microsoft.ContainerService: Registering`.
pub(crate) fn waiting(providers: &[Provider]) -> Vec<String> {
    let is_waiting = |(_, state): &(&str, &str)| !same(state, "Registered");
    states(providers).filter(is_waiting).map(|(namespace, state)| format!("{namespace}: {state}")).collect()
}

/// Whether all are registered.
pub(crate) fn check(providers: &[Provider], subscription: &str) -> Finding {
    let missing = missing(providers);
    if missing.is_empty() {
        return Finding::pass(ID, "resource providers are registered");
    }
    let command =
        |namespace: &&str| format!("az provider register --namespace {namespace} --wait --subscription {subscription}");
    let commands: Vec<String> = missing.iter().map(command).collect();
    let leaving: Vec<&str> =
        states(providers).filter(|(_, state)| same(state, "Unregistering")).map(|(namespace, _)| namespace).collect();
    let (told, begin) = if leaving.is_empty() {
        (String::new(), "register them: ")
    } else {
        // Azure refuses to register one until that has ended.
        (
            format!("; Azure is still unregistering {}", leaving.join(", ")),
            "when Azure has unregistered them, register them again: ",
        )
    };
    Finding::fail(
        ID,
        "MissingSubscriptionRegistration",
        format!("not registered with this subscription: {}{told}", missing.join(", ")),
        Advice::from(begin)
            .run(FollowUp::new(Verb::Doctor).with(["--fix"]))
            .say(format!("; or by hand: {}", commands.join(" && "))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow_up::Place;

    #[test]
    fn a_provider_that_is_being_unregistered_is_told_so() {
        let provider = |namespace: &str, state: &str| Provider {
            namespace: Some(namespace.to_owned()),
            registration_state: Some(state.to_owned()),
            ..Provider::default()
        };
        let states = |cluster: &str| {
            let all = namespaces().into_iter();
            all.map(|one| provider(one, if one == "Microsoft.ContainerService" { cluster } else { "Registered" }))
                .collect::<Vec<_>>()
        };
        let finding = check(&states("Unregistering"), "s");
        assert!(finding.message.ends_with("still unregistering Microsoft.ContainerService"), "{}", finding.message);
        let hint = finding.hint.expect("a hint").at(&Place::default());
        assert!(hint.starts_with("when Azure has unregistered them"), "{hint}");
        let finding = check(&states("NotRegistered"), "s");
        assert!(!finding.message.contains("unregistering"), "{}", finding.message);
    }
}
