//! What an API server says of itself: its version, and the kinds that it has.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::kinds::{KINDS, Kind};
use super::refusal::Refusal;
use super::reply::{Content, Reply};
use super::request::Request;
use super::schema::published;
use super::world::World;

/// The media type of aggregated discovery, and the one that clients of 1.26 to 1.29 ask for.
const AGGREGATED: [(&str, &str); 2] = [
    ("v2", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"),
    ("v2beta1", "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"),
];

/// Answers a request that is about no object; `None` for any other.
pub(super) fn answer(world: &World<'_>, request: &Request<'_>) -> Option<Result<Reply, Refusal>> {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    let reply = match path.as_slice() {
        [] => {
            Reply::ok(json!({"paths": ["/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/healthz", "/livez",
            "/openapi/v3", "/readyz", "/version"]}))
        }
        ["version"] => Reply::ok(version(world)),
        ["healthz" | "livez" | "readyz", ..] => Reply::text("ok"),
        ["api"] => aggregated(request, true).unwrap_or_else(|| {
            Reply::ok(json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}))
        }),
        ["apis"] => aggregated(request, false).unwrap_or_else(|| {
            let groups: Vec<Value> =
                groups().keys().filter(|group| !group.is_empty()).map(|group| about(group)).collect();
            Reply::ok(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
        }),
        ["apis", group] if !group.is_empty() && groups().contains_key(group) => {
            let mut about = about(group);
            about["kind"] = "APIGroup".into();
            about["apiVersion"] = "v1".into();
            Reply::ok(about)
        }
        ["api", "v1"] => Reply::ok(resources("", "v1")),
        ["apis", group, "v1"] if groups().contains_key(group) => Reply::ok(resources(group, "v1")),
        ["openapi", "v3"] => Reply::ok(openapi_paths()),
        ["openapi", "v3", "api", "v1"] => Reply::ok(openapi("", world)),
        ["openapi", "v3", "apis", group, "v1"] if groups().contains_key(group) => Reply::ok(openapi(group, world)),
        ["openapi", ..] => return Some(Err(Refusal::not_implemented("OpenAPI beside /openapi/v3 of its own groups"))),
        [".well-known", ..] | ["metrics" | "logs" | "debug", ..] => {
            return Some(Err(Refusal::not_implemented(&format!("/{}", path.join("/")))));
        }
        _ => return None,
    };
    if *request.method != http::Method::GET && *request.method != http::Method::HEAD {
        return Some(Err(Refusal::method_not_allowed()));
    }
    Some(Ok(reply))
}

/// The kinds of each group.
fn groups() -> BTreeMap<&'static str, Vec<&'static Kind>> {
    let mut groups: BTreeMap<&str, Vec<&Kind>> = BTreeMap::new();
    for kind in &KINDS {
        groups.entry(kind.group).or_default().push(kind);
    }
    groups
}

fn version(world: &World<'_>) -> Value {
    let running = world.cluster.body["properties"]["currentKubernetesVersion"].as_str().unwrap_or("1.34.3");
    let mut parts = running.split('.');
    json!({
        "major": parts.next().unwrap_or("1"),
        "minor": parts.next().unwrap_or("34"),
        "gitVersion": format!("v{running}"),
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "go1.24.0",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}

fn about(group: &str) -> Value {
    let version = json!({"groupVersion": format!("{group}/v1"), "version": "v1"});
    json!({"name": group, "versions": [version], "preferredVersion": version})
}

fn resources(group: &str, version: &str) -> Value {
    let mut all = Vec::new();
    for kind in groups().get(group).into_iter().flatten() {
        let mut entry = json!({
            "name": kind.plural,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": kind.verbs(),
        });
        if !kind.short.is_empty() {
            entry["shortNames"] = json!(kind.short);
        }
        if kind.in_all {
            entry["categories"] = json!(["all"]);
        }
        all.push(entry);
        for subresource in kind.subresources {
            let (of, verbs) = subresource_of(kind, subresource);
            let mut entry = json!({
                "name": format!("{}/{subresource}", kind.plural),
                "singularName": "",
                "namespaced": kind.namespaced,
                "kind": of,
                "verbs": verbs,
            });
            if *subresource == "scale" {
                entry["group"] = "autoscaling".into();
                entry["version"] = "v1".into();
            }
            all.push(entry);
        }
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": all})
}

/// The kind that a subresource answers with, and what can be done with it.
fn subresource_of(kind: &Kind, subresource: &str) -> (&'static str, &'static [&'static str]) {
    match subresource {
        "scale" => ("Scale", &["get", "patch", "update"]),
        "token" => ("TokenRequest", &["create"]),
        "log" => ("Pod", &["get"]),
        "finalize" => ("Namespace", &["update"]),
        _ => (kind.kind, &["get", "patch", "update"]),
    }
}

/// Everything in one answer, where the client asks for it.
fn aggregated(request: &Request<'_>, core: bool) -> Option<Reply> {
    let (version, media) = AGGREGATED.into_iter().find(|(version, _)| {
        request.accept().split(',').any(|one| {
            one.contains("as=APIGroupDiscoveryList") && one.split(';').any(|part| part.trim() == format!("v={version}"))
        })
    })?;
    let groups = groups().into_iter().filter(|(group, _)| group.is_empty() == core);
    let items: Vec<Value> = groups.map(|(group, kinds)| aggregated_group(group, &kinds)).collect();
    let list = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": format!("apidiscovery.k8s.io/{version}"),
        "metadata": {},
        "items": items,
    });
    Some(Reply { content: Content::JsonAs(list, media), ..Reply::ok(Value::Null) })
}

fn aggregated_group(group: &str, kinds: &[&Kind]) -> Value {
    let resources: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            let mut entry = json!({
                "resource": kind.plural,
                // That of the list itself is left out.
                "responseKind": {"group": "", "version": "", "kind": kind.kind},
                "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
                "singularResource": kind.singular,
                "verbs": kind.verbs(),
            });
            if !kind.short.is_empty() {
                entry["shortNames"] = json!(kind.short);
            }
            if kind.in_all {
                entry["categories"] = json!(["all"]);
            }
            let subresources: Vec<Value> = kind
                .subresources
                .iter()
                .map(|name| {
                    let (of, verbs) = subresource_of(kind, name);
                    let (group, version) = match *name {
                        "scale" => ("autoscaling", "v1"),
                        "token" => ("authentication.k8s.io", "v1"),
                        _ => ("", ""),
                    };
                    json!({
                        "subresource": name,
                        "responseKind": {"group": group, "version": version, "kind": of},
                        "verbs": verbs,
                    })
                })
                .collect();
            if !subresources.is_empty() {
                entry["subresources"] = subresources.into();
            }
            entry
        })
        .collect();
    let version = json!({"version": "v1", "resources": resources, "freshness": "Current"});
    json!({"metadata": {"name": if group.is_empty() { Value::Null } else { group.into() }, "creationTimestamp": null}, "versions": [version]})
}

/// Where each group's page is: below the address of the API server, as clients read it.
fn openapi_paths() -> Value {
    let mut paths = serde_json::Map::new();
    for group in groups().into_keys() {
        let path = if group.is_empty() { "api/v1".to_owned() } else { format!("apis/{group}/v1") };
        let url = format!("/openapi/v3/{path}");
        paths.insert(path, json!({"serverRelativeURL": url}));
    }
    json!({"paths": paths})
}

/// A group's page: its paths with the parameters of a patch, by which clients find out what the API server checks itself.
/// The types of its objects are those that objects are checked against; nothing is said of what a field is for.
fn openapi(group: &str, world: &World<'_>) -> Value {
    let mut paths = serde_json::Map::new();
    for kind in groups().get(group).into_iter().flatten().filter(|kind| !kind.is_question()) {
        let root = if group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{group}/v1") };
        let namespace = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
        let parameters: Vec<Value> = ["dryRun", "fieldManager", "fieldValidation", "force"]
            .iter()
            .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}}))
            .collect();
        let which = json!({"group": kind.group, "version": kind.version, "kind": kind.kind});
        let patch = json!({
            "parameters": parameters,
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": "patch",
            "x-kubernetes-group-version-kind": which,
        });
        paths.insert(format!("{root}{namespace}/{}/{{name}}", kind.plural), json!({"patch": patch}));
    }
    let version = version(world)["gitVersion"].clone();
    json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": version}, "paths": paths, "components": {"schemas": published(group)}})
}
