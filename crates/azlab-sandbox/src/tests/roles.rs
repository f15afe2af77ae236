use super::*;

const USER: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
const GUID: &str = "11111111-2222-4333-8444-555555555555";

fn assignment(scope: &str, guid: &str) -> String {
    child(scope, &format!("providers/Microsoft.Authorization/roleAssignments/{guid}"))
        .replace("2024-10-01", "2022-04-01")
        .replace("2021-04-01", "2022-04-01")
}

fn body(principal: &str, with_type: bool) -> Value {
    let role = format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{USER}");
    let mut body = json!({"properties": {"principalId": principal, "roleDefinitionId": role}});
    if with_type {
        body["properties"]["principalType"] = "ServicePrincipal".into();
    }
    body
}

async fn lab() -> (Client, String) {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let made = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    let principal = made.body["properties"]["principalId"].as_str().unwrap().to_owned();
    (azure, principal)
}

#[tokio::test(start_paused = true)]
async fn an_assignment_is_201_every_time_and_belongs_to_one_principal() {
    let (azure, principal) = lab().await;
    for _ in 0..2 {
        assert_eq!(azure.put(&assignment(ACCOUNT, GUID), body(&principal, true)).await.status, 201);
    }
    let twin = azure.put(&assignment(ACCOUNT, &GUID.replace('1', "7")), body(&principal, true)).await;
    assert_eq!(twin.outcome(), (409, "RoleAssignmentExists"));
    let other = azure.put(&assignment(ACCOUNT, GUID), body(GUID, true)).await;
    assert_eq!(other.code(), "RoleAssignmentUpdateNotPermitted");
    let deleted = azure.delete(&assignment(ACCOUNT, GUID)).await;
    assert_eq!((deleted.status.as_u16(), &deleted.body["properties"]["principalId"]), (200, &json!(principal)));
    assert_eq!(azure.delete(&assignment(ACCOUNT, GUID)).await.status, 204);
    assert_eq!(azure.get(&assignment(ACCOUNT, GUID)).await.outcome(), (404, "RoleAssignmentNotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_young_principal_is_unknown_unless_its_type_is_sent() {
    let (azure, principal) = lab().await;
    let path = assignment(ACCOUNT, GUID);
    assert_eq!(azure.put(&path, body(&principal, false)).await.outcome(), (400, "PrincipalNotFound"));
    azure.wait(40).await;
    assert_eq!(azure.put(&path, body(&principal, false)).await.status, 201);
    azure.sandbox.control().change_settings(|settings| settings.late_principals_with_type_s = 300.0).unwrap();
    assert_eq!(azure.put(&path, body(&principal, true)).await.outcome(), (400, "PrincipalNotFound"));
}

#[tokio::test(start_paused = true)]
async fn lists_inherit_and_end_at_the_scope_when_asked() {
    let (azure, principal) = lab().await;
    azure.sandbox.control().set_data_role(false).unwrap();
    azure.put(&assignment(GROUP, GUID), body(&principal, true)).await;
    azure.put(&assignment(ACCOUNT, &GUID.replace('1', "7")), body(&principal, true)).await;
    let count = async |scope: &str, filter: &str| {
        let path = format!("{}&$filter={filter}", assignment(scope, "").replace("/?", "?"));
        let got = azure.get(&path).await;
        assert_eq!(got.status, 200, "{path}");
        got.body["value"].as_array().unwrap().len()
    };
    assert_eq!(count(ACCOUNT, "").await, 2);
    assert_eq!(count(GROUP, "").await, 2);
    assert_eq!(count(GROUP, "atScope()").await, 1);
    assert_eq!(count(ACCOUNT, &format!("principalId%20eq%20%27{principal}%27")).await, 2);
    assert_eq!(count(ACCOUNT, &format!("assignedTo(%27{GUID}%27)")).await, 0);
    azure.delete(ACCOUNT).await;
    assert_eq!(count(GROUP, "").await, 1);
}

#[tokio::test(start_paused = true)]
async fn roles_are_found_by_name_in_any_case() {
    let azure = Client::new();
    let path = "/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01&$filter=roleName%20eq%20'cognitive%20services%20openai%20USER'";
    let got = azure.get(path).await;
    assert_eq!(got.body["value"][0]["name"], USER);
    let missing =
        azure.get(&format!("/providers/Microsoft.Authorization/roleDefinitions/{GUID}?api-version=2022-04-01")).await;
    assert_eq!(missing.outcome(), (404, "RoleDefinitionDoesNotExist"));
}

#[tokio::test(start_paused = true)]
async fn a_role_has_the_id_that_assignments_have_wherever_it_is_listed() {
    let (azure, principal) = lab().await;
    let made = azure.put(&assignment(ACCOUNT, GUID), body(&principal, true)).await;
    for scope in [ACCOUNT, GROUP] {
        let list = assignment(scope, "").replace("roleAssignments/", "roleDefinitions");
        let listed = azure.get(&list).await;
        let ids: Vec<&Value> = listed.body["value"].as_array().unwrap().iter().map(|role| &role["id"]).collect();
        assert!(ids.contains(&&made.body["properties"]["roleDefinitionId"]), "{ids:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_principal_is_unknown_when_its_identity_has_gone_alone_or_with_its_group() {
    for path in [IDENTITY, GROUP] {
        let azure = Client::new();
        azure.group().await;
        let made = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
        let principal = made.body["properties"]["principalId"].as_str().unwrap().to_owned();
        let other = GROUP.replace("lab", "other");
        azure.put(&other, json!({"location": "westeurope"})).await;
        azure.wait(60).await;
        assert_eq!(azure.put(&assignment(&other, GUID), body(&principal, false)).await.status, 201);
        azure.delete(&assignment(&other, GUID)).await;
        assert!(azure.delete(path).await.status.is_success());
        azure.wait(600).await;
        let dead = azure.put(&assignment(&other, GUID), body(&principal, false)).await;
        assert_eq!(dead.outcome(), (400, "PrincipalNotFound"), "after DELETE {path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_condition_sees_the_role_whatever_the_casing_of_the_body() {
    const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    let azure = Client::new();
    azure.group().await;
    let made = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    azure.wait(60).await;
    let condition = format!(
        "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/write'}})) OR (@Request[Microsoft.Authorization/roleAssignments:\
         RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{READER}}}))"
    );
    let role = |role: &str, condition: Option<String>| crate::GrantedRole { role: role.into(), group: None, condition };
    let roles = vec![role("Contributor", None), role("Role Based Access Control Administrator", Some(condition))];
    azure.sandbox.control().change_settings(|settings| settings.roles = roles).unwrap();
    for (id, status) in [(READER, 201), ("5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", 403)] {
        let body = json!({"PROPERTIES": {
            "RoleDefinitionId": format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{id}"),
            "PRINCIPALID": made.body["properties"]["principalId"],
            "principaltype": "ServicePrincipal",
        }});
        let path = format!(
            "/resourceGroups/lab/providers/Microsoft.Authorization/roleAssignments/{id}?api-version=2022-04-01"
        );
        let got = azure.put(&path, body).await;
        assert_eq!(got.status, status, "{id}: {}", got.body);
    }
}
