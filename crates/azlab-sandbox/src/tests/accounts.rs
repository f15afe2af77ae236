use super::*;

const DELETED: &str = "/providers/Microsoft.CognitiveServices/locations/westeurope/resourceGroups/lab/deletedAccounts/openai1?api-version=2024-10-01";

fn deployments(name: &str) -> String {
    child(ACCOUNT, &format!("deployments/{name}"))
}

#[tokio::test(start_paused = true)]
async fn children_wait_until_the_account_is_succeeded() {
    let azure = Client::new();
    azure.group().await;
    let start = azure.sandbox.clock().now();
    let made = azure.put(ACCOUNT, account()).await;
    assert_eq!((made.status.as_u16(), &made.body["properties"]["provisioningState"]), (201, &json!("Creating")));
    assert_eq!(made.body["properties"]["endpoint"], "https://openai1.openai.azure.com/");
    let poll = made.header("azure-asyncoperation").to_owned();
    let early = azure.put(&deployments("d1"), deployment("gpt-35-turbo", "0125", json!(1))).await;
    assert_eq!(early.code(), "AccountProvisioningStateInvalid");
    while azure.get(&poll).await.body["status"] == "Creating" {
        azure.wait(1).await;
    }
    let took = azure.sandbox.clock().since(start).as_secs();
    assert!((24..=26).contains(&took), "{took}");
    let done = azure.put(&deployments("d1"), deployment("gpt-35-turbo", "0125", json!("3"))).await;
    assert_eq!((done.status.as_u16(), &done.body["properties"]["provisioningState"]), (201, &json!("Succeeded")));
    assert_eq!(done.body["properties"]["rateLimits"][1]["count"], 3000);
    assert!(done.headers.get("azure-asyncoperation").is_none());
    let patched = azure.send(Method::PATCH, ACCOUNT, Some(json!({"properties": {"disableLocalAuth": true}}))).await;
    assert_eq!((patched.status.as_u16(), &patched.body["properties"]["provisioningState"]), (202, &json!("Accepted")));
}

#[tokio::test(start_paused = true)]
async fn one_child_write_of_an_account_at_a_time() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let (first, second) = (deployments("d1"), deployments("d2"));
    let (a, b) = tokio::join!(
        azure.put(&first, deployment("gpt-35-turbo", "0125", json!(1))),
        azure.put(&second, deployment("gpt-35-turbo", "0125", json!(1)))
    );
    assert_eq!(a.status, 201);
    assert_eq!(b.outcome(), (409, "RequestConflict"));
    assert_eq!(azure.put(&second, deployment("gpt-35-turbo", "0125", json!(1))).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn models_are_refused_for_the_reason_that_holds() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let path = deployments("d1");
    let unknown = azure.put(&path, deployment("gpt-9", "1", json!(1))).await;
    assert_eq!(unknown.outcome(), (400, "DeploymentModelNotSupported"));
    let sku = azure.put(&path, deployment("gpt-5-mini", "2025-08-07", json!(1))).await;
    assert_eq!(sku.outcome(), (400, "InvalidResourceProperties"));
    let closed = azure.put(&path, deployment("gpt-4o-mini", "2024-07-18", json!(1))).await;
    assert_eq!(closed.outcome(), (400, "ServiceModelDeprecated"));
    let much = azure.put(&path, deployment("gpt-35-turbo", "0125", json!(301))).await;
    assert_eq!(much.outcome(), (400, "InsufficientQuota"));
    assert!(much.body["error"]["message"].as_str().unwrap().contains("require 301 new capacity"));
    assert_eq!(azure.put(&path, deployment("gpt-35-turbo", "0125", json!(10))).await.status, 201);
    let both = azure.put(&path, deployment("gpt-4o", "2024-11-20", json!(11))).await;
    assert_eq!(both.outcome(), (400, "InvalidDeploymentUpdate"));
}

#[tokio::test(start_paused = true)]
async fn a_retired_model_stays_listed_as_default_but_takes_no_new_deployment() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let path = deployments("d1");
    assert_eq!(azure.put(&path, deployment("gpt-35-turbo", "0125", json!(1))).await.status, 201);
    azure.sandbox.control().retire_model("gpt-35-turbo", Some("0125")).unwrap();
    let models = "/providers/Microsoft.CognitiveServices/locations/westeurope/models?api-version=2024-10-01";
    let listed = azure.get(models).await;
    let entry = listed.body["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["model"]["name"] == "gpt-35-turbo" && it["model"]["version"] == "0125")
        .unwrap();
    assert_eq!(entry["model"]["isDefaultVersion"], true);
    assert_eq!(entry["model"]["skus"][0]["deprecationDate"], "2026-04-20T00:00:00Z");
    let refused = azure.put(&deployments("d2"), deployment("gpt-35-turbo", "0125", json!(1))).await;
    assert_eq!(refused.outcome(), (400, "ServiceModelDeprecated"));
    assert!(
        refused.body["error"]["message"].as_str().unwrap().contains("has been deprecated since 04/20/2026 00:00:00.")
    );
    assert_eq!(azure.put(&path, deployment("gpt-35-turbo", "0125", json!(2))).await.status, 200);
    assert!(azure.sandbox.control().retire_model("gpt-9", None).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_deleted_account_holds_name_subdomain_and_quota_until_it_is_purged() {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.purge_conflict_s = 30.0).unwrap();
    azure.group().await;
    azure.account().await;
    azure.put(&deployments("d1"), deployment("gpt-35-turbo", "0125", json!(20))).await;
    let gone = azure.delete(ACCOUNT).await;
    assert_eq!((gone.status.as_u16(), &gone.body), (200, &Value::Null));
    assert_eq!(azure.get(ACCOUNT).await.outcome(), (404, "ResourceNotFound"));
    assert_eq!(azure.put(ACCOUNT, account()).await.outcome(), (409, "FlagMustBeSetForRestore"));
    let other = ACCOUNT.replace("openai1", "other");
    assert_eq!(azure.put(&other, account()).await.outcome(), (409, "CustomDomainInUse"));
    let used = async || {
        let usages = "/providers/Microsoft.CognitiveServices/locations/westeurope/usages?api-version=2024-10-01";
        let body = azure.get(usages).await.body;
        (body["value"][0]["currentValue"].clone(), body["value"][1]["currentValue"].clone())
    };
    assert_eq!(used().await, (json!(1), json!(20)));
    assert_eq!(azure.get(DELETED).await.body["type"], "Microsoft.CognitiveServices/deletedAccounts");
    assert_eq!(azure.delete(DELETED).await.outcome(), (409, "RequestConflict"));
    azure.wait(30).await;
    let purged = azure.delete(DELETED).await;
    assert_eq!(purged.status, 202);
    azure.wait(1).await;
    assert_eq!(azure.get(purged.header("azure-asyncoperation")).await.body["status"], "Succeeded");
    assert_eq!(azure.get(DELETED).await.status, 404);
    assert_eq!(used().await, (json!(0), json!(0)));
    assert_eq!(azure.put(ACCOUNT, account()).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_account_can_be_restored_with_its_deployments_and_expires_after_48_hours() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    azure.put(&deployments("d1"), deployment("gpt-35-turbo", "0125", json!(20))).await;
    azure.delete(ACCOUNT).await;
    let restored = azure.put(ACCOUNT, json!({"location": "westeurope", "properties": {"restore": true}})).await;
    assert_eq!((restored.status.as_u16(), &restored.body["kind"]), (201, &json!("OpenAI")));
    azure.wait(17).await;
    assert_eq!(azure.get(&deployments("d1")).await.status, 200);
    assert_eq!(azure.get(DELETED).await.status, 404);
    azure.delete(ACCOUNT).await;
    azure.wait(48 * 3600).await;
    assert_eq!(azure.get(DELETED).await.status, 404);
    assert_eq!(azure.put(ACCOUNT, account()).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn a_region_takes_thirty_accounts() {
    let azure = Client::new();
    azure.group().await;
    azure.sandbox.control().set_quota("westeurope", "OpenAI.S0.AccountCount", 1).unwrap();
    azure.account().await;
    let mut second = account();
    second["properties"]["customSubDomainName"] = "second".into();
    let refused = azure.put(&ACCOUNT.replace("openai1", "second"), second).await;
    assert_eq!(refused.outcome(), (400, "InsufficientQuota"));
    let keys = azure.send(Method::POST, &child(ACCOUNT, "listKeys"), None).await;
    assert_ne!(keys.body["key1"], keys.body["key2"]);
}
