//! The cluster, the identity and its federated credential, the account and its deployment, each broken in one place.

use super::*;
use crate::provision::fixture::{IDENTITY, account};

const SUBJECT: &str = "system:serviceaccount:default:ai-service-account";

async fn issuer(azure: &Azure) -> Value {
    azure.get(CLUSTER).await["properties"]["oidcIssuerProfile"]["issuerURL"].clone()
}

async fn account_name(azure: &Azure) -> String {
    let path = "/resourceGroups/myResourceGroup/providers/Microsoft.CognitiveServices/accounts?api-version=2024-10-01";
    azure.get(path).await["value"][0]["name"].as_str().unwrap().to_owned()
}

/// Another tool writes the lab's federated credential.
async fn trusts(azure: &Azure, issuer: &str, subject: &str, audience: &str) {
    let mut body = trust(&issuer.into(), subject);
    body["properties"]["audiences"] = json!([audience]);
    azure.pass(5.0).await;
    azure.put(&federated_credential("myFederatedCredential"), body).await;
    azure.pass(5.0).await;
}

async fn trusts_wrongly(subject: &str, audience: &str, check: &str, says: &str) {
    let azure = Azure::with_lab().await;
    let issuer = issuer(&azure).await;
    trusts(&azure, issuer.as_str().unwrap(), subject, audience).await;
    let fix = fails(&verify(&azure, "").await, &[check], says);
    repaired_by(&azure, &fix).await;
}

#[tokio::test(start_paused = true)]
async fn a_federated_credential_for_another_namespace_fails_by_its_subject() {
    let (subject, check) = ("system:serviceaccount:prod:ai-service-account", "federated_credential_subject");
    trusts_wrongly(subject, "api://AzureADTokenExchange", check, "another namespace, prod for default").await;
}

#[tokio::test(start_paused = true)]
async fn a_federated_credential_for_another_audience_fails_by_its_audience() {
    trusts_wrongly(SUBJECT, "api://SomethingElse", "federated_credential_audience", "api://SomethingElse").await;
}

#[tokio::test(start_paused = true)]
async fn an_issuer_without_its_trailing_slash_fails_and_says_so() {
    let azure = Azure::with_lab().await;
    let issuer = issuer(&azure).await;
    let bare = issuer.as_str().unwrap().trim_end_matches('/');
    trusts(&azure, bare, SUBJECT, "api://AzureADTokenExchange").await;
    let fix = fails(&verify(&azure, "").await, &["federated_credential_issuer"], "lacks the slash at the end");
    repaired_by(&azure, &fix).await;
}

#[tokio::test(start_paused = true)]
async fn a_cluster_made_anew_has_another_issuer_and_only_that_fails() {
    let azure = Azure::with_lab().await;
    let body = azure.get(CLUSTER).await;
    azure.delete(CLUSTER).await;
    azure.pass(400.0).await;
    let body = json!({"location": body["location"], "identity": {"type": "SystemAssigned"}, "properties": {
        "dnsPrefix": "lab", "agentPoolProfiles": [{"name": "nodepool1", "count": 1, "vmSize": "Standard_DS2_v2", "mode": "System"}],
        "oidcIssuerProfile": {"enabled": true}, "securityProfile": {"workloadIdentity": {"enabled": true}}}});
    azure.put(CLUSTER, body).await;
    azure.pass(10.0).await;
    let creating = verify(&azure, "").await;
    fails(&creating, &["cluster", "federated_credential_issuer"], "not ready yet: Creating");
    azure.pass(400.0).await;
    let fix = fails(&verify(&azure, "").await, &["federated_credential_issuer"], "created again has a new issuer");
    repaired_by(&azure, &fix).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_cluster_what_depends_on_it_is_skipped() {
    let azure = Azure::with_lab().await;
    azure.delete(CLUSTER).await;
    azure.pass(400.0).await;
    let ran = verify(&azure, "").await;
    let fix = fails(&ran, &["cluster"], "there is no cluster myAKSCluster");
    assert_eq!(ended(&ran, CheckStatus::Skip), ["oidc_issuer", "workload_identity", "federated_credential_issuer"]);
    repaired_by(&azure, &fix).await;
}

#[tokio::test(start_paused = true)]
async fn workload_identity_switched_off_fails_alone() {
    let azure = Azure::with_lab().await;
    let mut body = azure.get(CLUSTER).await;
    body["properties"]["securityProfile"]["workloadIdentity"] = json!({"enabled": false});
    azure.put(CLUSTER, body).await;
    azure.pass(400.0).await;
    let fix = fails(&verify(&azure, "").await, &["workload_identity"], "workload identity is off");
    repaired_by(&azure, &fix).await;
}

/// The cluster as it is, but for this, is what the service tells the next time.
async fn told(azure: &Azure, change: impl FnOnce(&mut Value)) {
    let mut body = azure.get(CLUSTER).await;
    change(&mut body);
    let kind = FaultKind::Respond {
        status: StatusCode::OK,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into(),
    };
    azure.fault(Method::GET, "managedClusters/myAKSCluster", 1, kind);
}

#[tokio::test(start_paused = true)]
async fn an_oidc_issuer_that_is_off_fails_and_leaves_nothing_to_compare_with() {
    let azure = Azure::with_lab().await;
    told(&azure, |body| body["properties"]["oidcIssuerProfile"] = json!({"enabled": false})).await;
    let ran = verify(&azure, "").await;
    fails(&ran, &["oidc_issuer"], "is off");
    assert_eq!(ended(&ran, CheckStatus::Skip), ["federated_credential_issuer"]);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_cluster_is_to_be_started() {
    let azure = Azure::with_lab().await;
    azure.stops_the_cluster().await;
    let fix = fails(&verify(&azure, "").await, &["cluster"], "is stopped");
    repaired_by(&azure, &fix).await;
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_last_operation_failed_fails() {
    let azure = Azure::with_lab().await;
    told(&azure, |body| body["properties"]["provisioningState"] = "Failed".into()).await;
    fails(&verify(&azure, "").await, &["cluster"], "the last operation on the cluster myAKSCluster failed");
}

#[tokio::test(start_paused = true)]
async fn a_federated_credential_that_is_gone_fails_once_and_its_fields_are_skipped() {
    let azure = Azure::with_lab().await;
    azure.delete(&federated_credential("myFederatedCredential")).await;
    azure.pass(5.0).await;
    let ran = verify(&azure, "").await;
    let fix = fails(&ran, &["federated_credential"], "no federated credential myFederatedCredential");
    assert_eq!(ended(&ran, CheckStatus::Skip).len(), 3, "{:#?}", checks(&ran));
    repaired_by(&azure, &fix).await;
}

#[tokio::test(start_paused = true)]
async fn without_an_identity_its_credential_and_role_are_skipped() {
    let azure = Azure::with_lab().await;
    azure.delete(IDENTITY).await;
    azure.pass(5.0).await;
    let ran = verify(&azure, "").await;
    let fix = fails(&ran, &["identity"], "there is no identity myIdentity");
    assert_eq!(ended(&ran, CheckStatus::Skip).len(), 5, "{:#?}", checks(&ran));
    repaired_by(&azure, &fix).await;
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_gone_fails_and_is_not_asked() {
    let azure = Azure::with_lab().await;
    let name = account_name(&azure).await;
    azure.delete(&child(&account(&name), "deployments", "gpt-35-turbo")).await;
    azure.pass(5.0).await;
    let ran = verify(&azure, "").await;
    let fix = fails(&ran, &["deployment"], "no model deployment gpt-35-turbo");
    assert_eq!(ended(&ran, CheckStatus::Skip), ["chat_completion"]);
    repaired_by(&azure, &fix).await;
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_the_workshop_s_commands_would_not_take_is_warned_of() {
    let azure = Azure::with_lab().await;
    let name = account_name(&azure).await;
    let other = json!({"sku": {"name": "Standard", "capacity": 1},
        "properties": {"model": {"format": "OpenAI", "name": "text-embedding-3-small", "version": "1"}}});
    azure.put(&child(&account(&name), "deployments", "embeddings"), other).await;
    azure.pass(5.0).await;
    let ran = verify(&azure, "").await;
    assert_eq!((ran.exit(), ended(&ran, CheckStatus::Warn)), (Exit::Done, vec!["deployment"]));
    let warned = check(&ran, "deployment");
    assert!(warned.hint.as_ref().unwrap().contains("AOAI_DEPLOYMENT_NAME=gpt-35-turbo"), "{warned:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_account_without_a_subdomain_takes_no_tokens() {
    let azure = Azure::new();
    azure.made_by_az().await;
    azure.delete(&account("myopenai12345")).await;
    azure.pass(20.0).await;
    let body = json!({"location": "westeurope", "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}});
    azure.put(&account("plain"), body).await;
    azure.pass(30.0).await;
    let ran = verify(&azure, "").await;
    fails(&ran, &["endpoint", "deployment", "role_assignment"], "no subdomain");
    // The group is not azlab's, so what az would do is named.
    let fix = check(&ran, "endpoint").hint.as_ref().unwrap();
    let subscription = azlab_sandbox::SUBSCRIPTION_ID;
    let command = "az cognitiveservices account update -n plain -g myResourceGroup";
    assert_eq!(*fix, format!("{command} --subscription {subscription} --custom-domain plain"));
}

#[tokio::test(start_paused = true)]
async fn an_account_closed_to_the_public_network_is_not_asked() {
    let azure = Azure::with_lab().await;
    let name = account_name(&azure).await;
    let mut body = azure.get(&account(&name)).await;
    body["properties"]["publicNetworkAccess"] = "Disabled".into();
    azure.put(&account(&name), body).await;
    azure.pass(30.0).await;
    let ran = verify(&azure, "").await;
    let fix = fails(&ran, &["endpoint"], "closed to the public network");
    assert!(fix.starts_with("az resource update --ids /subscriptions/") && fix.contains("=Enabled"), "{fix}");
    assert_eq!(ended(&ran, CheckStatus::Skip), ["chat_completion"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_being_deleted_fails() {
    let azure = Azure::with_lab().await;
    azure.delete(GROUP).await;
    azure.pass(10.0).await;
    let ran = verify(&azure, "").await;
    assert!(ended(&ran, CheckStatus::Fail).contains(&"resource_group"), "{:#?}", checks(&ran));
}
