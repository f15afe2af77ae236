//! `deploy-model` where the service has a say: an older version than the service's own, and a model that an account, which
//! cannot move, cannot have.

use azlab::outcome::Exit;
use azlab_sandbox::FaultKind;
use azlab_sandbox::scenario::Scenario;
use http::{Method, StatusCode};

use crate::provision::fixture::{Azure, child};

fn refusal(code: &str) -> FaultKind {
    FaultKind::Refuse {
        status: StatusCode::BAD_REQUEST,
        code: code.into(),
        message: "No.".into(),
        headers: Vec::new(),
        handled: false,
    }
}

/// The commands that a hint recommends, as they are typed behind `azlab`.
fn commands(hint: &str) -> Vec<String> {
    hint.split("azlab ").skip(1).map(|rest| rest.split(';').next().unwrap_or_default().trim().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_older_version_of_a_deployment_that_upgrades_itself_is_refused_with_the_reason() {
    let azure = Azure::as_recorded();
    azure.sandbox.play(&Scenario::load("moved-version").unwrap()).unwrap();
    azure.pass(7200.0).await;
    for line in ["deploy-model --model-version 0613", "deploy-model --model-version 0613 --capacity 3 --dry-run"] {
        let ran = azure.run(line).await.refused(Exit::Preflight);
        let error = ran.error();
        assert_eq!(error.code, "VersionMovesByItself", "{line}");
        assert!(error.message.contains("0125") && error.message.contains("older version 0613"), "{}", error.message);
        assert!(error.message.contains("OnceNewDefaultVersionAvailable"), "{}", error.message);
        assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("--model-version")), "{error:?}");
    }
    azure.run("deploy-model --model-version 0125 --capacity 3").await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_model_that_an_account_cannot_have_is_answered_with_what_works_without_moving_it() {
    for (code, says, count) in [("InsufficientQuota", "quota", 2), ("SkuNotAvailable", "no capacity", 2)] {
        let azure = Azure::with_lab().await;
        azure.fault(Method::PUT, "/deployments/", 1, refusal(code));
        let line = "deploy-model --name second --model gpt-4o --model-sku Standard --capacity 10";
        let refused = azure.run(line).await;
        assert_eq!(refused.exit(), Exit::LabFailed, "{code}");
        let hint = refused.error().hint.clone().expect("a hint");
        assert!(hint.contains(says) && !hint.contains("--location"), "{code}: {hint}");
        let commands = commands(&hint);
        assert_eq!(commands.len(), count, "{code}: {hint}");
        for command in commands {
            assert!(command.starts_with("deploy-model --name second --model "), "{command}");
            azure.run(&command).await.ready();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_too_much_of_a_model_the_service_leaves_what_there_is() {
    let azure = Azure::with_lab().await;
    azure.sandbox.control().set_quota("*", "OpenAI.Standard.gpt-4o", 8).expect("a quota");
    let line = "deploy-model --name second --model gpt-4o --model-sku Standard --capacity 10 --skip-preflight";
    let refused = azure.run(line).await;
    assert_eq!((refused.exit(), refused.error().code.as_str()), (Exit::LabFailed, "InsufficientQuota"));
    let hint = refused.error().hint.clone().expect("a hint");
    let first = commands(&hint).first().cloned().expect("a command");
    assert!(first.ends_with("--capacity 8"), "{hint}");
    azure.run(&first).await.ready();
    let deployment = child(&super::provision::fixture::account("myopenai234f4c"), "deployments", "second");
    assert_eq!(azure.get(&deployment).await["sku"]["capacity"], 8);
}
