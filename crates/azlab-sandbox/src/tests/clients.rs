//! What other clients than azlab ask for: az and the management SDKs (tests/it/az runs them where they are installed).

use super::*;

const ROLE: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";

fn names(list: &Value) -> Vec<&str> {
    list["value"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn resources_are_found_by_group_name_and_region_in_a_filter() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.status, 201);
    let list = async |filter: &str| {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        azure.get(&format!("/resources?api-version=2022-09-01&$filter={filter}")).await
    };
    for (filter, found) in [
        ("resourceGroup eq 'LAB'", &["openai1", "ident"][..]),
        ("resourceGroup eq 'lab' and resourceType eq 'Microsoft.CognitiveServices/accounts'", &["openai1"]),
        ("name eq 'Ident' and location eq 'West Europe'", &["ident"]),
        ("location eq 'westeurope' and tagName eq 'none'", &[]),
        ("location eq 'eastus'", &[]),
        // az shows an empty list, where a path with the group would be a 404.
        ("resourceGroup eq 'nope'", &[]),
    ] {
        let list = list(filter).await;
        assert_eq!((list.status.as_u16(), &names(&list.body)[..]), (200, found), "{filter}");
    }
    assert_eq!(list("plan eq 'x'").await.outcome(), (400, "InvalidFilterInQueryString"));
    assert_eq!(list("tagValue eq 'x'").await.outcome(), (400, "InvalidFilterInQueryString"));
    let beside = "/resourceGroups/lab/resources?api-version=2022-09-01&$filter=resourceGroup%20eq%20'other'";
    assert_eq!(azure.get(beside).await.body["value"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_role_definition_has_one_id_at_every_scope_and_assignments_carry_it() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let account = ACCOUNT.split('?').next().unwrap();
    let find = async |scope: &str| {
        let filter = "roleName%20eq%20'cognitive%20services%20openai%20user'";
        let path = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01");
        azure.get(&format!("{path}&$filter={filter}")).await.body["value"][0]["id"].take()
    };
    let id = format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}");
    for scope in ["", "/resourceGroups/lab", "/resourcegroups/LAB", account] {
        assert_eq!(find(scope).await, id, "{scope}");
    }
    let everywhere = format!(
        "https://management.azure.com/providers/Microsoft.Authorization/roleDefinitions/{ROLE}?api-version=2022-04-01"
    );
    let id = azure.get(&everywhere).await.body["id"].take();
    assert_eq!(id, format!("/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"));
}

#[tokio::test(start_paused = true)]
async fn tags_are_merged_replaced_and_taken_away_by_themselves() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let version = "api-version=2024-11-01";
    let of = |scope: &str| format!("{scope}/providers/Microsoft.Resources/tags/default?{version}");
    let group = of("/resourceGroups/lab");
    let patch = async |operation: &str, tags: Value| {
        let body = json!({"operation": operation, "properties": {"tags": tags}});
        azure.send(Method::PATCH, &group, Some(body)).await
    };
    let merged = patch("Merge", json!({"team": "blue", "AZLAB-LAB": "y"})).await;
    assert_eq!(merged.body["properties"]["tags"], json!({"team": "blue", "AZLAB-LAB": "y"}));
    assert_eq!((&merged.body["name"], &merged.body["type"]), (&json!("default"), &json!("Microsoft.Resources/tags")));
    assert_eq!(azure.get(GROUP).await.body["tags"], merged.body["properties"]["tags"]);
    let kept = patch("Delete", json!({"team": "red"})).await;
    assert_eq!(kept.body["properties"]["tags"]["team"], "blue", "another value is another tag");
    patch("Delete", json!({"team": "blue"})).await;
    assert_eq!(azure.get(&group).await.body["properties"]["tags"], json!({"AZLAB-LAB": "y"}));
    assert_eq!(patch("Explode", json!({})).await.outcome(), (400, "InvalidRequestContent"));
    assert_eq!(patch("Merge", json!({"a": 1})).await.outcome(), (400, "InvalidRequestContent"));
    // Of a resource: the account stays as it is, but for its tags.
    let account = of(ACCOUNT.split('?').next().unwrap());
    let put = azure.put(&account, json!({"properties": {"tags": {"a": "b"}}})).await;
    assert_eq!(put.status, 200);
    let read = azure.get(ACCOUNT).await.body;
    assert_eq!((&read["tags"], &read["properties"]["provisioningState"]), (&json!({"a": "b"}), &json!("Succeeded")));
    let tagged = "/resources?api-version=2022-09-01&$filter=tagName%20eq%20'a'%20and%20tagValue%20eq%20'b'";
    assert_eq!(names(&azure.get(tagged).await.body), ["openai1"]);
    let used = azure.get("/tagNames?api-version=2022-09-01").await.body["value"].take();
    let counts: Vec<_> = used.as_array().unwrap().iter().map(|one| (&one["tagName"], &one["count"]["value"])).collect();
    assert_eq!(counts, [(&json!("a"), &json!(1)), (&json!("azlab-lab"), &json!(1))]);
    assert_eq!(used[0]["values"][0]["tagValue"], "b");
    assert_eq!(azure.delete(&account).await.status, 200);
    assert_eq!(azure.get(ACCOUNT).await.body["tags"], json!({}));
    assert_eq!(azure.get(&of("/resourceGroups/nope")).await.outcome(), (404, "ResourceGroupNotFound"));
    let nothing = "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/nope";
    assert_eq!(azure.get(&of(nothing)).await.outcome(), (404, "ResourceNotFound"));
    assert_eq!(azure.get(&of("")).await.outcome(), (400, "InvalidScope"));
}

#[tokio::test(start_paused = true)]
async fn kinds_of_accounts_are_listed_with_their_skus_and_regions() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let skus =
        azure.get("/providers/Microsoft.CognitiveServices/skus?api-version=2024-10-01").await.body["value"].take();
    let here: Vec<&Value> =
        skus.as_array().unwrap().iter().filter(|one| one["locations"] == json!(["WESTEUROPE"])).collect();
    let kinds: Vec<_> = here.iter().map(|one| (&one["kind"], &one["name"])).collect();
    assert_eq!(kinds, [(&json!("OpenAI"), &json!("S0")), (&json!("AIServices"), &json!("S0"))]);
    // What is listed can be made.
    for (kind, name) in [("OpenAI", "second"), ("AIServices", "third")] {
        let path = ACCOUNT.replace("openai1", name);
        let body = json!({"location": "westeurope", "kind": kind, "sku": {"name": "S0"}, "properties": {}});
        assert_eq!(azure.put(&path, body).await.status, 201, "{kind}");
    }
    let own = azure.get(&child(ACCOUNT, "skus")).await.body;
    assert_eq!(own["value"][0]["sku"]["name"], "S0");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_says_to_which_versions_it_can_be_upgraded_and_takes_them() {
    let azure = Client::new();
    azure.group().await;
    let mut old = cluster();
    old["properties"]["kubernetesVersion"] = "1.33.5".into();
    azure.put(CLUSTER, old.clone()).await;
    azure.wait(332).await;
    let profile = azure.get(&child(CLUSTER, "upgradeProfiles/default")).await.body["properties"].take();
    let control = &profile["controlPlaneProfile"];
    assert_eq!((&control["kubernetesVersion"], &control["osType"]), (&json!("1.33.5"), &json!("Linux")));
    let offered: Vec<&str> =
        control["upgrades"].as_array().unwrap().iter().map(|one| one["kubernetesVersion"].as_str().unwrap()).collect();
    assert_eq!(offered, ["1.33.7", "1.34.1", "1.34.3"]);
    let pool = &profile["agentPoolProfiles"][0];
    assert_eq!((&pool["name"], &pool["kubernetesVersion"]), (&json!("nodepool1"), &json!("1.33.5")));
    let versions =
        "/providers/Microsoft.ContainerService/locations/westeurope/kubernetesVersions?api-version=2025-08-01";
    let listed = azure.get(versions).await.body["values"].take();
    let minor = listed.as_array().unwrap().iter().find(|one| one["version"] == "1.33").unwrap();
    assert_eq!(minor["patchVersions"]["1.33.5"]["upgrades"], json!(offered));
    old["properties"]["kubernetesVersion"] = "1.34.3".into();
    assert_eq!(azure.put(CLUSTER, old).await.status, 200);
    let gone = azure.get(&child(&CLUSTER.replace("/aks?", "/nope?"), "upgradeProfiles/default")).await;
    assert_eq!(gone.outcome(), (404, "ResourceNotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_provider_names_api_versions_and_the_newest_of_them_reads_its_resources() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let provider = azure.get("/providers/Microsoft.CognitiveServices?api-version=2022-09-01").await.body;
    let newest = provider["resourceTypes"][0]["apiVersions"][0].as_str().unwrap();
    let path = ACCOUNT.split('?').next().unwrap();
    assert_eq!(azure.get(&format!("{path}?api-version={newest}")).await.body["name"], "openai1");
}

#[tokio::test(start_paused = true)]
async fn policy_assignments_are_listed_at_a_scope_above_it_or_below_it() {
    let azure = Client::new();
    azure.group().await;
    let version = "api-version=2023-04-01";
    let policy = "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c";
    let group = "/resourceGroups/lab";
    for (scope, name) in [("", "wide"), (group, "narrow")] {
        let path = format!("{scope}/providers/Microsoft.Authorization/policyAssignments/{name}?{version}");
        let parameters = json!({"listOfAllowedLocations": {"value": ["westeurope"]}});
        let body = json!({"properties": {"policyDefinitionId": policy, "parameters": parameters}});
        assert_eq!(azure.put(&path, body).await.status, 201);
    }
    let other = format!("policyDefinitionId%20eq%20'{policy}x'");
    let same = format!("policyDefinitionId%20eq%20'{}'", policy.to_uppercase());
    for (scope, filter, found) in [
        ("", "", &["narrow", "wide"][..]),
        ("", "atScope()", &["wide"]),
        ("", "atExactScope()", &["wide"]),
        (group, "", &["narrow", "wide"]),
        (group, "atScope()", &["narrow", "wide"]),
        (group, "atExactScope()", &["narrow"]),
        (group, &same, &["narrow", "wide"]),
        (group, &other, &[]),
    ] {
        let path = format!("{scope}/providers/Microsoft.Authorization/policyAssignments?{version}&$filter={filter}");
        let list = azure.get(&path).await.body;
        let mut names = names(&list);
        names.sort_unstable();
        assert_eq!(names, found, "{scope} {filter}");
    }
}
