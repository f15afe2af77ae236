//! Each recommended command carries the place of its run, whatever said that place.
use std::collections::BTreeSet;
use std::process::Command;

use super::lines::{self, Line};
use crate::cli::served::{QUICK, Served};
use crate::cli::{Ended, World};

/// How a part of the place is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Not,
    Flag,
    Variable,
    File,
}

/// A part of the place: its option and variable, the ways to say it, and which of these have to be repeated.
struct Part {
    option: &'static str,
    variable: &'static str,
    value: String,
    ways: &'static [Said],
    repeated: &'static [Said],
}

use Said::{File, Flag, Not, Variable};

/// Every combination of ways.
fn combinations(parts: &[Part]) -> Vec<Vec<Said>> {
    parts.iter().fold(vec![Vec::new()], |made, part| {
        let with =
            |begun: &Vec<Said>| part.ways.iter().map(|way| [begun.as_slice(), &[*way]].concat()).collect::<Vec<_>>();
        made.iter().flat_map(with).collect()
    })
}

/// Few combinations in which each way of each part comes.
fn each_way(parts: &[Part]) -> Vec<Vec<Said>> {
    let most = parts.iter().map(|part| part.ways.len()).max().unwrap();
    (0..most).map(|turn| parts.iter().map(|part| part.ways[turn % part.ways.len()]).collect()).collect()
}

/// A run whose place is said so.
fn run(world: &World, parts: &[Part], said: &[Said], arguments: &[&str]) -> Ended {
    let mut command: Command = world.azlab(arguments);
    for part in parts {
        command.env_remove(part.variable);
    }
    for (part, said) in parts.iter().zip(said) {
        match said {
            Flag if part.value.is_empty() => drop(command.arg(part.option)),
            Flag => drop(command.args([part.option, &part.value])),
            Variable if part.value.is_empty() => drop(command.env(part.variable, "true")),
            Variable => drop(command.env(part.variable, &part.value)),
            Not | File => {}
        }
    }
    Ended::of(command.output().unwrap())
}

/// What a recommended command must have; those that reach no Azure need less.
#[track_caller]
fn check(line: &Line, parts: &[Part], said: &[Said], arguments: &[&str]) {
    let words = line.words();
    let subcommand = line.subcommand();
    if matches!(subcommand.as_str(), "config init" | "config schema") {
        return;
    }
    let to_azure = line.around.contains("(after az login)");
    for (part, said) in parts.iter().zip(said) {
        let is_state = matches!(part.option, "--sandbox-dir" | "--sandbox-speed");
        // A command on the sandbox itself reads no file of labs.
        let is_ignored = arguments[0] == "sandbox" && part.option == "--config";
        let is_needed = part.repeated.contains(said)
            && !is_ignored
            && if to_azure {
                !part.option.starts_with("--sandbox") && *said == Flag
            } else {
                !subcommand.starts_with("sandbox") || is_state
            };
        let has = if part.value.is_empty() {
            words.iter().any(|word| word == part.option)
        } else {
            words.windows(2).any(|two| two[0] == part.option && two[1] == part.value)
        };
        assert!(has || !is_needed, "{arguments:?} with {said:?} of {} recommends {line:#?}", part.option);
        assert!(!has || !to_azure || !part.option.starts_with("--sandbox"), "it stays in the sandbox: {line:#?}");
    }
}

/// The parts of a place in the sandbox.
fn sandbox_parts(world: &World) -> Vec<Part> {
    let text = |name: &str| world.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(world.path().join("my labs.toml"), "version = 1\n").unwrap();
    vec![
        Part {
            option: "--sandbox",
            variable: "AZLAB_SANDBOX",
            value: String::new(),
            ways: &[Flag, Variable],
            repeated: &[Flag, Variable],
        },
        Part {
            option: "--sandbox-dir",
            variable: "AZLAB_SANDBOX_DIR",
            value: text("it's \"my\" sandbox"),
            ways: &[Variable, Flag],
            repeated: &[Flag],
        },
        Part {
            option: "--sandbox-speed",
            variable: "AZLAB_SANDBOX_SPEED",
            value: "2000".into(),
            ways: &[Variable, Flag],
            repeated: &[Flag],
        },
        Part {
            option: "--config",
            variable: "AZLAB_CONFIG",
            value: text("my labs.toml"),
            ways: &[Not, Flag, Variable],
            repeated: &[Flag, Variable],
        },
    ]
}

/// Runs each command in each place, and gives the subcommands that were recommended.
fn recommended(world: &World, places: &[Vec<Said>], parts: &[Part], commands: &[&[&str]]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for (turn, said) in places.iter().enumerate() {
        for arguments in commands {
            // Text and JSON say the same: each place is read in one of the two.
            let form: &[&str] = if turn % 2 == 0 { &[] } else { &["-o", "json", "--progress", "json"] };
            let ended = run(world, parts, said, &[arguments, form].concat());
            assert!(!ended.stderr.contains("panicked"), "{ended:#?}");
            for line in lines::of(&ended) {
                check(&line, parts, said, arguments);
                seen.insert(format!("{} -> {}", arguments[0], line.subcommand()));
            }
        }
    }
    seen
}

#[track_caller]
fn has(seen: &BTreeSet<String>, all: &[&str]) {
    for one in all {
        assert!(seen.contains(*one), "{one} is not recommended any more: {seen:#?}");
    }
}

#[test]
fn what_an_absent_lab_is_told_stays_in_the_sandbox_of_the_run_in_every_place() {
    let world = World::new();
    let parts = sandbox_parts(&world);
    let commands: [&[&str]; 9] = [
        &["status"],
        &["status", "-l", "nobody"],
        &["verify", "-l", "nobody"],
        &["reset", "-l", "a", "b"],
        &["extend", "--ttl", "2h"],
        &["env", "-g", "course(42)"],
        &["kubeconfig", "--file", "kc"],
        &["deploy-model", "--model", "gpt-4o"],
        &["doctor", "--location", "swedencentral"],
    ];
    let seen = recommended(&world, &combinations(&parts), &parts, &commands);
    has(
        &seen,
        &["status -> provision", "verify -> provision", "reset -> status", "extend -> provision", "env -> provision"],
    );
    has(&seen, &["kubeconfig -> provision", "deploy-model -> provision", "doctor -> provision"]);
}

#[test]
fn what_every_command_recommends_of_a_lab_that_is_there_stays_in_the_sandbox_of_the_run() {
    let world = World::new();
    let parts = sandbox_parts(&world);
    let commands: [&[&str]; 21] = [
        &["provision", "--model", "gpt-0"],
        &["provision"],
        &["verify"],
        &["status"],
        &["reset"],
        &["extend", "--ttl", "2h"],
        &["deploy-model", "--capacity", "9999"],
        &["kubeconfig", "--file", "kc"],
        &["kubeconfig", "--file", "kc", "--admin", "--context", "myAKSCluster"],
        &["env"],
        &["teardown"],
        &["reset", "--rebuild"],
        &["deploy-model", "--remove", "gpt-35-turbo"],
        &["status"],
        &["env"],
        &["verify"],
        &["teardown", "--yes", "--no-purge"],
        &["provision", "--all"],
        &["sweep", "--expired", "--yes"],
        &["config", "show"],
        &["config", "init", "azlab.toml"],
    ];
    let seen = recommended(&world, &each_way(&parts), &parts, &commands);
    has(&seen, &["provision -> verify", "provision -> kubeconfig", "provision -> env", "provision -> teardown"]);
    has(
        &seen,
        &[
            "status -> reset",
            "env -> reset",
            "verify -> reset",
            "teardown -> teardown",
            "reset -> verify",
            "config -> config show",
        ],
    );
}

#[test]
fn the_sandboxs_own_commands_recommend_the_same_sandbox() {
    let world = World::new();
    // They take no other option of a place.
    let parts: Vec<Part> =
        sandbox_parts(&world).into_iter().filter(|part| part.option.starts_with("--sandbox-")).collect();
    let commands: [&[&str]; 9] = [
        &["sandbox", "show"],
        &["sandbox", "scenario"],
        &["sandbox", "scenario", "xyzzy"],
        &["sandbox", "scenario", "retired-model"],
        &["sandbox", "scenario", "contributor-only"],
        &["sandbox", "token"],
        &["sandbox", "scenario", "half-built", "--fresh"],
        &["sandbox", "scenario", "half-built"],
        &["sandbox", "reset"],
    ];
    let seen = recommended(&world, &combinations(&parts), &parts, &commands);
    has(
        &seen,
        &["sandbox -> provision", "sandbox -> status", "sandbox -> sandbox scenario", "sandbox -> sandbox show"],
    );
}

#[test]
fn labs_that_are_broken_or_somebodys_are_told_commands_in_the_same_place() {
    let world = World::new();
    let parts = sandbox_parts(&world);
    for (scenario, wanted) in [
        ("half-built", "status -> "),
        ("broken-lab", "status -> reset"),
        ("drifted-lab", "verify -> reset"),
        ("foreign-group", "status -> provision"),
        ("unregistered-provider", "doctor -> doctor"),
        ("no-data-role", "verify -> "),
    ] {
        let commands: [&[&str]; 6] = [
            &["sandbox", "scenario", scenario, "--fresh"],
            &["status"],
            &["verify"],
            &["env"],
            &["doctor"],
            &["provision"],
        ];
        let seen = recommended(&world, &each_way(&parts), &parts, &commands);
        assert!(seen.iter().any(|one| one.starts_with(wanted)), "{scenario}: {seen:#?}");
    }
}

#[test]
fn on_azure_each_recommended_command_names_the_azure_of_its_run_in_every_place() {
    let world = World::new();
    world.scenario(QUICK);
    let served = Served::start(&world, &[]);
    let value = |name: &str| served.export(name).to_owned();
    let azure = |option, variable, ways| Part {
        option,
        variable,
        value: value(variable),
        ways,
        repeated: &[Flag, Variable, File],
    };
    let parts = [
        azure("--arm-endpoint", "AZLAB_ARM_ENDPOINT", &[Flag, Variable]),
        azure("--subscription", "AZURE_SUBSCRIPTION_ID", &[Flag, Variable, File]),
        azure("--tenant", "AZURE_TENANT_ID", &[Flag, Variable]),
        Part { repeated: &[Flag], ..azure("--ca-file", "AZLAB_CA_FILE", &[Variable, Flag]) },
        Part {
            option: "--auth",
            variable: "AZLAB_AUTH",
            value: "secret".into(),
            ways: &[Not, Flag],
            repeated: &[Flag],
        },
        Part {
            option: "--cloud",
            variable: "AZLAB_CLOUD",
            value: "public".into(),
            ways: &[Not, Flag],
            repeated: &[Flag, Variable],
        },
    ];
    let with_file = format!("version = 1\nsubscription = '{}'\n", served.export("AZURE_SUBSCRIPTION_ID"));
    let secrets = ["AZURE_AUTHORITY_HOST", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"];
    let mut count = 0;
    for said in combinations(&parts) {
        let file = world.path().join("azlab.toml");
        match said[1] {
            File => std::fs::write(&file, &with_file).unwrap(),
            _ => drop(std::fs::remove_file(&file)),
        }
        let mut command = world.azlab(&["status", "-l", "nobody"]);
        command.env_remove("AZLAB_SANDBOX_DIR");
        for name in secrets {
            command.env(name, served.export(name));
        }
        for (part, said) in parts.iter().zip(&said) {
            match said {
                Flag => drop(command.args([part.option, &part.value])),
                Variable => drop(command.env(part.variable, &part.value)),
                Not | File => {}
            }
        }
        let ended = Ended::of(command.output().unwrap()).exit(6);
        for line in lines::of(&ended) {
            assert!(!line.text.contains("--sandbox"), "{line:#?}");
            check(&line, &parts, &said, &["status"]);
            count += 1;
        }
    }
    assert!(count >= 2 * 96, "{count} lines");
}
