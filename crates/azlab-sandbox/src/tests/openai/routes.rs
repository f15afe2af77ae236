//! Paths, versions and who may use them.

use super::*;
use crate::services::openai::coverage::{ROWS, Served};

const ROOT: &str = "https://openai1.openai.azure.com/openai";

fn v1(path: &str) -> String {
    format!("{ROOT}/v1/{path}")
}

#[tokio::test(start_paused = true)]
async fn the_v1_routes_take_the_deployment_from_the_body_and_need_no_version() {
    let client = client(10).await;
    let mut body = question();
    body["model"] = "chat".into();
    for url in
        [v1("chat/completions"), v1("chat/completions?api-version=preview"), v1("chat/completions?api-version=v1")]
    {
        let got = client.ask(&url, body.clone()).await;
        assert_eq!((got.status.as_u16(), &got.body["model"]), (200, &"gpt-35-turbo-0125".into()), "{}", got.body);
    }
    let dated = client.ask(&v1("chat/completions?api-version=2024-10-21"), body.clone()).await;
    assert_eq!(dated.outcome(), (400, "BadRequest"));
    assert_eq!(dated.body["error"]["message"], "API version not supported");
    body["model"] = "gone".into();
    assert_eq!(client.ask(&v1("chat/completions"), body).await.outcome(), (404, "DeploymentNotFound"));
    let nameless = client.ask(&v1("chat/completions"), question()).await;
    assert_eq!(
        (nameless.status, &nameless.body["error"]["message"]),
        (StatusCode::BAD_REQUEST, &"you must provide a model parameter".into())
    );
}

#[tokio::test(start_paused = true)]
async fn versions_that_have_never_been_are_not_found() {
    let client = client(10).await;
    for (version, status) in [
        ("2024-10-21", 200),
        ("2024-12-01-preview", 200),
        ("2023-05-15", 200),
        ("2024-10-22", 404),
        ("2024-10-21-preview", 404),
        ("2021-13-45", 404),
        ("v1", 404),
    ] {
        let got = client.ask(&URL.replace("2024-10-21", version), question()).await;
        assert_eq!(got.status, status, "{version}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_taken_as_a_bearer_token_on_v1_alone() {
    let client = client(10).await;
    let keys = client.send(Method::POST, &child(ACCOUNT, "listKeys"), None).await.body;
    let bearer = format!("Bearer {}", keys["key2"].as_str().unwrap());
    let mut body = question();
    body["model"] = "chat".into();
    let body = body.to_string();
    assert_eq!(client.ask_with(&v1("chat/completions"), ("authorization", &bearer), &body).await.status, 200);
    let wrong = client.ask_with(&v1("chat/completions"), ("authorization", "Bearer sk-wrong"), &body).await;
    assert_eq!(wrong.outcome(), (401, "401"));
    assert_eq!(client.ask_with(URL, ("authorization", &bearer), &body).await.outcome(), (401, "401"));
}

#[tokio::test(start_paused = true)]
async fn v1_takes_tokens_for_its_own_audience_too() {
    let client = client(10).await;
    let token = client.token("https://ai.azure.com", SIGNED_IN_OBJECT_ID);
    let mut body = question();
    body["model"] = "chat".into();
    assert_eq!(
        client.ask_with(&v1("chat/completions"), ("authorization", &token), &body.to_string()).await.status,
        200
    );
    assert_eq!(client.ask_with(URL, ("authorization", &token), &body.to_string()).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn each_operation_asks_for_its_own_action_and_says_which() {
    let client = client(10).await;
    let nobody = "10000000-0000-4000-8000-000000000009";
    let token = client.token(AUDIENCE, nobody);
    for (url, action, operation) in [
        (
            URL.to_owned(),
            "deployments/chat/completions/action",
            "POST /openai/deployments/{deployment-id}/chat/completions",
        ),
        (v1("responses"), "responses/write", "POST /openai/v1/responses"),
        (v1("embeddings"), "deployments/embeddings/action", "POST /openai/v1/embeddings"),
    ] {
        let got = client.ask_with(&url, ("authorization", &token), "{}").await;
        assert_eq!(got.outcome(), (401, "PermissionDenied"));
        let message = got.body["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("accounts/OpenAI/{action}`")) && message.contains(operation), "{message}");
    }
    client.grant(nobody, "/resourceGroups/lab", OPENAI_USER).await;
    for (url, body) in [
        (v1("responses"), json!({"model": "chat", "input": "x"})),
        (v1("embeddings"), json!({"model": "embeddings", "input": "x"})),
    ] {
        let got = client.ask_with(&url, ("authorization", &token), &body.to_string()).await;
        assert_ne!(got.code(), "PermissionDenied", "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn models_are_those_of_the_region_and_deployments_are_listed_by_the_oldest_versions_alone() {
    let client = client(10).await;
    let bearer = client.token(AUDIENCE, SIGNED_IN_OBJECT_ID);
    let get = async |url: &str| {
        let request = http::Request::get(url).header("authorization", &bearer).body(Bytes::new()).unwrap();
        got(client.sandbox.handle(request).await)
    };
    for url in [format!("{ROOT}/models?api-version=2024-10-21"), v1("models")] {
        let listed = get(&url).await;
        let ids: Vec<&str> =
            listed.body["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert!(ids.contains(&"gpt-35-turbo-0125") && ids.contains(&"text-embedding-3-small"), "{ids:?}");
    }
    let one = get(&v1("models/gpt-35-turbo-0125")).await;
    assert_eq!((&one.body["object"], &one.body["capabilities"]["chat_completion"]), (&"model".into(), &true.into()));
    assert_eq!(get(&v1("models/gpt-99")).await.status, 404);
    assert_eq!(get(&format!("{ROOT}/deployments?api-version=2024-10-21")).await.outcome(), (404, "404"));
    let listed = get(&format!("{ROOT}/deployments?api-version=2023-03-15-preview")).await;
    let ids: Vec<&Value> = listed.body["data"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, ["chat", "embeddings"]);
    let one = get(&format!("{ROOT}/deployments/chat?api-version=2023-03-15-preview")).await;
    assert_eq!(one.body["model"], "gpt-35-turbo");
}

#[tokio::test(start_paused = true)]
async fn legacy_completions_say_that_the_model_does_not_have_them() {
    let client = client(10).await;
    let got = client.ask(&URL.replace("chat/completions", "completions"), json!({"prompt": "x"})).await;
    assert_eq!(got.outcome(), (400, "OperationNotSupported"));
    let message = got.body["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("The completion operation does not work with the specified model, gpt-35-turbo."),
        "{message}"
    );
    let embeddings =
        client.ask(&URL.replace("/chat/chat/completions", "/chat/embeddings"), json!({"input": "x"})).await;
    assert_eq!(embeddings.outcome(), (400, "OperationNotSupported"));
}

/// Each row of the table of docs/sandbox.md is as it says.
#[tokio::test(start_paused = true)]
async fn what_the_table_lists_is_answered_and_what_it_leaves_out_is_501_by_name() {
    let client = client(10).await;
    let bearer = client.token(AUDIENCE, SIGNED_IN_OBJECT_ID);
    for row in ROWS {
        let path = row
            .path
            .replace("{deployment}", "chat")
            .replace("{model}", "gpt-35-turbo-0125")
            .replace("**", "some/thing");
        let version = match row.path {
            path if path.starts_with("v1") => "",
            "responses" => "?api-version=2025-04-01-preview",
            _ => "?api-version=2023-03-15-preview",
        };
        let method = if row.method == "*" { "GET" } else { row.method };
        let request = http::Request::builder().method(method).uri(format!("{ROOT}/{path}{version}"));
        let answered =
            got(client.sandbox.handle(request.header("authorization", &bearer).body(Bytes::new()).unwrap()).await);
        match row.served {
            Served::No(_) => {
                assert_eq!(answered.outcome(), (501, "NotImplemented"), "{path}");
                let message = answered.body["error"]["message"].as_str().unwrap();
                assert!(message.contains(&format!("{method} /openai/{path}")), "{message}");
            }
            // A POST without a body is one that was read.
            _ => {
                assert!([200, 400].contains(&answered.status.as_u16()), "{path}: {} {}", answered.status, answered.body)
            }
        }
    }
    let elsewhere = client.ask(&format!("{ROOT}/v1/banana"), question()).await;
    assert_eq!(elsewhere.outcome(), (404, "404"));
}
