//! Every read that azlab makes of Azure, through the real channel and the SDK's own models, answered with anything.
use std::time::Duration;

use azlab::azure::data_plane::{DataPlane, DataPlaneOptions};
use azlab::azure::error::Error;
use azlab::values::cloud::Cloud;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::mutation::Mutation;
use super::{QUOTED, body, ends_within, hold, runtime, text};
use crate::support::{Say, World};

/// An hour: longer than the channel tries anything again.
const LIMIT: Duration = Duration::from_secs(3600);

/// The reads, and an answer that each understands.
fn reads() -> Vec<(&'static str, Value)> {
    let id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/P/t/n";
    let account = json!({"id": id, "name": "a", "location": "westeurope", "kind": "OpenAI", "sku": {"name": "S0"},
        "tags": {"azlab-workshop": "w", "azlab-expires": "2026-01-01T00:00:00Z"}, "etag": "\"x\"",
        "properties": {"provisioningState": "Succeeded", "customSubDomainName": "a", "endpoint": "https://a.openai.azure.com/",
            "dateCreated": "2026-04-20T08:00:00Z", "deletionDate": "2026-04-20T08:00:00Z", "capabilities": [{"name": "c"}]}});
    let deployment = json!({"id": id, "name": "d", "sku": {"name": "Standard", "capacity": 10},
        "properties": {"provisioningState": "Succeeded", "model": {"format": "OpenAI", "name": "m", "version": "1"}}});
    let assignment =
        json!({"id": id, "name": "n", "properties": {"roleDefinitionId": id, "principalId": "p", "scope": id}});
    let group = json!({"id": id, "name": "g", "location": "westeurope", "tags": {"azlab-lab": "l"},
        "properties": {"provisioningState": "Succeeded"}});
    let provider = json!({"namespace": "N", "registrationState": "Registered", "resourceTypes": [{"resourceType": "t", "locations": ["West Europe"]}]});
    let pages = |entry: Value| json!({"value": [entry]});
    vec![
        ("account", account.clone()),
        ("accounts", pages(account.clone())),
        ("deleted accounts", pages(account)),
        ("deployment", deployment.clone()),
        ("deployments", pages(deployment)),
        ("key", json!({"key1": "k1", "key2": "k2"})),
        (
            "models",
            pages(json!({"kind": "OpenAI", "skuName": "S0", "model": {"name": "m", "version": "1", "format": "OpenAI",
            "isDefaultVersion": true, "lifecycleStatus": "GenerallyAvailable", "deprecation": {"inference": "2027-01-01T00:00:00Z"},
            "skus": [{"name": "Standard", "usageName": "u", "capacity": {"maximum": 10, "default": 1}, "deprecationDate": "2027-01-01T00:00:00Z"}]}})),
        ),
        ("usages", pages(json!({"name": {"value": "u"}, "currentValue": 1.0, "limit": 2.5, "unit": "Count"}))),
        ("group", group.clone()),
        ("groups", pages(group)),
        ("contents", pages(json!({"id": id, "name": "n", "type": "t", "location": "l", "tags": {}}))),
        ("provider", provider.clone()),
        ("register", provider),
        (
            "cluster",
            json!({"id": id, "name": "c", "location": "westeurope", "identity": {"type": "SystemAssigned", "principalId": "p"},
            "properties": {"provisioningState": "Succeeded", "powerState": {"code": "Running"}, "nodeResourceGroup": "MC",
                "agentPoolProfiles": [{"name": "p", "count": 2, "vmSize": "v", "mode": "System", "osType": "Linux"}],
                "oidcIssuerProfile": {"enabled": true, "issuerURL": "https://i/"},
                "securityProfile": {"workloadIdentity": {"enabled": true}}}}),
        ),
        ("versions", json!({"values": [{"version": "1.33", "patchVersions": {"1.33.2": {}}, "isDefault": true}]})),
        ("kubeconfig", json!({"kubeconfigs": [{"name": "clusterUser", "value": "YTogMQ=="}]})),
        (
            "identity",
            json!({"id": id, "name": "i", "location": "l", "properties": {"principalId": "p", "clientId": "c", "tenantId": "t"}}),
        ),
        (
            "credentials",
            pages(json!({"id": id, "name": "f", "properties": {"issuer": "i", "subject": "s", "audiences": ["a"]}})),
        ),
        ("assignments", pages(assignment.clone())),
        ("assignments at", pages(assignment)),
        ("permissions", pages(json!({"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Delete"]}))),
        ("locks", pages(json!({"id": id, "name": "l", "properties": {"level": "CanNotDelete", "notes": "n"}}))),
        ("subscription", json!({"displayName": "s", "state": "Enabled", "tenantId": "t"})),
        (
            "sizes",
            pages(json!({"name": "Standard_D2s_v5", "resourceType": "virtualMachines", "family": "f",
            "capabilities": [{"name": "vCPUs", "value": "2"}], "restrictions": [], "locations": ["westeurope"]})),
        ),
        ("compute usages", pages(json!({"name": {"value": "cores"}, "currentValue": 1, "limit": 10}))),
        ("chat", json!({"model": "m", "choices": [{"message": {"role": "assistant", "content": "ready"}}]})),
    ]
}

/// Makes the read of that name; an answer becomes how large it is as text.
async fn read(world: &World, what: &str) -> Result<usize, Error> {
    fn told<T: std::fmt::Debug>(answer: Result<T, Error>) -> Result<usize, Error> {
        answer.map(|answer| format!("{answer:?}").len())
    }
    let azure = world.azure();
    match what {
        "account" => told(azure.account("g", "a").await),
        "accounts" => told(azure.accounts("g").await),
        "deleted accounts" => told(azure.deleted_accounts().await),
        "deployment" => told(azure.deployment("g", "a", "d").await),
        "deployments" => told(azure.deployments("g", "a").await),
        "key" => told(azure.account_key("g", "a").await),
        "models" => told(azure.models("westeurope").await),
        "usages" => told(azure.usages("westeurope").await),
        "group" => told(azure.group("g").await),
        "groups" => told(azure.groups_tagged("t").await),
        "contents" => told(azure.group_contents("g").await),
        "provider" => told(azure.provider("N").await),
        "register" => told(azure.register_provider("N").await),
        "cluster" => told(azure.cluster("g", "c").await),
        "versions" => told(azure.kubernetes_versions("westeurope").await),
        "kubeconfig" => told(azure.cluster_kubeconfig("g", "c", false).await),
        "identity" => told(azure.identity("g", "i").await),
        "credentials" => told(azure.federated_credentials("g", "i").await),
        "assignments" => told(azure.role_assignments("/subscriptions/s", "p").await),
        "assignments at" => told(azure.role_assignments_at("/subscriptions/s").await),
        "permissions" => told(azure.permissions("/subscriptions/s").await),
        "locks" => told(azure.locks("/subscriptions/s").await),
        "subscription" => told(azure.subscription_itself().await),
        "sizes" => told(azure.vm_sizes("westeurope").await),
        "compute usages" => told(azure.compute_usages("westeurope").await),
        "chat" => {
            let plane = DataPlane::new(DataPlaneOptions {
                transport: world.transport(),
                tokens: world.token_cache(),
                cloud: Cloud::Public,
                arm_endpoint: world.arm.endpoint().clone(),
                clock: world.clock,
                events: world.events.clone(),
                stop: world.stop.clone(),
            });
            told(plane.chat("https://a.openai.azure.com/", "d", "?").await)
        }
        other => panic!("no read {other}"),
    }
}

#[test]
fn every_read_understands_the_answer_that_is_mutated_here() {
    for (what, good) in reads() {
        let answer = Say::Answer(StatusCode::OK, HeaderMap::new(), Bytes::from(good.to_string()));
        runtime().block_on(async {
            let world = World::new(move |_| answer.clone());
            read(&world, what).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        });
    }
}

/// An answer's status, a `Retry-After`, an id, and its body.
fn answered(bytes: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Say> {
    let status = prop_oneof![6 => Just(200_u16), 1 => Just(404), 4 => 100..=999_u16];
    (status, prop::option::of(super::links::retry_after()), text(), bytes).prop_map(|(status, after, id, bytes)| {
        let mut headers = HeaderMap::new();
        headers.extend(after.and_then(|text| Some((http::header::RETRY_AFTER, text.parse().ok()?))));
        headers.extend(id.parse().ok().map(|id| (http::HeaderName::from_static("x-ms-request-id"), id)));
        Say::Answer(StatusCode::from_u16(status).unwrap(), headers, Bytes::from(bytes))
    })
}

/// The property: it ends, within the poll_policy of one request, and an error is short whatever was answered.
fn ends_well(what: &str, say: Say) -> Result<(), TestCaseError> {
    runtime().block_on(async {
        let mut world = World::new(move |_| say.clone());
        if let Err(error) = ends_within(LIMIT, read(&world, what)).await? {
            let shown = error.to_string();
            prop_assert!(shown.len() <= QUOTED, "{what}: {} bytes are quoted", shown.len());
            prop_assert!(!shown.trim().is_empty());
        }
        prop_assert!(world.seen().len() <= 1_100, "{what}: {} requests", world.seen().len());
        while let Ok(event) = world.told.try_recv() {
            let line = serde_json::to_string(&event).unwrap();
            prop_assert!(line.len() <= QUOTED, "{what}: an event of {} bytes", line.len());
            prop_assert!(!line.contains(crate::support::SECRET));
        }
        Ok(())
    })
}

#[test]
fn any_answer_to_any_read_ends_in_a_value_or_a_short_error() {
    let reads: Vec<&str> = reads().into_iter().map(|(what, _)| what).collect();
    hold(500, (prop::sample::select(reads), answered(body())), |(what, say)| ends_well(what, say));
}

#[test]
fn an_answer_with_one_thing_wrong_ends_in_a_value_or_a_short_error() {
    let one = (prop::sample::select(reads()), Mutation::any(), any::<Index>(), any::<bool>());
    hold(800, one, |((what, mut good), mutation, at, cut)| {
        mutation.apply(&mut good, at);
        let mut bytes = good.to_string().into_bytes();
        if cut {
            bytes.truncate(at.index(bytes.len() + 1));
        }
        ends_well(what, Say::Answer(StatusCode::OK, HeaderMap::new(), Bytes::from(bytes)))
    });
}

#[test]
fn what_a_parser_quotes_of_an_answer_is_cut() {
    let long = "x".repeat(1_000_000);
    for (what, wrong) in [
        ("subscription", json!({"displayName": [long]})),
        ("versions", json!({"values": long})),
        ("group", json!({"location": {"x": long}, "name": 7})),
        ("cluster", json!({"location": 7, "properties": long})),
        ("locks", json!({"value": long})),
        ("chat", json!({"model": "m", "choices": long})),
    ] {
        let answer = Say::Answer(StatusCode::OK, HeaderMap::new(), Bytes::from(wrong.to_string()));
        runtime().block_on(async {
            let world = World::new(move |_| answer.clone());
            let error = read(&world, what).await.expect_err(what);
            assert!(matches!(error, Error::Answer { .. }), "{what}: {error:?}");
            assert!(error.to_string().len() < 1_000, "{what}: {} bytes", error.to_string().len());
        });
    }
}
