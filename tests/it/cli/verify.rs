//! `azlab verify` as people and scripts run it.

use serde_json::Value;

use super::served::{QUICK, Served};
use super::{World, keys};

/// The only lab of a result, and its checks by id.
fn lab(result: &Value) -> (&Value, Vec<(&str, &str)>) {
    let [lab] = &result["labs"].as_array().unwrap()[..] else { panic!("one lab: {result}") };
    let checks = lab["checks"].as_array().unwrap().iter();
    (lab, checks.map(|check| (check["id"].as_str().unwrap(), check["status"].as_str().unwrap())).collect())
}

fn shown(world: &World, arguments: &[&str], code: i32) -> String {
    let text = world.run(&[&["verify", "--sandbox", "-q"], arguments].concat()).exit(code).stdout;
    let filters = vec![
        (r"after [0-9hms. ]+ \(", "after [time] ("),
        (r"myopenai[0-9a-f]{6}", "myopenai[salt]"),
        (r"[0-9a-f]{8}-[0-9a-f-]{27}", "[guid]"),
    ];
    filters
        .into_iter()
        .fold(text, |text, (pattern, with)| regex::Regex::new(pattern).unwrap().replace_all(&text, with).into_owned())
}

#[test]
fn the_checks_are_shown_with_the_command_beside_what_failed() {
    let world = World::new();
    world.provision(&[]).done();
    insta::assert_snapshot!("well", shown(&world, &[], 0));
    world.run(&["deploy-model", "--sandbox", "--remove", "gpt-35-turbo"]).done();
    insta::assert_snapshot!("without_its_model", shown(&world, &[], 7));
    world.provision(&[]).done();
    world.run(&["sandbox", "scenario", "no-data-role"]).done();
    insta::assert_snapshot!("without_a_data_role", shown(&world, &[], 0));
}

#[test]
fn scripts_get_every_check_with_its_status_and_fix() {
    let world = World::new();
    world.provision(&[]).done();
    let result = world.run(&["verify", "--sandbox", "--skip-app", "-o", "json"]).done().json();
    assert_eq!((&result["schema"], &result["command"]), (&"azlab.result/v1".into(), &"verify".into()));
    let (well, checks) = lab(&result);
    assert_eq!((checks.len(), &well["state"]), (14, &"ready".into()));
    assert!(checks.iter().all(|(_, status)| *status == "pass"), "{checks:?}");
    assert_eq!(keys(&well["checks"][0]), ["code", "hint", "id", "message", "status"]);
    assert_eq!(result["requests"]["writes"], 0);

    world.run(&["deploy-model", "--sandbox", "--remove", "gpt-35-turbo"]).done();
    let result = world.run(&["verify", "--sandbox", "-o", "json", "-l", "default"]).exit(7).json();
    let (broken, checks) = lab(&result);
    assert_eq!((&broken["state"], &broken["error"]), (&"incomplete".into(), &Value::Null));
    assert!(checks.contains(&("deployment", "fail")) && checks.contains(&("chat_completion", "skip")), "{checks:?}");
    let failed = broken["checks"].as_array().unwrap().iter().find(|check| check["id"] == "deployment").unwrap();
    // The command works as it stands.
    let fix = shlex::split(failed["hint"].as_str().unwrap()).unwrap();
    let words: Vec<&str> = fix.iter().map(String::as_str).collect();
    assert_eq!(words[0], "azlab");
    world.run(&words[1..]).done();
    world.run(&["verify", "--sandbox"]).done();
}

#[test]
fn exit_codes_say_what_was_found() {
    let world = World::new();
    let absent = world.run(&["verify", "--sandbox", "-o", "json"]).exit(6).json();
    assert_eq!(absent["labs"][0]["error"]["code"], "LabNotFound");
    assert!(absent["labs"][0].get("checks").is_none(), "{absent}");
    world.run(&["verify", "--sandbox", "-g", "a/b"]).exit(2);
    world.run(&["verify", "--sandbox", "-l", "a", "b", "-g", "one"]).exit(2);
    world.run(&["verify", "--sandbox", "--fix"]).exit(2);
    world.provision(&[]).done();
    let named = world.run(&["verify", "--sandbox", "--account", "another", "--skip-chat"]).exit(7);
    assert!(named.stdout.contains("there is no OpenAI account another"), "{named:#?}");
}

#[test]
fn over_a_socket_the_model_is_asked_at_the_same_address() {
    let world = World::new();
    world.scenario(QUICK);
    let served = Served::start(&world, &[]);
    served.client(&world, &["provision"]).done();
    let verified = served.client(&world, &["verify", "-o", "json", "--log-file", "log", "--events", "events"]).done();
    let result = verified.json();
    let (_, checks) = lab(&result);
    // The application is not on the cluster, which is asked at that address too.
    let (app, rest) = checks.split_last().expect("checks");
    assert!(rest.iter().all(|(_, status)| *status == "pass"), "{checks:?}");
    assert_eq!(app, &("app_deployment", "skip"));
    // Who owns the data plane's role elsewhere is told what az does.
    world.scenario(&format!("data_role = false\n{QUICK}"));
    let result =
        served.client(&world, &["verify", "-o", "json", "--log-file", "log", "--events", "events"]).done().json();
    let (skipped, _) = lab(&result);
    let chat = &skipped["checks"].as_array().unwrap()[13];
    assert_eq!((&chat["status"], &chat["code"]), (&"skip".into(), &"PermissionDenied".into()));
    let hint = chat["hint"].as_str().unwrap();
    assert!(
        hint.starts_with("az role assignment create --assignee a21ab000-0000-4000-8000-000000000002 --role"),
        "{hint}"
    );
    for file in ["log", "events"] {
        let text = std::fs::read_to_string(world.path().join(file)).unwrap();
        assert!(text.contains("chat/completions") && !text.contains("eyJ"), "{file}: {text}");
        assert!(!text.contains(served.export("AZURE_CLIENT_SECRET")), "{file}: {text}");
    }
}
