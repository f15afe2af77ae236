//! What operations a provider has: `GET /providers/{namespace}/operations`, as each of them lists them, and
//! `GET /providers/Microsoft.Authorization/providerOperations`, from which people write custom roles. Both follow from the
//! operations that are answered, so that neither names what is not.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::{Value, json};

use super::permissions;
use crate::arm::call::{Call, Path};
use crate::arm::elsewhere;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::provider::{Provider, Providers};
use crate::arm::response::Answer;

/// An operation by the name that roles know it by.
struct Described {
    /// `Microsoft.ContainerService/managedClusters/read`
    name: String,
    /// `managedClusters`
    resource: String,
    /// `Read managedClusters`
    said: String,
    is_data: bool,
}

/// The operations of a provider, in the order of their names: those that are answered, and the data actions that a built-in
/// role names.
fn operations(providers: &Providers, provider: &dyn Provider) -> Vec<Described> {
    let namespace = provider.namespace();
    let own = format!("{}/", namespace.to_lowercase());
    let mut names = BTreeSet::new();
    for (method, path) in providers.coverage.answered() {
        let path = path.replace("{scope}", "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}");
        if let Ok(path) = Path::parse(&path) {
            names.insert((permissions::action(providers, method, &path), false));
        }
    }
    let data = provider.roles().iter().flat_map(|role| role.data_actions).filter(|name| !name.contains('*'));
    names.extend(data.map(|name| ((*name).to_owned(), true)));
    let is_own = |name: &str| name.to_lowercase().starts_with(&own);
    names.into_iter().filter(|(name, _)| is_own(name)).map(|(name, is_data)| described(name, is_data)).collect()
}

fn described(name: String, is_data: bool) -> Described {
    let inner = name.split_once('/').map_or("", |(_, inner)| inner);
    let (resource, verb) = inner.rsplit_once('/').unwrap_or(("", inner));
    let said = match verb {
        "read" => format!("Read {resource}"),
        "write" => format!("Create or update {resource}"),
        "delete" => format!("Delete {resource}"),
        _ => match resource.rsplit_once('/') {
            Some((of, what)) => format!("{what} of {of}"),
            None => resource.to_owned(),
        },
    };
    let resource = resource.to_owned();
    Described { name, resource, said, is_data }
}

/// `Microsoft ContainerService`: what people are told of a provider.
fn shown(namespace: &str) -> String {
    namespace.replace('.', " ")
}

/// `GET /providers/{namespace}/operations` ("Operations - List" of each provider).
pub(crate) fn list(call: &Call<'_>, providers: &Providers, namespace: &str, version: Option<&str>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let provider = named(providers, namespace, call.method, "operations")?;
    provider.api_versions().check(version, provider.namespace(), "operations", None)?;
    let value: Vec<Value> = operations(providers, provider)
        .into_iter()
        .map(|it| {
            json!({
                "name": it.name,
                "isDataAction": it.is_data,
                "display": {
                    "provider": shown(provider.namespace()),
                    "resource": it.resource,
                    "operation": it.said,
                    "description": it.said,
                },
                "origin": "user,system",
            })
        })
        .collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// `GET …/providerOperations` and `…/providerOperations/{namespace}` ("Provider Operations Metadata").
pub(crate) fn metadata(call: &Call<'_>, providers: &Providers, namespace: Option<&str>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let body = match namespace {
        Some(namespace) => whole(providers, named(providers, namespace, call.method, "providerOperations")?),
        None => json!({"value": providers.iter().map(|provider| whole(providers, provider)).collect::<Vec<_>>()}),
    };
    Ok(Answer::ok(body))
}

fn whole(providers: &Providers, provider: &dyn Provider) -> Value {
    let namespace = provider.namespace();
    let mut types: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for it in operations(providers, provider) {
        types.entry(it.resource).or_default().push(json!({
            "name": it.name,
            "displayName": it.said,
            "description": it.said,
            "origin": "user,system",
            "properties": null,
            "isDataAction": it.is_data,
        }));
    }
    let types: Vec<Value> = types
        .into_iter()
        .map(|(name, operations)| json!({"name": name, "displayName": name, "operations": operations}))
        .collect();
    json!({
        "displayName": shown(namespace),
        "operations": [],
        "resourceTypes": types,
        "id": format!("/providers/Microsoft.Authorization/providerOperations/{namespace}"),
        "type": "Microsoft.Authorization/providerOperations",
        "name": namespace,
    })
}

fn named(
    providers: &Providers,
    namespace: &str,
    method: &Method,
    what: &str,
) -> Result<&'static dyn Provider, Failure> {
    providers.named(namespace).ok_or_else(|| match elsewhere::namespace(namespace) {
        Some(other) => elsewhere::not_served(&format!("{method} {other}/{what}"), ""),
        None => {
            let message = format!("The resource namespace '{namespace}' is invalid.");
            Failure::not_found("InvalidResourceNamespace", message).gateway()
        }
    })
}
