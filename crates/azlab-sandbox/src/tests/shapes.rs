//! Bodies whose members are of the wrong JSON type: refused before anything is kept, whatever they are.

use super::*;

const POOL: &str = "agentPools/two";
const CREDENTIAL: &str = "federatedIdentityCredentials/fic";

/// `body` with `value` at `path` (a JSON pointer whose last member may be new).
fn with(mut body: Value, path: &str, value: Value) -> Value {
    let (above, name) = path.rsplit_once('/').unwrap();
    body.pointer_mut(above).unwrap()[name] = value;
    body
}

/// What a cluster cannot be asked for: something else where an object is.
fn misshapen() -> Vec<Value> {
    let pool = "/properties/agentPoolProfiles/0";
    vec![
        with(cluster(), "/properties/networkProfile", json!("x")),
        with(cluster(), "/properties/networkProfile", json!([])),
        with(cluster(), "/properties/networkProfile", json!({"loadBalancerProfile": "x"})),
        with(cluster(), "/properties/securityProfile", json!(5)),
        with(cluster(), "/properties/autoUpgradeProfile", json!(true)),
        with(cluster(), "/sku", json!("x")),
        with(cluster(), &format!("{pool}/powerState"), json!("x")),
        with(cluster(), &format!("{pool}/upgradeSettings"), json!([[]])),
        with(cluster(), "/properties/agentPoolProfiles", json!([["np", 1, "Standard_DS2_v2", "System"]])),
        with(cluster(), "/properties/oidcIssuerProfile", json!([true])),
        with(cluster(), "/properties", json!([null, null, null, null, null, null])),
        json!(["westeurope", null, null, null, [null, null, null, [], null, null]]),
    ]
}

/// What is no object at all does not reach the provider.
fn code(body: &Value) -> &'static str {
    if body.is_object() { "UnmarshalError" } else { "InvalidRequestContent" }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_with_something_else_where_an_object_belongs_is_refused_and_stays_readable() {
    let azure = Client::new();
    azure.group().await;
    for body in misshapen() {
        assert_eq!(azure.put(CLUSTER, body.clone()).await.outcome(), (400, code(&body)), "new: {body}");
    }
    assert_eq!(azure.get(CLUSTER).await.status, 404);
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201);
    azure.wait(400).await;
    for body in misshapen() {
        assert_eq!(azure.put(CLUSTER, body.clone()).await.outcome(), (400, code(&body)), "update: {body}");
    }
    let asked = json!({"count": 1, "vmSize": "Standard_DS2_v2", "mode": "User"});
    for (member, value) in [("powerState", json!("x")), ("securityProfile", json!([]))] {
        let body = with(json!({"properties": asked}), &format!("/properties/{member}"), value);
        assert_eq!(azure.put(&child(CLUSTER, POOL), body).await.outcome(), (400, "UnmarshalError"), "{member}");
    }
    let stopped = azure.send(Method::POST, &child(CLUSTER, "stop"), None).await;
    assert_eq!((stopped.status.as_u16(), azure.get(CLUSTER).await.status.as_u16()), (202, 200));
    azure.wait(400).await;
    let read = azure.get(CLUSTER).await.body["properties"].take();
    assert!(read["networkProfile"]["loadBalancerProfile"]["effectiveOutboundIPs"][0]["id"].is_string(), "{read}");
}

#[tokio::test(start_paused = true)]
async fn no_provider_takes_a_list_for_an_object() {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    azure.group().await;
    azure.account().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    azure.wait(60).await;
    let of_group = |what: &str| format!("/resourceGroups/lab/providers/Microsoft.{what}");
    let guid = "5a9d0b0c-7d5e-4c1f-9a34-2f6b8e01c7d3";
    let role = "/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
    let role = format!("/subscriptions/{SUBSCRIPTION_ID}{role}");
    let model = json!({"format": "OpenAI", "name": "gpt-35-turbo", "version": "0125"});
    let sku = json!({"name": "Standard", "capacity": 1});
    let deployment = child(ACCOUNT, "deployments/d1");
    for (path, body) in [
        (GROUP.to_owned(), json!(["westeurope", {"a": "b"}, null])),
        (IDENTITY.to_owned(), json!(["westeurope", {"a": "b"}])),
        (child(IDENTITY, CREDENTIAL), json!([{"issuer": "https://i.example/", "subject": "s", "audiences": ["a"]}])),
        (
            child(IDENTITY, CREDENTIAL),
            json!({"properties": ["https://i.example/", "s", ["api://AzureADTokenExchange"]]}),
        ),
        (ACCOUNT.to_owned(), json!(["westeurope", "OpenAI", {"name": "S0"}, null, null, {}])),
        (deployment.clone(), json!([sku, {"model": model}, null])),
        (deployment.clone(), json!({"sku": ["Standard", 1], "properties": {"model": model}})),
        (deployment.clone(), json!({"sku": sku, "properties": [model, null, null]})),
        (deployment, json!({"sku": sku, "properties": {"model": [null, "OpenAI", "gpt-35-turbo", "0125"]}})),
        (
            of_group(&format!("Authorization/roleAssignments/{guid}?api-version=2022-04-01")),
            json!({"properties": [role, "a21ab000-0000-4000-8000-000000000002", "User", null, null, null]}),
        ),
        (of_group("Authorization/locks/l?api-version=2020-05-01"), json!({"properties": ["CanNotDelete", null]})),
        (of_group("Resources/tags/default?api-version=2021-04-01"), json!([null, {"tags": {"a": "b"}}])),
        (of_group("Resources/tags/default?api-version=2021-04-01"), json!({"properties": [{"a": "b"}]})),
    ] {
        let got = azure.put(&path, body.clone()).await;
        assert_eq!(got.outcome(), (400, "InvalidRequestContent"), "{path}: {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_has_at_most_a_hundred_pools_and_is_told_so_before_each_is_looked_at() {
    let azure = Client::new();
    azure.group().await;
    let pools = |number: usize| {
        let pools: Vec<Value> = (0..number)
            .map(|at| json!({"name": format!("p{at}"), "count": 1, "mode": "System", "vmSize": "Standard_DS2_v2"}))
            .collect();
        with(cluster(), "/properties/agentPoolProfiles", pools.into())
    };
    let refused = azure.put(CLUSTER, pools(101)).await;
    assert_eq!(refused.outcome(), (400, "InvalidParameter"));
    assert_eq!(refused.body["target"], "agentPoolProfiles");
    assert!(refused.body["message"].as_str().unwrap().contains("101"), "{}", refused.body);
    let twice = with(cluster(), "/properties/agentPoolProfiles", json!([{"name": "a"}, {"name": "a"}]));
    assert_eq!(azure.put(CLUSTER, twice).await.body["target"], "agentPoolProfile.name");
    assert_eq!(azure.put(CLUSTER, pools(100)).await.status, 201);
    azure.wait(400).await;
    let one_more = json!({"properties": {"count": 1, "mode": "User", "vmSize": "Standard_DS2_v2"}});
    assert_eq!(azure.put(&child(CLUSTER, POOL), one_more).await.body["target"], "agentPoolProfiles");
}

#[tokio::test(start_paused = true)]
async fn an_identity_of_its_own_comes_without_a_member_for_others() {
    let azure = Client::new();
    azure.group().await;
    let made = azure.put(CLUSTER, cluster()).await;
    // In no order: it hangs on features of serde_json that other packages turn on in tests.
    let mut members: Vec<&String> = made.body["identity"].as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["principalId", "tenantId", "type"]);
}
