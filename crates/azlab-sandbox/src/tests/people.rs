//! Users, guests and groups: what Graph shows of them, how they sign in, and what they may do.

use super::*;
use crate::scenario::Scenario;

const GRAPH: &str = "https://localhost:8443/graph";
const PEOPLE: &str = "about = 'a class'\n\
    [[settings.directory.users]]\naddress = 'ada@contoso.com'\nname = 'Ada Lovelace'\n\
    [[settings.directory.users]]\naddress = 'grace@navy.mil'\nguest = true\nother_addresses = ['amazing@navy.mil']\n\
    [[settings.directory.groups]]\nname = 'table 3'\naddress = 'table3@contoso.com'\nmembers = ['grace@navy.mil']\n";
const AZ: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const GUEST: &str = "grace_navy.mil#EXT#@azlabsandbox.onmicrosoft.com";

fn with_people() -> Client {
    let azure = Client::new();
    azure.sandbox.play(&Scenario::parse("people", PEOPLE).unwrap()).unwrap();
    azure
}

async fn filtered(azure: &Client, collection: &str, filter: &str) -> Got {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("$filter", filter).finish();
    azure.served(Method::GET, &format!("/graph/v1.0/{collection}?{query}"), GRAPH, "").await
}

fn ids(got: &Got) -> Vec<&str> {
    got.body["value"]
        .as_array()
        .unwrap_or_else(|| panic!("{}", got.body))
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect()
}

/// The object ids of Ada, Grace and the group.
async fn all(azure: &Client) -> [String; 3] {
    let one = async |collection: &str, filter: &str| {
        let found = filtered(azure, collection, filter).await;
        assert_eq!(ids(&found).len(), 1, "{filter}: {}", found.body);
        ids(&found)[0].to_owned()
    };
    [
        one("users", "userPrincipalName eq 'ADA@contoso.com'").await,
        one("users", "mail in ('grace@navy.mil','x@y.z')").await,
        one("groups", "mail eq 'table3@contoso.com'").await,
    ]
}

#[tokio::test(start_paused = true)]
async fn users_guests_and_groups_are_found_by_what_people_know_of_them() {
    let azure = with_people();
    let [ada, grace, table] = all(&azure).await;
    for (collection, filter, found) in [
        ("users", format!("userPrincipalName eq '{GUEST}'"), &grace),
        ("users", "otherMails/any(a:a eq 'amazing@navy.mil')".into(), &grace),
        ("users", "proxyAddresses/any(a:a eq 'smtp:amazing@navy.mil')".into(), &grace),
        ("users", "startswith(displayName,'ada l') or startswith(mail,'ada')".into(), &ada),
        ("groups", "displayName eq 'Table 3'".into(), &table),
    ] {
        assert_eq!(ids(&filtered(&azure, collection, &filter).await), [found], "{filter}");
    }
    let got = async |path: &str| azure.served(Method::GET, &format!("/graph/v1.0/{path}"), GRAPH, "").await;
    assert_eq!(got(&format!("users/{ada}")).await.body["userType"], "Member");
    assert_eq!(got("users/ada@contoso.com").await.body["id"], json!(ada));
    assert_eq!(got(&format!("users/{grace}")).await.body["userType"], "Guest");
    assert_eq!(ids(&got(&format!("groups/{table}/members")).await), [&grace]);
    assert_eq!(ids(&got(&format!("users/{grace}/memberOf")).await), [&table]);
    assert_eq!(got("users/nobody@contoso.com").await.outcome(), (404, "Request_ResourceNotFound"));
    assert_eq!(ids(&filtered(&azure, "users", "mail eq 'nobody@contoso.com'").await), [""; 0]);
    let body = json!({"ids": [ada, table], "types": ["user", "group"]}).to_string();
    let found = azure.served(Method::POST, "/graph/v1.0/directoryObjects/getByIds", GRAPH, body).await;
    let types: Vec<&Value> = found.body["value"].as_array().unwrap().iter().map(|one| &one["@odata.type"]).collect();
    assert_eq!(types, ["#microsoft.graph.user", "#microsoft.graph.group"]);
}

#[tokio::test(start_paused = true)]
async fn where_no_scenario_names_people_every_address_is_somebodys() {
    let azure = Client::new();
    let found =
        filtered(&azure, "users", "userPrincipalName in ('a@x.org','b@x.org') or mail in ('a@x.org','b@x.org')").await;
    assert_eq!(ids(&found).len(), 2, "{}", found.body);
    assert_eq!(ids(&filtered(&azure, "users", "mail eq 'a@x.org'").await), [ids(&found)[0]], "the same id each time");
    assert_eq!(ids(&filtered(&azure, "users", "mail eq 'no address'").await), [""; 0]);
    let hidden = "about = 'h'\n[settings.directory]\nreadable = false\n";
    azure.sandbox.play(&Scenario::parse("hidden", hidden).unwrap()).unwrap();
    let refused = filtered(&azure, "users", "mail eq 'a@x.org'").await;
    assert_eq!(refused.outcome(), (403, "Authorization_RequestDenied"));
}

async fn sign_in(azure: &Client, fields: &[(&str, &str)]) -> Got {
    let tenant = azure.sandbox.directory().tenant();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("client_id", AZ)
        .append_pair("scope", "openid offline_access https://management.azure.com/.default");
    form.extend_pairs(fields);
    azure.served(Method::POST, &format!("/{tenant}/oauth2/v2.0/token"), "", form.finish()).await
}

/// What a user is answered.
async fn as_user(azure: &Client, token: &str, method: Method, path: &str, body: Value) -> Got {
    let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{path}");
    let request = http::Request::builder().method(method).uri(url).header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/json").body(Bytes::from(body.to_string())).unwrap();
    got(azure.sandbox.handle(request).await)
}

#[tokio::test(start_paused = true)]
async fn a_user_signs_in_with_a_password_and_may_do_what_assignments_say_and_those_of_their_groups() {
    let azure = with_people();
    azure.group().await;
    let [ada, _, table] = all(&azure).await;
    let secret = azure.sandbox.directory().default_application().secret().to_owned();
    let password = |user: &'static str| [("grant_type", "password"), ("username", user), ("password", secret.as_str())];
    let wrong = [("grant_type", "password"), ("username", "ada@contoso.com"), ("password", "guess")];
    assert_eq!(sign_in(&azure, &wrong).await.body["error_codes"], json!([50126]));
    assert_eq!(sign_in(&azure, &password("nobody@contoso.com")).await.body["error_codes"], json!([50034]));
    let signed_in = sign_in(&azure, &password("ada@contoso.com")).await.body;
    let refreshed = [("grant_type", "refresh_token"), ("refresh_token", signed_in["refresh_token"].as_str().unwrap())];
    let token = sign_in(&azure, &refreshed).await.body["access_token"].as_str().unwrap().to_owned();
    let access = signed_in["access_token"].as_str().unwrap();
    let misused = [("grant_type", "refresh_token"), ("refresh_token", access)];
    assert_eq!(
        sign_in(&azure, &misused).await.body["error_codes"],
        json!([70043]),
        "a token for Azure is no refresh token"
    );

    let refused = as_user(&azure, &token, Method::GET, GROUP, json!(null)).await;
    assert_eq!(refused.outcome(), (403, "AuthorizationFailed"));
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!("The client 'ada@contoso.com' with object id '{ada}' does not have")),
        "{message}"
    );
    let assign = async |name: &str, principal: &str, role: &str| {
        let role = format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{role}");
        let path = format!(
            "/resourceGroups/lab/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
        );
        azure.put(&path, json!({"properties": {"roleDefinitionId": role, "principalId": principal}})).await
    };
    let contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";
    let given = assign("11111111-0000-0000-0000-000000000001", &ada, contributor).await;
    assert_eq!((given.status.as_u16(), &given.body["properties"]["principalType"]), (201, &json!("User")));
    assert_eq!(as_user(&azure, &token, Method::GET, GROUP, json!(null)).await.status, 200);
    assert_eq!(as_user(&azure, &token, Method::PUT, IDENTITY, json!({"location": "westeurope"})).await.status, 201);

    // Lists of the subscription show what she may read.
    let other = GROUP.replace("/lab", "/other");
    assert_eq!(azure.put(&other, json!({"location": "westeurope"})).await.status, 201);
    let names =
        |got: &Got| got.body["value"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect::<Vec<_>>();
    let groups = as_user(&azure, &token, Method::GET, "/resourcegroups?api-version=2021-04-01", json!(null)).await;
    assert_eq!(names(&groups), ["lab"], "{}", groups.body);
    let resources = as_user(&azure, &token, Method::GET, "/resources?api-version=2021-04-01", json!(null)).await;
    assert_eq!(names(&resources), ["ident"], "{}", resources.body);
    let clusters = "/providers/Microsoft.ContainerService/managedClusters?api-version=2025-08-01";
    assert_eq!(as_user(&azure, &token, Method::GET, clusters, json!(null)).await.status, 403);

    let grace = sign_in(&azure, &password(GUEST)).await.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(as_user(&azure, &grace, Method::GET, GROUP, json!(null)).await.status, 403);
    let given = assign("11111111-0000-0000-0000-000000000002", &table, "acdd72a7-3385-48ef-bd42-f606fba81ae7").await;
    assert_eq!(given.body["properties"]["principalType"], "Group");
    assert_eq!(as_user(&azure, &grace, Method::GET, GROUP, json!(null)).await.status, 200);
    let refused = as_user(&azure, &grace, Method::PUT, IDENTITY, json!({"location": "westeurope"})).await;
    assert_eq!(refused.outcome(), (403, "AuthorizationFailed"), "the group is a reader");
}
