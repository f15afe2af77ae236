//! An attendee signs in with az and does the workshop's commands: in the resource group of their own lab, and in no other.

use serde_json::{Value, json};

use super::lab::{CLUSTER, CREDENTIAL, IDENTITY, ROLE, SUBJECT, names};
use super::shell::Shell;

const ADA: &str = "ada@contoso.com";
const PEOPLE: &str = "[[settings.directory.users]]\naddress = 'ada@contoso.com'\nname = 'Ada Lovelace'\n\
    [[settings.directory.users]]\naddress = 'grace@navy.mil'\nguest = true\n\
    [[settings.directory.groups]]\nname = 'table 3'\naddress = 'table3@contoso.com'\nmembers = ['grace@navy.mil']\n";
const GROUP: &str = "myResourceGroup-ada-lovelace";
const OTHER: &str = "myResourceGroup-table-3";

#[test]
fn an_attendee_does_the_workshop_with_az_in_their_own_group_and_in_no_other() {
    let test = "an_attendee_does_the_workshop_with_az_in_their_own_group_and_in_no_other";
    let Some(shell) = Shell::of_users(test, PEOPLE, "cluster_create = 0.001\n") else { return };
    let file = |name: &str, text: &str| std::fs::write(shell.home().join(name), text).unwrap();
    file("azlab.toml", "version = 1\nroster = \"roster.csv\"\n");
    file("roster.csv", "name,email\nAda Lovelace,ada@contoso.com\nTable 3,table3@contoso.com\n");
    let made = shell.azlab(&["provision", "--all", "--yes"]);
    let account = |lab: usize| made["labs"][lab]["outputs"]["openai_account"].as_str().unwrap().to_owned();
    shell.sign_in_as(ADA);
    shell.refused_sign_in("nobody@contoso.com", "AADSTS50034");

    read(&shell, &account(0));
    deploy(&shell, &account(0));
    for arguments in [
        &["group", "show", "-n", OTHER][..],
        &["aks", "show", "-g", OTHER, "-n", CLUSTER],
        &["cognitiveservices", "account", "keys", "list", "-g", OTHER, "-n", &account(1)],
        &["identity", "create", "-g", OTHER, "-n", "mine"],
    ] {
        let said = shell.refused("AuthorizationFailed", arguments);
        let words = "The client 'ada@contoso.com' with object id";
        assert!(said.contains(words) && said.contains("does not have authorization to perform action"), "{said}");
    }
    // What Contributor leaves out: the one sentence of the workshop that is the host's.
    let principal = shell.tsv("principalId", &["identity", "show", "-g", GROUP, "-n", IDENTITY]);
    let scope = shell.tsv("id", &["group", "show", "-n", GROUP]);
    let assign = ["role", "assignment", "create", "--assignee-object-id", &principal, "--assignee-principal-type"];
    shell.refused(
        "AuthorizationFailed",
        &[&assign[..], &["ServicePrincipal", "--role", "Reader", "--scope", &scope]].concat(),
    );

    // A guest, who is given nothing but by the group that she is in.
    shell.sign_in_as("grace@navy.mil");
    assert_eq!(shell.tsv("name", &["aks", "show", "-g", OTHER, "-n", CLUSTER]), CLUSTER);
    shell.refused("AuthorizationFailed", &["aks", "show", "-g", GROUP, "-n", CLUSTER]);
    shell.end();
}

fn read(shell: &Shell, account: &str) {
    let issuer = shell.tsv("oidcIssuerProfile.issuerUrl", &["aks", "show", "-g", GROUP, "-n", CLUSTER]);
    let file = shell.home().join("kubeconfig");
    shell.az(&["aks", "get-credentials", "-g", GROUP, "-n", CLUSTER, "--file", file.to_str().unwrap()]);
    assert!(std::fs::read_to_string(file).unwrap().contains(&format!("name: {CLUSTER}")));
    let key = shell.tsv("key1", &["cognitiveservices", "account", "keys", "list", "-g", GROUP, "-n", account]);
    assert_eq!(key.len(), 32, "{key}");
    let principal = shell.tsv("principalId", &["identity", "show", "--resource-group", GROUP, "--name", IDENTITY]);
    let accounts =
        ["resource", "list", "--resource-group", GROUP, "--resource-type", "Microsoft.CognitiveServices/accounts"];
    let id = shell.tsv("[0].id", &accounts);
    let listed = shell.json(&["role", "assignment", "list", "--assignee", &principal, "--scope", &id]);
    assert_eq!(names_of_roles(&listed), [ROLE]);
    let credential =
        ["identity", "federated-credential", "show", "--name", CREDENTIAL, "--identity-name", IDENTITY, "-g", GROUP];
    let credential = shell.json(&credential);
    assert_eq!((&credential["subject"], &credential["issuer"]), (&json!(SUBJECT), &json!(issuer)));
}

fn names_of_roles(listed: &Value) -> Vec<&str> {
    listed.as_array().unwrap().iter().map(|one| one["roleDefinitionName"].as_str().unwrap_or_default()).collect()
}

fn deploy(shell: &Shell, account: &str) {
    let deployments = |shell: &Shell| {
        names(&shell.json(&["cognitiveservices", "account", "deployment", "list", "-g", GROUP, "-n", account]))
    };
    assert_eq!(deployments(shell), ["gpt-35-turbo"]);
    let model = deployable_by(shell, account);
    let create = ["cognitiveservices", "account", "deployment", "create", "-g", GROUP, "-n", account];
    let of = [
        "--deployment-name",
        "mine",
        "--model-name",
        &model.0,
        "--model-version",
        &model.1,
        "--model-format",
        "OpenAI",
    ];
    shell.az(&[&create[..], &of, &["--sku-name", &model.2, "--sku-capacity", "1"]].concat());
    assert_eq!(deployments(shell), ["gpt-35-turbo", "mine"]);
}

/// What the lab's own deployment has: an attendee may not list the models of a region.
fn deployable_by(shell: &Shell, account: &str) -> (String, String, String) {
    let show = [
        "cognitiveservices",
        "account",
        "deployment",
        "show",
        "-g",
        GROUP,
        "-n",
        account,
        "--deployment-name",
        "gpt-35-turbo",
    ];
    let shown = shell.json(&show);
    let text = |pointer: &str| shown.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    (text("/properties/model/name"), text("/properties/model/version"), text("/sku/name"))
}
