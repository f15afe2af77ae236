//! Whose group it is: ours, somebody else's, or taken over as it is.

use azlab::outcome::{Action, Exit};
use azlab::values::ResourceKind;
use http::Method;
use serde_json::json;

use super::fixture::{Azure, CLUSTER, GROUP, account, child, federated_credential, openai, refusal, trust};

#[tokio::test(start_paused = true)]
async fn a_group_that_is_not_ours_is_refused_and_nothing_is_written() {
    let azure = Azure::new();
    azure.put(GROUP, json!({"location": "westeurope", "tags": {"owner": "finance"}})).await;
    let ran = azure.provision("").await.refused(Exit::NotOurs);
    assert_eq!(ran.error().code, "NotOurs");
    assert!(ran.error().resource.as_deref().is_some_and(|id| id.ends_with("/resourceGroups/myResourceGroup")));
    let hint = ran.error().hint.as_deref().expect("a hint");
    assert!(hint.contains("--adopt") && hint.contains("--resource-group"), "{hint}");
    azure.provision("--skip-preflight").await.refused(Exit::NotOurs);
}

#[tokio::test(start_paused = true)]
async fn an_adopted_group_keeps_its_tags_and_is_ours_from_then_on() {
    let azure = Azure::new();
    azure.put(GROUP, json!({"location": "swedencentral", "tags": {"owner": "finance", "AZLAB-OWNER": "alice"}})).await;
    let ran = azure.provision("--adopt").await.ready();
    assert_eq!(ran.action(ResourceKind::ResourceGroup), Action::Updated);
    assert_eq!(ran.lab().location, "swedencentral", "where the group is");
    let tags = azure.get(GROUP).await["tags"].clone();
    assert_eq!((&tags["owner"], &tags["AZLAB-OWNER"]), (&json!("finance"), &json!("alice")));
    assert_eq!(tags["azlab-lab"], "default");
    assert!(azure.provision("").await.ready().writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_az_made_is_adopted_without_a_needless_write() {
    let azure = Azure::new();
    azure.made_by_az().await;
    let ran = azure.provision("--adopt").await.ready();
    let tagged = [(ResourceKind::ResourceGroup, Action::Updated), (ResourceKind::OpenaiAccount, Action::Updated)];
    assert_eq!(ran.changed(), tagged);
    assert_eq!(ran.writes().len(), 2, "{:#?}", ran.writes());
    assert_eq!(ran.outputs().openai_account.as_deref(), Some("myopenai12345"));
    assert_eq!(azure.get(&account("myopenai12345")).await["tags"]["azlab-lab"], "default");
    let id = |kind| ran.lab().changes.iter().find(|one| one.resource == kind).map(|one| one.id.clone()).expect("told");
    assert!(id(ResourceKind::FederatedCredential).ends_with("/federatedIdentityCredentials/fromAz"));
    assert!(id(ResourceKind::RoleAssignment).ends_with("/7f1de6a0-1111-4222-8333-944444444444"));
    azure.holds_exactly(1);
    assert!(azure.provision("").await.ready().writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_adopted_account_is_purged_although_somebody_else_deleted_its_group() {
    let azure = Azure::new();
    azure.made_by_az().await;
    azure.provision("--adopt").await.ready();
    azure.delete(GROUP).await;
    azure.pass(600.0).await;
    assert_eq!(azure.sandbox.inventory().expect("the inventory").soft_deleted.len(), 1);
    let ran = azure.run("teardown --yes").await;
    assert_eq!(ran.exit(), Exit::Done);
    assert_eq!(azure.sandbox.inventory().expect("the inventory").soft_deleted.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_soft_deleted_account_that_may_be_anybodys_is_told_and_not_purged() {
    let azure = Azure::with_lab().await;
    azure.openai_account("by-hand", "by-hand").await;
    azure.pass(60.0).await;
    azure.delete(GROUP).await;
    azure.pass(600.0).await;
    let ran = azure.run("teardown --yes").await;
    assert_eq!(ran.exit(), Exit::Done);
    let left = azure.sandbox.inventory().expect("the inventory").soft_deleted;
    assert_eq!(left.iter().map(|one| one.id.rsplit('/').next().unwrap()).collect::<Vec<_>>(), ["by-hand"]);
    let command = "az cognitiveservices account purge -n by-hand -g myResourceGroup -l westeurope";
    assert!(ran.told().contains(command), "{}", ran.told());
}

#[tokio::test(start_paused = true)]
async fn an_account_that_may_not_be_tagged_is_adopted_as_it_is() {
    for (status, code) in [(403, "AuthorizationFailed"), (409, "ScopeLocked"), (403, "RequestDisallowedByPolicy")] {
        let azure = Azure::new();
        azure.made_by_az().await;
        azure.fault(Method::PATCH, "/accounts/myopenai12345", usize::MAX, refusal(status, code));
        let ran = azure.provision("--adopt").await.ready();
        assert_eq!(ran.changed(), [(ResourceKind::ResourceGroup, Action::Updated)], "{code}");
        assert!(ran.told().contains("could not be tagged") && ran.told().contains(code), "{}", ran.told());
        let tries = ran.writes().into_iter().filter(|one| one.method == Method::PATCH).count();
        assert_eq!(tries, 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_half_made_lab_of_az_is_finished() {
    let azure = Azure::new();
    azure.put(GROUP, json!({"location": "westeurope"})).await;
    azure.openai_account("myopenai777", "my-own-subdomain").await;
    let ran = azure.provision("--adopt").await.ready();
    assert_eq!(ran.action(ResourceKind::OpenaiAccount), Action::Updated, "its tags");
    assert_eq!(ran.outputs().openai_endpoint.as_deref(), Some("https://my-own-subdomain.openai.azure.com/"));
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn resources_in_another_region_than_their_group_are_taken_where_they_are() {
    let azure = Azure::new();
    azure.put(GROUP, json!({"location": "westeurope"})).await;
    let mut elsewhere = openai("my-own-subdomain");
    elsewhere["location"] = json!("swedencentral");
    azure.put(&account("myopenai777"), elsewhere).await;
    azure.pass(20.0).await;
    // The models and the quota that count are those of the account's region.
    azure.sandbox.control().set_quota("westeurope", "OpenAI.Standard.gpt-35-turbo", 0).expect("quota");
    let ran = azure.provision("--adopt").await.ready();
    assert_eq!(ran.action(ResourceKind::OpenaiAccount), Action::Updated, "its tags");
    assert!(ran.told().contains("can be deployed in swedencentral"), "{}", ran.told());
    azure.holds_exactly(1);

    let ran = azure.provision("--location westeurope --ttl 1h").await.refused(Exit::Preflight);
    assert_eq!(ran.error().code, "CannotChangeInPlace");
    assert!(ran.error().message.contains("location: swedencentral -> westeurope"), "{}", ran.error().message);
}

#[tokio::test(start_paused = true)]
async fn of_several_accounts_none_is_taken_for_the_labs() {
    let azure = Azure::new();
    azure.put(GROUP, json!({"location": "westeurope"})).await;
    azure.openai_account("one-account", "one-account").await;
    azure.openai_account("two-account", "two-account").await;
    let ran = azure.provision("--adopt").await.ready();
    assert_eq!(ran.action(ResourceKind::OpenaiAccount), Action::Created);
    let ran = azure.provision("--account two-account").await.ready();
    assert_eq!(ran.action(ResourceKind::OpenaiAccount), Action::Updated, "its tags");
    assert_eq!(ran.outputs().openai_account.as_deref(), Some("two-account"));
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_does_the_same_under_another_name_is_taken_although_ours_is_there_too() {
    let azure = Azure::with_lab().await;
    let issuer = azure.get(CLUSTER).await["properties"]["oidcIssuerProfile"]["issuerURL"].clone();
    azure.pass(5.0).await;
    azure.put(&federated_credential("myFederatedCredential"), trust(&issuer, "system:serviceaccount:old:old")).await;
    azure.pass(5.0).await;
    let subject = "system:serviceaccount:default:ai-service-account";
    azure.put(&federated_credential("theirs"), trust(&issuer, subject)).await;
    azure.pass(5.0).await;
    let ran = azure.provision("").await.ready();
    assert!(ran.writes().is_empty(), "{:#?}", ran.writes());
}

#[tokio::test(start_paused = true)]
async fn the_group_of_another_lab_is_refused_even_with_adopt() {
    let azure = Azure::new();
    azure.provision("--lab red").await.ready();
    for arguments in ["-g myResourceGroup-red", "-g myResourceGroup-red --adopt", "-l blue -g MYRESOURCEGROUP-RED"] {
        let ran = azure.provision(arguments).await.refused(Exit::NotOurs);
        assert!(ran.error().message.contains("'red'"), "{}", ran.error().message);
        assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("--lab red")));
    }
    azure.provision("-l RED -g MYRESOURCEGROUP-RED").await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_group_that_a_cluster_manages_is_refused_even_with_adopt() {
    let azure = Azure::with_lab().await;
    let nodes = "MC_myResourceGroup_myAKSCluster_westeurope";
    for arguments in [format!("-g {nodes}"), format!("-g {nodes} --adopt")] {
        let ran = azure.provision(&arguments).await.refused(Exit::NotOurs);
        assert!(ran.error().message.contains("manages it"), "{}", ran.error().message);
        assert!(!ran.error().hint.as_deref().unwrap_or_default().contains("--adopt"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_foreign_group_that_is_being_deleted_is_refused_too() {
    let azure = Azure::new();
    azure.put(GROUP, json!({"location": "westeurope"})).await;
    azure.delete(GROUP).await;
    azure.provision("").await.refused(Exit::NotOurs);
    azure.pass(30.0).await;
    azure.provision("").await.ready();
}

#[tokio::test(start_paused = true)]
async fn what_others_put_beside_the_lab_stays() {
    let azure = Azure::with_lab().await;
    azure.put("/resourceGroups/myResourceGroup/providers/Microsoft.ManagedIdentity/userAssignedIdentities/theirs?api-version=2023-01-31", json!({"location": "westeurope"})).await;
    let deployment = json!({"sku": {"name": "Standard", "capacity": 3},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}}});
    let name = azure.provision("").await.ready().outputs().openai_account.clone().expect("an account");
    azure.put(&child(&account(&name), "deployments", "theirs"), deployment).await;
    let ran = azure.provision("--capacity 20").await.ready();
    assert!(ran.writes().iter().all(|request| request.method == Method::PUT));
    assert_eq!(azure.census()["deployments Succeeded"], 2);
    assert_eq!(azure.census()["userassignedidentities Succeeded"], 2);
}
