//! A cluster that exists: what it is to become is checked before anything is written, and what the service made of it stays.
use super::World;

/// A lab's group with its cluster, of two nodes.
fn cluster(version: &str, more: &str) -> String {
    format!(
        "about = 'a cluster'\n{more}
[[resources]]
type = 'Microsoft.Resources/resourceGroups'
name = 'myResourceGroup'
location = 'westeurope'
tags = {{ azlab-workshop = 'intelligent-apps-aks', azlab-lab = 'default' }}
[[resources]]
type = 'Microsoft.ContainerService/managedClusters'
name = 'myAKSCluster'
group = 'myResourceGroup'
location = 'westeurope'
identity = {{ type = 'SystemAssigned' }}
[resources.properties]
kubernetesVersion = '{version}'
dnsPrefix = 'x'
oidcIssuerProfile = {{ enabled = true }}
securityProfile = {{ workloadIdentity = {{ enabled = true }} }}
autoUpgradeProfile = {{ upgradeChannel = 'patch' }}
agentPoolProfiles = [{{ name = 'nodepool1', mode = 'System', count = 2, vmSize = 'Standard_D2s_v5', osType = 'Linux', type = 'VirtualMachineScaleSets' }}]
"
    )
}

/// `doctor` and `provision` refuse `arguments` alike, before the first write.
#[track_caller]
fn refused(scenario: &str, arguments: &[&str], code: &str, says: &str) {
    let world = World::new();
    world.scenario(scenario);
    let doctor = world.run(&[&["doctor", "--sandbox", "-o", "json"], arguments].concat()).exit(4);
    assert!(doctor.stdout.contains(says), "{doctor:?}");
    let ended = world.provision(&[arguments, &["-o", "json"]].concat()).exit(4).json();
    let error = &ended["labs"][0]["error"];
    assert_eq!((&error["code"], &ended["requests"]["writes"]), (&code.into(), &0.into()), "{ended}");
    assert!(error["message"].as_str().unwrap().contains(says), "{error}");
}

#[test]
fn nodes_that_a_cluster_is_to_have_beyond_those_it_has_are_held_against_the_quota() {
    let scenario = cluster("1.34", "[settings.quota]\n'westeurope/cores' = 12\n");
    refused(
        &scenario,
        &["--node-count", "10"],
        "ErrCode_InsufficientVCPUQuota",
        "8 nodes of Standard_D2s_v5 need 16 vCPUs",
    );
    let world = World::new();
    world.scenario(&scenario);
    world.provision(&["--node-count", "6"]).done();
}

#[test]
fn an_upgrade_that_azure_would_refuse_is_told_before_the_first_write() {
    let scenario = cluster("1.33.5", "");
    refused(
        &scenario,
        &["--kubernetes-version", "1.35"],
        "K8sVersionNotSupported",
        "cannot be upgraded to 1.35 in one step",
    );
    refused(&scenario, &["--kubernetes-version", "1.99"], "K8sVersionNotSupported", "cannot be upgraded to 1.99");
    let world = World::new();
    world.scenario(&scenario);
    // Without the check, the service says it.
    let passed_over =
        world.provision(&["--kubernetes-version", "1.35", "--skip-preflight", "-o", "json"]).exit(5).json();
    assert!(
        passed_over["labs"][0]["error"]["message"].as_str().unwrap().contains("Available upgrades"),
        "{passed_over}"
    );
    world.provision(&["--kubernetes-version", "1.34"]).done();
}

#[test]
fn a_cluster_that_the_service_upgraded_stops_nothing() {
    let world = World::new();
    world.scenario(&cluster("1.33.7", ""));
    let ended = world.provision(&["--kubernetes-version", "1.33.5", "-o", "json"]).done().json();
    let actions = ended["labs"][0]["changes"].as_array().unwrap();
    let cluster = actions.iter().find(|one| one["resource"] == "cluster").unwrap();
    assert_eq!(cluster["action"], "unchanged", "{ended}");
}
