//! The question to the model: who may ask, and what refusals mean for the lab.

use azlab::azure::data_plane::DataPlane;
use azlab::events::EventKind;

use super::*;

/// Asks with a whole budget of tokens, as another client would.
async fn use_up(azure: &Azure, tokens: u32) {
    let (session, _events) = Prepared::sandbox(&azure.sandbox).unwrap().begin(CancellationToken::new()).unwrap();
    let plane: &DataPlane = &session.data_plane;
    let endpoint = azure.provision("").await.ready().outputs().openai_endpoint.clone().unwrap();
    plane.chat(&endpoint, "gpt-35-turbo", &"word".repeat(tokens as usize)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_caller_without_a_role_on_the_data_says_nothing_about_the_lab() {
    let azure = Azure::with_lab().await;
    azure.sandbox.control().set_data_role(false).unwrap();
    let ran = verify(&azure, "").await;
    assert_eq!((ran.exit(), ended(&ran, CheckStatus::Skip)), (Exit::Done, vec!["chat_completion"]));
    let skipped = check(&ran, "chat_completion");
    assert_eq!(skipped.code.as_deref(), Some("PermissionDenied"));
    assert_eq!(skipped.hint.as_deref(), Some("azlab sandbox scenario standard"));
    azure.sandbox.control().set_data_role(true).unwrap();
    well(&verify(&azure, "").await);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_want_to_ask_does_not() {
    let azure = Azure::with_lab().await;
    let ran = verify(&azure, "--skip-chat").await;
    assert_eq!((ran.exit(), ended(&ran, CheckStatus::Skip)), (Exit::Done, vec!["chat_completion"]));
    assert!(ran.writes().is_empty(), "{:#?}", ran.writes());
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_that_is_over_soon_is_waited_for() {
    let azure = Azure::new();
    azure.provision("--capacity 1").await.ready();
    // One request in ten seconds.
    use_up(&azure, 10).await;
    let ran = verify(&azure, "").await;
    well(&ran);
    assert!(ran.events.iter().any(|event| matches!(event.kind, EventKind::Retrying { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_deployment_whose_minute_is_used_up_lets_in_and_is_warned_of() {
    let azure = Azure::new();
    azure.provision("--capacity 1").await.ready();
    use_up(&azure, 900).await;
    let ran = verify(&azure, "").await;
    assert_eq!(
        (ran.exit(), ended(&ran, CheckStatus::Warn)),
        (Exit::Done, vec!["chat_completion"]),
        "{:#?}",
        checks(&ran)
    );
    let warned = check(&ran, "chat_completion");
    assert!(warned.message.contains("token rate limit") && warned.hint.is_some(), "{warned:#?}");
    azure.pass(60.0).await;
    well(&verify(&azure, "").await);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_the_account_does_not_know_yet_fails() {
    let azure = Azure::with_lab().await;
    azure.fault(Method::POST, "chat/completions", 1, refusal(404, "DeploymentNotFound"));
    let fix = fails(&verify(&azure, "").await, &["chat_completion"], "does not know the deployment gpt-35-turbo yet");
    assert!(fix.ends_with("azlab verify --sandbox"), "{fix}");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_does_not_chat_fails_with_the_command_that_takes_one_that_does() {
    let azure = Azure::new();
    azure.provision("--model text-embedding-3-small").await.ready();
    let ran = verify(&azure, "").await;
    let fix = fails(&ran, &["chat_completion"], "not a chat model");
    assert_eq!(check(&ran, "chat_completion").code.as_deref(), Some("OperationNotSupported"));
    assert_eq!(fix, "azlab deploy-model --sandbox --name gpt-35-turbo --model auto");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_reasons_passes_for_it_is_asked_as_the_ai_service_asks() {
    let azure = Azure::new();
    azure.provision("--model gpt-5-mini").await.ready();
    well(&verify(&azure, "").await);
    let asked = azure.sandbox.request_log();
    assert!(asked.iter().any(|request| request.path.contains("chat/completions")), "{asked:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_refuses_what_the_ai_service_sends_fails() {
    let azure = Azure::with_lab().await;
    azure.fault(Method::POST, "chat/completions", 1, refusal(400, "unsupported_value"));
    let fix = fails(&verify(&azure, "").await, &["chat_completion"], "refuses what the workshop's ai-service sends");
    assert_eq!(fix, "azlab deploy-model --sandbox --name gpt-35-turbo --model auto");
}

#[tokio::test(start_paused = true)]
async fn a_claims_challenge_of_the_account_is_answered_by_the_line_that_signs_in_with_them() {
    let azure = Azure::with_lab().await;
    let kind = FaultKind::Respond {
        status: StatusCode::UNAUTHORIZED,
        headers: vec![(
            "www-authenticate".into(),
            "Bearer error=\"insufficient_claims\", claims=\"eyJhIjoxfQ==\"".into(),
        )],
        body: r#"{"error":{"code":"401","message":"More is needed."}}"#.to_owned().into(),
    };
    azure.fault(Method::POST, "chat/completions", usize::MAX, kind);
    let ran = verify(&azure, "").await;
    assert_eq!((ran.exit(), ended(&ran, CheckStatus::Skip)), (Exit::Done, vec!["chat_completion"]));
    let skipped = check(&ran, "chat_completion");
    let hint = skipped.hint.as_deref().unwrap_or_default();
    assert!(hint.contains("--claims-challenge \"eyJhIjoxfQ==\"") && hint.contains("az login"), "{skipped:#?}");
    assert!(!hint.contains("network rules"), "{skipped:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_again() {
    let azure = Azure::with_lab().await;
    azure.fault(Method::POST, "chat/completions", 2, FaultKind::Drop);
    azure.fault(Method::POST, "chat/completions", 1, FaultKind::Truncate);
    well(&verify(&azure, "").await);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_be_reached_fails_within_a_minute() {
    let azure = Azure::with_lab().await;
    azure.fault(Method::POST, "chat/completions", 1000, FaultKind::Drop);
    let began = azure.now();
    let ran = verify(&azure, "").await;
    fails(&ran, &["chat_completion"], "does not answer");
    assert_eq!(check(&ran, "chat_completion").code.as_deref(), Some("NoAnswer"));
    assert!(azure.now() - began < time::Duration::MINUTE);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_out_of_order_fails() {
    let azure = Azure::with_lab().await;
    azure.fault(Method::POST, "chat/completions", 1000, FaultKind::Html502);
    fails(&verify(&azure, "").await, &["chat_completion"], "HTTP 502");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_completion_fails() {
    let azure = Azure::with_lab().await;
    let kind = FaultKind::Respond { status: StatusCode::OK, headers: vec![], body: "{\"choices\": []}".into() };
    azure.fault(Method::POST, "chat/completions", 1, kind);
    fails(&verify(&azure, "").await, &["chat_completion"], "no choices");
}
