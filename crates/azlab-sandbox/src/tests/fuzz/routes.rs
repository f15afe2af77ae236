//! Reads, deletions and actions, which need no body and may have one: each operation of docs/sandbox.md, and some that are not there.

use std::collections::BTreeSet;

use http::Method;

use super::questions::DATA;
use super::writes::writes;
use crate::arm::coverage::{Operation, Simulated, whole};
use crate::ids::SUBSCRIPTION_ID;
use crate::providers::PROVIDERS;
use crate::tests::coverage::{question, version};

/// What the parameters of a row stand for: what [`writes`] makes.
const NAMES: [(&str, &str); 25] = [
    ("{subscriptionId}", SUBSCRIPTION_ID),
    ("{scope}", "/subscriptions/5a9d0b0c-7d5e-4c1f-9a34-2f6b8e01c7d3/resourceGroups/lab"),
    ("{resourceGroupName}", "lab"),
    ("{location}", "westeurope"),
    ("{namespace}", "Microsoft.Storage"),
    ("managedClusters/{resourceName}", "managedClusters/aks"),
    ("userAssignedIdentities/{resourceName}", "userAssignedIdentities/ident"),
    ("{agentPoolName}", "two"),
    ("{machineName}", "m"),
    ("{configName}", "default"),
    ("{accessProfileName}", "clusterUser"),
    ("{operationName}", "latest"),
    ("{federatedIdentityCredentialResourceName}", "fic"),
    ("accounts/{accountName}/projects", "accounts/foundry1/projects"),
    ("{accountName}", "openai1"),
    ("{deploymentName}", "d1"),
    ("{projectName}", "p1"),
    ("{raiPolicyName}", "p"),
    ("{vaultName}", "vault1"),
    ("{roleAssignmentName}", SUBSCRIPTION_ID),
    ("{roleDefinitionId}", "0c0ffee0-0000-4000-8000-000000000001"),
    ("{lockName}", "l"),
    ("{policyDefinitionName}", "d"),
    ("{policyAssignmentName}", "a"),
    ("{virtualNetworkName}", "aks-vnet"),
];

/// Where the operation of a row is asked for; parameters without a name stand for themselves.
fn address(path: &str) -> String {
    let named = NAMES.iter().fold(whole(path), |path, (parameter, name)| path.replace(parameter, name));
    let named = named.replace(['{', '}'], "");
    format!("https://management.azure.com{named}?api-version={}", version(path))
}

/// All of them.
pub(super) fn others() -> Vec<(Method, String)> {
    let mut others: Vec<(Method, String)> = Vec::new();
    for (_, path, _) in writes() {
        others.push((Method::GET, path.to_owned()));
        others.push((Method::DELETE, path.to_owned()));
    }
    for Operation(method, path, ..) in PROVIDERS.coverage.operations() {
        others.extend(method.parse().map(|method| (method, address(path))));
    }
    for path in [
        "models",
        "models/x",
        "v1/models",
        "v1/models/x",
        "deployments",
        "v1/files",
        "v1/responses/r",
        "v1/chat/completions/c",
    ] {
        for version in ["", "?api-version=2023-03-15-preview", "?api-version=2024-10-21"] {
            others.extend([Method::GET, Method::POST].map(|method| (method, format!("{DATA}openai/{path}{version}"))));
        }
    }
    for tail in [
        "/providers/Microsoft.Storage/storageAccounts?api-version=2023-01-01",
        "/resourceGroups/lab/providers/Microsoft.Teapots/teapots/t?api-version=2023-01-01",
        "/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=eventTimestamp%20ge%202026-01-01",
    ] {
        others.extend([Method::GET, Method::DELETE].map(|method| (method, tail.to_owned())));
    }
    others
}

/// A row by which an address is answered, as its method and path.
fn row(method: &Method, address: &str) -> Option<(&'static str, &'static str)> {
    let path = address.trim_start_matches("https://management.azure.com").split('?').next()?.to_lowercase();
    let path = if path.starts_with("/subscriptions/") || address.starts_with("https:") {
        path
    } else {
        format!("/subscriptions/{SUBSCRIPTION_ID}{path}")
    };
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    PROVIDERS.coverage.find(method, &segments).map(|row| (row.0.as_str(), row.1.as_str()))
}

/// Whoever adds an operation that takes a body has it fuzzed with one; the others are among [`others`] by themselves.
#[test]
fn every_operation_that_takes_a_body_is_fuzzed_with_one() {
    let sent: BTreeSet<_> = writes().iter().filter_map(|(method, path, _)| row(method, path)).collect();
    let asked: BTreeSet<_> = others().iter().filter_map(|(method, path)| row(method, path)).collect();
    let mut missing = Vec::new();
    for Operation(method, path, simulated, ..) in PROVIDERS.coverage.operations() {
        let takes_a_body = matches!(method.as_str(), "PUT" | "PATCH") || question(method, path).is_some();
        let is_there = |set: &BTreeSet<(&str, &str)>| set.contains(&(method.as_str(), path.as_str()));
        if !is_there(&asked) || *simulated != Simulated::No && takes_a_body && !is_there(&sent) {
            missing.push(format!("{method} {path}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
