//! The role assignment: gone, of a dead principal, of another role, inherited.

use azlab_sandbox::SUBSCRIPTION_ID;

use super::*;
use crate::provision::fixture::IDENTITY;

const OPENAI_USER: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
const COGNITIVE_SERVICES_USER: &str = "a97b65f3-24c7-4388-baec-2e87135dc908";
const COGNITIVE_SERVICES_CONTRIBUTOR: &str = "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68";
const VERSION: &str = "api-version=2022-04-01";
const BELOW: &str = "providers/Microsoft.Authorization/roleAssignments";

fn path(id: &str) -> String {
    let below = id.split_once(SUBSCRIPTION_ID).unwrap().1;
    format!("{below}?{VERSION}")
}

/// A lab whose identity has lost its role, with the account's path below the subscription.
async fn without_role() -> (Azure, String) {
    let azure = Azure::with_lab().await;
    let principal = principal(&azure).await;
    let filter = format!("%24filter=principalId%20eq%20'{}'", principal.as_str().unwrap());
    let all = azure.get(&format!("/{BELOW}?{VERSION}&{filter}")).await;
    let id = all["value"][0]["id"].as_str().unwrap().to_owned();
    azure.delete(&path(&id)).await;
    azure.pass(5.0).await;
    let account = id.split("/providers/Microsoft.Authorization").next().unwrap();
    (azure, account.split_once(SUBSCRIPTION_ID).unwrap().1.to_owned())
}

async fn principal(azure: &Azure) -> Value {
    azure.get(IDENTITY).await["properties"]["principalId"].clone()
}

/// Another tool gives the identity a role at a scope below the subscription.
async fn grant(azure: &Azure, scope: &str, role: &str) {
    let role = format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{role}");
    let body = json!({"properties": {
        "roleDefinitionId": role, "principalId": principal(azure).await, "principalType": "ServicePrincipal"}});
    azure.put(&format!("{scope}/{BELOW}/7f1de6a0-1111-4222-8333-944444444444?{VERSION}"), body).await;
    azure.pass(5.0).await;
}

#[tokio::test(start_paused = true)]
async fn a_missing_role_fails_alone_and_the_fix_gives_it() {
    let (azure, _) = without_role().await;
    let fix = fails(&verify(&azure, "").await, &["role_assignment"], "has not the role Cognitive Services OpenAI User");
    repaired_by(&azure, &fix).await;
}

#[tokio::test(start_paused = true)]
async fn an_identity_made_anew_has_not_the_role_of_the_dead_one() {
    let azure = Azure::with_lab().await;
    let dead = principal(&azure).await;
    let credential = azure.get(&federated_credential("myFederatedCredential")).await;
    azure.delete(IDENTITY).await;
    azure.pass(10.0).await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    azure.pass(10.0).await;
    let again = json!({"properties": credential["properties"]});
    azure.put(&federated_credential("myFederatedCredential"), again).await;
    azure.pass(60.0).await;
    let ran = verify(&azure, "").await;
    let fix = fails(&ran, &["role_assignment"], "an identity that is created again is a new principal");
    assert!(check(&ran, "role_assignment").message.contains(dead.as_str().unwrap()));
    repaired_by(&azure, &fix).await;
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_inherited_counts_and_is_told_from_where() {
    for (scope, from) in
        [("/resourceGroups/myResourceGroup", "the resource group myResourceGroup"), ("", "the subscription")]
    {
        let (azure, _) = without_role().await;
        grant(&azure, scope, OPENAI_USER).await;
        let ran = verify(&azure, "").await;
        well(&ran);
        let told = &check(&ran, "role_assignment").message;
        assert!(told.contains(from) && told.contains("(inherited)"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_manages_accounts_does_not_let_its_holder_use_them() {
    let (azure, account) = without_role().await;
    grant(&azure, &account, COGNITIVE_SERVICES_CONTRIBUTOR).await;
    let fix = fails(&verify(&azure, "").await, &["role_assignment"], "it has Cognitive Services Contributor on");
    repaired_by(&azure, &fix).await;
}

#[tokio::test(start_paused = true)]
async fn a_role_that_gives_more_than_asked_for_is_warned_of() {
    let (azure, account) = without_role().await;
    grant(&azure, &account, COGNITIVE_SERVICES_USER).await;
    let ran = verify(&azure, "").await;
    assert_eq!((ran.exit(), ended(&ran, CheckStatus::Warn)), (Exit::Done, vec!["role_assignment"]));
}

#[tokio::test(start_paused = true)]
async fn a_role_on_another_account_does_not_count() {
    let (azure, account) = without_role().await;
    // Its name begins as the lab's does.
    let twin = format!("{account}x");
    let name = twin.rsplit('/').next().unwrap().to_owned();
    azure.openai_account(&name, &name).await;
    grant(&azure, &twin, OPENAI_USER).await;
    fails(&verify(&azure, "").await, &["role_assignment"], "has not the role");
}

#[tokio::test(start_paused = true)]
async fn in_a_group_that_is_not_ours_the_fix_is_what_az_does() {
    let azure = Azure::new();
    azure.made_by_az().await;
    azure.delete(&format!(
        "/resourceGroups/myResourceGroup/providers/Microsoft.CognitiveServices/accounts/myopenai12345/{BELOW}/7f1de6a0-1111-4222-8333-944444444444?{VERSION}"
    ))
    .await;
    azure.pass(5.0).await;
    let fix = fails(&verify(&azure, "").await, &["role_assignment"], "has not the role");
    let principal = principal(&azure).await;
    let begins = format!("az role assignment create --assignee-object-id {} ", principal.as_str().unwrap());
    assert!(
        fix.starts_with(&begins) && fix.contains("--role \"Cognitive Services OpenAI User\" --scope /subs"),
        "{fix}"
    );
}
