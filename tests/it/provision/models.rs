//! Which model: what cannot be deployed stops the run before anything is written, with what can be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use azlab::commands::ask::Ask;
use azlab::events::{CheckStatus, Event, EventKind, Level};
use azlab::lab::model::Offer;
use azlab::outcome::{Exit, ModelSelection};
use tokio_util::sync::CancellationToken;

use super::fixture::{Azure, account, child};

/// What was deployed, as the service has it: model, version, sku, capacity.
async fn deployed(azure: &Azure, ran: &super::ran::Ran) -> (String, String, String, u64) {
    let path =
        child(&account(ran.outputs().openai_account.as_deref().expect("an account")), "deployments", "gpt-35-turbo");
    let body = azure.get(&path).await;
    let text = |pointer: &str| body.pointer(pointer).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let capacity = body["sku"]["capacity"].as_u64().unwrap_or_default();
    (text("/properties/model/name"), text("/properties/model/version"), text("/sku/name"), capacity)
}

#[tokio::test(start_paused = true)]
async fn the_workshops_model_is_deployed_by_default() {
    let azure = Azure::new();
    let ran = azure.provision("").await.ready();
    assert_eq!(deployed(&azure, &ran).await, ("gpt-35-turbo".into(), "0125".into(), "Standard".into(), 10));
}

#[tokio::test(start_paused = true)]
async fn every_part_of_a_model_can_be_named() {
    let azure = Azure::new();
    let ran = azure
        .provision("--model gpt-4o --model-version 2024-11-20 --model-sku globalstandard --capacity 33")
        .await
        .ready();
    assert_eq!(deployed(&azure, &ran).await, ("gpt-4o".into(), "2024-11-20".into(), "GlobalStandard".into(), 33));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_deployed_stops_before_the_first_write_with_what_can() {
    type Prepare = fn(&Azure);
    let cases: [(&str, Prepare, &str, &str); 7] = [
        (
            "--model gpt-35-turbo",
            |azure| azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired"),
            "ServiceModelDeprecated",
            "closed to new deployments",
        ),
        ("--model gpt-4o-mini --model-sku Standard", |_| (), "ServiceModelDeprecated", "2026-03-31"),
        ("--model gpt-35-turbo --model-version 0613", |_| (), "ServiceModelDeprecated", "2025-02-13"),
        ("--model gpt-9", |_| (), "DeploymentModelNotSupported", "'gpt-9' is not in the catalogue of westeurope"),
        ("--model-version 9999", |_| (), "DeploymentModelNotSupported", "no version '9999'"),
        ("--model gpt-35-turbo --model-sku GlobalStandard", |_| (), "InvalidResourceProperties", "'GlobalStandard'"),
        (
            "--model gpt-35-turbo",
            |azure| azure.sandbox.control().set_quota("*", "OpenAI.Standard.gpt-35-turbo", 0).expect("quota"),
            "InsufficientQuota",
            "0 are free",
        ),
    ];
    for (arguments, prepare, code, says) in cases {
        let azure = Azure::new();
        prepare(&azure);
        let ran = azure.provision(arguments).await.refused(Exit::Preflight);
        let error = ran.error();
        assert_eq!(error.code, code, "{arguments}");
        assert!(error.message.contains(says), "{arguments}: {}", error.message);
        let hint = error.hint.as_deref().expect("a hint");
        assert!(azure.census().is_empty(), "{arguments}: {:?}", azure.census());
        if code == "InsufficientQuota" && arguments.contains("--capacity") {
            assert!(hint.contains("--capacity 300"), "who asked for too much of a model wants that model: {hint}");
            continue;
        }
        assert!(hint.contains("gpt-4.1-mini 2025-04-14 (Standard, 5000 units free"), "{arguments}: {hint}");
        assert!(hint.contains("--model auto") && hint.contains("use one with --model "), "{arguments}: {hint}");
        assert!(!hint.contains("gpt-4o-mini 2024-07-18 (Standard"), "closed since March: {hint}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_too_much_of_a_model_is_told_how_much_there_is() {
    let ran = Azure::new().provision("--model gpt-35-turbo --capacity 301").await.refused(Exit::Preflight);
    let error = ran.error();
    assert_eq!(error.code, "InsufficientQuota");
    assert!(error.message.contains("needs 301 units"), "{}", error.message);
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("--capacity 300")), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn the_command_that_a_refusal_names_works() {
    let azure = Azure::new();
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    let ran = azure.provision("--model gpt-35-turbo").await.refused(Exit::Preflight);
    let hint = ran.error().hint.clone().expect("a hint");
    let (_, command) = hint.split_once("use one with ").expect("a command");
    let (command, _) = command.split_once(',').expect("its end");
    azure.provision(command).await.ready();
}

#[tokio::test(start_paused = true)]
async fn auto_takes_the_best_that_can_be_deployed_and_says_which() {
    let azure = Azure::new();
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    let ran = azure.provision("--model auto").await.ready();
    let (model, version, sku, capacity) = deployed(&azure, &ran).await;
    assert_eq!((model.as_str(), sku.as_str()), ("gpt-4.1-mini", "Standard"), "small, and it does not reason");
    assert!(ran.told().contains(&format!("taking {model} {version}, {sku}, capacity {capacity}")), "{}", ran.told());
    assert!(azure.provision("--model auto").await.ready().writes().is_empty(), "what is there will do");

    let azure = Azure::new();
    let ran = azure.provision("--model AUTO").await.ready();
    assert_eq!(deployed(&azure, &ran).await.0, "gpt-35-turbo", "while it is open, the workshop's own");
}

#[tokio::test(start_paused = true)]
async fn with_less_quota_than_usual_a_smaller_capacity_is_taken_unless_one_was_named() {
    let azure = Azure::new();
    azure.sandbox.control().set_quota("*", "OpenAI.Standard.gpt-35-turbo", 4).expect("quota");
    azure.provision("--model gpt-35-turbo --capacity 5").await.refused(Exit::Preflight);
    let ran = azure.provision("").await.ready();
    assert_eq!(deployed(&azure, &ran).await.3, 4);
}

#[tokio::test(start_paused = true)]
async fn passing_over_the_checks_the_service_refuses_and_the_hint_helps() {
    let azure = Azure::new();
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    let ran = azure.provision("--skip-preflight --model gpt-35-turbo").await;
    assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::LabFailed, "ServiceModelDeprecated"));
    assert!(ran.error().message.contains("has been deprecated since"), "{}", ran.error().message);
    assert!(ran.error().request_id.is_some());
    assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("--model auto")));
    // The hint's command finishes what the refusal left.
    azure.provision("--model auto").await.ready();
    azure.holds_exactly(1);

    for (arguments, code) in [
        ("--skip-preflight --model gpt-9", "DeploymentModelNotSupported"),
        ("--skip-preflight --model gpt-35-turbo --capacity 301", "InsufficientQuota"),
        ("--skip-preflight --model gpt-35-turbo --model-sku GlobalStandard", "InvalidResourceProperties"),
    ] {
        let ran = Azure::new().provision(arguments).await;
        assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::LabFailed, code), "{arguments}");
        assert!(ran.error().hint.is_some());
        assert!(ran.lab().elapsed_s < 60.0, "{arguments}: told after {} s", ran.lab().elapsed_s);
    }
}

/// The events of a run that tell of models which azlab chose.
fn selections(ran: &super::ran::Ran) -> Vec<ModelSelection> {
    let selected = |event: &Event| match &event.kind {
        EventKind::ModelSelected(selection) => Some(selection.clone()),
        _ => None,
    };
    ran.events.iter().filter_map(selected).collect()
}

#[tokio::test(start_paused = true)]
async fn where_nobody_named_a_model_the_best_is_deployed_under_the_workshops_name_and_told_three_ways() {
    let azure = Azure::new();
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    let ran = azure.provision("").await.ready();
    assert_eq!(deployed(&azure, &ran).await, ("gpt-4.1-mini".into(), "2025-04-14".into(), "Standard".into(), 10));
    let warnings = ran.notes(Level::Warning);
    let [warning] = warnings.as_slice() else { panic!("one line: {warnings:?}") };
    assert!(warning.contains("'gpt-35-turbo 0125' has been closed to new deployments"), "{warning}");
    assert!(
        warning.ends_with("; taking gpt-4.1-mini 2025-04-14, Standard, capacity 10 for the deployment gpt-35-turbo"),
        "{warning}"
    );
    let [selection] = &selections(&ran)[..] else { panic!("one event: {:?}", ran.events) };
    let instead_of = selection.instead_of.as_ref().expect("the workshop's");
    assert_eq!((instead_of.model.as_str(), instead_of.code.as_str()), ("gpt-35-turbo", "ServiceModelDeprecated"));
    assert_eq!(ran.lab().details.selected_models.as_ref(), Some(&vec![selection.clone()]));
    let again = azure.provision("").await.ready();
    assert!(again.writes().is_empty() && again.notes(Level::Warning).is_empty(), "what is there will do");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_the_choice_that_the_run_makes() {
    for arguments in ["", "--model auto", "--capacity 400", "--model-sku globalstandard", "--yes"] {
        let azure = Azure::new();
        azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
        let told = azure.provision(&format!("{arguments} --dry-run")).await;
        let (plan, said) = (selections(&told), told.notes(Level::Warning));
        let ran = azure.provision(arguments).await.ready();
        assert!(!plan.is_empty(), "{arguments}");
        assert_eq!((plan, said), (selections(&ran), ran.notes(Level::Warning)), "{arguments}");
    }
}

#[tokio::test(start_paused = true)]
async fn labs_that_share_a_choice_share_its_line() {
    let azure = Azure::new();
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    let ran = azure.provision("-l a b c").await;
    assert_eq!(ran.exit(), Exit::Done, "{}", ran.told());
    let [warning] = &ran.notes(Level::Warning)[..] else { panic!("{}", ran.told()) };
    assert!(warning.ends_with("for the deployment gpt-35-turbo of 3 labs"), "{warning}");
    assert_eq!(selections(&ran).len(), 3);
    let auto = Azure::new().provision("-l a b --model auto --dry-run").await;
    let taking: Vec<String> = auto.notes(Level::Info).into_iter().filter(|note| note.contains("taking")).collect();
    assert!(matches!(&taking[..], [one] if one.ends_with("of 2 labs")), "{taking:?}");
}

/// Answers with the offer at `index`, and counts how often somebody was asked.
fn person(index: Option<usize>) -> (Ask, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let ask = move |_: &str, offers: &[Offer]| {
        counter.fetch_add(1, Ordering::Relaxed);
        assert!(offers.iter().all(|offer| offer.model != "gpt-35-turbo" && offer.free != Some(0)));
        index
    };
    (Arc::new(ask), asked)
}

#[tokio::test(start_paused = true)]
async fn a_person_is_asked_once_for_all_labs_what_to_take_instead_of_a_model_that_was_named() {
    let azure = Azure::new();
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    let (declines, _) = person(None);
    let declined = azure.provision_asking("--model gpt-35-turbo", CancellationToken::new(), Some(declines)).await;
    declined.refused(Exit::Preflight);
    let (ask, asked) = person(Some(1));
    let line = "-l a b c --model gpt-35-turbo --capacity 7";
    let ran = azure.provision_asking(line, CancellationToken::new(), Some(ask)).await;
    assert_eq!((ran.exit(), asked.load(Ordering::Relaxed)), (Exit::Done, 1), "{}", ran.told());
    for lab in ["a", "b", "c"] {
        let seen = azure.run(&format!("status -l {lab} --model gpt-4o-mini --capacity 7 --exit-code")).await;
        assert_eq!(seen.exit(), Exit::Done, "{}", seen.told());
    }
    let (ask, asked) = person(Some(1));
    let repaired = azure.run_asking("deploy-model -l a b --name other --model gpt-35-turbo", Some(ask)).await;
    assert_eq!((repaired.exit(), asked.load(Ordering::Relaxed)), (Exit::Done, 1), "{}", repaired.told());
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_about_what_nobody_named_nor_with_yes_nor_in_a_dry_run() {
    for (line, exit) in [
        ("", Exit::Done),
        ("--model auto", Exit::Done),
        ("--model gpt-4o", Exit::Done),
        ("--model gpt-35-turbo --yes", Exit::Preflight),
        ("--model gpt-35-turbo --dry-run", Exit::Preflight),
    ] {
        let azure = Azure::new();
        azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
        let (ask, asked) = person(Some(0));
        let ran = azure.provision_asking(line, CancellationToken::new(), Some(ask)).await;
        assert_eq!((ran.exit(), asked.load(Ordering::Relaxed)), (exit, 0), "{line}: {}", ran.told());
    }
}

#[tokio::test(start_paused = true)]
async fn a_catalogue_that_cannot_be_read_is_told_and_the_service_decides() {
    let azure = Azure::new();
    azure.fault(http::Method::GET, "/models?", 1, super::fixture::refusal(403, "AuthorizationFailed"));
    let ran = azure.provision("").await.ready();
    assert!(ran.checks(CheckStatus::Skip).iter().any(|(id, _)| *id == "model"), "{}", ran.told());
    assert_eq!(deployed(&azure, &ran).await.1, "0125", "the service's default version");
}
