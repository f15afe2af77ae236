//! `azlab verify`, whole: each check broken by another tool's hand, and the command that it then names.

mod broken;
mod chat;
mod roles;

use azlab::cli::{Cli, Command};
use azlab::commands::reset;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Prepared;
use azlab::commands::verify::run;
use azlab::events::CheckStatus;
use azlab::outcome::{CheckReport, Exit, LabState};
use azlab::settings::{LabSource, ResetSettings, VerifySettings};
use azlab_sandbox::FaultKind;
use clap::Parser as _;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::provision::fixture::{Azure, CLUSTER, GROUP, child, federated_credential, refusal, trust};
use crate::provision::ran::Ran;

/// Every check of a lab, in order.
const ALL: [&str; 14] = [
    "resource_group",
    "cluster",
    "oidc_issuer",
    "workload_identity",
    "identity",
    "federated_credential",
    "federated_credential_issuer",
    "federated_credential_subject",
    "federated_credential_audience",
    "openai_account",
    "endpoint",
    "deployment",
    "role_assignment",
    "chat_completion",
];

/// `azlab verify` with these arguments.
async fn verify(azure: &Azure, arguments: &str) -> Ran {
    verify_until(azure, arguments, CancellationToken::new()).await
}

async fn verify_until(azure: &Azure, arguments: &str, stop: CancellationToken) -> Ran {
    let arguments: Vec<String> = ["verify", "--sandbox", "--skip-app"]
        .into_iter()
        .chain(arguments.split_whitespace())
        .map(str::to_owned)
        .collect();
    let cli = Cli::read_from(std::iter::once("azlab".to_owned()).chain(arguments.clone())).unwrap();
    let Command::Verify(args) = &cli.command else { panic!("another command") };
    let settings = VerifySettings::resolve(args, &LabSource::named(&cli.global.labs)).unwrap();
    let place = azlab::settings::place(&cli, None, &arguments);
    let options = RunOptions { timeout: cli.global.timeout, place, ..RunOptions::default() };
    let before = azure.sandbox.request_log().len();
    let (session, mut receiver) = Prepared::sandbox(&azure.sandbox).unwrap().begin(stop).unwrap();
    let finished = run(&session, &settings, &options).await;
    let mut events = Vec::new();
    while let Ok(event) = receiver.try_recv() {
        events.push(event);
    }
    let ran = Ran { finished, events, log: azure.sandbox.request_log().split_off(before) };
    assert!(ran.writes().iter().all(|request| request.method == Method::POST), "it writes: {:#?}", ran.writes());
    ran
}

fn checks(ran: &Ran) -> &[CheckReport] {
    ran.lab().details.checks.as_deref().unwrap_or_default()
}

/// The ids of the checks that ended so.
fn ended(ran: &Ran, status: CheckStatus) -> Vec<&'static str> {
    checks(ran).iter().filter(|check| check.status == status).map(|check| check.id).collect()
}

#[track_caller]
fn check<'a>(ran: &'a Ran, id: &str) -> &'a CheckReport {
    checks(ran).iter().find(|check| check.id == id).unwrap_or_else(|| panic!("no check {id}: {:#?}", checks(ran)))
}

/// Asserts that these checks failed and no other, with words of its message, and gives the first one's fix.
#[track_caller]
fn fails(ran: &Ran, ids: &[&str], says: &str) -> String {
    assert_eq!(ended(ran, CheckStatus::Fail), ids, "{:#?}", checks(ran));
    assert_eq!((ran.exit(), ran.lab().state), (Exit::Differs, LabState::Incomplete));
    let first = check(ran, ids[0]);
    assert!(first.message.contains(says), "{first:#?}");
    first.hint.clone().unwrap_or_else(|| panic!("no fix: {first:#?}"))
}

#[track_caller]
fn well(ran: &Ran) {
    assert_eq!(ended(ran, CheckStatus::Pass), ALL, "{:#?}", checks(ran));
    assert_eq!((ran.exit(), ran.lab().state), (Exit::Done, LabState::Ready));
    assert!(checks(ran).iter().all(|check| check.hint.is_none() && check.code.is_none()));
}

/// Runs the fix that a check names, after which all is well.
async fn repaired_by(azure: &Azure, fix: &str) {
    let cli = Cli::try_parse_from(fix.split_whitespace()).unwrap_or_else(|error| panic!("{fix}: {error}"));
    let Command::Reset(args) = &cli.command else { panic!("another command: {fix}") };
    let settings = ResetSettings::resolve(args, &LabSource::named(&cli.global.labs)).unwrap();
    let (session, _events) = Prepared::sandbox(&azure.sandbox).unwrap().begin(CancellationToken::new()).unwrap();
    let repaired = reset::run(&session, &settings, &RunOptions::default()).await;
    assert_eq!(repaired.exit, Exit::Done, "{:#?}", repaired.result);
    well(&verify(azure, "").await);
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_was_just_made_passes_every_check() {
    let azure = Azure::with_lab().await;
    let ran = verify(&azure, "").await;
    well(&ran);
    assert_eq!(ran.outputs(), azure.provision("").await.ready().outputs());
    let told: Vec<_> = ran.checks(CheckStatus::Pass).into_iter().map(|(id, _)| id).collect();
    assert_eq!(told, ALL, "the events tell the same");
    let requests = ran.finished.result.requests.unwrap();
    assert_eq!((requests.writes, requests.deletes), (0, 0), "a question to the model costs Resource Manager nothing");
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_the_workshop_s_own_script_made_passes_though_it_is_not_ours() {
    let azure = Azure::new();
    azure.made_by_az().await;
    well(&verify(&azure, "").await);
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_does_not_exist_is_not_found() {
    let azure = Azure::new();
    let ran = verify(&azure, "-l nobody").await;
    assert_eq!((ran.exit(), ran.lab().state), (Exit::NotFound, LabState::Absent));
    assert_eq!(ran.error().code, "LabNotFound");
    assert!(ran.error().hint.as_ref().unwrap().contains("azlab provision --sandbox --lab nobody"), "{:?}", ran.error());
    assert!(ran.lab().details.checks.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_lab_in_a_group_of_another_name_is_found_by_its_tag_and_its_fix_names_the_group() {
    let azure = Azure::new();
    azure.provision("-l anna -g course42").await.ready();
    well(&verify(&azure, "-l anna").await);
    let fic = federated_credential("myFederatedCredential").replace("myResourceGroup", "course42");
    azure.delete(&fic).await;
    let fix = fails(&verify(&azure, "-l anna").await, &["federated_credential"], "no federated credential");
    assert_eq!(fix, "azlab reset --sandbox --lab anna --resource-group course42");
}

#[tokio::test(start_paused = true)]
async fn of_several_labs_each_is_checked() {
    let azure = Azure::with_lab().await;
    azure.provision("-l other").await.ready();
    azure.delete(&federated_credential("myFederatedCredential")).await;
    let ran = verify(&azure, "-l default other").await;
    assert_eq!(ran.exit(), Exit::Differs);
    let states: Vec<_> = ran.labs().iter().map(|lab| lab.state).collect();
    assert_eq!(states, [LabState::Incomplete, LabState::Ready]);
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_read_is_skipped_and_the_rest_is_checked() {
    let azure = Azure::with_lab().await;
    azure.fault(Method::GET, "roleAssignments", 1, refusal(403, "AuthorizationFailed"));
    let ran = verify(&azure, "").await;
    assert_eq!(ended(&ran, CheckStatus::Skip), ["role_assignment"]);
    assert_eq!(check(&ran, "role_assignment").code.as_deref(), Some("AuthorizationFailed"));
    assert_eq!(ran.exit(), Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn an_azure_that_does_not_answer_is_an_error_and_no_failed_check() {
    let azure = Azure::with_lab().await;
    azure.fault(Method::GET, "managedClusters", 1000, FaultKind::Html502);
    let ran = verify(&azure, "").await;
    assert_eq!((ran.exit(), ran.lab().state), (Exit::LabFailed, LabState::Failed));
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_ends_it_at_once() {
    let azure = Azure::with_lab().await;
    azure.fault(Method::POST, "chat/completions", 1, FaultKind::Delay(1000.0));
    let (stop, began) = (CancellationToken::new(), azure.now());
    let press = async {
        azure.pass(10.0).await;
        stop.cancel();
    };
    let (ran, ()) = tokio::join!(verify_until(&azure, "", stop.clone()), press);
    assert_eq!(ran.exit(), Exit::Interrupted);
    assert!(azure.now() - began < time::Duration::seconds(11));
}

#[tokio::test(start_paused = true)]
async fn no_token_and_no_key_is_told() {
    let azure = Azure::with_lab().await;
    azure.sandbox.control().set_data_role(false).unwrap();
    let ran = verify(&azure, "").await;
    let told = format!("{}{:?}", serde_json::to_string(&ran.events).unwrap(), ran.finished);
    assert!(told.contains("chat/completions") && !told.contains("eyJ") && !told.contains("Bearer"), "{told}");
}
