//! A version that the type has, and how others are refused: by where the request is for, if that can be told.

use super::*;

const CREDENTIAL: &str = "federatedIdentityCredentials/fic";

#[tokio::test(start_paused = true)]
async fn each_type_has_its_own_versions_and_names_them() {
    let azure = Client::new();
    azure.group().await;
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.status, 201);
    let credential = child(IDENTITY, CREDENTIAL);
    assert_eq!(azure.get(&IDENTITY.replace("2023-01-31", "2018-11-30")).await.status, 200);
    let refused = azure.get(&credential.replace("2023-01-31", "2018-11-30")).await;
    assert_eq!(
        refused.outcome(),
        (400, "NoRegisteredProviderFound"),
        "an identity's version, and not its credentials'"
    );
    let message = refused.body["error"]["message"].as_str().unwrap();
    for part in [
        "for location 'westeurope' and API version '2018-11-30'",
        "for type 'userAssignedIdentities/federatedIdentityCredentials'",
        "The supported api-versions are '2022-01-31-preview, 2023-01-31, ",
        "The supported locations are 'centralus, eastasia, ",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let provider = azure.get("/providers/Microsoft.ContainerService?api-version=2021-04-01").await;
    let types = provider.body["resourceTypes"].as_array().unwrap();
    let of = |name: &str| types.iter().find(|one| one["resourceType"] == name).unwrap()["apiVersions"].to_string();
    assert!(of("managedClusters").contains("2018-03-31") && !of("managedClusters/agentPools").contains("2018-03-31"));
}

#[tokio::test(start_paused = true)]
async fn a_version_is_refused_for_a_region_where_the_request_has_one_and_for_the_type_where_not() {
    let azure = Client::new();
    azure.group().await;
    let never = |path: &str| path.replace("2025-08-01", "2025-08-02").replace("2022-04-01", "2022-04-02");
    let mut elsewhere = cluster();
    elsewhere["location"] = "West US 2".into();
    let refused = azure.put(&never(CLUSTER), elsewhere).await;
    assert_eq!(refused.outcome(), (400, "NoRegisteredProviderFound"));
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("location 'westus2'"), "{}", refused.body);
    let usages = "/providers/Microsoft.ContainerService/locations/eastus/usages?api-version=2025-08-01";
    let refused = azure.get(&never(usages)).await;
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("location 'eastus'"), "{}", refused.body);
    let list = "/providers/Microsoft.ContainerService/managedClusters?api-version=2025-08-01";
    let roles = "/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01";
    let operations =
        "https://management.azure.com/providers/Microsoft.ContainerService/operations?api-version=2025-08-01";
    for (path, kind) in [(list, "managedClusters"), (roles, "roleAssignments"), (operations, "operations")] {
        let refused = azure.get(&never(path)).await;
        assert_eq!(refused.outcome(), (404, "InvalidResourceType"), "{path}: {}", refused.body);
        assert_eq!(refused.header("x-ms-failure-cause"), "gateway");
        let message = refused.body["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("The resource type '{kind}' could not be found")), "{message}");
        assert!(message.contains(",20") && !message.contains(", 20"), "{message}");
    }
}
