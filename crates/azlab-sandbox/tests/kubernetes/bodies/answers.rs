//! How a server answers: tables, discovery, tokens, YAML, and whom it lets in.

use serde_json::{Value, json};

use super::super::server::Server;
use super::{deployment, deployments};

pub async fn tables_are_for_people(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    server.post(&all, &deployment("web", "nginx:1.27")).await.ok();
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let table = server.accepting("GET", &all, "", accept, &Value::Null).await.ok();
    assert_eq!((&table["kind"], &table["apiVersion"]), (&json!("Table"), &json!("meta.k8s.io/v1")));
    let columns: Vec<&str> =
        table["columnDefinitions"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(columns, ["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"]);
    let row = &table["rows"][0];
    assert_eq!((&row["cells"][0], &row["cells"][6]), (&json!("web"), &json!("nginx:1.27")));
    assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
}

pub async fn discovery_tells_what_there_is(server: &Server) {
    let version = server.get("/version").await.ok();
    assert_eq!((&version["major"], version["gitVersion"].as_str().unwrap().starts_with("v1.")), (&json!("1"), true));
    assert_eq!(server.get("/readyz").await.text, "ok");
    let core = server.get("/api/v1").await.ok();
    let pods = core["resources"].as_array().unwrap().iter().find(|one| one["name"] == "pods").cloned().unwrap();
    assert_eq!(
        (&pods["kind"], &pods["namespaced"], &pods["shortNames"]),
        (&json!("Pod"), &json!(true), &json!(["po"]))
    );
    let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    let groups = server.accepting("GET", "/apis", "", aggregated, &Value::Null).await.ok();
    assert_eq!(groups["kind"], "APIGroupDiscoveryList");
    let apps =
        groups["items"].as_array().unwrap().iter().find(|one| one["metadata"]["name"] == "apps").cloned().unwrap();
    let resources = apps["versions"][0]["resources"].as_array().unwrap().clone();
    let deployments = resources.iter().find(|one| one["resource"] == "deployments").unwrap();
    let kind = json!({"group": "", "version": "", "kind": "Deployment"});
    assert_eq!((&deployments["responseKind"], &deployments["scope"]), (&kind, &json!("Namespaced")));
    let old = server.get("/apis").await.ok();
    assert_eq!(old["kind"], "APIGroupList");
}

pub async fn a_service_account_gets_tokens(server: &Server) {
    let namespace = server.namespace().await;
    let account = format!("/api/v1/namespaces/{namespace}/serviceaccounts/default");
    let asked = json!({"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {
        "audiences": ["api://AzureADTokenExchange"], "expirationSeconds": 3600,
    }});
    let made = server.post(&format!("{account}/token"), &asked).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.body["kind"], "TokenRequest");
    let token = made.body["status"]["token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert!(made.body["status"]["expirationTimestamp"].is_string());
    let short = json!({"spec": {"expirationSeconds": 10}});
    assert_eq!(server.post(&format!("{account}/token"), &short).await.refusal(), (422, "Invalid"));
    let missing = format!("/api/v1/namespaces/{namespace}/serviceaccounts/nobody/token");
    assert_eq!(server.post(&missing, &asked).await.refusal(), (404, "NotFound"));
}

pub async fn who_shows_no_credential_is_not_let_in(server: &Server) {
    for token in ["", "wrong"] {
        let mut request = server.stranger.get(format!("{}/api/v1/namespaces", server.url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 401);
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(
            (&body["kind"], &body["reason"], &body["message"]),
            (&json!("Status"), &json!("Unauthorized"), &json!("Unauthorized"))
        );
    }
    let may = json!({"spec": {"resourceAttributes": {"verb": "create", "group": "apps", "resource": "deployments", "namespace": "default"}}});
    let answer = server.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &may).await;
    assert_eq!((answer.status, &answer.body["status"]["allowed"]), (201, &json!(true)));
}

/// Objects and refusals in YAML, where the client says so.
pub async fn yaml_goes_in_and_comes_out(server: &Server) {
    let namespace = server.namespace().await;
    let list = format!("/api/v1/namespaces/{namespace}/configmaps");
    let yaml = "application/yaml";
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: written}\ndata:\n  # a comment\n  a: \"1\"\n";
    let made = server.text("POST", &list, yaml, text).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(made.text.contains("\nkind: ConfigMap\n") && made.text.contains("  name: written\n"), "{}", made.text);
    assert_eq!(server.get(&format!("{list}/written")).await.ok()["data"], json!({"a": "1"}));
    let read = server.text("GET", &format!("{list}/written"), yaml, "").await;
    assert!(read.status == 200 && read.text.starts_with("apiVersion: v1\n"), "{}", read.text);
    let wrong = server.text("POST", &list, yaml, "kind: [").await;
    assert_eq!(wrong.status, 400, "{}", wrong.text);
    let again = server.text("POST", &list, yaml, text).await;
    assert!(again.status == 409 && again.text.contains("reason: AlreadyExists"), "{}", again.text);
}
