//! Refusals of the service that people took for something else.
use serde_json::Value;

use super::{Ended, World, is};

fn error(ended: &Ended) -> Value {
    ended.json()["labs"][0]["error"].clone()
}

fn hint(error: &Value) -> &str {
    error["hint"].as_str().unwrap_or_default()
}

#[test]
fn a_groups_deletion_that_is_blocked_names_each_resource_with_its_cause_and_no_blind_retry() {
    const BLOCKED: &str = include_str!("../../../crates/azlab-sandbox/src/scenario/ready_made/blocked-deletion.toml");
    for code in ["ResourceGroupDeletionBlocked", "ResourceGroupDeletionTimeout"] {
        let world = World::new();
        world.scenario(&BLOCKED.replace("ResourceGroupDeletionBlocked", code));
        let error = error(&world.run(&["teardown", "--sandbox", "--yes", "-o", "json"]).exit(5));
        assert_eq!(error["code"], code);
        let message = error["message"].as_str().unwrap();
        for (resource, cause) in
            [("virtualNetworks/guest-net", "held by a scale set"), ("storageAccounts/guestfiles", "has a lease")]
        {
            let line = message.lines().find(|line| line.contains(resource));
            assert!(line.is_some_and(|line| line.contains(cause)), "{resource}: {message}");
        }
        assert!(message.contains("InUseSubnetCannotBeDeleted"), "{message}");
        assert!(!hint(&error).is_empty() && !hint(&error).contains("run the same command again"), "{error}");
        assert_eq!(error["retryable"], false, "{error}");
    }
}

#[test]
fn a_subscription_that_is_held_back_is_sent_to_support() {
    let world = World::new();
    world.scenario(
        "about = 'held back'\n[[faults]]\nmethod = 'PUT'\npath = 'deployments/*'\nstatus = 409\ncode = '715-123420'\nmessage = 'An error occurred.'\n",
    );
    let error = error(&world.provision(&["-o", "json"]).exit(5));
    assert_eq!(error["code"], "715-123420");
    assert!(hint(&error).contains("ask Azure support") && hint(&error).contains("--subscription"), "{error}");
    assert_eq!(error["retryable"], false, "{error}");
}

#[test]
fn a_group_whose_tags_leave_no_place_for_the_labs_is_refused_before_the_first_write() {
    let world = World::new();
    let tags: Vec<String> = (1..=48).map(|number| format!("t{number} = 'x'")).collect();
    world.scenario(&format!(
        "about = 'many tags'\n[[resources]]\ntype = 'Microsoft.Resources/resourceGroups'\nname = 'myResourceGroup'\nlocation = 'westeurope'\ntags = {{ {} }}\n",
        tags.join(", ")
    ));
    for arguments in [&["--adopt"][..], &["--adopt", "--dry-run"]] {
        let ended = world.provision(&[arguments, &["-o", "json"]].concat()).exit(4);
        assert_eq!(ended.json()["requests"]["writes"], 0);
        let error = error(&ended);
        assert_eq!(error["code"], "TooManyTags");
        assert!(error["message"].as_str().unwrap().contains("has 48 tags"), "{error}");
    }
    assert!(world.run(&["doctor", "--sandbox", "--adopt"]).exit(4).stdout.contains("has 48 tags"));
}

#[test]
fn a_lab_that_somebody_deletes_while_it_is_created_is_told_so() {
    let world = World::new();
    let mut command = world.azlab(&["provision", "--sandbox", "-o", "json"]);
    let mut running = super::Running::start(command.env("AZLAB_SANDBOX_SPEED", "100"));
    running.until("the cluster is created", |event| is(event, "resource_status") && event["resource"] == "cluster");
    world.run(&["teardown", "--sandbox", "--yes"]).done();
    let (status, stdout, events) = running.end();
    assert!(!status.success(), "{events:#?}");
    let object: Value = serde_json::from_str(&stdout).unwrap();
    let error = &object["labs"][0]["error"];
    let says = hint(error);
    // By whom, if the run has looked before the group was gone (provision::busy).
    assert!(says.contains(" deleted the lab in the meantime"), "{error}");
    assert!(hint(error).contains("provision --sandbox"), "{error}");
}
