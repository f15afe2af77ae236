//! What cannot be changed after the creation.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_cluster_keeps_what_it_was_made_with() {
    let (azure, _) = lab().await;
    let of = |path: &str, value: Value| with(cluster(), &format!("/properties/{path}"), value);
    // But for the pools' tags, which change with each write.
    let properties = async || {
        let mut properties = azure.get(CLUSTER).await.body["properties"].clone();
        properties["agentPoolProfiles"][0]["eTag"].take();
        properties
    };
    let before = properties().await;
    for (body, target) in [
        (of("dnsPrefix", json!("other")), "dnsPrefix"),
        (of("agentPoolProfiles/0/vmSize", json!("Standard_D4s_v5")), "agentPoolProfile.vmSize"),
        (of("agentPoolProfiles/0/maxPods", json!(30)), "agentPoolProfile.maxPods"),
        (of("agentPoolProfiles/0/osDiskSizeGB", json!(64)), "agentPoolProfile.osDiskSizeGB"),
        (of("networkProfile/serviceCidr", json!("10.9.0.0/16")), "networkProfile.serviceCidr"),
        (of("nodeResourceGroup", json!("other")), "nodeResourceGroup"),
        (of("enableRBAC", json!(false)), "enableRBAC"),
    ] {
        let got = azure.put(CLUSTER, body).await;
        assert_eq!(got.outcome(), (400, "PropertyChangeNotAllowed"), "{}", got.body);
        assert_eq!(
            (&got.body["target"], &got.body["message"]),
            (&json!(target), &json!(format!("Changing property '{target}' is not allowed.")))
        );
        assert!(got.body.get("error").is_none(), "AKS's errors are flat");
    }
    for nothing in ["agentPoolProfiles/0/osDiskSizeGB", "agentPoolProfiles/0/maxPods"] {
        let got = azure.put(CLUSTER, of(nothing, json!(0))).await;
        assert_eq!(got.status, 200, "0 leaves {nothing} to the service: {}", got.body);
        azure.wait(400).await;
    }
    let lower = azure.put(CLUSTER, of("kubernetesVersion", json!("1.33.5"))).await;
    assert_eq!(lower.outcome(), (400, "BadRequest"), "{}", lower.body);
    assert!(lower.body["message"].as_str().unwrap().contains("1.33.5"));
    let patched = azure.send(Method::PATCH, CLUSTER, Some(json!({"properties": {"enableRBAC": false}}))).await;
    assert_eq!(patched.outcome(), (400, "UnmarshalError"), "a PATCH is of tags alone");
    assert!(patched.body["message"].as_str().unwrap().contains("\"properties\""));
    assert_eq!(properties().await, before);
    let all = azure.get(CLUSTER).await.body;
    assert_eq!(azure.put(CLUSTER, all).await.status, 200, "what a GET shows can be put");
}

#[tokio::test(start_paused = true)]
async fn a_pool_keeps_what_it_was_made_with_and_what_an_update_leaves_out() {
    let (azure, _) = lab().await;
    let path = child(CLUSTER, POOL);
    let asked = json!({"properties": {"count": 1, "vmSize": "Standard_D4s_v5", "mode": "User", "maxPods": 40, "osDiskSizeGB": 64, "availabilityZones": ["1"]}});
    assert_eq!(azure.put(&path, asked.clone()).await.status, 201);
    azure.wait(400).await;
    for (name, value) in [
        ("vmSize", json!("Standard_DS2_v2")),
        ("maxPods", json!(50)),
        ("osType", json!("Windows")),
        ("availabilityZones", json!(["2"])),
        ("enableNodePublicIP", json!(true)),
    ] {
        let got = azure.put(&path, with(asked.clone(), &format!("/properties/{name}"), value)).await;
        assert_eq!(got.outcome(), (400, "PropertyChangeNotAllowed"), "{name}: {}", got.body);
        assert_eq!(got.body["target"], format!("properties.{name}"));
    }
    let got = azure.put(&path, json!({"properties": {"count": 2}})).await;
    let properties = &got.body["properties"];
    assert_eq!((got.status.as_u16(), &properties["provisioningState"]), (200, &json!("Scaling")));
    for (name, value) in [
        ("vmSize", json!("Standard_D4s_v5")),
        ("maxPods", json!(40)),
        ("osDiskSizeGB", json!(64)),
        ("availabilityZones", json!(["1"])),
    ] {
        assert_eq!(properties[name], value, "{name}");
    }
    azure.wait(400).await;
    assert_eq!(
        azure.put(&path, json!({"properties": {"count": 2, "orchestratorVersion": "1.33.5"}})).await.code(),
        "BadRequest",
        "no lower version"
    );
}
