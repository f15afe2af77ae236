use super::*;

#[tokio::test(start_paused = true)]
async fn a_group_is_new_once_keeps_its_region_and_replaces_its_tags() {
    let azure = Client::new();
    let start = azure.sandbox.clock().now();
    azure.group().await;
    assert_eq!(azure.sandbox.clock().since(start).as_millis(), 2_000);
    let again = azure.put(GROUP, json!({"location": "West Europe", "tags": {"a": "b"}})).await;
    assert_eq!((again.status.as_u16(), &again.body["tags"]), (200, &json!({"a": "b"})));
    let moved = azure.put(GROUP, json!({"location": "eastus"})).await;
    assert_eq!(moved.outcome(), (409, "InvalidResourceGroupLocation"));
    let bad = azure.put(GROUP, json!({"location": "BadLocation"})).await;
    assert_eq!(bad.outcome(), (400, "LocationNotAvailableForResourceGroup"));
}

#[tokio::test(start_paused = true)]
async fn an_absent_group_is_404_for_get_head_and_everything_in_it() {
    let azure = Client::new();
    for path in [GROUP, CLUSTER, IDENTITY, ACCOUNT, "/resourceGroups/lab/resources?api-version=2021-04-01"] {
        let got = azure.get(path).await;
        // Of an account, as it is recorded.
        let code = if path == ACCOUNT { "ResourceNotFound" } else { "ResourceGroupNotFound" };
        assert_eq!(got.outcome(), (404, code), "{path}");
        assert_eq!(got.header("x-ms-failure-cause"), "gateway");
    }
    let head = azure.send(Method::HEAD, GROUP, None).await;
    assert_eq!((head.status.as_u16(), &head.body), (404, &Value::Null));
    azure.group().await;
    assert_eq!(azure.send(Method::HEAD, GROUP, None).await.status, 204);
}

#[tokio::test(start_paused = true)]
async fn groups_are_found_by_tag_over_many_pages() {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.page_size = 2).unwrap();
    for name in ["a", "b", "c", "d", "e"] {
        let tags = if name == "c" { json!({}) } else { json!({"azlab-Lab": "x"}) };
        azure
            .put(&format!("/resourceGroups/{name}?api-version=2021-04-01"), json!({"location": "eastus", "tags": tags}))
            .await;
    }
    let mut names = Vec::new();
    let filter = "%24filter=tagName%20eq%20%27azlab-lab%27%20and%20tagValue%20eq%20%27x%27";
    let mut next = Some(format!("/resourcegroups?api-version=2021-04-01&{filter}"));
    while let Some(url) = next {
        let page = azure.get(&url).await;
        assert_eq!(page.status, 200);
        names.extend(page.body["value"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()));
        next = page.body["nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(names, ["a", "b", "d", "e"]);
}

#[tokio::test(start_paused = true)]
async fn deleting_an_empty_group_polls_202_then_an_empty_200_then_404() {
    let azure = Client::new();
    azure.group().await;
    let accepted = azure.delete(GROUP).await;
    assert_eq!((accepted.status.as_u16(), accepted.header("retry-after")), (202, "15"));
    let poll = accepted.header("location").to_owned();
    assert_eq!(azure.get(GROUP).await.body["properties"]["provisioningState"], "Deleting");
    let refused = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    assert_eq!(refused.outcome(), (409, "ResourceGroupBeingDeleted"));
    assert_eq!(azure.put(GROUP, json!({"location": "westeurope"})).await.code(), "ResourceGroupBeingDeleted");
    assert_eq!(azure.get(&poll).await.status, 202);
    azure.wait(17).await;
    let done = azure.get(&poll).await;
    assert_eq!((done.status.as_u16(), &done.body), (200, &Value::Null));
    assert_eq!(azure.get(GROUP).await.status, 404);
    azure.group().await;
    assert_eq!(azure.get(GROUP).await.body["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test(start_paused = true)]
async fn a_polling_url_that_was_altered_is_refused() {
    let azure = Client::new();
    azure.group().await;
    let poll = azure.delete(GROUP).await.header("location").to_owned();
    let altered = azure.get(&poll.replace("&s=", "&s=x")).await;
    assert_eq!(altered.outcome(), (403, "AuthorizationFailed"));
}

#[tokio::test(start_paused = true)]
async fn deleting_a_group_takes_all_with_it_and_soft_deletes_its_accounts() {
    let azure = Client::new();
    azure.group().await;
    azure.put(CLUSTER, cluster()).await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    azure.account().await;
    azure.wait(400).await;
    let start = azure.sandbox.clock().now();
    let poll = azure.delete(GROUP).await.header("location").to_owned();
    assert_eq!(azure.get(CLUSTER).await.body["properties"]["provisioningState"], "Deleting");
    while azure.get(&poll).await.status == 202 {
        azure.wait(1).await;
    }
    let took = azure.sandbox.clock().since(start).as_secs();
    assert!((240..=242).contains(&took), "{took}");
    let left = azure.sandbox.inventory().unwrap();
    assert!(left.resources.is_empty(), "{:?}", left.resources);
    let deleted = azure
        .get("/providers/Microsoft.CognitiveServices/locations/westeurope/resourceGroups/lab/deletedAccounts/openai1?api-version=2024-10-01")
        .await;
    assert_eq!(deleted.status, 200);
    assert!(deleted.body["properties"]["scheduledPurgeDate"].is_string());
    azure.group().await;
    assert_eq!(azure.put(ACCOUNT, account()).await.outcome(), (409, "FlagMustBeSetForRestore"));
}

#[tokio::test(start_paused = true)]
async fn links_of_a_group_with_letters_beyond_ascii_can_be_followed() {
    let azure = Client::new();
    let group = "/resourceGroups/%C3%BCbung?api-version=2021-04-01";
    assert_eq!(azure.put(group, json!({"location": "westeurope"})).await.body["name"], "übung");
    azure.sandbox.control().change_settings(|settings| settings.page_size = 1).unwrap();
    for name in ["one", "two"] {
        let identity = format!(
            "/resourceGroups/%C3%BCbung/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}?api-version=2023-01-31"
        );
        assert_eq!(azure.put(&identity, json!({"location": "westeurope"})).await.status, 201);
    }
    let first = azure.get("/resourceGroups/%C3%BCbung/resources?api-version=2021-04-01").await;
    let second = azure.get(first.body["nextLink"].as_str().unwrap()).await;
    assert_eq!(second.body["value"][0]["name"], "two");
    assert!(second.body.get("nextLink").is_none());
    let poll = azure.delete(group).await.header("location").to_owned();
    assert_eq!(azure.get(&poll).await.status, 202);
}
