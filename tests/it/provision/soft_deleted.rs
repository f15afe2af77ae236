//! Soft-deleted accounts hold their name, their subdomain and their quota for 48 hours.

use azlab::events::CheckStatus;
use azlab::outcome::{Action, Exit};
use azlab::values::ResourceKind;
use http::Method;
use serde_json::json;

use super::fixture::{Azure, GROUP, account, openai};

/// A lab whose account somebody has deleted; the account's name.
async fn with_deleted_account() -> (Azure, String) {
    let azure = Azure::new();
    let name = azure.provision("").await.ready().outputs().openai_account.clone().expect("an account");
    azure.delete(&account(&name)).await;
    (azure, name)
}

/// A soft-deleted account `mine` of somebody else's group, with or without our tag.
async fn with_foreign_deleted_account(tags: serde_json::Value) -> Azure {
    let azure = Azure::new();
    azure.put("/resourceGroups/theirs?api-version=2021-04-01", json!({"location": "westeurope"})).await;
    let path = account("mine").replace("myResourceGroup", "theirs");
    let mut body = openai("mine");
    body["tags"] = tags;
    azure.put(&path, body).await;
    azure.pass(20.0).await;
    azure.delete(&path).await;
    azure
}

#[tokio::test(start_paused = true)]
async fn it_is_purged_by_default_and_the_output_says_so() {
    let (azure, name) = with_deleted_account().await;
    let ran = azure.provision("").await.ready();
    let done: Vec<_> = ran
        .lab()
        .changes
        .iter()
        .filter(|change| change.resource == ResourceKind::OpenaiAccount)
        .map(|change| change.action)
        .collect();
    assert_eq!(done, [Action::Purged, Action::Created]);
    assert!(ran.told().contains(&format!("purged the soft-deleted account {name}")), "{}", ran.told());
    assert!(ran.checks(CheckStatus::Warn).iter().any(|(id, says)| *id == "account_name" && says.contains("purged")));
    assert_eq!(ran.outputs().openai_account.as_deref(), Some(name.as_str()), "the same name again");
    assert_eq!(ran.finished.result.requests.map(|requests| requests.deletes), Some(1));
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn a_purge_that_conflicts_is_tried_again() {
    for window in [30.0, 300.0] {
        let (azure, name) = with_deleted_account().await;
        azure.sandbox.control().change_settings(|settings| settings.purge_conflict_s = window).expect("settings");
        let ran = azure.provision("").await.ready();
        assert!(ran.told().contains("RequestConflict"), "{}", ran.told());
        assert!(ran.lab().elapsed_s > window - 5.0 && ran.lab().elapsed_s < window + 60.0, "{}", ran.lab().elapsed_s);
        assert_eq!(ran.outputs().openai_account.as_deref(), Some(name.as_str()));
        azure.holds_exactly(1);
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_restored_on_request_with_its_deployments_and_the_output_says_so() {
    for arguments in ["--restore", "--soft-deleted restore"] {
        let (azure, name) = with_deleted_account().await;
        let ran = azure.provision(arguments).await.ready();
        assert_eq!(ran.action(ResourceKind::OpenaiAccount), Action::Restored);
        assert_eq!(ran.action(ResourceKind::ModelDeployment), Action::Unchanged);
        assert!(ran.told().contains(&format!("restoring the soft-deleted account {name}")), "{}", ran.told());
        assert!(ran.writes().iter().all(|request| request.method != Method::DELETE));
        azure.holds_exactly(1);
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_avoided_on_request_and_the_output_says_the_other_name() {
    let (azure, name) = with_deleted_account().await;
    let ran = azure.provision("--soft-deleted avoid").await.ready();
    let other = ran.outputs().openai_account.clone().expect("an account");
    assert_ne!(other, name);
    assert!(ran.told().contains(&format!("is called {other}")), "{}", ran.told());
    assert_eq!(azure.census()["soft-deleted"], 1);
    let again = azure.provision("").await.ready();
    assert!(again.writes().is_empty(), "the other name is found again");
    assert_eq!(again.outputs().openai_account.as_deref(), Some(other.as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_lab_whose_group_was_deleted_is_made_again_under_the_same_names() {
    let azure = Azure::new();
    let first = azure.provision("").await.ready();
    azure.delete(GROUP).await;
    azure.pass(600.0).await;
    assert_eq!(azure.census(), [("soft-deleted".to_owned(), 1)].into());
    let second = azure.provision("").await.ready();
    assert_eq!(first.outputs().openai_account, second.outputs().openai_account);
    assert!(second.lab().elapsed_s < 56.0, "{} s", second.lab().elapsed_s);
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn one_that_we_did_not_make_is_refused_without_adopt() {
    let azure = with_foreign_deleted_account(json!({})).await;
    let ran = azure.provision("--account mine").await.refused(Exit::Preflight);
    assert_eq!(ran.error().code, "NotOurs");
    assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("--adopt") && hint.contains("--account")));
    assert_eq!(azure.census()["soft-deleted"], 1);

    let ran = azure.provision("--account mine --adopt").await.ready();
    assert!(ran.told().contains("purged"), "{}", ran.told());
    assert!(!azure.census().contains_key("soft-deleted"));
}

#[tokio::test(start_paused = true)]
async fn passing_over_the_checks_does_not_purge_what_is_not_ours() {
    let azure = with_foreign_deleted_account(json!({})).await;
    let ran = azure.provision("--account mine --skip-preflight").await;
    assert_eq!(ran.exit(), Exit::LabFailed);
    assert_eq!(ran.error().code, "CustomDomainInUse");
    assert_eq!(azure.census()["soft-deleted"], 1);
    assert!(ran.writes().iter().all(|request| request.method != Method::DELETE));
}

#[tokio::test(start_paused = true)]
async fn one_with_our_tag_is_ours_under_any_name() {
    let azure = with_foreign_deleted_account(json!({"azlab-workshop": "intelligent-apps-aks"})).await;
    azure.provision("--account mine").await.ready();
    azure.holds_exactly_beside("theirs");
}

#[tokio::test(start_paused = true)]
async fn one_that_lies_elsewhere_is_purged_and_cannot_be_restored_here() {
    let azure = Azure::new();
    azure.provision("--location swedencentral").await.ready();
    azure.delete(GROUP).await;
    azure.pass(600.0).await;
    let ran = azure.provision("--restore").await.refused(Exit::Preflight);
    assert_eq!(ran.error().code, "CannotRestore");
    assert!(ran.error().message.contains("swedencentral"), "{}", ran.error().message);
    azure.provision("").await.ready();
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn a_subdomain_that_belongs_to_somebody_else_leads_to_the_next_name() {
    let azure = Azure::new();
    let taken = "myopenai".to_owned() + &azlab::lab::ids::salt(azlab_sandbox::SUBSCRIPTION_ID, "myResourceGroup", 0);
    azure.put("/resourceGroups/theirs?api-version=2021-04-01", json!({"location": "westeurope"})).await;
    let path = account("theirs").replace("myResourceGroup", "theirs");
    azure.put(&path, openai(&taken)).await;
    let ran = azure.provision("").await.ready();
    let name = ran.outputs().openai_account.clone().expect("an account");
    assert_ne!(name, taken);
    assert!(ran.told().contains(&format!("{taken} is taken; taking {name} instead")), "{}", ran.told());
    let again = azure.provision("").await.ready();
    assert!(again.writes().is_empty(), "{:#?}", again.writes());
    assert_eq!(again.outputs().openai_account, Some(name));
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_after_a_taken_name_names_the_account_that_goes_on() {
    let azure = Azure::new();
    azure.fault(Method::PUT, "?api-version=2024-10-01", 1, super::fixture::refusal(409, "CustomDomainInUse"));
    let ran = azure.interrupted_after("", 14.0).await;
    let told = ran.continuing().expect("it tells");
    assert_eq!(told.iter().filter(|one| one.starts_with("OpenAI account")).count(), 1, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn the_regions_count_of_accounts_includes_soft_deleted_ones() {
    let (azure, _) = with_deleted_account().await;
    azure.sandbox.control().set_quota("westeurope", "OpenAI.S0.AccountCount", 1).expect("quota");
    // The one that will be purged makes room; one that is left alone does not.
    let ran = azure.provision("--soft-deleted avoid").await.refused(Exit::Preflight);
    assert_eq!(ran.error().code, "InsufficientQuota");
    assert!(ran.error().message.contains("1 of 1 OpenAI accounts"), "{}", ran.error().message);
    assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("--location")));
    azure.provision("").await.ready();
}
