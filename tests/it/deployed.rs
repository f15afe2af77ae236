//! Deployments where the service has a say: it has moved one to another version or model, or an account, which cannot move, cannot
//! have a model.

use azlab::events::Level;
use azlab::outcome::{Action, Exit};
use azlab::values::ResourceKind;
use azlab_clock::Clock;
use azlab_sandbox::scenario::Scenario;
use azlab_sandbox::{FaultKind, Sandbox};
use http::{Method, StatusCode};
use serde_json::json;
use time::macros::datetime;

use crate::provision::fixture::{Azure, account, child, federated_credential};

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

/// The file that names the model with which the lab was made.
const FILE: &str =
    "version = 1\n[[deployments]]\nname = 'gpt-35-turbo'\nmodel = 'gpt-35-turbo'\nmodel_version = '0125'\n";

/// An Azure in which the model of a lab has retired, and which has moved its deployment to the model that replaces it.
async fn replaced() -> Azure {
    let azure = Azure::of(Sandbox::in_memory(Clock::scaled(datetime!(2026-06-20 08:00 UTC), 1.0)).unwrap());
    azure.sandbox.play(&Scenario::load("replaced-model").unwrap()).unwrap();
    azure.pass(7200.0).await;
    azure
}

fn deployment() -> String {
    child(&account("myopenai234f4c"), "deployments", "gpt-35-turbo")
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_the_service_moved_to_another_model_is_no_drift_for_the_file_that_names_the_old_one() {
    let azure = replaced().await;
    assert_eq!(azure.get(&deployment()).await["properties"]["model"]["name"], "gpt-4.1-mini");
    for line in
        ["status --exit-code", "provision --dry-run --exit-code", "provision", "reset", "reset --dry-run --exit-code"]
    {
        let ran = azure.run_with(FILE, line).await.refused(Exit::Done);
        let notes: Vec<String> =
            ran.notes(Level::Info).into_iter().filter(|one| one.contains("Azure has moved")).collect();
        assert_eq!(notes.len(), 1, "{line}: {notes:?}");
        assert!(notes[0].contains("from gpt-35-turbo") && notes[0].contains("gpt-4.1-mini 2025-04-14"), "{}", notes[0]);
    }
    for line in ["doctor", "verify", "deploy-model"] {
        assert_eq!(azure.run_with(FILE, line).await.exit(), Exit::Done, "{line}");
    }
    // And it holds up no repair of the rest.
    azure.delete(&federated_credential("myFederatedCredential")).await;
    let repaired = azure.run_with(FILE, "reset").await.ready();
    assert_eq!(repaired.changed(), [(ResourceKind::FederatedCredential, Action::Created)]);
    let bigger = azure.run_with(&format!("{FILE}capacity = 7\n"), "provision").await.ready();
    assert_eq!(bigger.changed(), [(ResourceKind::ModelDeployment, Action::Updated)]);
    let made = azure.get(&deployment()).await;
    assert_eq!((&made["properties"]["model"]["name"], &made["sku"]["capacity"]), (&json!("gpt-4.1-mini"), &json!(7)));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_this_run_asks_for_and_one_that_the_service_did_not_move_mean_what_they_say() {
    let azure = replaced().await;
    let asked = azure.run("provision --model gpt-35-turbo").await.refused(Exit::Preflight);
    let hint = asked.error().hint.clone().expect("a hint");
    assert!(hint.contains("has gpt-4.1-mini 2025-04-14: leave out --model to keep it"), "{hint}");
    // A slip of the pen is no model that has retired.
    let slip = FILE.replace("model = 'gpt-35-turbo'", "model = 'gpt-35-trubo'");
    azure.run_with(&slip, "provision").await.refused(Exit::Preflight);
    // A model that can be had is asked for.
    let open = FILE.replace(
        "model = 'gpt-35-turbo'\nmodel_version = '0125'",
        "model = 'gpt-5-mini'\nmodel_sku = 'GlobalStandard'",
    );
    assert_eq!(azure.run_with(&open, "status --exit-code").await.exit(), Exit::Differs);
    // Whoever turns upgrades off has the say.
    let mut fixed = azure.get(&deployment()).await;
    fixed["properties"]["versionUpgradeOption"] = json!("NoAutoUpgrade");
    azure.put(&deployment(), fixed).await;
    azure.pass(5.0).await;
    assert_eq!(azure.run_with(FILE, "status --exit-code").await.exit(), Exit::Differs);
    azure.run_with(FILE, "provision").await.refused(Exit::Preflight);
}

#[tokio::test(start_paused = true)]
async fn labs_whose_deployments_the_service_moved_are_told_in_one_line_and_share_one_reading_of_the_catalogue() {
    let azure = replaced().await;
    let file = format!("{FILE}[[labs]]\nname = 'a'\n[[labs]]\nname = 'b'\n[[labs]]\nname = 'c'\n");
    let auto = file.replace("model = 'gpt-35-turbo'\nmodel_version = '0125'", "model = 'gpt-4.1-mini'");
    azure.run_with(&auto, "provision --all").await.ready();
    let ran = azure.run_with(&file, "status --all --exit-code").await.refused(Exit::Done);
    let notes: Vec<String> = ran.notes(Level::Info).into_iter().filter(|one| one.contains("Azure has moved")).collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].ends_with("(3 labs: a, b, c)"), "{}", notes[0]);
    let catalogues = ran.log.iter().filter(|request| request.path.to_lowercase().contains("/models?")).count();
    assert_eq!(catalogues, 1);
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
