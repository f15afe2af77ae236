//! `azlab doctor` as people and scripts see it.
use super::World;

#[test]
fn without_a_sign_in_doctor_prints_that_as_a_check_and_exits_with_3() {
    let world = World::new();
    let object = world.run(&["doctor", "-o", "json"]).exit(3).json();
    assert_eq!((&object["checks"][0]["id"], &object["checks"][0]["status"]), (&"sign_in".into(), &"fail".into()));
    assert_eq!(object["checks"][0]["code"], object["error"]["code"]);
    let text = world.run(&["doctor"]).exit(3);
    assert!(text.stdout.starts_with("  FAIL  sign_in"), "{text:#?}");
    assert!(text.stdout.contains("az login"), "{text:#?}");
}

#[test]
fn a_failed_check_is_told_once_with_its_hint_and_as_json_with_its_code() {
    let world = World::new();
    world.run(&["sandbox", "scenario", "contributor-only"]).done();
    let text = world.run(&["doctor", "--sandbox"]).exit(4);
    assert_eq!(text.stdout.matches("FAIL").count(), 1, "{text:#?}");
    assert!(!text.stderr.contains("roleAssignments/write"), "{text:#?}");
    assert!(text.stdout.contains("az role assignment create --assignee"), "{text:#?}");
    let object = world.run(&["doctor", "--sandbox", "-o", "json"]).exit(4).json();
    let failed: Vec<_> =
        object["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "fail").collect();
    assert_eq!((failed.len(), &failed[0]["code"]), (1, &"AuthorizationFailed".into()), "{object}");
    let mut keys = super::keys(failed[0]);
    keys.sort_unstable();
    assert_eq!(keys, ["code", "hint", "id", "message", "status"]);
    let hidden = world.run(&["doctor", "--sandbox", "--hide-ids"]).exit(4);
    assert!(!hidden.stdout.contains("5a9d0b0c") && !hidden.stdout.contains("a21ab000"), "{hidden:#?}");
}

#[test]
fn a_scenario_that_names_a_role_that_is_none_is_refused_with_those_that_are() {
    let world = World::new();
    let file = world.path().join("scenario.toml");
    std::fs::write(&file, "about = \"x\"\n[[settings.roles]]\nrole = \"Owmer\"\n").unwrap();
    let refused = world.run(&["sandbox", "scenario", file.to_str().unwrap()]).exit(2);
    assert!(refused.stderr.contains("'Owmer'") && refused.stderr.contains("Contributor"), "{refused:#?}");
}

#[test]
fn what_passes_in_another_region_is_told_of_that_region() {
    let world = World::new();
    let file = "version = 1\nworkshop = \"w\"\n[[labs]]\nname = \"ada\"\n[[labs]]\nname = \"ben\"\nlocation = \"swedencentral\"\n";
    std::fs::write(world.path().join("azlab.toml"), file).unwrap();
    let checked = world.run(&["doctor", "--sandbox", "--all", "-o", "json"]).done().json();
    let message = |id: &str| {
        let check = checked["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap();
        check["message"].as_str().unwrap().to_owned()
    };
    assert!(message("location").contains("westeurope offers") && message("location").contains("swedencentral offers"));
}
