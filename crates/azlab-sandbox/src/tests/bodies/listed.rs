//! ../shared/clients.md, "Accepted though Azure refuses (PUT bodies)", line by line.

use super::*;

/// Each body is refused with 400 and the code, its answer names the property, and nothing is there afterwards.
pub(super) async fn refused(azure: &Client, path: &str, lines: &[(&str, Value, &str, &str)]) {
    let before = azure.get(path).await;
    for (what, body, code, name) in lines {
        let got = azure.put(path, body.clone()).await;
        assert_eq!(got.outcome(), (400, *code), "{what}: {}", got.body);
        assert!(got.body.to_string().contains(name), "{what}: {}", got.body);
        assert_eq!(azure.get(path).await.status, before.status, "{what}");
    }
    assert_eq!(azure.get(path).await.body["properties"], before.body["properties"], "nothing has changed");
}

pub(super) fn p(path: &str, value: Value) -> Value {
    with(cluster(), &format!("/properties/{path}"), value)
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_another_provider_s_or_never_was() {
    let azure = Client::new();
    azure.group().await;
    let of_aks = GROUP.replace("2021-04-01", "2025-08-01");
    assert_eq!(
        azure.put(&of_aks, json!({"location": "westeurope"})).await.outcome(),
        (400, "InvalidApiVersionParameter")
    );
    for never in ["2025-08-02", "2020-02-30", "2021-13-45"] {
        let got = azure.put(&CLUSTER.replace("2025-08-01", never), cluster()).await;
        assert_eq!(got.status, 400, "{never}: {}", got.body);
    }
}

pub(super) fn first_pool(path: &str, value: Value) -> Value {
    p(&format!("agentPoolProfiles/0/{path}"), value)
}

fn without(mut body: Value, above: &str, name: &str) -> Value {
    body.pointer_mut(above).unwrap().as_object_mut().unwrap().remove(name);
    body
}

#[tokio::test(start_paused = true)]
async fn a_group_with_a_property_that_it_does_not_have() {
    let azure = Client::new();
    let group = json!({"location": "westeurope"});
    let lines = [
        ("unknown root property", with(group.clone(), "/foo", json!(1)), "InvalidRequestContent", "foo"),
        ("tags at the wrong place", with(group, "/tag", json!({"a": "b"})), "InvalidRequestContent", "tag"),
    ];
    refused(&azure, GROUP, &lines).await;
    azure.group().await;
    let patched = azure.send(Method::PATCH, GROUP, Some(json!({"foo": 1}))).await;
    assert_eq!(patched.outcome(), (400, "InvalidRequestContent"));
    let all = json!({"id": "x", "name": "lab", "type": "t", "location": "westeurope", "tags": {}, "managedBy": "m", "properties": {"provisioningState": "x"}});
    assert_eq!(azure.put(GROUP, all).await.status, 200, "what a GET shows can be put");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_values_do_not_exist() {
    let azure = Client::new();
    azure.group().await;
    let parameter = "InvalidParameter";
    let lines = [
        ("no dnsPrefix", without(cluster(), "/properties", "dnsPrefix"), parameter, "dnsPrefix"),
        ("an underscore in it", p("dnsPrefix", json!("my_lab")), parameter, "dnsPrefix"),
        ("too long", p("dnsPrefix", json!("a".repeat(55))), parameter, "dnsPrefix"),
        ("osType", first_pool("osType", json!("BeOS")), parameter, "agentPoolProfile.osType"),
        ("sku tier", with(cluster(), "/sku/tier", json!("Gold")), parameter, "sku.tier"),
        (
            "networkPlugin",
            p("networkProfile/networkPlugin", json!("flannel")),
            parameter,
            "networkProfile.networkPlugin",
        ),
        ("identity type", with(cluster(), "/identity/type", json!("Mine")), parameter, "identity.type"),
        ("upgrade channel", p("autoUpgradeProfile/upgradeChannel", json!("weekly")), parameter, "upgradeChannel"),
        (
            "neither identity nor service principal",
            without(cluster(), "", "identity"),
            parameter,
            "servicePrincipalProfile",
        ),
        ("identity None", with(cluster(), "/identity/type", json!("None")), parameter, "servicePrincipalProfile"),
        ("osDiskSizeGB below 30", first_pool("osDiskSizeGB", json!(29)), parameter, "agentPoolProfile.osDiskSizeGB"),
        ("maxPods below 10", first_pool("maxPods", json!(9)), parameter, "agentPoolProfile.maxPods"),
        ("an unknown field", p("banana", json!(1)), "UnmarshalError", "banana"),
        ("an unknown field of a pool", first_pool("vmsize_", json!("x")), "UnmarshalError", "vmsize_"),
        ("an unknown root field", with(cluster(), "/propertees", json!({})), "UnmarshalError", "propertees"),
        ("a number in a text's place", p("dnsPrefix", json!(5)), "UnmarshalError", "dnsPrefix"),
    ];
    refused(&azure, CLUSTER, &lines).await;
    let old = CLUSTER.replace("2025-08-01", "2023-01-01");
    assert_eq!(azure.put(&old, p("banana", json!(1))).await.status, 201, "before 2024-01-01 it is ignored (AKS 4060)");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_values_do_not_go_together() {
    let azure = Client::new();
    azure.group().await;
    let scaled = |members: Value| {
        let mut body = cluster();
        body["properties"]["agentPoolProfiles"][0]
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        body
    };
    let key = |keys: Value| p("linuxProfile", json!({"adminUsername": "azureuser", "ssh": {"publicKeys": keys}}));
    let version = |version: &str| {
        let body = p("oidcIssuerProfile/enabled", json!(false));
        with(body, "/properties/kubernetesVersion", json!(version))
    };
    let network =
        |range: &str, address: &str| p("networkProfile", json!({"serviceCidr": range, "dnsServiceIP": address}));
    let parameter = "InvalidParameter";
    let lines = [
        (
            "no minimum",
            scaled(json!({"enableAutoScaling": true, "maxCount": 3})),
            parameter,
            "agentPoolProfile.minCount",
        ),
        (
            "no maximum",
            scaled(json!({"enableAutoScaling": true, "minCount": 1})),
            parameter,
            "agentPoolProfile.maxCount",
        ),
        (
            "minimum above",
            scaled(json!({"enableAutoScaling": true, "minCount": 4, "maxCount": 3})),
            parameter,
            "minCount",
        ),
        ("workload identity without issuer", version("1.33"), parameter, "securityProfile.workloadIdentity"),
        (
            "a serviceCidr that is none",
            network("10.0.0.0", "10.0.0.10"),
            "CidrStringParseError",
            "networkProfile.serviceCidr",
        ),
        (
            "dnsServiceIP outside",
            network("10.2.0.0/16", "10.0.0.10"),
            "DnsServiceIpOutOfServiceCidr",
            "networkProfile.dnsServiceIP",
        ),
        (
            "dnsServiceIP the first",
            network("10.2.0.0/16", "10.2.0.0"),
            "DnsServiceIpConflicting",
            "networkProfile.dnsServiceIP",
        ),
        ("dnsServiceIP none", network("10.2.0.0/16", "dns"), "DnsServiceIpParseError", "networkProfile.dnsServiceIP"),
        ("linuxProfile without a key", p("linuxProfile", json!({"adminUsername": "a"})), parameter, "linuxProfile.ssh"),
        ("with no key at all", key(json!([{}])), parameter, "keyData"),
        ("with a bad one", key(json!([{"keyData": "ssh-rsa AAAAB3banana"}])), parameter, "linuxProfile.ssh.publicKeys"),
        ("a zone that does not exist", first_pool("availabilityZones", json!(["7"])), parameter, "availabilityZones"),
        (
            "a system pool with a taint",
            first_pool("nodeTaints", json!(["team=a:NoSchedule"])),
            "SystemPoolHasRestrictedTaint",
            "team=a:NoSchedule",
        ),
    ];
    refused(&azure, CLUSTER, &lines).await;
    let mut elsewhere = first_pool("availabilityZones", json!(["1"]));
    elsewhere["location"] = "westus".into();
    assert_eq!(azure.put(CLUSTER, elsewhere).await.outcome(), (400, "AvailabilityZoneNotSupported"));
    let critical = first_pool("nodeTaints", json!(["CriticalAddonsOnly=true:NoSchedule"]));
    assert_eq!(azure.put(CLUSTER, critical).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn an_empty_text_and_a_zero_stand_for_the_service_s_choice() {
    let azure = Client::new();
    azure.group().await;
    let asked = json!({
        "name": "nodepool1", "count": 1, "mode": "System", "vmSize": "", "osDiskSizeGB": 0, "maxPods": 0, "osType": "Linux",
        "osSKU": "", "orchestratorVersion": "", "availabilityZones": null, "nodeTaints": [],
    });
    let made = azure.put(CLUSTER, p("agentPoolProfiles", json!([asked]))).await;
    let pool = &made.body["properties"]["agentPoolProfiles"][0];
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(
        (&pool["vmSize"], &pool["osDiskType"], &pool["osDiskSizeGB"]),
        (&json!("Standard_D4ds_v4"), &json!("Ephemeral"), &json!(150))
    );
    assert_eq!((&pool["maxPods"], &pool["osSKU"]), (&json!(250), &json!("Ubuntu")));
}

#[tokio::test(start_paused = true)]
async fn a_pool_credential_or_deployment_that_cannot_be() {
    let (azure, _) = lab().await;
    let pools = [
        ("osType", with(pool(), "/properties/osType", json!("BeOS")), "InvalidParameter", "agentPoolProfile.osType"),
        ("maxPods", with(pool(), "/properties/maxPods", json!(251)), "InvalidParameter", "agentPoolProfile.maxPods"),
        ("unknown", with(pool(), "/properties/banana", json!(1)), "UnmarshalError", "banana"),
        ("no properties", json!({}), "InvalidParameter", "properties"),
    ];
    refused(&azure, &child(CLUSTER, POOL), &pools).await;
    let long = "a".repeat(601);
    let credentials = [
        (
            "subject above 600",
            with(credential(), "/properties/subject", json!(long)),
            "InvalidRequestContent",
            "subject",
        ),
        ("a number", with(credential(), "/properties/subject", json!(5)), "InvalidRequestContent", "subject"),
    ];
    refused(&azure, &child(IDENTITY, CREDENTIAL), &credentials).await;
    let model = || deployment("gpt-35-turbo", "0125", json!("1"));
    let deployments = [
        ("capacity as words", deployment("gpt-35-turbo", "0125", json!("one")), "InvalidRequestContent", "capacity"),
        (
            "versionUpgradeOption",
            with(model(), "/properties/versionUpgradeOption", json!("Sometimes")),
            "InvalidRequestContent",
            "versionUpgradeOption",
        ),
        (
            "a content filter that is not there",
            with(model(), "/properties/raiPolicyName", json!("mine")),
            "InvalidResourceProperties",
            "raiPolicyName",
        ),
    ];
    refused(&azure, &child(ACCOUNT, DEPLOYMENT), &deployments).await;
    let made = azure.put(&child(ACCOUNT, DEPLOYMENT), model()).await;
    assert_eq!((made.status.as_u16(), &made.body["sku"]["capacity"]), (201, &json!(1)), "az sends it as text");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_be() {
    let azure = Client::new();
    azure.group().await;
    let of = |path: &str, value: Value| with(account(), &format!("/properties/{path}"), value);
    let content = "InvalidRequestContent";
    let rules = json!({"defaultAction": "Deny"});
    let nobody = json!({"type": "UserAssigned", "userAssignedIdentities": {format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nobody"): {}}});
    let lines = [
        ("publicNetworkAccess", of("publicNetworkAccess", json!("Sometimes")), content, "publicNetworkAccess"),
        ("networkAcls action", of("networkAcls", json!({"defaultAction": "Shrug"})), content, "defaultAction"),
        ("networkAcls address", of("networkAcls", json!({"ipRules": [{"value": "300.1.1.1"}]})), content, "value"),
        ("networkAcls subnet", of("networkAcls", json!({"virtualNetworkRules": [{"id": "default"}]})), content, "id"),
        (
            "networkAcls without a subdomain",
            with(without(account(), "/properties", "customSubDomainName"), "/properties/networkAcls", rules),
            "CustomSubDomainNameRequired",
            "customSubDomainName",
        ),
        ("disableLocalAuth as text", of("disableLocalAuth", json!("true")), content, "disableLocalAuth"),
        ("identity type", with(account(), "/identity", json!({"type": "Mine"})), content, "type"),
        ("an identity that is not there", with(account(), "/identity", nobody), "FailedIdentityOperation", "nobody"),
        (
            "no identity named",
            with(account(), "/identity", json!({"type": "UserAssigned"})),
            "MissingIdentityIds",
            "UserAssigned",
        ),
    ];
    refused(&azure, ACCOUNT, &lines).await;
    azure.account().await;
    refused(
        &azure,
        ACCOUNT,
        &[("change of kind", with(account(), "/kind", json!("AIServices")), "CannotChangeKind", "AIServices")],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_role_assignment_that_cannot_be() {
    let (azure, principal) = lab().await;
    let of = |path: &str, value: Value| with(role_assignment(&principal), &format!("/properties/{path}"), value);
    let content = "InvalidRequestContent";
    let lines = [
        (
            "principalType that does not match",
            of("principalType", json!("User")),
            "UnmatchedPrincipalType",
            "ServicePrincipal",
        ),
        ("principalType that does not exist", of("principalType", json!("Robot")), content, "principalType"),
        (
            "a condition without its version",
            of("condition", json!("@Resource[x] StringEquals 'y'")),
            "BadRequestFormat",
            "conditionVersion",
        ),
        ("unknown property", of("banana", json!(1)), content, "banana"),
        ("a role by its bare guid", of("roleDefinitionId", json!(OPENAI_USER)), "InvalidRoleDefinitionId", OPENAI_USER),
    ];
    refused(&azure, &assignment_path(), &lines).await;
    let mut own = of("principalType", json!("User"));
    own["properties"]["principalId"] = crate::ids::SIGNED_IN_OBJECT_ID.into();
    let own = azure.put(&assignment_path(), own).await;
    assert_eq!(
        own.outcome(),
        (400, "UnmatchedPrincipalType"),
        "the caller, whom the directory shows as an application"
    );
    let mut conditioned = of("condition", json!("@Resource[x] StringEquals 'y'"));
    conditioned["properties"]["conditionVersion"] = "2.0".into();
    let made = azure.put(&assignment_path(), conditioned).await;
    assert_eq!((made.status.as_u16(), &made.body["properties"]["conditionVersion"]), (201, &json!("2.0")));
}
