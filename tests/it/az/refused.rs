//! az with bad input: it prints the service's code and message.

use super::lab::{ACCOUNT, GROUP, IDENTITY};
use super::shell::{QUICK_CLUSTER, Shell};

#[test]
fn az_prints_the_services_codes() {
    let Some(shell) = Shell::signed_in("az_prints_the_services_codes", QUICK_CLUSTER) else { return };
    let region = shell.refused("LocationNotAvailableForResourceGroup", &["group", "create", "-n", GROUP, "-l", "mars"]);
    assert!(region.contains("westeurope"), "{region}");
    shell.az(&["group", "create", "--name", GROUP, "--location", "westeurope"]);
    shell.refused("InvalidResourceGroupLocation", &["group", "create", "-n", GROUP, "-l", "eastus"]);
    shell.refused("ResourceGroupNotFound", &["aks", "show", "-g", "nope", "-n", "nope"]);
    shell.refused("ResourceNotFound", &["aks", "show", "-g", GROUP, "-n", "nope"]);
    identities(&shell);
    accounts(&shell);
    clusters(&shell);
    shell.end();
}

fn identities(shell: &Shell) {
    shell.refused("ResourceNotFound", &["identity", "show", "-g", GROUP, "-n", "nope"]);
    shell.az(&["identity", "create", "--resource-group", GROUP, "--name", IDENTITY]);
    let credential = ["identity", "federated-credential"];
    let of_identity = ["--resource-group", GROUP, "--identity-name", IDENTITY];
    shell.refused("NotFound", &[&credential[..], &["show", "--name", "nope"], &of_identity].concat());
    let issuer = ["create", "--name", "plain", "--issuer", "http://no.tls/", "--subject", "s"];
    shell.refused("BadRequest", &[&credential[..], &issuer, &of_identity].concat());
    let scope = format!("/subscriptions/{}/resourceGroups/{GROUP}", shell.subscription());
    let nobody = "00000000-0000-4000-8000-00000000dead";
    let assign =
        ["role", "assignment", "create", "--assignee-object-id", nobody, "--role", "Reader", "--scope", &scope];
    shell.refused("PrincipalNotFound", &assign);
}

fn accounts(shell: &Shell) {
    let new = ["cognitiveservices", "account", "create", "-g", GROUP, "-l", "westeurope", "--kind", "OpenAI"];
    shell.az(&[&new[..], &["-n", ACCOUNT, "--custom-domain", ACCOUNT, "--sku", "S0"]].concat());
    let taken = ["-n", "other", "--custom-domain", ACCOUNT, "--sku", "S0"];
    shell.refused("CustomDomainInUse", &[&new[..], &taken].concat());
    let sku = ["-n", "other", "--custom-domain", "other-domain", "--sku", "S9"];
    shell.refused("InvalidSkuId", &[&new[..], &sku].concat());
    let deploy = ["cognitiveservices", "account", "deployment", "create", "-g", GROUP, "-n", ACCOUNT];
    let model = ["--deployment-name", "later", "--model-format", "OpenAI", "--model-name", "gpt-99"];
    let rest = ["--model-version", "1", "--sku-name", "Standard", "--sku-capacity", "1"];
    shell.refused("DeploymentModelNotSupported", &[&deploy[..], &model, &rest].concat());
}

/// Errors of AKS have no `error` around them.
fn clusters(shell: &Shell) {
    let create = ["aks", "create", "-g", GROUP, "-n", "other", "--no-ssh-key"];
    let sizes = shell.refused("BadRequest", &[&create[..], &["--node-vm-size", "Standard_Nope"]].concat());
    assert!(sizes.contains("Standard_D2s_v5"), "{sizes}");
    shell.refused("K8sVersionNotSupported", &[&create[..], &["--kubernetes-version", "1.2.3"]].concat());
    shell.refused("ResourceGroupNotFound", &["aks", "create", "-g", "nope", "-n", "other", "--no-ssh-key"]);
}
