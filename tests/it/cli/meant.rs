//! What people mean by a tenant, a subscription, an owner: taken as az takes it, and told where it cannot be.
use std::fs;

use serde_json::json;

use super::endpoints::text;
use super::endpoints::with_az::{SIGNED_IN, az};
use super::{Ended, World};

const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";

#[test]
fn a_tenant_by_its_domain_name_is_taken_wherever_it_is_named() {
    let refused = |world: &World, arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = world.azlab(&["status", "-o", "json", "--subscription", SUBSCRIPTION, "--auth", "azd"]);
        Ended::of(command.args(arguments).envs(variables.iter().copied()).output().unwrap())
    };
    let world = World::new();
    // Without azd it comes as far as asking it: exit 3, not 2.
    refused(&world, &["--tenant", "Contoso.OnMicrosoft.com"], &[]).exit(3);
    refused(&world, &[], &[("AZURE_TENANT_ID", "contoso.com")]).exit(3);
    fs::write(world.path().join("azlab.toml"), "version = 1\ntenant = 'contoso.onmicrosoft.com'\n").unwrap();
    refused(&world, &[], &[]).exit(3);
    for none in ["contoso", "contoso..com", "-a.com", "a b.com", "10.0.0.1", "https://contoso.com", "user@contoso.com"]
    {
        let error = refused(&world, &[&format!("--tenant={none}")], &[]).exit(2).json();
        assert!(text(&error["error"], "message").contains("contoso.onmicrosoft.com"), "{none}: {error}");
    }
}

#[test]
fn az_s_default_subscription_of_another_cloud_is_not_used_against_this_one() {
    let world = az(SIGNED_IN);
    fs::create_dir(world.path().join(".azure")).unwrap();
    let profile = |cloud: &str| {
        let profile = json!({"subscriptions": [{"id": SUBSCRIPTION, "name": "Gov", "state": "Enabled",
            "tenantId": SUBSCRIPTION.replace('1', "2"), "isDefault": true, "environmentName": cloud}]});
        fs::write(world.path().join(".azure/azureProfile.json"), profile.to_string()).unwrap();
    };
    let run = |arguments: &[&str]| {
        let mut command = world.azlab(&["status", "-o", "json", "--auth", "azd"]);
        Ended::of(command.args(arguments).output().unwrap())
    };
    profile("AzureUSGovernment");
    for arguments in [&[][..], &["--subscription", SUBSCRIPTION], &["--cloud", "china"]] {
        let error = run(arguments).exit(3).json()["error"].clone();
        assert_eq!(error["code"], "WrongCloud", "{error}");
        assert!(text(&error, "message").contains("AzureUSGovernment"), "{error}");
        assert!(text(&error, "hint").contains("--cloud usgov"), "{error}");
    }
    assert_eq!(run(&["--cloud", "usgov"]).exit(3).json()["error"]["code"], "ProgramNotFound");
    // A sandbox that is served is a cloud of another name to az.
    profile("MySandbox");
    let endpoint = ["--arm-endpoint", "http://127.0.0.1:1"];
    assert_eq!(run(&endpoint).exit(3).json()["error"]["code"], "ProgramNotFound");
    assert_eq!(run(&[]).exit(3).json()["error"]["code"], "WrongCloud");
    profile("AzureCloud");
    assert_eq!(run(&[]).exit(3).json()["error"]["code"], "ProgramNotFound");
}

#[test]
fn an_owner_that_is_set_to_nothing_writes_no_empty_tag() {
    for (variable, arguments) in [(Some(""), &[][..]), (Some("  "), &[]), (None, &["--owner", ""])] {
        let world = World::new();
        let mut command = world.azlab(&["provision", "--sandbox", "-q"]);
        if let Some(value) = variable {
            command.env("AZLAB_OWNER", value);
        }
        Ended::of(command.args(arguments).output().unwrap()).done();
        let shown = world.run(&["status", "--sandbox", "-o", "json"]).done().json();
        assert_eq!(shown["labs"][0]["about"]["owner"], "tester", "{shown}");
    }
}

#[test]
fn an_administrator_that_the_cluster_does_not_have_is_told_so() {
    let world = World::new();
    world.scenario(
        "about = 'local accounts are off'\n[[resources]]\ntype = 'Microsoft.Resources/resourceGroups'\nname = 'myResourceGroup'\n\
         location = 'swedencentral'\n[[resources]]\ntype = 'Microsoft.ContainerService/managedClusters'\nname = 'myAKSCluster'\n\
         group = 'myResourceGroup'\nlocation = 'swedencentral'\nidentity = {type = 'SystemAssigned'}\n\
         properties = {dnsPrefix = 'x', disableLocalAccounts = true, aadProfile = {managed = true}, agentPoolProfiles = [{name = 'np', count = 1, vmSize = \
         'Standard_D2s_v3', mode = 'System'}]}\n",
    );
    let refused = world.run(&["kubeconfig", "--sandbox", "--admin", "-o", "json"]).exit(5).json();
    let error = &refused["labs"][0]["error"];
    assert_eq!(error["code"], "LocalAccountsDisabled", "{refused}");
    assert!(text(error, "hint").contains("leave out --admin"), "{error}");
    world.run(&["kubeconfig", "--sandbox"]).done();
}
