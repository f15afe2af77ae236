//! Microsoft Graph, as `az role assignment` and `az ad` call it.

use super::*;
use crate::services::signin::DEFAULT_OBJECT_ID;

const GRAPH: &str = "https://localhost:8443/graph";

async fn graph(azure: &Client, path: &str) -> Got {
    azure.served(Method::GET, &format!("/graph/v1.0/{path}"), GRAPH, "").await
}

/// `?$filter=` as az encodes it.
fn filtered(collection: &str, filter: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("$filter", filter).finish();
    format!("{collection}?{query}")
}

/// An identity that the directory has heard of: its client id and its principal id.
async fn identity(azure: &Client) -> (String, String) {
    azure.group().await;
    let made = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    azure.wait(41).await;
    let id = |name: &str| made.body["properties"][name].as_str().unwrap().to_owned();
    (id("clientId"), id("principalId"))
}

#[tokio::test(start_paused = true)]
async fn an_assignee_is_found_by_each_of_its_ids() {
    let azure = Client::new();
    let (client, principal) = identity(&azure).await;
    for filter in [
        format!("servicePrincipalNames/any(c:c eq '{client}')"),
        format!("appId eq '{}'", client.to_uppercase()),
        format!("displayName eq 'ident' and id eq '{principal}'"),
        "startswith(displayName,'IDE')".to_owned(),
    ] {
        let found = graph(&azure, &filtered("servicePrincipals", &filter)).await;
        let value = found.body["value"].as_array().unwrap();
        assert_eq!(value.len(), 1, "{filter}: {}", found.body);
        assert_eq!((&value[0]["id"], &value[0]["appId"]), (&json!(principal), &json!(client)), "{filter}");
        assert_eq!(value[0]["servicePrincipalType"], "ManagedIdentity");
        // az shows this one as the principal's name.
        assert_eq!(value[0]["servicePrincipalNames"][0], client);
    }
    for path in [format!("servicePrincipals/{principal}"), format!("servicePrincipals(appId='{client}')")] {
        assert_eq!(graph(&azure, &path).await.body["displayName"], "ident", "{path}");
    }
    let nobody = "00000000-1111-2222-3333-444444444444";
    let unknown = filtered("servicePrincipals", &format!("servicePrincipalNames/any(c:c eq '{nobody}')"));
    assert_eq!(graph(&azure, &unknown).await.body["value"], json!([]));
    let missing = graph(&azure, &format!("servicePrincipals/{nobody}")).await;
    assert_eq!(missing.outcome(), (404, "Request_ResourceNotFound"));
    assert!(missing.body["error"]["innerError"]["request-id"].is_string());
}

#[tokio::test(start_paused = true)]
async fn ids_are_resolved_with_their_types_and_unknown_ones_left_out() {
    let azure = Client::new();
    let (_, principal) = identity(&azure).await;
    let asked = |ids: Value, types: Value| {
        let body = json!({"ids": ids, "types": types}).to_string();
        azure.served(Method::POST, "/graph/v1.0/directoryObjects/getByIds", GRAPH, body)
    };
    let own = DEFAULT_OBJECT_ID.to_string();
    let types = json!(["user", "group", "servicePrincipal", "directoryObjectPartnerReference"]);
    let found = asked(json!([principal, own, "00000000-1111-2222-3333-444444444444"]), types).await;
    let ids: Vec<&Value> = found.body["value"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, [&json!(principal), &json!(own)]);
    assert_eq!(found.body["value"][0]["@odata.type"], "#microsoft.graph.servicePrincipal");
    assert_eq!(asked(json!([own]), json!(["user"])).await.body["value"], json!([]));
    assert_eq!(asked(json!(["x"]), json!([])).await.outcome(), (400, "Request_BadRequest"));
    let many: Vec<&str> = std::iter::repeat_n(own.as_str(), 1001).collect();
    assert_eq!(asked(json!(many), json!([])).await.outcome(), (400, "Request_BadRequest"));
}

#[tokio::test(start_paused = true)]
async fn a_new_identity_shows_late_and_a_deleted_one_no_more() {
    let azure = Client::new();
    azure.group().await;
    let made = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    let path = format!("servicePrincipals/{}", made.body["properties"]["principalId"].as_str().unwrap());
    assert_eq!(graph(&azure, &path).await.status, 404);
    azure.wait(40).await;
    assert_eq!(graph(&azure, &path).await.status, 200);
    azure.delete(IDENTITY).await;
    assert_eq!(graph(&azure, &path).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn an_application_is_nobody() {
    let azure = Client::new();
    assert_eq!(graph(&azure, "users").await.body["value"], json!([]), "a list does not show whom nobody named");
    assert_eq!(graph(&azure, &filtered("groups", "displayName eq 'all'")).await.body["value"], json!([]));
    assert_eq!(graph(&azure, "users/ben").await.outcome(), (404, "Request_ResourceNotFound"));
    let me = graph(&azure, "me").await;
    assert_eq!(me.outcome(), (400, "BadRequest"));
    assert_eq!(me.body["error"]["message"], "/me request is only valid with delegated authentication flow.");
}

#[tokio::test(start_paused = true)]
async fn only_tokens_for_graph_are_taken() {
    let azure = Client::new();
    let list = "/graph/v1.0/servicePrincipals";
    for audience in [GRAPH, "https://localhost:8443/graph/", "https://graph.microsoft.com/"] {
        assert_eq!(azure.served(Method::GET, list, audience, "").await.status, 200, "{audience}");
    }
    for (audience, message) in [
        ("", "Access token is empty."),
        ("https://management.azure.com", "Access token validation failure. Invalid audience."),
        ("https://localhost:8443", "Access token validation failure. Invalid audience."),
    ] {
        let refused = azure.served(Method::GET, list, audience, "").await;
        assert_eq!(refused.outcome(), (401, "InvalidAuthenticationToken"), "{audience}");
        assert_eq!(refused.body["error"]["message"], message);
        assert!(refused.header("www-authenticate").starts_with("Bearer realm=\"\", authorization_uri="));
    }
    let token = azure.bearer_for(DEFAULT_CLIENT_ID, GRAPH);
    azure.wait(3600).await;
    let request = http::Request::get(list).header("host", "localhost:8443").header("authorization", token);
    let expired = azure.served_raw(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(expired.body["error"]["message"], "Lifetime validation failed, the token is expired.");
    // Resource Manager, the other way round.
    let arm = format!("/subscriptions/{SUBSCRIPTION_ID}?api-version=2021-04-01");
    assert_eq!(azure.served(Method::GET, &arm, GRAPH, "").await.outcome(), (401, "InvalidAuthenticationTokenAudience"));
}

#[tokio::test(start_paused = true)]
async fn long_lists_are_paged_with_the_filter_kept() {
    let azure = Client::new();
    azure.group().await;
    for number in 0..3 {
        azure.put(&IDENTITY.replace("ident?", &format!("ident{number}?")), json!({"location": "westeurope"})).await;
    }
    azure.wait(41).await;
    let (mut path, mut names) =
        (filtered("servicePrincipals", "startswith(displayName,'ident')") + "&$top=2", Vec::new());
    for _ in 0..2 {
        let page = graph(&azure, &path).await;
        let value = page.body["value"].as_array().unwrap().iter();
        names.extend(value.map(|one| one["displayName"].as_str().unwrap().to_owned()));
        let Some(next) = page.body["@odata.nextLink"].as_str() else { break };
        path = next.strip_prefix("https://localhost:8443/graph/v1.0/").unwrap().to_owned();
    }
    assert_eq!(names, ["ident0", "ident1", "ident2"]);
}

#[tokio::test(start_paused = true)]
async fn what_graph_does_not_have_is_said_so() {
    let azure = Client::new();
    for (method, path, status, code) in [
        (Method::GET, "v1.0/teapots", 400, "BadRequest"),
        (Method::GET, "v1.0/domains", 501, "notImplemented"),
        (Method::GET, "v1.0/users/ada@contoso.com/manager", 501, "notImplemented"),
        (Method::GET, "v1.0/users/ada@contoso.com/teapots", 400, "BadRequest"),
        (Method::GET, "v1.0/servicePrincipals/x/appRoleAssignments", 501, "notImplemented"),
        (Method::GET, "v1.0/servicePrincipals/x/teapots", 400, "BadRequest"),
        (Method::DELETE, "v1.0/users/ada@contoso.com", 501, "notImplemented"),
        (Method::GET, "v9/users", 400, "BadRequest"),
        (Method::POST, "v1.0/servicePrincipals", 501, "notImplemented"),
        (Method::GET, "v1.0/servicePrincipals?$filter=nonsense", 400, "BadRequest"),
        (Method::GET, "v1.0/servicePrincipals?$filter=colour%20eq%20'red'", 400, "Request_UnsupportedQuery"),
        (Method::GET, "v1.0/servicePrincipals?$top=0", 400, "BadRequest"),
        (Method::GET, "v1.0/%ff", 400, "BadRequest"),
        (Method::POST, "v1.0/directoryObjects/getByIds", 400, "BadRequest"),
    ] {
        let got = azure.served(method, &format!("/graph/{path}"), GRAPH, "{").await;
        assert_eq!(got.outcome(), (status, code), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_identity_has_no_permission_to_read_the_directory() {
    let azure = Client::new();
    let (client, _) = identity(&azure).await;
    let query = format!("api-version=2019-08-01&resource=https%3A%2F%2Fgraph.microsoft.com&client_id={client}");
    let request = http::Request::get(format!("/msi/token?{query}"))
        .header("host", "localhost:8443")
        .header("x-identity-header", azure.sandbox.identity_header().as_str());
    let token = azure.served_raw(request.body(axum::body::Body::empty()).unwrap()).await;
    let bearer = format!("Bearer {}", token.body["access_token"].as_str().unwrap());
    let request = http::Request::get("/graph/v1.0/servicePrincipals").header("host", "localhost:8443");
    let request = request.header("authorization", bearer).body(axum::body::Body::empty()).unwrap();
    assert_eq!(azure.served_raw(request).await.outcome(), (403, "Authorization_RequestDenied"));
}
