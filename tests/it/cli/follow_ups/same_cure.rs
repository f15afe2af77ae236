//! The same finding gets the same command, whoever finds it.
use std::collections::BTreeSet;

use super::lines;
use crate::cli::World;

/// The subcommands that each of the commands that look at one lab recommends after `scenario`.
fn cures(world: &World, commands: &[&str]) -> Vec<(String, BTreeSet<String>)> {
    let cure = |command: &&str| {
        let mut azlab = world.azlab(&[command, "--sandbox"]);
        // Slow enough that what is being made stays so.
        azlab.env("AZLAB_SANDBOX_SPEED", "1");
        let ended = crate::cli::Ended::of(azlab.output().unwrap());
        let lines = lines::of(&ended).into_iter().map(|line| line.text);
        // Absent labs are told of the other labs too.
        ((*command).to_owned(), lines.filter(|line| line != "azlab status --sandbox").collect())
    };
    commands.iter().map(cure).collect()
}

#[test]
fn verify_status_env_and_kubeconfig_recommend_the_same_for_the_same_finding() {
    for (scenario, commands, cure) in [
        (None, &["verify", "status", "env", "kubeconfig", "reset"][..], "azlab provision --sandbox"),
        (Some("broken-lab"), &["verify", "status", "env", "kubeconfig"], "azlab reset --sandbox"),
    ] {
        let world = World::new();
        if let Some(scenario) = scenario {
            world.run(&["sandbox", "scenario", scenario]).done();
        }
        for (command, cures) in cures(&world, commands) {
            assert_eq!(cures, BTreeSet::from([cure.to_owned()]), "{scenario:?}: {command}");
        }
    }
    let world = World::new();
    let file = world.path().join("creating.toml");
    std::fs::write(&file, CREATING).unwrap();
    world.run(&["sandbox", "scenario", file.to_str().unwrap(), "--sandbox-speed", "1"]).done();
    for (command, cures) in cures(&world, &["verify", "status", "env", "kubeconfig"]) {
        assert!(cures.contains("azlab status --sandbox --watch"), "{command}: {cures:?}");
        assert!(command == "verify" || cures.len() == 1, "{command}: {cures:?}");
    }
}

/// A lab whose cluster has just been begun.
const CREATING: &str = r#"
about = "a cluster that is being made"
[settings]
throttling = false
[[resources]]
type = "Microsoft.Resources/resourceGroups"
name = "myResourceGroup"
location = "westeurope"
tags = { azlab-workshop = "intelligent-apps-aks", azlab-lab = "default" }
[[resources]]
type = "Microsoft.ContainerService/managedClusters"
name = "myAKSCluster"
group = "myResourceGroup"
location = "westeurope"
state = "InProgress"
identity = { type = "SystemAssigned" }
[resources.properties]
dnsPrefix = "myAKSCluster"
oidcIssuerProfile = { enabled = true }
securityProfile = { workloadIdentity = { enabled = true } }
agentPoolProfiles = [{ name = "nodepool1", count = 2, vmSize = "Standard_D2s_v5", mode = "System" }]
"#;

#[test]
fn too_much_capacity_is_answered_with_the_capacity_that_is_left() {
    let world = World::new();
    world.provision(&[]).done();
    let refused = world.run(&["deploy-model", "--sandbox", "--capacity", "9999"]).exit(4);
    let hint = refused.stderr.split("hint: ").nth(1).unwrap_or_else(|| panic!("{refused:#?}"));
    let capacity = hint.split("--capacity ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    assert!(!hint.contains("--model"), "{hint}");
    world.run(&["deploy-model", "--sandbox", "--capacity", capacity]).done();
}
