//! An account that labs share, where they move, where nobody waits, and where a subscription is nearly full.

use std::path::Path;
use std::sync::Arc;

use azlab::cli::{Cli, Command};
use azlab::config::Config;
use azlab::outcome::Exit;
use azlab::settings::{LabSource, ProvisionSettings};
use azlab_sandbox::{FaultKind, FullRegion, SUBSCRIPTION_ID};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;

use super::{CLASS, ROSTER, quick};
use crate::provision::fixture::Azure;

const PLACES: &str = "on_full = 'move'\n[[placement]]\nlocations = ['swedencentral', 'uksouth']\n";

/// `file` with its labs in two places, moving out of one that is full.
fn moving(file: &str) -> String {
    file.replace("[openai]", &format!("{PLACES}[openai]"))
        .replace("on_full = 'move'\n", "")
        .replace("version = 1\n", "version = 1\non_full = 'move'\n")
}

/// An Azure whose first place turns out full.
fn full(how: FullRegion) -> Azure {
    let azure = quick();
    let change = |settings: &mut azlab_sandbox::Settings| {
        settings.full_regions = vec!["swedencentral".to_owned()];
        settings.full_regions_refuse = how;
    };
    azure.sandbox.control().change_settings(change).expect("settings");
    azure
}

#[tokio::test(start_paused = true)]
async fn labs_that_move_share_the_account_of_their_new_place_and_leave_none_behind() {
    for how in [FullRegion::Request, FullRegion::Operation] {
        let (azure, file) = (full(how), moving(CLASS));
        let ran = azure.run_with(&file, "provision --all").await.ready();
        assert!(ran.labs().iter().all(|lab| lab.location == "uksouth"), "{:#?}", ran.labs());
        let (group, _) = azure.shared_groups().pop().expect("a shared group");
        assert!(azure.shared_groups().len() == 1 && group.contains("uksouth"), "{:?}", azure.shared_groups());
        assert_eq!((azure.all("accounts").len(), azure.capacities(), azure.roles_on_account()), (1, vec![40], 2));
        assert!(azure.sandbox.inventory().unwrap().soft_deleted.is_empty());
        let shared = ran.finished.result.shared.as_ref().expect("what is shared");
        assert!(shared.iter().any(|one| one.location == "uksouth" && one.labs == 2), "{shared:#?}");
        assert_eq!(azure.run_with(&file, "provision --all").await.ready().writes().len(), 0);
        assert_eq!(azure.run_with(&file, "teardown --all --yes").await.exit(), Exit::Done);
        azure.is_empty();
    }
}

#[tokio::test(start_paused = true)]
async fn one_lab_that_moves_leaves_the_account_to_those_that_stay() {
    let azure = quick();
    let file = moving(CLASS);
    azure.run_with(&file, "provision -l ada").await.ready();
    azure
        .sandbox
        .control()
        .change_settings(|settings| settings.full_regions = vec!["swedencentral".to_owned()])
        .unwrap();
    azure.run_with(&file, "provision --all").await.ready();
    assert_eq!((azure.all("accounts").len(), azure.shared_groups().len()), (2, 2));
    azure.run_with(&file, "provision --all").await.ready();
    assert_eq!(azure.capacities(), [20, 20]);
    assert_eq!(azure.run_with(&file, "provision --all").await.ready().writes().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_teardown_that_does_not_wait_is_finished_by_the_next_and_leaves_nothing() {
    let azure = quick();
    azure.run_with(CLASS, "provision --all").await.ready();
    let ran = azure.run_with(CLASS, "teardown --all --yes --no-wait").await;
    assert_eq!(ran.exit(), Exit::Done, "{:?} {:#?}", ran.finished.result.error, ran.labs());
    azure.pass(600.0).await;
    let ran = azure.run_with(CLASS, "teardown --all --yes").await;
    assert_eq!(ran.exit(), Exit::Done, "{:?} {:#?}", ran.finished.result.error, ran.labs());
    azure.is_empty();
    // One that is torn down so beside another leaves the account to that.
    azure.run_with(CLASS, "provision --all").await.ready();
    assert_eq!(azure.run_with(CLASS, "teardown -l ada --yes --no-wait").await.exit(), Exit::Done);
    azure.pass(600.0).await;
    assert_eq!((azure.all("accounts").len(), azure.roles_on_account()), (1, 1));
    assert_eq!(azure.run_with(CLASS, "verify -l ben").await.exit(), Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_nearly_full_of_role_assignments_takes_as_many_labs_as_fit() {
    let azure = quick();
    let file =
        ROSTER.replace("[openai]", "[[placement]]\nlocations = ['westeurope']\n[openai]").replace("spares = 1\n", "");
    // An attendee's role on the group, theirs on the account, and the identity's: three a lab.
    let entries = |count: usize| {
        let entry = json!({"id": "/x", "name": "x", "properties": {"principalId": "p", "roleDefinitionId": "r", "scope": "/x"}});
        json!({"value": vec![entry; count]}).to_string()
    };
    let list = format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleAssignments?");
    let full = |count| FaultKind::Respond {
        status: StatusCode::OK,
        headers: vec![("content-type".into(), "application/json".into())],
        body: Bytes::from(entries(count)),
    };
    azure.fault(Method::GET, &list, 1, full(3995));
    let ran = azure.run_with(&file, "provision --all").await.refused(Exit::Preflight);
    let error = ran.finished.result.error.expect("an error");
    assert!(error.message.contains("1 of 2 new labs fit") && error.message.contains("role assignments"), "{error:?}");
    azure.sandbox.control().clear_faults();
    azure.fault(Method::GET, &list, 1, full(3994));
    let before = azure.all("roleassignments").len();
    azure.run_with(&file, "provision --all").await.ready();
    assert_eq!(azure.all("roleassignments").len() - before, 6, "as many as were counted");
}

#[test]
fn an_account_that_is_named_on_the_command_line_is_no_account_that_labs_share() {
    let file = Some(Arc::new(Config::parse(Path::new("azlab.toml"), CLASS).unwrap()));
    let cli = Cli::read_from(["azlab", "provision", "-l", "ada", "--account", "mine"]).unwrap();
    let Command::Provision(args) = &cli.command else { panic!("{:?}", cli.command) };
    let settings = LabSource::resolve(&cli.global, file).and_then(|labs| ProvisionSettings::resolve(args, &labs));
    let told = settings.expect_err("refused").to_string();
    assert!(told.contains("--account names an account of one lab, and the file's labs share theirs"), "{told}");
}
