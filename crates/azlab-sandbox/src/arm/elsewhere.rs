//! What Azure has and the sandbox does not simulate: it is refused by its name, and with the place that tells what there is.
//! Whoever meets such a refusal knows that the fault is not theirs.
//!
//! `elsewhere.json` has the types of the sandbox's providers and the other namespaces (Azure/bicep-types-az, August 2026; the
//! types that no template has: azure-rest-api-specs).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::{Method, StatusCode};
use serde::Deserialize;

use super::failure::Failure;

/// The file.
#[derive(Deserialize)]
struct Elsewhere {
    /// By namespace: each type without it, as `managedClusters/agentPools`.
    types: BTreeMap<String, Vec<String>>,
    namespaces: Vec<String>,
}

/// Read once; a test does so, so that one that does not parse is never shipped.
static ELSEWHERE: LazyLock<Elsewhere> = LazyLock::new(|| match serde_json::from_str(include_str!("elsewhere.json")) {
    Ok(elsewhere) => elsewhere,
    Err(error) => unreachable!("elsewhere.json is part of the program: {error}"),
});

/// The namespaces of which the sandbox simulates nothing.
pub(crate) fn namespaces() -> &'static [String] {
    &ELSEWHERE.namespaces
}

/// The namespace of that name, in Azure's casing, if it is one of Azure's of which the sandbox simulates nothing.
pub(crate) fn namespace(name: &str) -> Option<&'static str> {
    ELSEWHERE.namespaces.iter().find(|known| known.eq_ignore_ascii_case(name)).map(String::as_str)
}

/// The types that Azure has in a namespace of the sandbox's.
pub(crate) fn types(namespace: &str) -> &'static [String] {
    let found = ELSEWHERE.types.iter().find(|(known, _)| known.eq_ignore_ascii_case(namespace));
    found.map_or(&[], |(_, types)| types)
}

/// The type of that name, in Azure's casing, if Azure has it.
pub(crate) fn type_named(namespace: &str, name: &str) -> Option<&'static str> {
    types(namespace).iter().find(|known| known.eq_ignore_ascii_case(name)).map(String::as_str)
}

/// An operation as it is named to people: `POST Microsoft.ContainerService/managedClusters/runCommand`, of a path in which each
/// segment after the namespace is a type, then a name.
pub(crate) fn operation(method: &Method, path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match segments.iter().rposition(|part| part.eq_ignore_ascii_case("providers")).filter(|at| at + 1 < segments.len())
    {
        Some(at) => {
            let types: Vec<&str> = segments[at + 2..].iter().step_by(2).copied().collect();
            format!("{method} {}/{}", segments[at + 1], types.join("/"))
        }
        None => {
            let literal: Vec<&str> = segments.into_iter().filter(|part| !part.starts_with('{')).collect();
            format!("{method} Microsoft.Resources/{}", literal.join("/"))
        }
    }
}

/// The refusal of what Azure has and the sandbox does not: 501, by its name.
pub(crate) fn not_served(operation: &str, why: &str) -> Failure {
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    Failure::new(
        StatusCode::NOT_IMPLEMENTED,
        "NotImplemented",
        format!(
            "Azure has the operation '{operation}'; the sandbox does not simulate it{why}. What it simulates is in \
             docs/sandbox.md, \"What is simulated, and what is not\"."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::PROVIDERS;

    #[test]
    fn an_operation_is_named_by_its_types_alone() {
        let path =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c/runCommand";
        assert_eq!(operation(&Method::POST, path), "POST Microsoft.ContainerService/managedClusters/runCommand");
        let path = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/exportTemplate";
        assert_eq!(
            operation(&Method::POST, path),
            "POST Microsoft.Resources/subscriptions/resourceGroups/exportTemplate"
        );
    }

    #[test]
    fn each_namespace_is_either_the_sandbox_s_or_elsewhere() {
        assert!(namespace("microsoft.storage") == Some("Microsoft.Storage") && namespaces().len() > 200);
        for provider in PROVIDERS.iter() {
            let name = provider.namespace();
            assert!(namespace(name).is_none() && !types(name).is_empty(), "{name}");
        }
        assert_eq!(type_named("Microsoft.ContainerService", "FLEETS"), Some("fleets"));
        assert_eq!(type_named("Microsoft.ContainerService", "teapots"), None);
    }
}
