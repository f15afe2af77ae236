//! A resource that is changed in place keeps every field that azlab does not know: what a GET gave goes back in the PUT, but for
//! what is changed and what the service alone writes.

use std::collections::BTreeSet;

use azlab::azure::accounts::{Account as AccountState, Deployment as DeploymentState};
use azlab::azure::clusters::ManagedCluster;
use azlab::azure::groups::ResourceGroup;
use azlab::azure::identities::FederatedIdentityCredential;
use azlab::azure::observed::Observed;
use azlab::lab::ids;
use azlab::lab::model::Choice;
use azlab::lab::spec::LabSpec;
use azlab::outcome::Action;
use azlab::recipe::account::Account;
use azlab::recipe::cluster::Cluster;
use azlab::recipe::context::ParentLocks;
use azlab::recipe::deployment::Deployment;
use azlab::recipe::ensure::ensure;
use azlab::recipe::federated_credential::FederatedCredential;
use azlab::recipe::group::Group;
use azlab::recipe::resource::Resource;
use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json as body};
use tokio::sync::SetOnce;

use crate::exchange::{Answers, Exchange, client, recordings};
use crate::fuzz::{hold, runtime};
use crate::support::thing::context;
use crate::support::{SUBSCRIPTION, Seen, World, error, json};

const ISSUER: &str = "https://issuer.example/";

/// A resource that exists and differs.
struct Case {
    /// What a GET gives.
    get: Value,
    /// What the PUT leaves out: objects' names on the way to it, and its own.
    read_only: &'static [&'static str],
    /// What the PUT changes.
    changed: Vec<(&'static str, Value)>,
    /// Objects whose values have a shape of their own: nothing of any shape can stand in them.
    maps: &'static [&'static str],
}

fn lab() -> LabSpec {
    let mut lab = LabSpec::workshop("default", SUBSCRIPTION);
    lab.cluster.node_count = Some(5);
    lab.tags.set("azlab-lab", "default");
    lab
}

/// The lab's tags, which an update adds to those that a resource has.
fn own_tags() -> impl Iterator<Item = (&'static str, Value)> {
    let tags = lab().tags;
    tags.iter().map(|(name, value)| (&*format!("/tags/{name}").leak(), body!(value))).collect::<Vec<_>>().into_iter()
}

fn cluster() -> Case {
    Case {
        get: body!({"id": "/c", "name": "c", "type": "t", "location": "westeurope", "eTag": "e1", "kind": "Base",
            "identity": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"}, "tags": {"theirs": "x"},
            "sku": {"name": "Base", "tier": "Standard"},
            "properties": {
                "provisioningState": "Succeeded", "powerState": {"code": "Running"}, "currentKubernetesVersion": "1.33.5",
                "kubernetesVersion": "1.33", "fqdn": "f", "resourceUID": "u", "supportPlan": "KubernetesOfficial",
                "addonProfiles": {"azurepolicy": {"enabled": true, "config": null}},
                "agentPoolProfiles": [
                    {"name": "u", "mode": "User", "count": 3, "securityProfile": {"sshAccess": "LocalUser"}, "eTag": "e2"},
                    {"name": "s", "mode": "System", "count": 2, "provisioningState": "Succeeded",
                        "upgradeSettings": {"maxUnavailable": "0"}}],
                "networkProfile": {"networkDataplane": "azure",
                    "loadBalancerProfile": {"effectiveOutboundIPs": [], "managedOutboundIPs": {"count": 1}}},
                "nodeProvisioningProfile": {"mode": "Manual"},
                "securityProfile": {"workloadIdentity": {"enabled": false}},
                "oidcIssuerProfile": {"enabled": true, "issuerURL": ISSUER}}}),
        read_only: &[
            "/id",
            "/name",
            "/type",
            "/eTag",
            "/identity/principalId",
            "/identity/tenantId",
            "/properties/provisioningState",
            "/properties/powerState",
            "/properties/currentKubernetesVersion",
            "/properties/fqdn",
            "/properties/resourceUID",
            "/properties/agentPoolProfiles/0/eTag",
            "/properties/agentPoolProfiles/1/provisioningState",
            "/properties/networkProfile/loadBalancerProfile/effectiveOutboundIPs",
            "/properties/oidcIssuerProfile/issuerURL",
        ],
        changed: vec![
            ("/properties/securityProfile/workloadIdentity/enabled", body!(true)),
            ("/properties/agentPoolProfiles/1/count", body!(5)),
        ],
        maps: &["/tags", "/properties/addonProfiles", "/properties/powerState"],
    }
}

fn account() -> Case {
    Case {
        get: body!({"id": "/a", "name": "a", "etag": "e1", "kind": "OpenAI", "location": "westeurope",
            "sku": {"name": "F0"}, "tags": {"azlab-lab": "default", "theirs": "x"}, "identity": {"type": "None"},
            "properties": {"provisioningState": "Succeeded", "customSubDomainName": "a", "endpoint": "https://a/",
                "networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": "1.2.3.4"}]},
                "publicNetworkAccess": "Enabled", "allowProjectManagement": true, "networkInjections": [{"scenario": "agent"}]}}),
        read_only: &["/id", "/name", "/etag", "/properties/provisioningState", "/properties/endpoint"],
        changed: own_tags().chain([("/sku/name", body!("S0"))]).collect(),
        maps: &["/tags"],
    }
}

fn deployment() -> Case {
    Case {
        get: body!({"id": "/d", "name": "d", "etag": "e1", "sku": {"name": "Standard", "capacity": 10},
            "properties": {"provisioningState": "Succeeded", "currentCapacity": 10, "raiPolicyName": "theirs",
                "versionUpgradeOption": "NoAutoUpgrade", "scaleSettings": {"scaleType": "Standard"},
                "model": {"format": "OpenAI", "name": "gpt-35-turbo", "version": "0125", "publisher": "OpenAI"},
                "spilloverDeploymentName": "s", "rateLimits": [{"key": "request", "count": 1}]}}),
        read_only: &[
            "/id",
            "/name",
            "/etag",
            "/properties/provisioningState",
            "/properties/currentCapacity",
            "/properties/rateLimits",
        ],
        changed: vec![("/sku/capacity", body!(20))],
        maps: &["/properties/rateLimits/0"],
    }
}

fn federated_credential() -> Case {
    Case {
        get: body!({"id": "/f", "name": "f", "type": "t", "properties":
            {"issuer": ISSUER, "subject": "system:serviceaccount:default:ai-service-account", "audiences": ["api://other"]}}),
        read_only: &["/id", "/name", "/type"],
        changed: vec![("/properties/audiences", body!(["api://AzureADTokenExchange"]))],
        maps: &[],
    }
}

fn group() -> Case {
    Case {
        get: body!({"id": "/g", "name": "g", "location": "westeurope", "tags": {"theirs": "x"},
            "properties": {"provisioningState": "Succeeded", "more": {"most": 1}}}),
        read_only: &["/id", "/name", "/properties/provisioningState"],
        changed: own_tags().collect(),
        maps: &["/tags"],
    }
}

/// What leaves when a look shows `get` and the resource is written.
async fn put<R: Resource>(get: &Value, resource: impl FnOnce(LabSpec) -> R) -> Seen {
    let answer = get.clone();
    let world = World::new(move |seen| match seen.path.rsplit('/').next() {
        Some("federatedIdentityCredentials") => json(200, &body!({"value": [answer]})),
        _ => json(200, &answer),
    });
    let ctx = context(&world, &ParentLocks::default());
    let resource = resource(lab());
    let current = resource.observe(&ctx).await.expect("an answer").expect("it exists");
    resource.write(&ctx, Some(&current)).await.expect("taken");
    let seen = world.seen();
    let (last, looks) = seen.split_last().expect("requests");
    assert!(looks.iter().all(|one| one.method == Method::GET), "{looks:?}");
    assert_eq!(last.method, Method::PUT);
    last.clone()
}

async fn put_of(kind: usize, get: &Value) -> Seen {
    match kind {
        0 => {
            let issuer = Box::leak(Box::new(SetOnce::new()));
            put(get, |lab| Cluster::new(&lab, "westeurope", issuer)).await
        }
        1 => put(get, |lab| Account::new(&lab, &lab.account_name(0), "westeurope", false)).await,
        2 => {
            let choice =
                Choice { model: "gpt-35-turbo".into(), version: "0125".into(), sku: "Standard".into(), capacity: 20 };
            put(get, |lab| {
                let id = ids::account(SUBSCRIPTION, &lab.group, "a");
                Deployment::new(&lab.group, "a", &id, &lab.deployments[0], choice)
            })
            .await
        }
        3 => put(get, |lab| FederatedCredential::new(&lab, &lab.federated_credentials[0], ISSUER)).await,
        _ => put(get, |lab| Group::new(&lab, "westeurope", true)).await,
    }
}

fn cases() -> [Case; 5] {
    [cluster(), account(), deployment(), federated_credential(), group()]
}

/// The pointers of all objects in which anything can stand.
fn objects(value: &Value, at: &str, maps: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if !maps.contains(&at) {
                found.push(at.to_owned());
            }
            fields.iter().for_each(|(name, value)| objects(value, &format!("{at}/{name}"), maps, found));
        }
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(index, value)| objects(value, &format!("{at}/{index}"), maps, found));
        }
        _ => {}
    }
}

fn take(json: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    json.pointer_mut(parent).and_then(Value::as_object_mut).and_then(|fields| fields.remove(name)).expect("a field");
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec(("[a-zA-Z.$ -]{0,6}", inner), 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

#[test]
fn fields_that_nobody_has_heard_of_are_sent_back_as_they_came() {
    let unheard = prop::collection::vec((any::<prop::sample::Index>(), "zz[a-zA-Z0-9.$ -]{0,8}", anything()), 0..8);
    hold(60, (0..5_usize, unheard), |(kind, unheard)| {
        let Case { mut get, read_only, changed, maps } = cases().into_iter().nth(kind).expect("a case");
        let mut places = Vec::new();
        objects(&get, "", maps, &mut places);
        for (place, name, value) in unheard {
            get.pointer_mut(place.get::<String>(&places)).expect("an object")[name] = value;
        }
        let mut expected = get.clone();
        read_only.iter().for_each(|pointer| take(&mut expected, pointer));
        for (pointer, value) in changed {
            let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
            expected.pointer_mut(parent).expect("an object")[name] = value;
        }
        let sent = runtime().block_on(put_of(kind, &get));
        let sent: Value = serde_json::from_slice(&sent.body).expect("JSON");
        prop_assert_eq!(sent, expected);
        Ok(())
    });
}

#[tokio::test(start_paused = true)]
async fn the_etag_of_a_cluster_is_sent_where_there_was_one_and_those_of_services_that_take_none_are_not() {
    for (kind, case) in cases().into_iter().enumerate() {
        assert_eq!(put_of(kind, &case.get).await.header("if-match"), if kind == 0 { "e1" } else { "" });
    }
    let mut untagged = cluster().get;
    take(&mut untagged, "/eTag");
    assert_eq!(put_of(0, &untagged).await.header("if-match"), "");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_somebody_changed_since_the_look_is_looked_at_again() {
    let mut now = cluster().get;
    let mut puts = 0;
    let world = World::new(move |seen| {
        if seen.method == Method::PUT {
            puts += 1;
            if puts == 1 {
                // Their change, between our look and our write.
                now["eTag"] = body!("e2");
                now["properties"]["theirs"] = body!("new");
                return error(412, "PreconditionFailed");
            }
            let sent: Value = serde_json::from_slice(&seen.body).expect("JSON");
            now["properties"]["securityProfile"] = sent["properties"]["securityProfile"].clone();
            now["properties"]["agentPoolProfiles"] = sent["properties"]["agentPoolProfiles"].clone();
        }
        json(200, &now)
    });
    let ctx = context(&world, &ParentLocks::default());
    let issuer = SetOnce::new();
    ensure(&ctx, &Cluster::new(&lab(), "westeurope", &issuer)).await.expect("as it should be");
    assert_eq!(ctx.ledger.changes()[0].action, Action::Updated);
    let puts: Vec<_> = world.seen().into_iter().filter(|seen| seen.method == Method::PUT).collect();
    assert_eq!(puts.iter().map(|put| put.header("if-match")).collect::<Vec<_>>(), ["e1", "e2"]);
    let last: Value = serde_json::from_slice(&puts[1].body).expect("JSON");
    assert_eq!(last["properties"]["theirs"], "new");
}

/// Every field of the recorded resources that the service alone writes, by the last word but one of the path. All others are
/// sent back.
const READ_ONLY: &[(&str, &[&str])] = &[
    (
        "accounts",
        &[
            "/etag",
            "/id",
            "/identity/principalId",
            "/identity/tenantId",
            "/name",
            "/properties/callRateLimit",
            "/properties/capabilities",
            "/properties/dateCreated",
            "/properties/endpoint",
            "/properties/endpoints",
            "/properties/internalId",
            "/properties/isMigrated",
            "/properties/privateEndpointConnections",
            "/properties/provisioningState",
            "/systemData",
            "/type",
        ],
    ),
    (
        "deployments",
        &[
            "/etag",
            "/id",
            "/name",
            "/properties/capabilities",
            "/properties/currentCapacity",
            "/properties/provisioningState",
            "/properties/rateLimits",
            "/systemData",
            "/type",
        ],
    ),
    ("federatedidentitycredentials", &["/id", "/name", "/type"]),
    (
        "managedclusters",
        &[
            "/id",
            "/identity/principalId",
            "/identity/tenantId",
            "/name",
            "/properties/addonProfiles/azurepolicy/identity",
            "/properties/agentPoolProfiles/*/currentOrchestratorVersion",
            "/properties/agentPoolProfiles/*/nodeImageVersion",
            "/properties/agentPoolProfiles/*/provisioningState",
            "/properties/azurePortalFQDN",
            "/properties/currentKubernetesVersion",
            "/properties/fqdn",
            "/properties/maxAgentPools",
            "/properties/networkProfile/loadBalancerProfile/effectiveOutboundIPs",
            "/properties/oidcIssuerProfile/issuerURL",
            "/properties/powerState",
            "/properties/provisioningState",
            "/properties/resourceUID",
            "/type",
        ],
    ),
    ("resourcegroups", &["/id", "/name", "/properties/provisioningState", "/type"]),
];

/// The pointers of what `get` has and `put` has not, or otherwise.
fn left_out(get: &Value, put: Option<&Value>, at: &str, found: &mut BTreeSet<String>) {
    match (get, put) {
        (Value::Object(fields), Some(Value::Object(put))) => {
            fields.iter().for_each(|(name, value)| left_out(value, put.get(name), &format!("{at}/{name}"), found));
        }
        (Value::Array(all), Some(Value::Array(put))) if all.len() == put.len() => {
            all.iter().zip(put).for_each(|(value, put)| left_out(value, Some(put), &format!("{at}/*"), found));
        }
        (value, Some(put)) if value == put => {}
        _ => {
            found.insert(at.to_owned());
        }
    }
}

/// What is sent when nothing of a recorded resource is changed; `None` where azlab changes nothing of its kind.
async fn sent_back(kind: &str, exchange: &Exchange) -> Option<Value> {
    let (answers, bytes) = (Answers::new([exchange.response()]), exchange.response().into_body());
    let (azure, ..) = client(answers.clone());
    let answer = match kind {
        "managedclusters" => {
            let update = Observed::<ManagedCluster>::read(kind, &bytes).unwrap().into_update();
            azure.update_cluster("g", "c", update).await
        }
        "accounts" => {
            let update = Observed::<AccountState>::read(kind, &bytes).unwrap().into_update();
            azure.update_account("g", "a", update).await
        }
        "deployments" => {
            let update = Observed::<DeploymentState>::read(kind, &bytes).unwrap().into_update();
            azure.update_deployment("g", "a", "d", update).await
        }
        "federatedidentitycredentials" => {
            let update = Observed::<FederatedIdentityCredential>::read(kind, &bytes).unwrap().into_update();
            azure.update_federated_credential("g", "i", "f", update).await
        }
        "resourcegroups" => {
            let update = Observed::<ResourceGroup>::read(kind, &bytes).unwrap().into_update();
            azure.update_group("g", update).await
        }
        _ => return None,
    };
    answer.expect("taken");
    Some(serde_json::from_slice(&answers.asked()[0].body).expect("JSON"))
}

#[tokio::test(start_paused = true)]
async fn every_field_of_a_recorded_resource_that_is_not_read_only_is_sent_back() {
    let Some(recordings) = recordings() else { return };
    let mut found = std::collections::BTreeMap::<String, BTreeSet<String>>::new();
    for exchange in recordings.iter().flat_map(crate::exchange::Recording::exchanges) {
        if exchange.method != "GET" || !exchange.status().is_success() || exchange.response_body.get("id").is_none() {
            continue;
        }
        let path = exchange.path();
        let kind = path.rsplit('/').nth(1).unwrap_or_default();
        if let Some(put) = sent_back(kind, &exchange).await {
            left_out(&exchange.response_body, Some(&put), "", found.entry(kind.to_owned()).or_default());
        }
    }
    let known = |kind: &str| READ_ONLY.iter().find(|(name, _)| *name == kind).map(|(_, paths)| *paths);
    for (kind, paths) in &found {
        let known = known(kind).unwrap_or_default();
        let lost: Vec<_> = paths.iter().filter(|path| !known.contains(&path.as_str())).collect();
        assert!(lost.is_empty(), "{kind}: {lost:?}");
    }
    for kind in ["accounts", "deployments", "managedclusters"] {
        assert!(found.contains_key(kind), "{kind}: nothing was recorded");
    }
}
