//! `--dry-run`: says what would be done, from GETs alone, and the real run then does exactly that.
//! Field note: "What-if is slow, noisy and hides role assignments".
use azlab::outcome::plan::PlannedAction;
use azlab::outcome::{Action, Exit, LabState};
use azlab::values::ResourceKind;
use serde_json::json;

use crate::provision::broken::BREAKAGES;
use crate::provision::fixture::{Azure, CLUSTER};
use crate::provision::ran::Ran;

/// What a dry run says, in the order of a result.
fn plan(ran: &Ran) -> Vec<(ResourceKind, PlannedAction)> {
    let plan = ran.lab().details.plan.as_ref().unwrap_or_else(|| panic!("no plan: {:#?}", ran.lab()));
    plan.iter().map(|change| (change.resource, change.action)).collect()
}

/// What a real run did, in the words of a plan.
fn done(ran: &Ran) -> Vec<(ResourceKind, PlannedAction)> {
    let word = |action| match action {
        Action::Created => PlannedAction::Create,
        Action::Updated => PlannedAction::Change,
        Action::Unchanged => PlannedAction::Keep,
        Action::Deleted => PlannedAction::Delete,
        Action::Purged => PlannedAction::Purge,
        Action::Restored => PlannedAction::Restore,
    };
    ran.lab().changes.iter().map(|change| (change.resource, word(change.action))).collect()
}

fn fields(ran: &Ran, kind: ResourceKind) -> serde_json::Value {
    let plan = ran.lab().details.plan.as_ref().unwrap();
    json!(plan.iter().find(|change| change.resource == kind).unwrap().fields)
}

#[tokio::test(start_paused = true)]
async fn the_real_run_does_exactly_what_the_dry_run_said() {
    for breakage in BREAKAGES {
        let azure = Azure::with_lab().await;
        azure.breaks(breakage.what).await;
        let before = azure.changing_requests();
        let told = azure.provision("--dry-run").await;
        assert_eq!(told.exit(), Exit::Done, "{}: {:#?}", breakage.what, told.finished.result);
        assert_eq!(azure.changing_requests(), before, "{}: a dry run is made of GETs alone", breakage.what);
        let told = plan(&told);
        let to_do: Vec<_> = told.iter().copied().filter(|(_, action)| *action != PlannedAction::Keep).collect();
        assert_eq!(to_do, breakage.repair, "{}", breakage.what);
        let real = azure.provision("").await.ready();
        assert_eq!(done(&real), told, "{}", breakage.what);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_is_not_there_is_foreseen_whole_role_assignment_included() {
    let azure = Azure::new();
    let told = azure.provision("--dry-run --node-count 3 --location swedencentral").await;
    assert_eq!((told.exit(), told.lab().state), (Exit::Done, LabState::Absent));
    assert_eq!(plan(&told), ResourceKind::ALL.map(|kind| (kind, PlannedAction::Create)));
    assert_eq!(fields(&told, ResourceKind::Cluster)[1], json!({"field": "node_count", "have": null, "want": "3"}));
    assert_eq!(azure.changing_requests(), 0);
    let real = azure.provision("--node-count 3 --location swedencentral").await.ready();
    assert_eq!(done(&real), plan(&told));
}

#[tokio::test(start_paused = true)]
async fn fields_are_named_with_what_is_and_what_should_be() {
    let azure = Azure::with_lab().await;
    let told = azure.provision("--dry-run --node-count 3 --capacity 4").await;
    assert_eq!(fields(&told, ResourceKind::Cluster), json!([{"field": "node_count", "have": "2", "want": "3"}]));
    assert_eq!(fields(&told, ResourceKind::ModelDeployment), json!([{"field": "capacity", "have": "10", "want": "4"}]));
}

#[tokio::test(start_paused = true)]
async fn the_exit_code_says_whether_there_is_something_to_do_if_asked() {
    let azure = Azure::with_lab().await;
    assert_eq!(azure.provision("--dry-run --exit-code").await.exit(), Exit::Done);
    azure.breaks("deployment deleted").await;
    assert_eq!(azure.provision("--dry-run").await.exit(), Exit::Done);
    assert_eq!(azure.provision("--dry-run --exit-code").await.exit(), Exit::Differs);
}

#[tokio::test(start_paused = true)]
async fn what_the_real_run_would_refuse_the_dry_run_refuses_too() {
    let azure = Azure::with_lab().await;
    for (arguments, exit) in [
        ("--node-vm-size Standard_D4s_v5", Exit::Preflight),
        ("--location eastus", Exit::Preflight),
        ("-l other --model no-such-model", Exit::Preflight),
    ] {
        let told = azure.provision(&format!("--dry-run {arguments}")).await;
        let real = azure.provision(arguments).await;
        assert_eq!((told.exit(), &told.error().code), (exit, &real.error().code), "{arguments}");
        assert_eq!(real.exit(), exit, "{arguments}");
    }
    azure.sandbox.control().retire_model("gpt-35-turbo", None).unwrap();
    assert_eq!(azure.provision("--dry-run -l new --model gpt-35-turbo").await.exit(), Exit::Preflight);
}

#[tokio::test(start_paused = true)]
async fn a_soft_deleted_account_is_foreseen_as_it_is_asked_for() {
    for (how, expected) in [
        ("", &[PlannedAction::Purge, PlannedAction::Create][..]),
        ("--restore", &[PlannedAction::Restore]),
        ("--soft-deleted avoid", &[PlannedAction::Create]),
    ] {
        let azure = Azure::with_lab().await;
        azure.breaks("account deleted").await;
        let told = azure.provision(&format!("--dry-run {how}")).await;
        let of_account = |plan: Vec<(ResourceKind, PlannedAction)>| -> Vec<PlannedAction> {
            plan.into_iter().filter(|(kind, _)| *kind == ResourceKind::OpenaiAccount).map(|(_, what)| what).collect()
        };
        assert_eq!(of_account(plan(&told)), expected, "{how}");
        let real = azure.provision(how).await.ready();
        assert_eq!(of_account(done(&real)), expected, "{how}");
    }
}

#[tokio::test(start_paused = true)]
async fn deploy_model_says_what_it_would_do_and_does_that() {
    let azure = Azure::with_lab().await;
    for (arguments, expected) in [
        ("", PlannedAction::Keep),
        ("--capacity 3", PlannedAction::Change),
        ("--name chat --model gpt-4o", PlannedAction::Create),
        ("--remove chat", PlannedAction::Delete),
    ] {
        let before = azure.changing_requests();
        let told = azure.run(&format!("deploy-model --dry-run --exit-code {arguments}")).await;
        assert_eq!(azure.changing_requests(), before, "{arguments}");
        assert_eq!(plan(&told), [(ResourceKind::ModelDeployment, expected)], "{arguments}");
        assert_eq!(told.exit() == Exit::Differs, expected != PlannedAction::Keep, "{arguments}");
        assert_eq!(done(&azure.run(&format!("deploy-model {arguments}")).await.ready()), plan(&told), "{arguments}");
    }
    let told = azure.run("deploy-model --dry-run --remove chat").await;
    assert_eq!((told.exit(), told.exit()), (Exit::NotFound, azure.run("deploy-model --remove chat").await.exit()));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_still_being_made_is_kept() {
    let azure = Azure::as_recorded();
    assert!(azure.killed_after("", 60.0).await.is_none());
    assert_eq!(azure.get(CLUSTER).await["properties"]["provisioningState"], "Creating");
    let told = azure.provision("--dry-run").await;
    assert!(plan(&told).contains(&(ResourceKind::Cluster, PlannedAction::Keep)), "{:?}", plan(&told));
}

#[tokio::test(start_paused = true)]
async fn teardown_says_what_would_go_and_that_is_what_goes() {
    for (breakage, arguments) in
        [("nothing", ""), ("nothing", "--no-purge"), ("account deleted", ""), ("cluster being deleted", "")]
    {
        let azure = Azure::with_lab().await;
        azure.breaks(breakage).await;
        let before = azure.changing_requests();
        let told = azure.run(&format!("teardown --dry-run --exit-code {arguments}")).await;
        assert_eq!((told.exit(), azure.changing_requests()), (Exit::Differs, before), "{breakage} {arguments}");
        let ran = azure.run(&format!("teardown --yes {arguments}")).await;
        assert_eq!(done(&ran), plan(&told), "{breakage} {arguments}");
        let ids = |ran: &Ran| ran.lab().details.plan.iter().flatten().map(|one| one.id.clone()).collect::<Vec<_>>();
        let went: Vec<_> = ran.lab().changes.iter().map(|change| change.id.clone()).collect();
        assert_eq!(went, ids(&told));
        if arguments.is_empty() {
            let told = azure.run("teardown --dry-run --exit-code").await;
            assert_eq!((told.exit(), plan(&told)), (Exit::Done, Vec::new()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn teardown_finds_a_lab_by_its_tag_while_its_group_is_there_and_after() {
    let azure = Azure::new();
    azure.provision("-l carol -g elsewhere").await.ready();
    let told = azure.run("teardown -l carol --dry-run").await;
    assert_eq!(told.lab().resource_group, "elsewhere");
    // azd down cannot purge once the group is gone.
    azure.delete("/resourceGroups/elsewhere?api-version=2021-04-01").await;
    azure.pass(1200.0).await;
    let ran = azure.run("teardown -l carol --yes").await;
    assert_eq!((ran.exit(), ran.lab().state), (Exit::Done, LabState::Deleted), "{:?}", ran.finished.result);
    assert!(azure.census().is_empty(), "{:?}", azure.census());
}
