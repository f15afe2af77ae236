//! `provision --sandbox`: its exit code, its result, in text and in JSON.
use serde_json::Value;

use super::{World, keys, writes_once};

/// Makes times, ids and keys the same in every run.
fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[guid]");
    settings.add_filter(r"(\d+h )?(\d+m )?\d+(\.\d)?s\b *", "[time] ");
    settings
}

#[test]
fn a_fresh_lab_is_told_with_what_comes_next() {
    let made = World::new().provision(&[]).done();
    settings().bind(|| insta::assert_snapshot!(made.stdout));
    for line in ["provision in the sandbox, at 2000x speed", "cluster myAKSCluster: creating"] {
        assert!(made.stderr.contains(line), "{}", made.stderr);
    }
}

#[test]
fn a_second_run_says_that_there_is_nothing_to_change() {
    let world = World::new();
    world.provision(&[]).done();
    let again = world.provision(&[]).done();
    assert!(again.stdout.contains("nothing to change: 7 resources are as they should be"), "{}", again.stdout);
}

const RESULT: [&str; 7] = ["command", "elapsed_s", "labs", "requests", "sandbox", "schema", "subscription"];
const LAB: [&str; 8] = ["changes", "elapsed_s", "error", "location", "name", "outputs", "resource_group", "state"];
const ERROR: [&str; 6] = ["code", "hint", "message", "request_id", "resource", "retryable"];
const KINDS: [&str; 7] = [
    "resource_group",
    "cluster",
    "identity",
    "federated_credential",
    "openai_account",
    "model_deployment",
    "role_assignment",
];

/// Holds `result` to the shape that cli-contract.md promises, and gives its only lab.
#[track_caller]
fn promised(result: &Value) -> &Value {
    // Where there is something to warn of.
    let told: Vec<&str> = keys(result).into_iter().filter(|key| *key != "warnings").collect();
    assert_eq!(told, RESULT);
    assert_eq!(result["schema"], "azlab.result/v1");
    assert_eq!(result["command"], "provision");
    assert_eq!(result["sandbox"], true);
    assert!(result["elapsed_s"].is_f64());
    assert_eq!(keys(&result["requests"]), ["deletes", "reads", "retried", "throttled", "writes"]);
    let [lab] = &result["labs"].as_array().unwrap()[..] else { panic!("one lab: {result}") };
    // Told where azlab chose a model.
    let told: Vec<&str> = keys(lab).into_iter().filter(|key| *key != "selected_models").collect();
    assert_eq!(told, LAB);
    assert_eq!(
        keys(&lab["outputs"]),
        [
            "cluster",
            "identity_client_id",
            "identity_principal_id",
            "oidc_issuer",
            "openai_account",
            "openai_deployment",
            "openai_endpoint"
        ]
    );
    for change in lab["changes"].as_array().unwrap() {
        assert_eq!(keys(change), ["action", "elapsed_s", "id", "resource"]);
        assert!(KINDS.contains(&change["resource"].as_str().unwrap()), "{change}");
        assert!(change["id"].as_str().unwrap().starts_with("/subscriptions/"), "{change}");
    }
    lab
}

fn actions(lab: &Value) -> Vec<(&str, &str)> {
    let changes = lab["changes"].as_array().unwrap().iter();
    changes.map(|change| (change["resource"].as_str().unwrap(), change["action"].as_str().unwrap())).collect()
}

#[test]
fn json_has_the_promised_shape_and_a_second_run_writes_nothing() {
    let world = World::new();
    let first = world.provision(&["-o", "json"]).done().json();
    let lab = promised(&first);
    assert_eq!((&lab["name"], &lab["state"], &lab["error"]), (&"default".into(), &"ready".into(), &Value::Null));
    assert_eq!((&lab["resource_group"], &lab["location"]), (&"myResourceGroup".into(), &"westeurope".into()));
    assert_eq!(actions(lab), KINDS.map(|kind| (kind, "created")));
    let [model] = &lab["selected_models"].as_array().unwrap()[..] else { panic!("one model: {lab}") };
    assert_eq!(keys(model), ["capacity", "deployment", "instead_of", "model", "sku", "version"]);
    assert_eq!(keys(&model["instead_of"]), ["code", "model", "reason"]);
    assert_eq!((&model["deployment"], &model["instead_of"]["model"]), (&"gpt-35-turbo".into(), &"gpt-35-turbo".into()));
    assert!(lab["outputs"].as_object().unwrap().values().all(Value::is_string), "{lab}");
    assert!(writes_once(&first) <= 8, "{first}");

    let second = world.provision(&["-o", "json"]).done().json();
    let lab = promised(&second);
    assert_eq!(actions(lab), KINDS.map(|kind| (kind, "unchanged")));
    assert_eq!(second["requests"]["writes"], 0);
    assert_eq!(second["requests"]["deletes"], 0);
    assert_eq!(lab["outputs"], first["labs"][0]["outputs"]);
}

#[test]
fn json_keeps_its_shape_when_a_lab_fails() {
    let world = World::new();
    world.provision(&[]).done();
    // The size of nodes that exist cannot be changed, which is seen before the first write.
    let refused = world.provision(&["-o", "json", "--node-vm-size", "Standard_D4s_v5"]).exit(4).json();
    let lab = promised(&refused);
    assert_eq!(lab["state"], "failed");
    assert_eq!(keys(&lab["error"]), ERROR);
    assert_eq!(lab["error"]["code"], "CannotChangeInPlace");
    assert_eq!(refused["requests"]["writes"], 0);
}

#[test]
fn json_keeps_its_shape_when_preflight_fails_and_nothing_is_written() {
    let world = World::new();
    let refused = world.provision(&["-o", "json", "--model", "gpt-35-turbo"]).exit(4).json();
    let lab = promised(&refused);
    assert_eq!(keys(&lab["error"]), ERROR);
    assert_eq!(lab["error"]["code"], "ServiceModelDeprecated");
    assert_eq!(lab["changes"], serde_json::json!([]));
    assert_eq!(refused["requests"]["writes"], 0);
    assert_eq!(world.inventory()["resources"], serde_json::json!([]));
    // The command that it recommends works.
    assert!(lab["error"]["hint"].as_str().unwrap().contains("--model auto"), "{lab}");
    let taken = world.provision(&["-o", "json", "--model", "auto"]).done().json();
    assert_eq!(promised(&taken)["state"], "ready");
}

#[test]
fn an_error_before_any_lab_is_an_object_of_its_own() {
    let refused = World::new().provision(&["-o", "json", "--account", "x"]).exit(2).json();
    assert_eq!(keys(&refused), ["command", "error", "schema"]);
    assert_eq!(keys(&refused["error"]), ERROR);
    assert_eq!((&refused["schema"], &refused["command"]), (&"azlab.result/v1".into(), &"provision".into()));
}

#[test]
fn several_labs_come_back_in_the_order_given() {
    let world = World::new();
    let made = world.provision(&["-o", "json", "-l", "b", "a", "c"]).done().json();
    let labs = made["labs"].as_array().unwrap().iter();
    let labs: Vec<_> = labs.map(|lab| (lab["name"].as_str().unwrap(), lab["state"].as_str().unwrap())).collect();
    assert_eq!(labs, [("b", "ready"), ("a", "ready"), ("c", "ready")]);
}
