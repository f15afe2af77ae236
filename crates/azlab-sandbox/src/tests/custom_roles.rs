//! Roles of the subscription's own: they are assigned, and judged, as Azure's are.

use super::*;

const ROLE: &str = "0c0ffee0-0000-4000-8000-000000000001";
const ASSIGNMENT: &str = "0c0ffee0-0000-4000-8000-000000000002";

fn role() -> String {
    format!("/providers/Microsoft.Authorization/roleDefinitions/{ROLE}?api-version=2022-04-01")
}

fn definition(actions: &[&str], data_actions: &[&str], scope: &str) -> Value {
    json!({"properties": {
        "roleName": "Lab Helper",
        "type": "CustomRole",
        "description": "Helps",
        "assignableScopes": [format!("/subscriptions/{SUBSCRIPTION_ID}{scope}")],
        "permissions": [{"actions": actions, "notActions": [], "dataActions": data_actions, "notDataActions": []}],
    }})
}

/// Gives the role to an identity at a scope, and says how that was answered.
async fn assign(azure: &Client, principal: &str, scope: &str) -> Got {
    let id = format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}");
    let body =
        json!({"properties": {"roleDefinitionId": id, "principalId": principal, "principalType": "ServicePrincipal"}});
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{ASSIGNMENT}?api-version=2022-04-01");
    azure.put(&path, body).await
}

#[tokio::test(start_paused = true)]
async fn a_custom_role_lets_its_principal_do_what_it_names_and_nothing_else() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    azure.put(&child(ACCOUNT, "deployments/chat"), deployment("gpt-35-turbo", "0125", json!(1))).await;
    let made = azure.put(IDENTITY, json!({"location": "westeurope"})).await.body;
    let (principal, client) = (&made["properties"]["principalId"], &made["properties"]["clientId"]);
    let actions = ["Microsoft.CognitiveServices/accounts/read", "Microsoft.CognitiveServices/accounts/listKeys/action"];
    let data = ["Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action"];
    assert_eq!(azure.put(&role(), definition(&actions, &data, "")).await.status, 201);
    assert_eq!(assign(&azure, principal.as_str().unwrap(), "/resourceGroups/lab").await.status, 201);
    let token = |audience: &str| {
        let id = |text: &Value| uuid::Uuid::try_parse(text.as_str().unwrap()).unwrap();
        let tenant = uuid::Uuid::try_parse(crate::ids::TENANT_ID).unwrap();
        let subject =
            crate::services::signin::signer::Principal { tenant, client_id: id(client), object_id: id(principal) };
        let now = azure.sandbox.clock().now();
        let token = azure.sandbox.signer().issue(&subject, audience, now, time::Duration::HOUR).unwrap();
        format!("Bearer {}", token.as_str())
    };
    let send = async |method: Method, path: &str| {
        let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{path}");
        let request = http::Request::builder()
            .method(method)
            .uri(url)
            .header("authorization", token("https://management.azure.com"));
        got(azure.sandbox.handle(request.body(Bytes::new()).unwrap()).await).status.as_u16()
    };
    assert_eq!(send(Method::GET, ACCOUNT).await, 200);
    assert_eq!(send(Method::POST, &child(ACCOUNT, "listKeys")).await, 200);
    assert_eq!(send(Method::DELETE, ACCOUNT).await, 403);
    let chat = http::Request::post(
        "https://openai1.openai.azure.com/openai/deployments/chat/chat/completions?api-version=2024-10-21",
    )
    .header("authorization", token("https://cognitiveservices.azure.com"))
    .header("content-type", "application/json")
    .body(Bytes::from(json!({"messages": [{"role": "user", "content": "Hello"}]}).to_string()));
    assert_eq!(azure.sandbox.handle(chat.unwrap()).await.status(), 200);
    // A change holds at once.
    let mut less = definition(&actions[..1], &[], "");
    less["properties"]["permissions"][0]["notActions"] = json!(["Microsoft.CognitiveServices/accounts/listKeys/*"]);
    assert_eq!(azure.put(&role(), less).await.status, 201);
    assert_eq!(send(Method::POST, &child(ACCOUNT, "listKeys")).await, 403);
}

#[tokio::test(start_paused = true)]
async fn a_custom_role_is_listed_is_assigned_where_it_says_and_goes_when_nobody_has_it() {
    let azure = Client::new();
    azure.group().await;
    azure.put("/resourceGroups/other?api-version=2021-04-01", json!({"location": "westeurope"})).await;
    let principal =
        azure.put(IDENTITY, json!({"location": "westeurope"})).await.body["properties"]["principalId"].take();
    let principal = principal.as_str().unwrap();
    let read = ["*/read"];
    assert_eq!(azure.put(&role(), definition(&read, &[], "/resourceGroups/lab")).await.status, 201);
    let list = async |scope: &str, filter: &str| {
        let path = format!(
            "{scope}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01&$filter={filter}"
        );
        azure.get(&path).await.body["value"].as_array().unwrap().len()
    };
    assert_eq!(list("/resourceGroups/lab", "roleName%20eq%20'lab%20helper'").await, 1);
    assert_eq!(list("/resourceGroups/other", "type%20eq%20'CustomRole'").await, 0);
    assert!(list("", "type%20eq%20'BuiltInRole'").await > 5);
    let elsewhere = assign(&azure, principal, "/resourceGroups/other").await;
    assert_eq!(elsewhere.outcome(), (400, "RoleAssignmentScopeNotAssignableToRoleDefinition"));
    assert_eq!(assign(&azure, principal, "/resourceGroups/lab").await.status, 201);
    assert_eq!(azure.delete(&role()).await.outcome(), (400, "RoleDefinitionHasAssignments"));
    azure
        .delete(&format!(
            "/resourceGroups/lab/providers/Microsoft.Authorization/roleAssignments/{ASSIGNMENT}?api-version=2022-04-01"
        ))
        .await;
    let deleted = azure.delete(&role()).await;
    assert_eq!((deleted.status.as_u16(), &deleted.body["properties"]["roleName"]), (200, &json!("Lab Helper")));
    assert_eq!(azure.delete(&role()).await.status, 204);
    assert_eq!(azure.get(&role()).await.outcome(), (404, "RoleDefinitionDoesNotExist"));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_azure_would_not_take_is_refused() {
    let azure = Client::new();
    let good = definition(&["*/read"], &[], "");
    let with = |path: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(&format!("/properties/{path}")).unwrap() = value;
        body
    };
    for (body, code) in [
        (with("roleName", "Reader".into()), "RoleDefinitionWithSameNameExists"),
        (with("roleName", " ".into()), "RoleDefinitionNameNullOrEmpty"),
        (with("type", "BuiltInRole".into()), "InvalidRoleDefinitionType"),
        (with("permissions", json!([])), "RoleDefinitionPermissionsNullOrEmpty"),
        (with("permissions/0/actions", json!(["Nobody.Here/things/read"])), "InvalidActionOrNotAction"),
        (with("assignableScopes", json!([])), "InvalidAssignableScopes"),
        (
            with("assignableScopes", json!(["/subscriptions/00000000-0000-0000-0000-000000000000"])),
            "InvalidAssignableScopes",
        ),
        (with("permissions", json!("all")), "InvalidRequestContent"),
    ] {
        assert_eq!(azure.put(&role(), body).await.code(), code);
    }
    assert_eq!(azure.put(&role().replace(ROLE, "mine"), good.clone()).await.code(), "InvalidRoleDefinitionId");
    let reader = role().replace(ROLE, "acdd72a7-3385-48ef-bd42-f606fba81ae7");
    assert_eq!(azure.put(&reader, good.clone()).await.code(), "BuiltInRoleDefinitionCannotBeModified");
    assert_eq!(azure.put(&role(), good.clone()).await.status, 201);
    let second = role().replace("01?", "09?");
    assert_eq!(azure.put(&second, good).await.outcome(), (409, "RoleDefinitionWithSameNameExists"));
}
