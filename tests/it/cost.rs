//! `cost`, the costs in a dry run, and `[budget]`, against the sandbox's Retail Prices API.
use std::path::Path;

use azlab::config::Config;
use azlab::events::Level;
use azlab::outcome::{Exit, LabState};
use azlab::values::CheckStatus;
use azlab_sandbox::FaultKind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::provision::fixture::Azure;
use crate::provision::ran::Ran;

/// Two nodes D2s v5 (0.1152), their P10 disks (21.681 a month), a load balancer, three addresses: west Europe, by the
/// sandbox's list.
const LAB: f64 = 0.3298;
/// The nodes of it.
const NODES: f64 = 0.2304;

const CLASS: &str = "version = 1\nttl = \"8h\"\nlabs = [\"ada\", \"bob\", \"cid\", \"dan\"]\n";

fn budget(most: &str) -> String {
    format!("{CLASS}[budget]\nmost = {most}\n")
}

fn total(ran: &Ran) -> Value {
    json!(ran.finished.result.cost)
}

#[track_caller]
fn amounts(cost: &Value) -> (f64, f64, Option<f64>) {
    let number = |key: &str| cost[key].as_f64().unwrap_or_else(|| panic!("{key}: {cost}"));
    (number("per_hour"), number("pause_saves_per_hour"), cost["until_expiry"].as_f64())
}

fn without_prices(azure: &Azure, times: usize) {
    azure.fault(Method::GET, "/api/retail/prices", times, FaultKind::Drop);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_tells_what_the_labs_would_cost_to_the_digit() {
    let azure = Azure::new();
    let ran = azure.run_with(CLASS, "provision --all --dry-run").await;
    assert_eq!(ran.exit(), Exit::Done, "{:#?}", ran.finished.result);
    let (per_hour, saves, until) = amounts(&total(&ran));
    assert_eq!((per_hour, saves), (1.3192, 0.9216));
    // The look took a second or so of the eight hours.
    assert!(until.is_some_and(|until| (8.0 * per_hour - 0.001..=8.0 * per_hour).contains(&until)), "{until:?}");
    let one = json!(ran.labs()[0].details.cost);
    assert_eq!((amounts(&one).0, amounts(&one).1), (LAB, NODES));
    assert_eq!((&one["currency"], &one["at_least"], &one["hours_left"]), (&json!("USD"), &json!(false), &json!(8.0)));
    let part = json!({"what": "node Standard_D2s_v5", "location": "westeurope", "count": 2, "each_per_hour": 0.1152,
        "per_hour": NODES, "paused": false});
    assert_eq!(one["parts"][0], part);
    assert!(azure.changing_requests() == 0, "nothing is written");
    // Nobody asks for prices that nobody is told.
    let made = azure.run_with(CLASS, "provision --all").await.ready();
    assert!(made.log.iter().all(|request| !request.path.contains("retail")), "no price is asked for");
    let again = azure.run_with(CLASS, "provision --all --dry-run").await;
    assert_eq!(amounts(&total(&again)).0, 1.3192, "by what they have");
    let asked = |part: &str| again.log.iter().filter(|request| request.path.contains(part)).count();
    assert_eq!(asked("retail"), 4, "each meter once");
    let first_price = again.log.iter().position(|request| request.path.contains("retail"));
    let last_look = again.log.iter().rposition(|request| request.path.contains("federatedIdentityCredentials"));
    assert!(first_price < last_look, "nobody waits for the prices alone: {:#?}", again.log);
}

#[tokio::test(start_paused = true)]
async fn cost_prices_labs_by_what_they_have_and_those_of_the_file_by_what_they_would_get() {
    let azure = Azure::new();
    azure.run_with(CLASS, "provision -l ada bob --ttl 4h").await.ready();
    azure.run_with(CLASS, "pause -l bob").await;
    let ran = azure.run_with(CLASS, "cost").await;
    let states: Vec<LabState> = ran.labs().iter().map(|lab| lab.state).collect();
    assert_eq!(states, [LabState::Ready, LabState::Paused, LabState::Absent, LabState::Absent]);
    let per_hour: Vec<f64> = ran.labs().iter().map(|lab| amounts(&json!(lab.details.cost)).0).collect();
    assert_eq!(per_hour, [LAB, 0.0994, LAB, LAB]);
    let cost = total(&ran);
    let (sum, saves, _) = amounts(&cost);
    assert_eq!((sum, saves), (1.0888, 0.9216));
    assert!(cost["not_counted"].as_str().is_some_and(|text| text.contains("tokens") && text.contains("taxes")));
    assert!(ran.writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn cost_without_a_file_finds_every_lab_and_a_name_that_nothing_has_is_an_error() {
    let azure = Azure::with_lab().await;
    let ran = azure.run("cost").await;
    assert_eq!((ran.exit(), amounts(&total(&ran))), (Exit::Done, (LAB, NODES, None)));
    let ran = azure.run("cost -l nobody").await;
    assert_eq!((ran.exit(), ran.lab().state), (Exit::NotFound, LabState::Absent));
    let nothing = Azure::new().run("cost").await;
    assert_eq!((nothing.exit(), total(&nothing)), (Exit::Done, Value::Null));
}

#[tokio::test(start_paused = true)]
async fn another_currency_is_asked_for_and_one_without_prices_is_named() {
    let azure = Azure::with_lab().await;
    let ran = azure.run("cost --currency eur").await;
    let cost = total(&ran);
    assert_eq!((&cost["currency"], amounts(&cost).0 < LAB), (&json!("EUR"), true));
    let ran = azure.run("cost --currency XYZ").await;
    let error = ran.finished.result.error.clone().unwrap();
    assert!(ran.exit() != Exit::Done && error.code == "PricesUnknown" && error.message.contains("XYZ"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn unreachable_prices_fail_cost_and_are_a_warning_elsewhere() {
    let azure = Azure::with_lab().await;
    without_prices(&azure, 1000);
    let ran = azure.run("cost").await;
    let error = ran.finished.result.error.clone().unwrap();
    assert_eq!((ran.exit(), error.code.as_str()), (Exit::LabFailed, "PricesUnknown"));
    assert!(error.hint.is_some_and(|hint| hint.contains("prices.azure.com")));
    let ran = azure.run("provision --dry-run").await;
    assert_eq!((ran.exit(), total(&ran)), (Exit::Done, Value::Null));
    let warned = ran.notes(Level::Warning);
    assert!(warned.len() == 1 && warned[0].contains("what the labs cost is not told"), "{warned:?}");
    let waited = ran.finished.result.elapsed_s.unwrap();
    assert!(waited < 90.0, "a sum that is only told is not waited for: {waited} s");
}

#[tokio::test(start_paused = true)]
async fn prices_that_fail_for_a_moment_are_asked_for_again_and_pages_are_followed() {
    let azure = Azure::with(|settings| settings.page_size = 2);
    without_prices(&azure, 1);
    let ran = azure.run("provision --dry-run").await;
    assert_eq!(amounts(&total(&ran)).0, LAB);
    let asked = ran.log.iter().filter(|request| request.path.contains("retail")).count();
    assert!(asked >= 6, "a node has four records, on two pages: {asked}");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_price_is_named_and_the_sum_is_the_least() {
    let azure = Azure::new();
    let ran = azure.run("provision --dry-run --location eastus --node-vm-size Standard_NC6s_v3").await;
    let cost = total(&ran);
    assert_eq!((&cost["at_least"], &cost["no_price_for"]), (&json!(true), &json!(["node Standard_NC6s_v3 in eastus"])));
    // However it is written: prices mind case.
    let ran = azure.run("provision --dry-run --node-vm-size standard_d2S_V5").await;
    assert_eq!(amounts(&total(&ran)).0, LAB);
}

#[tokio::test(start_paused = true)]
async fn a_class_beyond_the_budget_is_refused_before_the_first_write() {
    let azure = Azure::new();
    for line in ["provision --all", "provision --all --dry-run"] {
        let ran = azure.run_with(&budget("8"), line).await.refused(Exit::Preflight);
        let error = ran.finished.result.error.clone().unwrap();
        assert_eq!(error.code, "BudgetExceeded");
        assert_eq!(
            error.message,
            "the class would cost 10.55 USD until it expires (4 labs, 8 h, 1.32 USD an hour), and azlab.toml:5 allows 8.00 USD"
        );
        let hint = error.hint.unwrap();
        for says in ["3 labs until then", "4 labs for 6.0 h", "--no-budget"] {
            assert!(hint.contains(says), "{says}: {hint}");
        }
    }
    azure.run_with(&budget("10.56"), "provision --all").await.ready();
}

#[tokio::test(start_paused = true)]
async fn labs_that_exist_already_count_and_a_shorter_life_or_fewer_labs_fit() {
    let azure = Azure::new();
    azure.run_with(&budget("8"), "provision -l ada bob cid").await.ready();
    let ran = azure.run_with(&budget("8"), "provision -l dan").await.refused(Exit::Preflight);
    let error = ran.finished.result.error.clone().unwrap();
    assert!(error.message.contains("4 labs"), "{}", error.message);
    azure.run_with(&budget("8"), "provision -l dan --ttl 10m").await.ready();
    let gone = azure.run_with(&budget("8"), "provision -l dan --no-budget --ttl 80h").await;
    assert_eq!(gone.exit(), Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn a_budget_needs_an_expiry_and_prices() {
    let azure = Azure::new();
    let endless = budget("1000").replace("ttl = \"8h\"\n", "");
    let ran = azure.run_with(&endless, "provision --all").await.refused(Exit::Preflight);
    let error = ran.finished.result.error.clone().unwrap();
    assert_eq!(error.code, "BudgetWithoutExpiry");
    assert!(error.hint.is_some_and(|hint| hint.contains("ttl = \"8h\"") && hint.contains("azlab extend")));
    without_prices(&azure, 1000);
    let ran = azure.run_with(&budget("1000"), "provision --all").await.refused(Exit::Preflight);
    assert_eq!(ran.finished.result.error.as_ref().unwrap().code, "PricesUnknown");
    azure.run_with(&budget("1000"), "provision -l ada --no-budget").await.ready();
    let odd = budget("1000").replace("ttl", "cluster.node_vm_size = \"Standard_NC6s_v3\"\nlocation = \"eastus\"\nttl");
    let priced = Azure::new();
    let ran = priced.run_with(&odd, "provision -l ada").await.refused(Exit::Preflight);
    assert!(ran.finished.result.error.as_ref().unwrap().message.contains("no price for node Standard_NC6s_v3"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_answer_of_the_prices_is_no_price() {
    let azure = Azure::new();
    for body in ["<html>", "{}", r#"{"Items": 3}"#, r#"{"Items": [], "NextPageLink": "https://example.org/"}"#] {
        let kind = FaultKind::Respond { status: StatusCode::OK, headers: Vec::new(), body: body.into() };
        azure.fault(Method::GET, "/api/retail/prices", 100, kind);
        let ran = azure.run_with(&budget("1000"), "provision -l ada").await.refused(Exit::Preflight);
        assert_eq!(ran.finished.result.error.as_ref().unwrap().code, "PricesUnknown", "{body}");
        let ran = azure.run("provision --dry-run").await;
        assert_eq!((ran.exit(), total(&ran)), (Exit::Done, Value::Null), "{body}");
        azure.sandbox.control().clear_faults();
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_that_cannot_look_at_its_labs_waits_for_no_prices_and_does_not_warn_of_them() {
    let azure = Azure::new();
    azure.run_with(CLASS, "provision --all").await.ready();
    let refusal = FaultKind::Respond { status: StatusCode::FORBIDDEN, headers: Vec::new(), body: "no".into() };
    azure.fault(Method::GET, "federatedIdentityCredentials", 100, refusal);
    without_prices(&azure, 100);
    let ran = azure.run_with(CLASS, "provision --all --dry-run").await;
    assert!(ran.exit() != Exit::Done, "{:#?}", ran.finished.result);
    assert!(ran.notes(Level::Warning).iter().all(|note| !note.contains("prices")), "{:?}", ran.notes(Level::Warning));
}

#[tokio::test(start_paused = true)]
async fn doctor_checks_the_budget() {
    let azure = Azure::new();
    for (file, exit, wanted) in [
        (budget("8"), Exit::Preflight, CheckStatus::Fail),
        (budget("11"), Exit::Done, CheckStatus::Pass),
        (CLASS.to_owned(), Exit::Done, CheckStatus::Skip),
    ] {
        let ran = azure.run_with(&file, "doctor").await;
        let checks = ran.finished.result.checks.clone().unwrap_or_default();
        let check = checks.iter().find(|check| check.id == "budget").expect("a check");
        assert_eq!((ran.exit(), check.status), (exit, wanted), "{check:?}");
    }
}

#[test]
fn a_budget_that_is_none_is_refused_with_its_line() {
    for (table, says) in [
        ("most = -1", "from 0 to 1000000000, not -1"),
        ("most = -0.5", "from 0 to 1000000000, not -0.5"),
        ("most = nan", "not nan"),
        ("most = inf", "not inf"),
        ("most = \"250\"", "must be a number, not text in quotes"),
        ("most = [1]", "must be a number, not a list"),
        ("currency = \"euro\"", "three capital letters"),
        ("currency = \"eur\"", "three capital letters"),
        ("currency = 3", "text in quotes"),
        ("mots = 3", "did you mean most"),
    ] {
        let text = format!("version = 1\n[budget]\n{table}\n");
        let error = Config::parse(Path::new("azlab.toml"), &text).expect_err(table).to_string();
        assert!(error.contains("azlab.toml:3") && error.contains(says), "{table}: {error}");
    }
    for table in ["most = 250", "most = 0.5", "most = 0", "most = 1_000", "currency = \"EUR\"", ""] {
        let text = format!("version = 1\n[budget]\n{table}\n");
        assert!(Config::parse(Path::new("azlab.toml"), &text).is_ok(), "{table}");
    }
}
