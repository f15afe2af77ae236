//! The commands of the workshop's text, as they stand there but for the issuer, which az calls
//! `oidcIssuerProfile.issuerUrl`.

use std::time::{Duration, Instant};

use serde_json::json;

use super::lab::{ACCOUNT, CLUSTER, CREDENTIAL, GROUP, IDENTITY, ROLE, SUBJECT, deployable, names, of, sorted};
use super::shell::Shell;

#[test]
fn az_runs_the_workshop_and_azlab_takes_the_lab_over_with_no_write_but_tags() {
    let test = "az_runs_the_workshop_and_azlab_takes_the_lab_over_with_no_write_but_tags";
    let Some(shell) = Shell::signed_in(test, "") else { return };
    shell.az(&["group", "create", "--name", GROUP, "--location", "westeurope"]);
    std::thread::scope(|scope| {
        // az looks at a cluster every 30 s; the rest is made meanwhile.
        let cluster = scope.spawn(|| {
            shell.tsv(
                "oidcIssuerProfile.issuerUrl",
                &[
                    "aks",
                    "create",
                    "-n",
                    CLUSTER,
                    "-g",
                    GROUP,
                    "--enable-oidc-issuer",
                    "--enable-workload-identity",
                    "--generate-ssh-keys",
                ],
            )
        });
        identity_and_account(&shell);
        let issuer = issuer_while_the_cluster_is_made(&shell);
        federated_credential(&shell, &issuer);
        assert_eq!(cluster.join().unwrap(), issuer);
    });
    read(&shell);
    credentials(&shell);
    taken_over(&shell);
    removed(&shell);
    shell.end();
}

fn identity_and_account(shell: &Shell) {
    shell.az(&["identity", "create", "--resource-group", GROUP, "--name", IDENTITY]);
    let id = shell.tsv(
        "id",
        &[
            "cognitiveservices",
            "account",
            "create",
            "-n",
            ACCOUNT,
            "-g",
            GROUP,
            "-l",
            "westeurope",
            "--kind",
            "OpenAI",
            "--sku",
            "S0",
            "--custom-domain",
            ACCOUNT,
        ],
    );
    assert!(id.ends_with(&format!("/providers/Microsoft.CognitiveServices/accounts/{ACCOUNT}")), "{id}");
    let assignee = shell.tsv("principalId", &["identity", "show", "--resource-group", GROUP, "--name", IDENTITY]);
    let assign = ["role", "assignment", "create", "--assignee", &assignee, "--role", ROLE, "--scope", &id];
    let made = shell.json(&assign);
    assert_eq!((&made["principalId"], &made["principalType"]), (&json!(assignee), &json!("ServicePrincipal")));
    // A script that is run twice: az takes the refusal of a second assignment for the first one.
    assert_eq!(shell.json(&assign)["name"], made["name"]);
    let model = deployable(shell);
    let deployed = shell.json(&[
        "cognitiveservices",
        "account",
        "deployment",
        "create",
        "--resource-group",
        GROUP,
        "--name",
        ACCOUNT,
        "--deployment-name",
        "gpt-35-turbo",
        "--model-format",
        "OpenAI",
        "--model-name",
        &model.name,
        "--model-version",
        &model.version,
        "--sku-name",
        &model.sku,
        "--sku-capacity",
        "10",
    ]);
    assert_eq!(
        (&deployed["sku"]["capacity"], &deployed["properties"]["model"]["name"]),
        (&json!(10), &json!(model.name))
    );
}

/// The issuer is known long before the cluster is ready.
fn issuer_while_the_cluster_is_made(shell: &Shell) -> String {
    let begun = Instant::now();
    while !names(&shell.json(&["aks", "list", "--resource-group", GROUP])).contains(&CLUSTER.to_owned()) {
        assert!(begun.elapsed() < Duration::from_secs(120), "az does not get to create the cluster");
    }
    shell.tsv("oidcIssuerProfile.issuerUrl", &["aks", "show", "-n", CLUSTER, "-g", GROUP])
}

fn federated_credential(shell: &Shell, issuer: &str) {
    shell.az(&[
        "identity",
        "federated-credential",
        "create",
        "--name",
        CREDENTIAL,
        "--identity-name",
        IDENTITY,
        "--resource-group",
        GROUP,
        "--issuer",
        issuer,
        "--subject",
        SUBJECT,
    ]);
    let show = ["identity", "federated-credential", "show", "--identity-name", IDENTITY, "--name", CREDENTIAL];
    let shown = shell.json(&[&show[..], &["--resource-group", GROUP]].concat());
    assert_eq!(
        (&shown["issuer"], &shown["subject"], &shown["audiences"]),
        (&json!(issuer), &json!(SUBJECT), &json!(["api://AzureADTokenExchange"]))
    );
}

/// What the workshop's text reads.
fn read(shell: &Shell) {
    let cluster = shell.json(&["aks", "show", "-n", CLUSTER, "-g", GROUP]);
    assert_eq!(
        [&cluster["provisioningState"], &cluster["powerState"]["code"], &cluster["oidcIssuerProfile"]["enabled"]],
        [&json!("Succeeded"), &json!("Running"), &json!(true)]
    );
    assert_eq!(cluster["securityProfile"]["workloadIdentity"]["enabled"], true);
    let account = ["cognitiveservices", "account"];
    let of_account = ["--resource-group", GROUP, "--name", ACCOUNT];
    let list = shell.tsv("[0].name", &[&account[..], &["list", "-g", GROUP]].concat());
    assert_eq!(list, ACCOUNT);
    let endpoint = shell.tsv("properties.endpoint", &[&account[..], &["show"], &of_account].concat());
    assert_eq!(endpoint, format!("https://{ACCOUNT}.openai.azure.com/"));
    let deployment = shell.tsv("[0].name", &[&account[..], &["deployment", "list"], &of_account].concat());
    assert_eq!(deployment, "gpt-35-turbo");
    let key = shell.tsv("key1", &[&account[..], &["keys", "list"], &of_account].concat());
    assert_eq!(key.len(), 32, "{key}");
    let resources = shell.json(&["resource", "list", "--resource-group", GROUP]);
    assert_eq!(sorted(names(&resources)), [CLUSTER, IDENTITY, ACCOUNT]);
    let scope = shell.tsv("id", &[&account[..], &["show"], &of_account].concat());
    let assignments = shell.json(&["role", "assignment", "list", "--scope", &scope]);
    assert_eq!(of(&assignments, "roleDefinitionName"), [ROLE]);
}

fn credentials(shell: &Shell) {
    shell.az(&["aks", "get-credentials", "-n", CLUSTER, "-g", GROUP]);
    let kubeconfig = std::fs::read_to_string(shell.home().join(".kube/config")).unwrap();
    assert!(kubeconfig.contains(&format!("current-context: {CLUSTER}\n")), "{kubeconfig}");
    assert!(kubeconfig.contains(&format!("name: clusterUser_{GROUP}_{CLUSTER}\n")), "{kubeconfig}");
    let admin = ["aks", "get-credentials", "-n", CLUSTER, "-g", GROUP, "--admin", "--file", "-"];
    assert!(shell.az(&admin).contains(&format!("name: clusterAdmin_{GROUP}_{CLUSTER}\n")));
}

/// azlab calls it its own, and finds nothing to mend.
fn taken_over(shell: &Shell) {
    let refused = shell.world.run(&["provision", "--sandbox", "-o", "json"]).exit(10).json();
    assert_eq!(refused["requests"]["writes"], 0, "a group that azlab did not make: {refused}");
    let taken = shell.azlab(&["provision", "--adopt"]);
    assert_eq!((&taken["labs"][0]["state"], &taken["requests"]["writes"]), (&json!("ready"), &json!(3)), "{taken}");
    let changed: Vec<_> = taken["labs"][0]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["action"] != "unchanged")
        .map(|change| (&change["resource"], &change["action"]))
        .collect();
    let updated = ["resource_group", "openai_account"].map(|resource| (json!(resource), json!("updated")));
    assert_eq!(changed, updated.each_ref().map(|(resource, action)| (resource, action)));
    assert_eq!(shell.azlab(&["status", "--exit-code"])["labs"][0]["state"], "ready");
    let verified = shell.azlab(&["verify"]);
    assert_eq!(verified["labs"][0]["state"], "ready", "{verified}");
    // az sees the tag that makes it azlab's.
    let tag = shell.tsv("tags.\"azlab-lab\"", &["group", "show", "--name", GROUP]);
    assert_eq!(tag, "default");
}

fn removed(shell: &Shell) {
    shell.az(&["group", "delete", "--name", GROUP, "--yes"]);
    assert_eq!(shell.az(&["group", "exists", "--name", GROUP]), "false");
    assert_eq!(shell.json(&["group", "list"]), json!([]), "the nodes' group goes with the cluster");
    let deleted = ["cognitiveservices", "account", "list-deleted"];
    assert_eq!(names(&shell.json(&deleted)), [ACCOUNT]);
    shell.refused("FlagMustBeSetForRestore", &{
        shell.az(&["group", "create", "--name", GROUP, "--location", "westeurope"]);
        let create = ["cognitiveservices", "account", "create", "-n", ACCOUNT, "-g", GROUP, "-l", "westeurope"];
        [&create[..], &["--kind", "OpenAI", "--sku", "S0", "--custom-domain", ACCOUNT]].concat()
    });
    shell.az(&["cognitiveservices", "account", "purge", "-l", "westeurope", "-g", GROUP, "-n", ACCOUNT]);
    assert_eq!(shell.json(&deleted), json!([]));
}
