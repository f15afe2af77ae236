//! What locks and deny assignments refuse the commands on labs that exist is told before the first write.

use azlab::events::CheckStatus;
use azlab::outcome::{Exit, LabState};
use azlab_sandbox::{DenyAssignment, SUBSCRIPTION_ID, Settings, SubscriptionState, UserEntry};
use http::Method;
use serde_json::json;

use crate::foreseen::{CLUSTER, GROUP, lock, unlock};
use crate::provision::fixture::Azure;
use crate::provision::ran::Ran;

/// Puts a deny assignment of these actions in force, and no other.
fn deny(azure: &Azure, actions: &[&str]) {
    let one = DenyAssignment {
        name: "managed by the school".into(),
        group: None,
        actions: actions.iter().map(|one| (*one).to_owned()).collect(),
        not_actions: Vec::new(),
    };
    azure.sandbox.control().change_settings(|settings| settings.deny_assignments = vec![one]).expect("settings");
}

/// Asserts that a run was refused because of the lock on `scope`, without a write, and with the command that removes it.
fn told(ran: Ran, line: &str, scope: &str) {
    let ran = ran.refused(Exit::Preflight);
    let error = ran.error();
    assert_eq!(error.code, "ScopeLocked", "{line}");
    for part in ["'exam'", "until the exam"] {
        assert!(error.message.contains(part), "{line}: {part}: {}", error.message);
    }
    let removal = format!(
        "az lock delete --ids /subscriptions/{SUBSCRIPTION_ID}{scope}/providers/Microsoft.Authorization/locks/exam"
    );
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains(&removal)), "{line}: {:?}", error.hint);
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_told_before_a_command_on_a_lab_that_exists_writes_anything() {
    let azure = Azure::with_lab().await;
    for (line, scope) in [
        ("pause", GROUP),
        // A pause would write its tag first, and then be refused.
        ("pause", CLUSTER),
        ("extend --ttl 90h", GROUP),
        ("extend --ttl 90h", ""),
        ("deploy-model --model gpt-4o-mini --name second", GROUP),
        ("deploy-model --remove gpt-35-turbo", GROUP),
    ] {
        lock(&azure, scope, "ReadOnly").await;
        told(azure.run(line).await, line, scope);
        unlock(&azure, scope).await;
    }
    // What may not be deleted may be changed, and the other way round.
    lock(&azure, GROUP, "CanNotDelete").await;
    told(azure.run("deploy-model --remove gpt-35-turbo").await, "deploy-model --remove", GROUP);
    azure.run("extend --ttl 90h").await.ready();
    let paused = azure.run("pause").await;
    assert_eq!((paused.exit(), paused.lab().state), (Exit::Done, LabState::Paused));
    unlock(&azure, GROUP).await;
    lock(&azure, CLUSTER, "ReadOnly").await;
    told(azure.run("resume").await, "resume", CLUSTER);
    unlock(&azure, CLUSTER).await;
    azure.run("resume").await.ready();
}

/// A subscription that is disabled takes deletions alone.
#[tokio::test(start_paused = true)]
async fn a_disabled_subscription_is_told_before_any_write_however_small_and_before_a_lab_is_deleted_to_be_made_again() {
    let azure = Azure::with_lab().await;
    let set = |state: SubscriptionState| {
        let change = |settings: &mut Settings| settings.subscription_state = state;
        azure.sandbox.control().change_settings(change).expect("settings");
    };
    // An identity that is gone leaves an assignment behind that gives nothing to anybody.
    let all = ["/roleAssignments/", "/federatedIdentityCredentials/", "/userAssignedIdentities/"];
    for (state, all_gone) in [(SubscriptionState::Disabled, &all[..]), (SubscriptionState::Warned, &all[1..2])] {
        set(state);
        // Nothing is to be written.
        azure.run("provision").await.refused(Exit::Done);
        for line in [
            "extend --ttl 90h",
            "pause",
            "deploy-model --model gpt-4o-mini --name second",
            "provision --ttl 90h",
            "app deploy --no-wait",
            "reset --rebuild",
        ] {
            let ran = azure.run(line).await.refused(Exit::Preflight);
            assert_eq!(ran.error().code, "ReadOnlyDisabledSubscription", "{line}");
        }
        for gone in all_gone {
            let resources = azure.sandbox.inventory().expect("the inventory").resources;
            let found = resources.iter().find(|item| item.id.contains(gone)).unwrap_or_else(|| panic!("no {gone}"));
            let path = found.id.split_once(SUBSCRIPTION_ID).expect("of the subscription").1.to_owned();
            let version = if *gone == "/roleAssignments/" { "2022-04-01" } else { "2023-01-31" };
            azure.delete(&format!("{path}?api-version={version}")).await;
            for line in ["provision", "reset", "provision --dry-run", "doctor"] {
                let ran = azure.run(line).await.refused(Exit::Preflight);
                let failed = ran.checks(CheckStatus::Fail);
                let told = |(id, message): &(&str, String)| {
                    *id == "subscription" && message.contains("nothing can be created")
                };
                assert!(failed.len() == 1 && failed.iter().all(told), "{gone}, {line}: {failed:?}");
            }
            set(SubscriptionState::Enabled);
            azure.run("provision").await.ready();
            set(state);
        }
    }
    let gone = azure.run("teardown --yes --no-purge").await;
    assert_eq!((gone.exit(), gone.lab().state), (Exit::Done, LabState::Deleted), "{:?}", gone.lab());
}

#[tokio::test(start_paused = true)]
async fn what_keeps_azlab_from_a_cluster_is_told_before_the_application_is_worked_on() {
    const LINES: [&str; 6] = [
        "app deploy --no-wait",
        "app deploy --dry-run",
        "app connect --auth key --no-wait",
        "app connect --auth workload-identity --no-wait",
        "app goto validate --no-wait",
        "app remove",
    ];
    let azure = Azure::with_lab().await;
    let list = format!("{CLUSTER}/listClusterUserCredential?api-version=2025-08-01");
    for scope in ["", GROUP, CLUSTER] {
        lock(&azure, scope, "ReadOnly").await;
        // What is foreseen is what the service refuses.
        let refused = azure.send(Method::POST, &list, None).await;
        assert_eq!((refused.status.as_u16(), &refused.body["error"]["code"]), (409, &json!("ScopeLocked")), "{scope}");
        for line in LINES {
            told(azure.run(line).await, line, scope);
        }
        unlock(&azure, scope).await;
    }
    let action = "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action";
    deny(&azure, &[action]);
    for line in LINES {
        let refused = azure.run(line).await.refused(Exit::Preflight);
        assert_eq!(refused.error().code, "DenyAssignmentAuthorizationFailed", "{line}");
        assert!(refused.error().message.contains("'managed by the school'"), "{line}: {:?}", refused.error());
    }
    // Of the keys only what asks for one is kept.
    deny(&azure, &["Microsoft.CognitiveServices/accounts/listKeys/action"]);
    azure.run("app connect --auth key --no-wait").await.refused(Exit::Preflight);
    azure.run("app connect --auth workload-identity --no-wait").await.ready();
    // What may not be deleted gives its credentials.
    deny(&azure, &[]);
    lock(&azure, GROUP, "CanNotDelete").await;
    azure.run("app deploy --no-wait").await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_lock_stops_no_command_that_has_nothing_to_write_there() {
    let azure = Azure::with_lab().await;
    azure.run("extend --never").await.ready();
    lock(&azure, GROUP, "ReadOnly").await;
    for line in ["resume", "extend --never", "deploy-model"] {
        let ran = azure.run(line).await;
        assert_eq!((ran.exit(), ran.writes().len()), (Exit::Done, 0), "{line}: {:?}", ran.finished.result);
    }
    unlock(&azure, GROUP).await;
    // The deployment is not below the cluster.
    lock(&azure, CLUSTER, "ReadOnly").await;
    azure.run("extend --ttl 90h").await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_deny_assignment_on_stopping_clusters_is_named_before_a_pause_writes_its_tag() {
    let azure = Azure::with_lab().await;
    deny(&azure, &["Microsoft.ContainerService/managedClusters/stop/action"]);
    let refused = azure.run("pause").await.refused(Exit::Preflight);
    assert_eq!(refused.error().code, "DenyAssignmentAuthorizationFailed");
    assert!(refused.error().message.contains("'managed by the school'"), "{:?}", refused.error());
    // What it does not deny is done.
    deny(&azure, &["Microsoft.ContainerService/managedClusters/start/action"]);
    assert_eq!(azure.run("pause").await.lab().state, LabState::Paused);
    azure.run("resume").await.refused(Exit::Preflight);
}

#[tokio::test(start_paused = true)]
async fn a_lock_on_either_of_two_groups_is_told_before_a_swap_gives_one_away() {
    const CLASS: &str = "version = 1\nspares = 1\nlabs = ['ada']\n";
    let azure = Azure::with(|settings: &mut Settings| {
        settings.directory.users = vec![UserEntry { address: "ada@contoso.com".to_owned(), ..UserEntry::default() }];
    });
    azure.run_with(CLASS, "provision --all").await.ready();
    for group in ["myResourceGroup-ada", "myResourceGroup-spare-1"] {
        let scope = format!("/resourceGroups/{group}");
        lock(&azure, &scope, "ReadOnly").await;
        told(azure.run_with(CLASS, "swap -l ada --broken keep").await, "swap", &scope);
        unlock(&azure, &scope).await;
    }
    let ran = azure.run_with(CLASS, "swap -l ada --broken keep").await;
    assert_eq!(ran.exit(), Exit::Done, "{:?}", ran.finished.result);
}
