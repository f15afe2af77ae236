//! What azlab made, as az sees it, and the commands that people use beside the workshop's.

use serde_json::{Value, json};

use super::lab::{CLUSTER, CREDENTIAL, GROUP, IDENTITY, ROLE, deployable, names, of, sorted};
use super::shell::{QUICK_CLUSTER, Shell};

#[test]
fn az_shows_what_azlab_made_and_does_with_it_what_people_do() {
    let test = "az_shows_what_azlab_made_and_does_with_it_what_people_do";
    let Some(shell) = Shell::signed_in(test, QUICK_CLUSTER) else { return };
    let model = deployable(&shell).name;
    let made = shell.azlab(&["provision", "--model", &model])["labs"][0]["outputs"].take();
    let account = made["openai_account"].as_str().unwrap().to_owned();
    shown(&shell, &made, &account);
    listed(&shell, &account);
    subscription(&shell);
    tags(&shell);
    roles(&shell);
    cluster(&shell);
    soft_delete(&shell, &account);
    group(&shell);
    shell.end();
}

/// The same names, ids and addresses.
fn shown(shell: &Shell, made: &Value, account: &str) {
    let cluster = shell.json(&["aks", "show", "-g", GROUP, "-n", CLUSTER]);
    assert_eq!(cluster["oidcIssuerProfile"]["issuerUrl"], made["oidc_issuer"]);
    let identity = shell.json(&["identity", "show", "-g", GROUP, "-n", IDENTITY]);
    assert_eq!(
        (&identity["clientId"], &identity["principalId"]),
        (&made["identity_client_id"], &made["identity_principal_id"])
    );
    let credentials =
        shell.json(&["identity", "federated-credential", "list", "-g", GROUP, "--identity-name", IDENTITY]);
    assert_eq!(names(&credentials), [CREDENTIAL]);
    assert_eq!(credentials[0]["issuer"], made["oidc_issuer"]);
    let of_account = ["--resource-group", GROUP, "--name", account];
    let endpoint =
        shell.tsv("properties.endpoint", &[&["cognitiveservices", "account", "show"], &of_account[..]].concat());
    assert_eq!(made["openai_endpoint"], endpoint);
    let deployments = shell.json(&[&["cognitiveservices", "account", "deployment", "list"], &of_account[..]].concat());
    assert_eq!(json!(names(&deployments)), json!([made["openai_deployment"]]));
}

fn listed(shell: &Shell, account: &str) {
    let nodes = format!("MC_{GROUP}_{CLUSTER}_westeurope");
    assert_eq!(sorted(names(&shell.json(&["group", "list"]))), [nodes.as_str(), GROUP]);
    assert_eq!(names(&shell.json(&["group", "list", "--tag", "azlab-lab=default"])), [GROUP]);
    assert_eq!(shell.az(&["group", "exists", "--name", GROUP]), "true");
    assert_eq!(names(&shell.json(&["aks", "list"])), [CLUSTER]);
    assert_eq!(names(&shell.json(&["identity", "list"])), [IDENTITY]);
    assert_eq!(names(&shell.json(&["cognitiveservices", "account", "list"])), [account]);
    let found = |filter: &[&str]| names(&shell.json(&[&["resource", "list"], filter].concat()));
    let place = ["--location", "westeurope"];
    assert_eq!(found(&[&place[..], &["--resource-type", "Microsoft.CognitiveServices/accounts"]].concat()), [account]);
    assert_eq!(found(&[&place[..], &["--name", account]].concat()), [account]);
    assert_eq!(found(&["--location", "eastus"]), Vec::<String>::new());
    assert_eq!(found(&["--tag", "azlab-lab=default"]), [account]);
    shell.refused("ResourceGroupNotFound", &["resource", "list", "--resource-group", "nope"]);
    let id = shell.tsv("id", &["aks", "show", "-g", GROUP, "-n", CLUSTER]);
    assert_eq!(shell.tsv("name", &["resource", "show", "--ids", &id]), CLUSTER);
}

fn subscription(shell: &Shell) {
    assert_eq!(shell.tsv("id", &["account", "show"]), shell.subscription());
    assert!(names(&shell.json(&["account", "list-locations"])).contains(&"westeurope".to_owned()));
    let provider = ["--namespace", "Microsoft.ContainerService"];
    assert_eq!(shell.tsv("registrationState", &[&["provider", "show"], &provider[..]].concat()), "Registered");
    shell.world.run(&["sandbox", "scenario", "unregistered-provider"]).done();
    assert_eq!(shell.tsv("registrationState", &[&["provider", "show"], &provider[..]].concat()), "NotRegistered");
    shell.az(&[&["provider", "register", "--wait"], &provider[..]].concat());
    assert_eq!(shell.tsv("registrationState", &[&["provider", "show"], &provider[..]].concat()), "Registered");
    shell.quick(QUICK_CLUSTER);
    let usages = shell.json(&["cognitiveservices", "usage", "list", "--location", "westeurope"]);
    let accounts = usages.as_array().unwrap().iter().find(|one| one["name"]["value"] == "OpenAI.S0.AccountCount");
    assert_eq!(accounts.unwrap()["currentValue"], 1.0);
    assert!(shell.json(&["cognitiveservices", "account", "list-kinds"]).to_string().contains("OpenAI"));
    let skus = shell.json(&["cognitiveservices", "account", "list-skus", "--kind", "OpenAI", "-l", "westeurope"]);
    assert_eq!(names(&skus), ["S0"]);
}

fn tags(shell: &Shell) {
    let id = format!("/subscriptions/{}/resourceGroups/{GROUP}", shell.subscription());
    let tag =
        |what: &[&str]| shell.json(&[&["tag"], what, &["--resource-id", &id]].concat())["properties"]["tags"].take();
    let merged = tag(&["update", "--operation", "merge", "--tags", "team=blue"]);
    assert_eq!((&merged["team"], &merged["azlab-lab"]), (&json!("blue"), &json!("default")));
    let rest = tag(&["update", "--operation", "delete", "--tags", "team=blue"]);
    assert_eq!((&rest["team"], &rest["azlab-lab"]), (&Value::Null, &json!("default")));
    assert_eq!(tag(&["list"]), rest);
    let known = of(&shell.json(&["tag", "list"]), "tagName");
    assert!(known.contains(&"azlab-lab".to_owned()) && !known.contains(&"team".to_owned()), "{known:?}");
}

fn roles(shell: &Shell) {
    let found = shell.json(&["role", "definition", "list", "--name", ROLE]);
    assert_eq!(of(&found, "roleName"), [ROLE]);
    let everywhere = shell.json(&["role", "assignment", "list", "--all"]);
    assert!(of(&everywhere, "roleDefinitionName").iter().all(|name| name == ROLE), "{everywhere}");
    let principal = shell.tsv("principalId", &["identity", "show", "-g", GROUP, "-n", IDENTITY]);
    let of_identity = shell.json(&["role", "assignment", "list", "--all", "--assignee", &principal]);
    assert_eq!(of(&of_identity, "principalId"), [principal]);
    assert_eq!(shell.json(&["lock", "list"]), json!([]));
    assert_eq!(shell.json(&["policy", "assignment", "list"]), json!([]));
}

fn cluster(shell: &Shell) {
    let named = ["--resource-group", GROUP, "--name", CLUSTER];
    let pools = shell.json(&["aks", "nodepool", "list", "--resource-group", GROUP, "--cluster-name", CLUSTER]);
    assert_eq!((&pools[0]["mode"], &pools[0]["provisioningState"]), (&json!("System"), &json!("Succeeded")));
    assert!(shell.az(&["aks", "get-versions", "--location", "westeurope", "-o", "table"]).contains("1.34"));
    let upgrades = shell.json(&[&["aks", "get-upgrades"], &named[..]].concat());
    let running = shell.tsv("currentKubernetesVersion", &[&["aks", "show"], &named[..]].concat());
    assert_eq!(upgrades["controlPlaneProfile"]["kubernetesVersion"], running);
    let updated = shell.json(&[&["aks", "update", "--tags", "team=blue"], &named[..]].concat());
    assert_eq!((&updated["tags"]["team"], &updated["provisioningState"]), (&json!("blue"), &json!("Succeeded")));
    on_its_tag(shell, &named);
    let scaled =
        shell.tsv("agentPoolProfiles[0].count", &[&["aks", "scale", "--node-count", "1"], &named[..]].concat());
    assert_eq!(scaled, "1");
    let power = || shell.tsv("powerState.code", &[&["aks", "show"], &named[..]].concat());
    shell.az(&[&["aks", "stop"], &named[..]].concat());
    assert_eq!(power(), "Stopped");
    shell.refused("OperationNotAllowed", &[&["aks", "scale", "--node-count", "2"], &named[..]].concat());
    shell.az(&[&["aks", "start"], &named[..]].concat());
    assert_eq!(power(), "Running");
    let pool = ["--resource-group", GROUP, "--cluster-name", CLUSTER, "--name", "pool2"];
    let added = shell.json(&[&["aks", "nodepool", "add", "--node-count", "1"], &pool[..]].concat());
    assert_eq!((&added["count"], &added["provisioningState"]), (&json!(1), &json!("Succeeded")));
    let scaled = shell.tsv("count", &[&["aks", "nodepool", "scale", "--node-count", "2"], &pool[..]].concat());
    assert_eq!(scaled, "2");
    shell.az(&[&["aks", "nodepool", "delete"], &pool[..]].concat());
    // az's changes are no drift: azlab has nothing to mend.
    assert_eq!(shell.azlab(&["status", "--exit-code"])["labs"][0]["state"], "ready");
    shell.az(&[&["aks", "delete", "--yes"], &named[..]].concat());
    assert_eq!(shell.json(&["aks", "list"]), json!([]));
}

/// A write with an old entity tag is refused, and one with the cluster's own is made.
fn on_its_tag(shell: &Shell, named: &[&str]) {
    let tag = || shell.tsv("eTag", &[&["aks", "show"], named].concat());
    let old = tag();
    let before = old.as_str();
    shell.az(&[&["aks", "update", "--if-match", before, "--tags", "team=green"], named].concat());
    assert_ne!(tag(), before);
    shell.refused(
        "PreconditionFailed",
        &[&["aks", "update", "--if-match", before, "--tags", "team=red"], named].concat(),
    );
    assert_eq!(shell.tsv("tags.team", &[&["aks", "show"], named].concat()), "green");
}

fn soft_delete(shell: &Shell, account: &str) {
    let named = ["--resource-group", GROUP, "--name", account];
    let place = [&named[..], &["--location", "westeurope"]].concat();
    shell.az(&[&["cognitiveservices", "account", "delete"], &named[..]].concat());
    let deleted = shell.json(&[&["cognitiveservices", "account", "show-deleted"], &place[..]].concat());
    assert!(deleted["properties"]["deletionDate"].is_string(), "{deleted}");
    shell.az(&[&["cognitiveservices", "account", "recover"], &place[..]].concat());
    let deployments = [&["cognitiveservices", "account", "deployment", "list"], &named[..]].concat();
    assert_eq!(shell.json(&deployments).as_array().map(Vec::len), Some(1), "they come back with it");
}

fn group(shell: &Shell) {
    shell.az(&["group", "delete", "--name", GROUP, "--yes", "--no-wait"]);
    shell.az(&["group", "wait", "--name", GROUP, "--deleted"]);
    assert_eq!(shell.az(&["group", "exists", "--name", GROUP]), "false");
    assert_eq!(shell.azlab(&["status"])["labs"], json!([]), "azlab sees that it is gone");
}
