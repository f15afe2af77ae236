//! Azure Resource Graph: what a query finds, and what is none.

use super::*;

impl Client {
    async fn query(&self, query: &str) -> Got {
        let url = "https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";
        let question = json!({"subscriptions": [SUBSCRIPTION_ID], "query": query});
        self.send(Method::POST, url, Some(question)).await
    }
}

#[tokio::test(start_paused = true)]
async fn resource_graph_tells_what_its_caller_may_read() {
    let azure = Client::new();
    azure.group().await;
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201);
    azure.wait(400).await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    let found = azure.query("resources | where type =~ 'Microsoft.ContainerService/managedClusters' | project name, state = properties.provisioningState").await;
    assert_eq!(found.body["data"], json!([{"name": "aks", "state": "Succeeded"}]), "{}", found.body);
    let groups = azure.query("resourcecontainers | where type == 'microsoft.resources/subscriptions/resourcegroups' | order by name asc | project name").await;
    assert_eq!(groups.body["totalRecords"], 2, "{}", groups.body);
    let assignments =
        azure.query("authorizationresources | where type =~ 'microsoft.authorization/roleassignments' | count").await;
    assert!(assignments.body["data"][0]["Count"].as_u64().unwrap() >= 1);
    let roles = "authorizationresources | where type == 'microsoft.authorization/roledefinitions'";
    let owner =
        azure.query(&format!("{roles} and properties.roleName == 'Owner' | project id, kind = properties.type")).await;
    let id = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    assert_eq!(owner.body["data"], json!([{"id": id, "kind": "BuiltInRole"}]), "{}", owner.body);
    let own = "/providers/Microsoft.Authorization/roleDefinitions/7b7a1a1e-0000-4000-8000-000000000002?api-version=2022-04-01";
    let scopes = [format!("/subscriptions/{SUBSCRIPTION_ID}")];
    let mine = json!({"properties": {"roleName": "Mine", "assignableScopes": scopes, "permissions": [{"actions": ["*/read"]}]}});
    assert_eq!(azure.put(own, mine).await.status, 201);
    let mine = azure.query(&format!("{roles} and properties.type == 'CustomRole' | project name")).await;
    assert_eq!(mine.body["data"], json!([{"name": "7b7a1a1e-0000-4000-8000-000000000002"}]), "{}", mine.body);
    let wrong = azure.query("resources | where name ==").await;
    assert_eq!(
        (wrong.outcome(), &wrong.body["error"]["details"][0]["code"]),
        ((400, "BadRequest"), &json!("InvalidQuery"))
    );
    let unknown = azure.query("securityresources | take 1").await;
    assert_eq!(unknown.outcome(), (501, "NotImplemented"));
    azure.sandbox.control().change_settings(|settings| settings.roles.clear()).unwrap();
    let nothing = azure.query("resources").await;
    assert_eq!((nothing.status.as_u16(), &nothing.body["data"]), (200, &json!([])));
}

#[tokio::test(start_paused = true)]
async fn a_query_that_begins_in_any_script_is_refused_as_none() {
    let azure = Client::new();
    // Letters of three bytes: some keywords have fewer bytes than two of them, some more, and some end within one.
    for query in ["\u{0ba3}\u{3099}", "\u{0ba3}", "resources | \u{0ba3}\u{3099}", "project-\u{3099}", "!i\u{3099}"] {
        let answer = azure.query(query).await;
        assert_eq!(answer.outcome(), (400, "BadRequest"), "{query}");
    }
}
