//! Which model: what cannot be deployed stops the run before anything is written, with what can be.

use std::sync::Arc;

use azlab::events::CheckStatus;
use azlab::lab::model::Offer;
use azlab::outcome::Exit;
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
    let cases: [(&str, Prepare, &str, &str); 8] = [
        (
            "",
            |azure| azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired"),
            "ServiceModelDeprecated",
            "closed to new deployments",
        ),
        ("--model gpt-4o-mini --model-sku Standard", |_| (), "ServiceModelDeprecated", "2026-03-31"),
        ("--model gpt-35-turbo --model-version 0613", |_| (), "ServiceModelDeprecated", "2025-02-13"),
        ("--model gpt-9", |_| (), "DeploymentModelNotSupported", "'gpt-9' is not in the catalogue of westeurope"),
        ("--model-version 9999", |_| (), "DeploymentModelNotSupported", "no version '9999'"),
        ("--model-sku GlobalStandard", |_| (), "InvalidResourceProperties", "'GlobalStandard'"),
        ("--capacity 301", |_| (), "InsufficientQuota", "needs 301 units"),
        (
            "",
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
async fn the_command_that_a_refusal_names_works() {
    let azure = Azure::new();
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    let ran = azure.provision("").await.refused(Exit::Preflight);
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
    assert_eq!((model.as_str(), sku.as_str()), ("gpt-5.4-mini", "DataZoneStandard"), "small, and open longest");
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
    azure.provision("--capacity 5").await.refused(Exit::Preflight);
    let ran = azure.provision("").await.ready();
    assert_eq!(deployed(&azure, &ran).await.3, 4);
}

#[tokio::test(start_paused = true)]
async fn passing_over_the_checks_the_service_refuses_and_the_hint_helps() {
    let azure = Azure::new();
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    let ran = azure.provision("--skip-preflight").await;
    assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::LabFailed, "ServiceModelDeprecated"));
    assert!(ran.error().message.contains("has been deprecated since"), "{}", ran.error().message);
    assert!(ran.error().request_id.is_some());
    assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("--model auto")));
    // The hint's command finishes what the refusal left.
    azure.provision("--model auto").await.ready();
    azure.holds_exactly(1);

    for (arguments, code) in [
        ("--skip-preflight --model gpt-9", "DeploymentModelNotSupported"),
        ("--skip-preflight --capacity 301", "InsufficientQuota"),
        ("--skip-preflight --model-sku GlobalStandard", "InvalidResourceProperties"),
    ] {
        let ran = Azure::new().provision(arguments).await;
        assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::LabFailed, code), "{arguments}");
        assert!(ran.error().hint.is_some());
        assert!(ran.lab().elapsed_s < 60.0, "{arguments}: told after {} s", ran.lab().elapsed_s);
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_is_asked_which_model_instead() {
    let azure = Azure::new();
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    let declined = azure.provision_asking("", CancellationToken::new(), Some(Arc::new(|_, _| None))).await;
    declined.refused(Exit::Preflight);
    let second = |question: &str, offers: &[Offer]| {
        assert!(question.contains("closed to new deployments"), "{question}");
        assert!(offers.iter().all(|offer| offer.model != "gpt-35-turbo" && offer.free != Some(0)));
        Some(1)
    };
    let ran = azure.provision_asking("", CancellationToken::new(), Some(Arc::new(second))).await.ready();
    assert_eq!(deployed(&azure, &ran).await.0, "gpt-5-mini");
}

#[tokio::test(start_paused = true)]
async fn a_catalogue_that_cannot_be_read_is_told_and_the_service_decides() {
    let azure = Azure::new();
    azure.fault(http::Method::GET, "/models?", 1, super::fixture::refusal(403, "AuthorizationFailed"));
    let ran = azure.provision("").await.ready();
    assert!(ran.checks(CheckStatus::Skip).iter().any(|(id, _)| *id == "model"), "{}", ran.told());
    assert_eq!(deployed(&azure, &ran).await.1, "0125", "the service's default version");
}
