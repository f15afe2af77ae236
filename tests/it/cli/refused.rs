//! Bad input: the error names it and what to do, the exit code is the documented one, and nothing is written.
use super::{Ended, World, keys};

/// Runs it in text and in JSON; gives the error, which is the same in both.
#[track_caller]
fn refused(world: &World, arguments: &[&str], exit: i32) -> (String, String) {
    let text = world.run(arguments).exit(exit);
    let object = world.run(&[arguments, &["-o", "json"]].concat()).exit(exit).json();
    let error = match object.get("labs") {
        Some(labs) => &labs[0]["error"],
        None => {
            assert_eq!(keys(&object), ["command", "error", "schema"]);
            &object["error"]
        }
    };
    let message = error["message"].as_str().unwrap_or_else(|| panic!("{object}"));
    for line in message.lines() {
        assert!(text.stderr.contains(line.trim()), "{line} in {text:#?}");
    }
    let hint = error["hint"].as_str().unwrap_or_default();
    (message.to_owned(), hint.to_owned())
}

/// Holds what is said to `says`, and that nothing was made.
#[track_caller]
fn check(arguments: &[&str], exit: i32, says: &[&str]) {
    let world = World::new();
    let arguments = [&["provision", "--sandbox"], arguments].concat();
    let (message, hint) = refused(&world, &arguments, exit);
    for part in says {
        assert!(format!("{message}\n{hint}").contains(part), "{arguments:?}: `{part}` in: {message}\n{hint}");
    }
    if exit == 2 {
        assert!(!world.sandbox().exists(), "{arguments:?}: not even the sandbox is made");
    } else {
        assert_eq!(world.inventory()["resources"], serde_json::json!([]), "{arguments:?}");
    }
}

#[test]
fn names_that_azure_refuses() {
    let long = "a".repeat(91);
    for (option, value, says) in [
        ("--resource-group", "", "1 to 90"),
        ("--resource-group", long.as_str(), "1 to 90"),
        ("--resource-group", "ends-with.", "'ends-with.'"),
        ("--resource-group", "a/b", "'/'"),
        ("--resource-group", "a b", "' '"),
        ("--cluster", &long[..64], "1 to 63"),
        ("--cluster", "-x", "begin"),
        ("--cluster", "x_", "end"),
        ("--cluster", "a.b", "'.'"),
        ("--identity", "ab", "3 to"),
        ("--identity", "_abc", "begin"),
        ("--federated-credential", "ab", "3 to 120"),
        ("--federated-credential", "a.bc", "'.'"),
        ("--account", "x", "2 to 64"),
        ("--account", "-xy", "begin"),
        ("--account", "a_b", "'_'"),
        ("--account", "microsoft-lab", "reserves"),
        ("--deployment", "", "2 to 64"),
        ("--deployment", "a b", "' '"),
        ("--lab", "../x", "'.'"),
        ("--lab", "", "1 to 40"),
        ("--subject", "me", "system:serviceaccount"),
        ("--location", "west-europe", "'west-europe'"),
    ] {
        check(&[&format!("{option}={value}")], 2, &[says, value]);
    }
}

#[test]
fn numbers_times_and_versions_that_make_no_sense() {
    for (argument, says) in [
        ("--node-count=-1", "-1"),
        ("--node-count=0", "0"),
        ("--node-count=two", "two"),
        ("--node-count=99999999999", "99999999999"),
        ("--capacity=-5", "-5"),
        ("--capacity=0", "0"),
        ("--kubernetes-version=latest", "1.33"),
        ("--timeout=soon", "90s"),
        ("--timeout=0s", "above zero"),
        ("--ttl=-1h", "8h"),
        ("--sandbox-speed=0", "0.01"),
        ("--sandbox-speed=NaN", "0.01"),
        ("--soft-deleted=burn", "purge"),
        ("--auth=magic", "workload-identity"),
        ("--cloud=mars", "usgov"),
        ("--output=xml", "json"),
        ("--progress=loud", "plain"),
        ("--color=blue", "always"),
        ("--no-such-option", "--no-such-option"),
    ] {
        if argument == "--output=xml" {
            World::new().provision(&[argument]).exit(2);
        } else if argument == "--ttl=-1h" {
            World::new().provision(&[argument, "-o", "json"]).exit(2);
        } else {
            check(&[argument], 2, &[says]);
        }
    }
}

#[test]
fn options_that_do_not_go_together() {
    check(&["-l", "a", "b", "-g", "one"], 2, &["--resource-group one", "2 labs"]);
    check(&["--restore", "--soft-deleted", "avoid"], 2, &["--restore", "--soft-deleted"]);
    check(&["--model", "auto", "--model-version", "1"], 2, &["--model-version"]);
    check(&["-q", "-v"], 2, &["--quiet"]);
    check(&["--arm-endpoint", "http://127.0.0.1:1"], 2, &["--sandbox and --arm-endpoint", "leave one"]);
}

#[test]
fn ids_that_are_none_with_and_without_the_sandbox() {
    let good = "11111111-2222-3333-4444-555555555555";
    for bad in ["abc", "", "11111111-2222-3333-4444", "{11111111-2222-3333-4444-555555555555}", "../../x"] {
        check(&[&format!("--subscription={bad}")], 2, &[&format!("`{bad}` is not a subscription id"), "00000000-"]);
        check(&[&format!("--tenant={bad}")], 2, &[&format!("`{bad}` is not a tenant"), "domain names"]);
        let world = World::new();
        let tenant = format!("--tenant={bad}");
        let (message, _) = refused(&world, &["provision", "--subscription", good, &tenant], 2);
        assert!(message.contains(&format!("`{bad}` is not a tenant")), "{message}");
        if bad.is_empty() {
            continue;
        }
        let mut command = world.azlab(&["provision"]);
        let ended = Ended::of(command.env("AZURE_SUBSCRIPTION_ID", bad).output().unwrap()).exit(2);
        assert!(ended.stderr.contains(&format!("`{bad}` is not a subscription id")), "{}", ended.stderr);
    }
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    let world = World::new();
    let names = ["AZURE_SUBSCRIPTION_ID", "AZURE_TENANT_ID", "AZLAB_AUTH", "AZLAB_CLOUD", "AZLAB_ARM_ENDPOINT"];
    let empty = names.into_iter().chain(["AZLAB_SANDBOX", "AZLAB_SANDBOX_SPEED", "AZLAB_OUTPUT", "AZLAB_HIDE_IDS"]);
    let mut command = world.azlab(&["provision"]);
    let ended = Ended::of(command.envs(empty.map(|name| (name, ""))).output().unwrap()).exit(3);
    assert!(ended.stderr.contains("error[NoSubscription]"), "{}", ended.stderr);
    // On the command line it is a mistake.
    check(&["--sandbox-speed="], 2, &["0.01"]);
}

#[test]
fn what_the_region_does_not_have_stops_before_the_first_write() {
    check(&["--location", "nowhere"], 4, &["'nowhere'", "--location", "westeurope"]);
    check(&["--node-vm-size", "Standard_Nope"], 4, &["Standard_Nope", "--node-vm-size"]);
    check(&["--model", "gpt-0"], 4, &["'gpt-0'", "--model gpt-5.4-mini", "--model auto"]);
    check(&["--model-version", "1999"], 4, &["'1999'", "0125"]);
    check(&["--model-sku", "Gold"], 4, &["'Gold'", "Standard"]);
    check(&["--capacity", "1000000"], 4, &["1000000 units", "1000 are free"]);
    check(&["--node-count", "1000"], 4, &["1000", "--node-count"]);
}

#[test]
fn an_unknown_command_or_none_at_all_is_wrong_usage() {
    let world = World::new();
    let unknown = world.run(&["provison", "--sandbox"]).exit(2);
    assert!(unknown.stderr.contains("'provison'") && unknown.stderr.contains("'provision'"), "{}", unknown.stderr);
    let none = world.run(&[]).exit(2);
    assert!(none.stderr.contains("Usage: azlab") && none.stdout.is_empty(), "{none:#?}");
    let object = world.run(&["provison", "--output=json"]).exit(2).json();
    assert_eq!((&object["command"], &object["error"]["code"]), (&"azlab".into(), &"InvalidArgument".into()));
    assert!(!world.sandbox().exists());
}

/// Puts something in the sandbox's place and expects an error that names it.
#[track_caller]
fn unusable(prepare: impl FnOnce(&World), says: &[&str]) -> World {
    let world = World::new();
    prepare(&world);
    for arguments in [&["provision", "--sandbox"][..], &["sandbox", "show"], &["sandbox", "scenario", "standard"]] {
        let (message, hint) = refused(&world, arguments, 2);
        let said = format!("{message}; {hint}");
        for part in says.iter().copied().chain([world.sandbox().to_str().unwrap()]) {
            assert!(said.contains(part), "{arguments:?}: `{part}` in: {said}");
        }
    }
    world
}

fn in_sandbox(world: &World, content: &[u8]) {
    std::fs::create_dir(world.sandbox()).unwrap();
    std::fs::write(world.sandbox().join("sandbox.db"), content).unwrap();
}

#[test]
fn a_damaged_state_is_named_with_the_way_out() {
    let world = unusable(
        |world| in_sandbox(world, &b"no database at all".repeat(500)),
        &["sandbox.db", "not a readable SQLite database"],
    );
    let told = world.run(&["status", "--sandbox"]).exit(2);
    assert!(
        told.stderr.lines().any(|line| line.contains("hint: ") && line.ends_with(": azlab sandbox reset")),
        "{told:?}"
    );
    world.run(&["sandbox", "reset"]).done();
    world.provision(&[]).done();
}

#[test]
fn another_programs_database_is_left_alone() {
    let world = World::new();
    std::fs::create_dir(world.sandbox()).unwrap();
    let file = world.sandbox().join("sandbox.db");
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE theirs(x); INSERT INTO theirs VALUES(7)")
        .unwrap();
    let before = std::fs::read(&file).unwrap();
    let content = before.clone();
    let other =
        unusable(|world| in_sandbox(world, &content), &["another program's SQLite database", "AZLAB_SANDBOX_DIR"]);
    let (message, _) = refused(&other, &["sandbox", "reset"], 2);
    assert!(message.contains("another program's"), "{message}");
    assert_eq!(std::fs::read(other.sandbox().join("sandbox.db")).unwrap(), before);
}

#[test]
fn what_is_no_file_or_no_directory_is_named() {
    unusable(
        |world| std::fs::create_dir_all(world.sandbox().join("sandbox.db")).unwrap(),
        &["sandbox.db is not a file", "AZLAB_SANDBOX_DIR"],
    );
    unusable(|world| std::fs::write(world.sandbox(), "").unwrap(), &["is not a directory", "AZLAB_SANDBOX_DIR"]);
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_or_written_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: root may read and write everything");
        return;
    }
    let forbid = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    unusable(
        |world| {
            in_sandbox(world, b"");
            forbid(&world.sandbox().join("sandbox.db"), 0o000);
        },
        &["AZLAB_SANDBOX_DIR"],
    );
    let world = unusable(
        |world| {
            std::fs::create_dir(world.sandbox()).unwrap();
            forbid(&world.sandbox(), 0o500);
        },
        &["AZLAB_SANDBOX_DIR"],
    );
    forbid(&world.sandbox(), 0o700);
}

#[test]
fn scenarios_that_are_none() {
    let world = World::new();
    let (message, _) = refused(&world, &["sandbox", "scenario", "no-such"], 2);
    assert!(message.contains("'no-such'") && message.contains("retired-model"), "{message}");
    let file = world.path().join("mine.toml");
    for (text, says) in [
        ("about = 'x'\nretired = 1\n", "retired"),
        ("settings = 5", "settings"),
        ("about = ", "line 1"),
        ("about = 'x'\n[[retire]]\nmodel = 'gpt-0'\n", "gpt-0"),
    ] {
        std::fs::write(&file, text).unwrap();
        let (message, _) = refused(&world, &["sandbox", "scenario", file.to_str().unwrap()], 2);
        assert!(message.contains(says), "{text}: {message}");
    }
    let folder = world.path().to_str().unwrap();
    let (message, _) = refused(&world, &["sandbox", "scenario", folder], 2);
    assert!(message.contains(folder) && message.contains("cannot be read"), "{message}");
}

/// What is in the environment is not asked for, and an option that was given is not needed because of that.
#[test]
fn the_usage_line_of_an_error_is_that_of_the_help() {
    let world = World::new();
    for (arguments, usage) in [
        (&["extend", "--lab", "anna"][..], "Usage: azlab extend [OPTIONS] <--ttl <TIME>|--until <TIME>|--never>\n"),
        (&["status", "--all", "--lab", "anna"], "Usage: azlab status [OPTIONS]\n"),
        (&["sandbox", "scenario", "--print"], "Usage: azlab sandbox scenario [OPTIONS] [SCENARIO]\n"),
        (&["provision", "--model", "auto", "--frobnicate"], "Usage: azlab provision [OPTIONS]\n"),
        (&["frobnicate"], "Usage: azlab [OPTIONS] <COMMAND>\n"),
    ] {
        let mut command = world.azlab(arguments);
        command.env("AZLAB_SANDBOX", "1").env("AZURE_SUBSCRIPTION_ID", azlab_sandbox::SUBSCRIPTION_ID);
        let refused = Ended::of(command.output().unwrap()).exit(2);
        assert!(refused.stderr.contains(usage), "{}", refused.stderr);
    }
}
