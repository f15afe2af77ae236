//! What somebody changed since is put right, in place and one field at a time; what cannot be is told before anything is
//! written.

use azlab::outcome::{Action, Exit};
use azlab::values::ResourceKind;
use http::Method;
use serde_json::{Value, json};

use super::fixture::{Azure, CLUSTER, GROUP, account, child, federated_credential, trust};

const SUBJECT: &str = "system:serviceaccount:default:ai-service-account";

async fn issuer(azure: &Azure) -> Value {
    azure.get(CLUSTER).await["properties"]["oidcIssuerProfile"]["issuerURL"].clone()
}

/// The path of the lab's account.
async fn its_account(azure: &Azure) -> String {
    account(azure.provision("").await.ready().outputs().openai_account.as_deref().expect("an account"))
}

fn deployment(model: &str, version: &str, sku: &str, capacity: u32) -> Value {
    json!({"sku": {"name": sku, "capacity": capacity},
        "properties": {"model": {"format": "OpenAI", "name": model, "version": version}}})
}

#[tokio::test(start_paused = true)]
async fn a_cluster_made_without_issuer_and_workload_identity_gets_both_in_place() {
    for (profile, security) in [
        (json!({"enabled": false}), json!({})),
        (json!({"enabled": true}), json!({"workloadIdentity": {"enabled": false}})),
    ] {
        let azure = Azure::new();
        azure.put(GROUP, json!({"location": "westeurope"})).await;
        let cluster = json!({"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": {
            "kubernetesVersion": "1.33",
            "dnsPrefix": "lab",
            "agentPoolProfiles": [{"name": "pool", "count": 1, "vmSize": "Standard_DS2_v2", "mode": "System"}],
            "oidcIssuerProfile": profile, "securityProfile": security}});
        azure.put(CLUSTER, cluster).await;
        azure.pass(400.0).await;
        let ran = azure.provision("--adopt").await.ready();
        assert_eq!(ran.action(ResourceKind::Cluster), Action::Updated);
        let cluster = azure.get(CLUSTER).await;
        assert_eq!(cluster["properties"]["oidcIssuerProfile"]["enabled"], true);
        assert_eq!(cluster["properties"]["securityProfile"]["workloadIdentity"]["enabled"], true);
        assert_eq!(cluster["properties"]["agentPoolProfiles"][0]["count"], 1, "nobody asked for more nodes");
        assert_eq!(cluster["properties"]["kubernetesVersion"], "1.33");
        azure.holds_exactly(1);
        assert!(azure.provision("").await.ready().writes().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_federated_credential_that_trusts_another_is_put_right() {
    let azure = Azure::with_lab().await;
    let right = issuer(&azure).await;
    let mut other_audience = trust(&right, SUBJECT);
    other_audience["properties"]["audiences"] = json!(["api://other"]);
    for wrong in [
        trust(&json!("https://elsewhere.example/"), SUBJECT),
        trust(&right, "system:serviceaccount:default:other"),
        other_audience,
    ] {
        azure.pass(5.0).await;
        azure.put(&federated_credential("myFederatedCredential"), wrong).await;
        azure.pass(5.0).await;
        let ran = azure.provision("").await.ready();
        assert_eq!(ran.changed(), [(ResourceKind::FederatedCredential, Action::Updated)]);
        assert_eq!(ran.writes().len(), 1);
        let now = azure.get(&federated_credential("myFederatedCredential")).await;
        assert_eq!(now["properties"], trust(&right, SUBJECT)["properties"]);
    }
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_is_made_again_and_nothing_else_is_written() {
    let azure = Azure::with_lab().await;
    let account = its_account(&azure).await;
    let roles = account.replace("?api-version=2024-10-01", "/providers/Microsoft.Authorization/roleAssignments");
    let role =
        azure.get(&format!("{roles}?api-version=2022-04-01&$filter=atScope()")).await["value"][0]["name"].clone();
    let role = format!("{roles}/{}?api-version=2022-04-01", role.as_str().expect("a name"));
    for (path, kind) in [
        (federated_credential("myFederatedCredential"), ResourceKind::FederatedCredential),
        (child(&account, "deployments", "gpt-35-turbo"), ResourceKind::ModelDeployment),
        (role, ResourceKind::RoleAssignment),
    ] {
        azure.pass(5.0).await;
        azure.delete(&path).await;
        azure.pass(5.0).await;
        let ran = azure.provision("").await.ready();
        assert_eq!(ran.changed(), [(kind, Action::Created)]);
        assert_eq!(ran.writes().len(), 1, "{kind}: {:#?}", ran.writes());
        azure.holds_exactly(1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_being_deleted_is_waited_for_and_its_successor_is_trusted() {
    for wait in [0.0, 100.0, 300.0] {
        let azure = Azure::with_lab().await;
        let before = issuer(&azure).await;
        azure.delete(CLUSTER).await;
        azure.pass(wait).await;
        let ran = azure.provision("").await.ready();
        assert_eq!(ran.action(ResourceKind::Cluster), Action::Created);
        assert_eq!(ran.action(ResourceKind::FederatedCredential), Action::Updated, "{wait} s");
        let after = issuer(&azure).await;
        assert_ne!(after, before);
        let trusted = azure.get(&federated_credential("myFederatedCredential")).await;
        assert_eq!(trusted["properties"]["issuer"], after, "{wait} s");
        azure.holds_exactly(1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_of_another_sku_is_changed_and_keeps_what_is_not_ours() {
    let azure = Azure::new();
    azure.put(GROUP, json!({"location": "westeurope"})).await;
    azure.openai_account("myopenai777", "my-own-subdomain").await;
    let changed = json!({"location": "westeurope", "kind": "OpenAI", "sku": {"name": "F0"}, "tags": {"theirs": "yes"},
        "properties": {"customSubDomainName": "my-own-subdomain", "disableLocalAuth": true, "publicNetworkAccess": "Disabled"}});
    azure.put(&account("myopenai777"), changed).await;
    azure.pass(20.0).await;
    let ran = azure.provision("--adopt").await.ready();
    assert_eq!(ran.action(ResourceKind::OpenaiAccount), Action::Updated);
    let now = azure.get(&account("myopenai777")).await;
    assert_eq!(now["sku"]["name"], "S0");
    assert_eq!(now["tags"]["theirs"], "yes");
    for (field, value) in [
        ("customSubDomainName", json!("my-own-subdomain")),
        ("disableLocalAuth", json!(true)),
        ("publicNetworkAccess", json!("Disabled")),
    ] {
        assert_eq!(now["properties"][field], value, "{field}");
    }
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn an_account_without_a_subdomain_gets_one() {
    let azure = Azure::new();
    azure.put(GROUP, json!({"location": "westeurope"})).await;
    let plain = json!({"location": "westeurope", "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}});
    azure.put(&account("MyOpenAI777"), plain).await;
    azure.pass(20.0).await;
    let ran = azure.provision("--adopt").await.ready();
    assert_eq!(ran.action(ResourceKind::OpenaiAccount), Action::Updated);
    assert_eq!(ran.outputs().openai_endpoint.as_deref(), Some("https://myopenai777.openai.azure.com/"));
}

#[tokio::test(start_paused = true)]
async fn an_account_of_another_kind_under_the_name_is_told_before_anything_is_written() {
    let azure = Azure::new();
    azure.put(GROUP, json!({"location": "westeurope"})).await;
    let other = json!({"location": "westeurope", "kind": "AIServices", "sku": {"name": "S0"}, "properties": {"customSubDomainName": "mine"}});
    azure.put(&account("mine"), other).await;
    azure.pass(20.0).await;
    // AIServices contains OpenAI.
    azure.provision("--adopt --account mine").await.ready();
}

#[tokio::test(start_paused = true)]
async fn model_sku_and_capacity_are_changed_never_model_and_capacity_in_one_write() {
    // Model, version, sku and capacity as somebody left them; the arguments; the writes that it takes.
    let cases = [
        (("gpt-4o-mini", "2024-07-18", "GlobalStandard", 10), "--model gpt-35-turbo", 1),
        (("gpt-4o-mini", "2024-07-18", "GlobalStandard", 30), "--model gpt-35-turbo --capacity 10", 2),
        (("gpt-4o-mini", "2024-07-18", "GlobalStandard", 3), "--model gpt-35-turbo --capacity 10", 2),
        (("gpt-35-turbo", "0125", "Standard", 3), "--capacity 10", 1),
        (("gpt-4o", "2024-11-20", "Standard", 3), "--model gpt-4o --model-sku GlobalStandard", 1),
        (("gpt-4o", "2024-11-20", "Standard", 3), "--model gpt-4o --model-sku GlobalStandard --capacity 9", 1),
        // This model is not sold with the sku that the other has.
        (("gpt-4o", "2024-11-20", "Standard", 5), "--model gpt-5-mini --capacity 9", 2),
    ];
    for ((model, version, sku, capacity), arguments, writes) in cases {
        let azure = Azure::new();
        let first = format!("--model {model} --model-version {version} --model-sku {sku} --capacity {capacity}");
        if model == "gpt-4o-mini" {
            // Closed to new deployments with Standard since March, open with GlobalStandard.
            assert_eq!(sku, "GlobalStandard");
        }
        azure.provision(&first).await.ready();
        let ran = azure.provision(arguments).await.ready();
        assert_eq!(ran.changed(), [(ResourceKind::ModelDeployment, Action::Updated)], "{first} then {arguments}");
        assert_eq!(ran.writes().len(), writes, "{first} then {arguments}");
        assert!(azure.provision(arguments).await.ready().writes().is_empty(), "{arguments}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_somebody_took_stays_when_nobody_names_another() {
    let azure = Azure::new();
    azure.provision("--model gpt-4o").await.ready();
    assert!(azure.provision("").await.ready().writes().is_empty());
    let ran = azure.provision("--capacity 3").await.ready();
    assert_eq!(ran.changed(), [(ResourceKind::ModelDeployment, Action::Updated)]);
    let deployed = azure.get(&child(&its_account(&azure).await, "deployments", "gpt-35-turbo")).await;
    assert_eq!((&deployed["properties"]["model"]["name"], &deployed["sku"]["capacity"]), (&json!("gpt-4o"), &json!(3)));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_asked_for_stays_when_a_deployment_is_changed() {
    let azure = Azure::with_lab().await;
    let path = child(&its_account(&azure).await, "deployments", "gpt-35-turbo");
    let mut theirs = deployment("gpt-4o", "2024-11-20", "GlobalStandard", 7);
    theirs["properties"]["versionUpgradeOption"] = json!("NoAutoUpgrade");
    theirs["properties"]["raiPolicyName"] = json!("Microsoft.Default");
    azure.delete(&path).await;
    azure.pass(3.0).await;
    azure.put(&path, theirs).await;

    azure.provision("--model gpt-4o --capacity 8").await.ready();
    let now = azure.get(&path).await;
    assert_eq!(now["sku"], json!({"name": "GlobalStandard", "capacity": 8}));
    azure.provision("--model gpt-4o --model-sku DataZoneStandard").await.ready();
    let now = azure.get(&path).await;
    assert_eq!(now["sku"], json!({"name": "DataZoneStandard", "capacity": 8}));
    assert_eq!(now["properties"]["versionUpgradeOption"], "NoAutoUpgrade");
    assert_eq!(now["properties"]["raiPolicyName"], "Microsoft.Default");
}

#[tokio::test(start_paused = true)]
async fn a_retired_model_that_is_deployed_stays_and_its_capacity_can_be_changed() {
    let azure = Azure::with_lab().await;
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    assert!(azure.provision("").await.ready().writes().is_empty());
    let ran = azure.provision("--capacity 20").await.ready();
    assert_eq!(ran.changed(), [(ResourceKind::ModelDeployment, Action::Updated)]);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_the_service_moved_to_a_younger_version_stops_nothing() {
    let azure = Azure::with_lab().await;
    azure.delete(&federated_credential("myFederatedCredential")).await;
    azure.pass(5.0).await;
    // 0613 is closed to new deployments; the service has moved on to 0125.
    let ran = azure.provision("--model gpt-35-turbo --model-version 0613").await.ready();
    assert_eq!(ran.changed(), [(ResourceKind::FederatedCredential, Action::Created)]);
    let ran = azure.provision("--model gpt-35-turbo --model-version 0613 --capacity 20").await.ready();
    assert_eq!(ran.changed(), [(ResourceKind::ModelDeployment, Action::Updated)]);
    let now = azure.get(&child(&its_account(&azure).await, "deployments", "gpt-35-turbo")).await;
    assert_eq!((&now["properties"]["model"]["version"], &now["sku"]["capacity"]), (&json!("0125"), &json!(20)));
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_goes_during_the_run_is_made_again_as_it_was() {
    let azure = Azure::with_lab().await;
    let path = child(&its_account(&azure).await, "deployments", "gpt-35-turbo");
    let gone = async {
        // Between the survey, which sees it, and the recipe, which does not.
        azure.pass(0.45).await;
        azure.send(Method::DELETE, &path, None).await.status
    };
    let (ran, deleted) = tokio::join!(azure.provision("--ttl 1h"), gone);
    assert!(deleted.is_success());
    let ran = ran.ready();
    assert_eq!(ran.action(ResourceKind::ModelDeployment), Action::Created);
    assert_eq!(azure.get(&path).await["sku"], json!({"name": "Standard", "capacity": 10}));
}

#[tokio::test(start_paused = true)]
async fn tags_of_ours_that_were_lost_are_written_again() {
    let azure = Azure::with_lab().await;
    azure
        .put(GROUP, json!({"location": "westeurope", "tags": {"azlab-workshop": "intelligent-apps-aks", "x": "y"}}))
        .await;
    let ran = azure.provision("").await.ready();
    assert_eq!(ran.changed(), [(ResourceKind::ResourceGroup, Action::Updated)]);
    let tags = azure.get(GROUP).await["tags"].clone();
    assert_eq!((&tags["azlab-lab"], &tags["x"]), (&json!("default"), &json!("y")));

    // Without all of them it could be anybody's.
    azure.put(GROUP, json!({"location": "westeurope", "tags": {"x": "y"}})).await;
    azure.provision("").await.refused(Exit::NotOurs);
    azure.provision("--adopt").await.ready();
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_changed_in_place_is_told_and_nothing_is_written() {
    let azure = Azure::with_lab().await;
    // Something to be written beside it, if the run were to begin.
    azure.delete(&federated_credential("myFederatedCredential")).await;
    azure.pass(5.0).await;
    for (arguments, says) in [
        ("--node-vm-size Standard_D4s_v5", "node_vm_size: Standard_D2s_v5 -> Standard_D4s_v5"),
        ("--node-vm-size Standard_D4s_v5 --skip-preflight", "node_vm_size"),
        ("--kubernetes-version 1.33", "kubernetes_version: 1.34"),
    ] {
        // A write of the group would come first.
        let ran = azure.provision(&format!("--ttl 1h {arguments}")).await.refused(Exit::Preflight);
        assert_eq!(ran.error().code, "CannotChangeInPlace", "{arguments}");
        assert!(ran.error().message.contains(says), "{arguments}: {}", ran.error().message);
        assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("leave out")), "{arguments}");
    }
    azure.provision("--node-vm-size standard_d2s_v5 --kubernetes-version 1.34").await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_elsewhere_is_told_and_nothing_is_written() {
    let azure = Azure::with_lab().await;
    let ran = azure.provision("--location swedencentral").await.refused(Exit::Preflight);
    assert_eq!(ran.error().code, "InvalidResourceGroupLocation");
    assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("--location westeurope")));
    azure.provision("--location swedencentral --skip-preflight").await.refused(Exit::Preflight);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_create_failed_is_repaired() {
    let azure = Azure::new();
    assert!(azure.killed_after("", 12.0).await.is_none());
    azure.pass(400.0).await;
    let mut failed = azure.get(CLUSTER).await;
    failed["properties"]["provisioningState"] = json!("Failed");
    let body = bytes::Bytes::from(failed.to_string());
    let kind = azlab_sandbox::FaultKind::Respond { status: http::StatusCode::OK, headers: Vec::new(), body };
    // The survey and the recipe see it failed.
    azure.fault(Method::GET, "/managedclusters/", 2, kind);
    let ran = azure.provision("").await.ready();
    assert_eq!(ran.action(ResourceKind::Cluster), Action::Updated);
    azure.holds_exactly(1);
}
