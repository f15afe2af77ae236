//! The data plane as a client sees it.

mod at_speed;
mod embedded;
mod formats;
mod hostile;
mod judged;
mod responses;
mod routes;
mod scripted;
mod served;
mod streams;
mod tools;

use crate::ids::{SIGNED_IN_OBJECT_ID, TENANT_ID};
use crate::providers::cognitiveservices::catalogue;
use crate::services::signin::{Application, Principal};

use super::*;

const AUDIENCE: &str = "https://cognitiveservices.azure.com";
const URL: &str = "https://openai1.openai.azure.com/openai/deployments/chat/chat/completions?api-version=2024-10-21";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const OPENAI_USER: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";

/// A client with an account and two deployments on it: `chat`, of that capacity, and `embeddings`.
async fn client(capacity: u32) -> Client {
    with_account(Client::new(), capacity).await
}

/// The same with a sandbox of one's own.
async fn with_account(client: Client, capacity: u32) -> Client {
    client.group().await;
    client.account().await;
    for (name, model, version) in [("chat", "gpt-35-turbo", "0125"), ("embeddings", "text-embedding-3-small", "1")] {
        let path = child(ACCOUNT, &format!("deployments/{name}"));
        assert_eq!(client.put(&path, deployment(model, version, capacity.into())).await.status, 201);
        client.wait(5).await;
    }
    client
}

fn events_of(text: &str) -> Vec<(String, Value)> {
    let event = |event: &str| {
        let (name, data) = event.rsplit_once("data: ")?;
        let name = name.strip_prefix("event: ").unwrap_or_default().trim_end().to_owned();
        (data != "[DONE]")
            .then(|| (name, serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {event}"))))
    };
    assert!(text.ends_with("\n\n"), "{text}");
    text.trim_end().split("\n\n").filter_map(event).collect()
}

fn question() -> Value {
    json!({"messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello"}]})
}

impl Client {
    fn token(&self, audience: &str, oid: &str) -> String {
        let principal = Principal {
            tenant: TENANT_ID.parse().unwrap(),
            client_id: uuid::Uuid::nil(),
            object_id: oid.parse().unwrap(),
        };
        let application = Application::new(principal, "unused");
        let (now, hour) = (self.sandbox.clock().now(), time::Duration::HOUR);
        let token = self.sandbox.signer().issue(&application.principal, audience, now, hour).unwrap();
        format!("Bearer {}", token.as_str())
    }

    async fn ask_with(&self, url: &str, header: (&str, &str), body: &str) -> Got {
        let request = http::Request::post(url).header(header.0, header.1).body(Bytes::from(body.to_owned()));
        got(self.sandbox.handle(request.unwrap()).await)
    }

    /// One more deployment on the account.
    async fn deploy(&self, name: &str, model: &str, version: &str, sku: &str) {
        let mut body = deployment(model, version, json!(10));
        body["sku"]["name"] = sku.into();
        self.wait(10).await;
        assert_eq!(self.put(&child(ACCOUNT, &format!("deployments/{name}")), body).await.status, 201);
        self.wait(5).await;
    }

    /// Reads a streamed answer: the names of its events, empty ones for those without, and their data; without the end of a chat.
    async fn events(&self, url: &str, body: Value) -> Vec<(String, Value)> {
        let token = self.token(AUDIENCE, SIGNED_IN_OBJECT_ID);
        let request = http::Request::post(url).header("authorization", token).body(Bytes::from(body.to_string()));
        let response = self.sandbox.handle(request.unwrap()).await;
        assert_eq!(response.status(), 200, "{:?}", response.body());
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        events_of(std::str::from_utf8(response.body()).unwrap())
    }

    /// Asks as the signed-in principal.
    async fn ask(&self, url: &str, body: Value) -> Got {
        let token = self.token(AUDIENCE, SIGNED_IN_OBJECT_ID);
        self.ask_with(url, ("authorization", &token), &body.to_string()).await
    }

    /// Asks as somebody.
    async fn ask_as(&self, oid: &str) -> Got {
        let token = self.token(AUDIENCE, oid);
        self.ask_with(URL, ("authorization", &token), &question().to_string()).await
    }

    /// Gives somebody a role at a scope below the subscription.
    pub(super) async fn grant(&self, oid: &str, scope: &str, role: &str) {
        let name = uuid::Uuid::new_v4();
        let kind = if oid == SIGNED_IN_OBJECT_ID { "ServicePrincipal" } else { "User" };
        let role = format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{role}");
        let body = json!({"properties": {"roleDefinitionId": role, "principalId": oid, "principalType": kind}});
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01");
        assert_eq!(self.put(&path, body).await.status, 201);
    }
}

#[tokio::test(start_paused = true)]
async fn a_chat_is_answered_the_same_each_time_and_counted() {
    let client = client(10).await;
    let first = client.ask(URL, question()).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!((&first.body["object"], &first.body["model"]), (&"chat.completion".into(), &"gpt-35-turbo-0125".into()));
    assert_eq!(first.body["choices"][0]["finish_reason"], "stop");
    let count = |which: &str| first.body["usage"][which].as_i64().unwrap();
    assert_eq!(count("total_tokens"), count("prompt_tokens") + count("completion_tokens"));
    assert_eq!(first.header("x-ratelimit-remaining-tokens"), (10_000 - count("total_tokens")).to_string());
    let second = client.ask(URL, question()).await;
    assert_eq!(first.body["choices"], second.body["choices"]);
    assert_ne!(first.body["id"], second.body["id"]);
    // Names in URLs compare without regard to case.
    let shouted =
        client.ask(&URL.replace("openai1.", "OpenAI1.").replace("/chat/chat", "/CHAT/chat"), question()).await;
    assert_eq!(shouted.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_be_cut_off_and_asked_for_more_than_once() {
    let client = client(10).await;
    let mut body = question();
    body["max_tokens"] = 3.into();
    body["n"] = 2.into();
    let cut = client.ask(URL, body).await;
    assert_eq!(cut.body["choices"].as_array().unwrap().len(), 2);
    assert_eq!(cut.body["choices"][1]["finish_reason"], "length");
    assert_eq!(cut.body["choices"][0]["message"]["content"].as_str().unwrap().len(), 12);
    assert_eq!(cut.body["usage"]["completion_tokens"], 6);
}

#[tokio::test(start_paused = true)]
async fn owning_a_subscription_is_no_right_to_its_data() {
    let client = client(10).await;
    let (owner, user) = ("10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002");
    client.grant(owner, "", OWNER).await;
    let refused = client.ask_as(owner).await;
    assert_eq!(refused.outcome(), (401, "PermissionDenied"));
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(message.starts_with(&format!("The principal `{owner}` lacks the required data action")), "{message}");
    client.grant(user, "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1", OPENAI_USER).await;
    assert_eq!(client.ask_as(user).await.status, 200);
    // Roles are inherited from above the account.
    client.grant(owner, "/resourceGroups/lab", OPENAI_USER).await;
    assert_eq!(client.ask_as(owner).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_signed_in_principal_s_role_is_shown_and_can_be_taken_away() {
    let client = client(10).await;
    let list = "/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=atScope()";
    let shown = client.get(list).await.body["value"].clone();
    let ours = &shown.as_array().unwrap()[..];
    assert_eq!((ours.len(), &ours[0]["properties"]["principalId"]), (1, &SIGNED_IN_OBJECT_ID.into()));
    let id = ours[0]["id"].as_str().unwrap().split_once(SUBSCRIPTION_ID).unwrap().1.to_owned();
    assert_eq!(client.delete(&format!("{id}?api-version=2022-04-01")).await.status, 200);
    assert_eq!(client.ask(URL, question()).await.outcome(), (401, "PermissionDenied"));
    client.sandbox.control().set_data_role(true).unwrap();
    assert_eq!(client.ask(URL, question()).await.status, 200);
    client.sandbox.control().set_data_role(false).unwrap();
    assert_eq!(client.ask(URL, question()).await.outcome(), (401, "PermissionDenied"));
}

#[test]
fn a_role_that_was_taken_away_stays_away_when_the_state_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let allowed = |sandbox: &Sandbox| {
        let db = sandbox.connection();
        let store = crate::state::store::Store::new(&db, 1);
        let action = "Microsoft.CognitiveServices/accounts/OpenAI/x/read";
        let scope = format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/g");
        crate::providers::authorization::allows_data_action(
            &crate::providers::PROVIDERS,
            &store,
            SIGNED_IN_OBJECT_ID,
            &scope,
            action,
        )
        .unwrap()
    };
    let sandbox = Sandbox::open(dir.path(), 1.0).unwrap();
    assert!(allowed(&sandbox));
    assert!(sandbox.inventory().unwrap().resources.is_empty(), "an empty sandbox is empty");
    sandbox.connection().execute("DELETE FROM resources", []).unwrap();
    assert!(!allowed(&Sandbox::open(dir.path(), 1.0).unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_key_opens_the_account_until_keys_are_switched_off() {
    let client = client(10).await;
    let keys = client.send(Method::POST, &child(ACCOUNT, "listKeys"), None).await.body;
    let ask = async |key: &str| client.ask_with(URL, ("api-key", key), &question().to_string()).await;
    for which in ["key1", "key2"] {
        assert_eq!(ask(keys[which].as_str().unwrap()).await.status, 200);
    }
    for wrong in ["", "x", "' OR 1=1"] {
        let refused = ask(wrong).await;
        assert_eq!(refused.outcome(), (401, "401"));
        assert!(
            refused.body["error"]["message"]
                .as_str()
                .unwrap()
                .starts_with("Access denied due to invalid subscription key")
        );
    }
    let mut body = account();
    body["properties"]["disableLocalAuth"] = true.into();
    client.put(ACCOUNT, body).await;
    client.wait(30).await;
    assert_eq!(ask(keys["key1"].as_str().unwrap()).await.outcome(), (403, "AuthenticationTypeDisabled"));
}

#[tokio::test(start_paused = true)]
async fn only_tokens_for_the_data_plane_are_taken_and_no_other_service_takes_those() {
    let client = client(10).await;
    let mut cases = vec![(client.bearer(), 401), ("Bearer x".to_owned(), 401), ("Basic dTpw".to_owned(), 401)];
    // The public cloud's, that of Azure Government, and that of Azure operated by 21Vianet.
    for cloud in ["com", "us", "cn"] {
        let audience = format!("https://cognitiveservices.azure.{cloud}");
        cases.push((client.token(&audience, SIGNED_IN_OBJECT_ID), 200));
    }
    for (token, expected) in cases {
        let answered = client.ask_with(URL, ("authorization", &token), &question().to_string()).await;
        assert_eq!(answered.status, expected, "{}", answered.body);
    }
    let bare = client.ask_with(URL, ("x-nothing", "1"), "{}").await;
    assert_eq!(bare.outcome(), (401, "401"));
    let arm = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}?api-version=2021-04-01");
    let request = http::Request::get(arm).header("authorization", client.token(AUDIENCE, SIGNED_IN_OBJECT_ID));
    let refused = got(client.sandbox.handle(request.body(Bytes::new()).unwrap()).await);
    assert_eq!(refused.outcome(), (401, "InvalidAuthenticationTokenAudience"));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_said_so() {
    let client = client(10).await;
    let cases = [
        (URL.replace("/chat/chat/", "/gone/chat/"), "DeploymentNotFound"),
        (URL.replace("openai1.", "nobody."), "404"),
        (URL.replace("?api-version=2024-10-21", ""), "404"),
        (URL.replace("2024-10-21", "latest"), "404"),
        (URL.replace("chat/completions", "chats"), "404"),
        ("https://openai1.openai.azure.com/".to_owned(), "404"),
    ];
    for (url, code) in cases {
        assert_eq!(client.ask(&url, question()).await.outcome(), (404, code), "{url}");
    }
    client.delete(ACCOUNT).await;
    assert_eq!(client.ask(URL, question()).await.outcome(), (404, "404"), "a soft-deleted account does not answer");
}

/// The code and the parameter with which a question is refused.
async fn refusal(client: &Client, url: &str, name: &str, value: Value) -> (u16, String, String) {
    let mut body = json!({"messages": [{"role": "user", "content": "x"}]});
    body[name] = value;
    let answer = client.ask(url, body).await;
    let text = |member: &str| answer.body["error"][member].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), text("code"), text("param"))
}

#[tokio::test(start_paused = true)]
async fn a_model_that_reasons_refuses_max_tokens_and_a_temperature_and_others_take_them() {
    let client = client(10).await;
    client.deploy("reasons", "gpt-5-mini", "2025-08-07", "GlobalStandard").await;
    let url = URL.replace("/chat/chat/", "/reasons/chat/");
    let refused = |code: &str, param: &str| (400, code.to_owned(), param.to_owned());
    let taken = || (200, String::new(), String::new());
    for (name, value, reasons, other) in [
        ("max_tokens", json!(5), refused("unsupported_parameter", "max_tokens"), taken()),
        ("max_completion_tokens", json!(5), taken(), taken()),
        ("temperature", json!(0), refused("unsupported_value", "temperature"), taken()),
        ("temperature", json!(0.5), refused("unsupported_value", "temperature"), taken()),
        ("temperature", json!(1.0), taken(), taken()),
        ("temperature", json!(1), taken(), taken()),
    ] {
        assert_eq!(refusal(&client, &url, name, value.clone()).await, reasons, "{name} {value}");
        assert_eq!(refusal(&client, URL, name, value.clone()).await, other, "{name} {value}");
        client.wait(60).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_deployment_s_minute_is_used_up_by_tokens_and_comes_again() {
    let client = client(2).await;
    let long =
        |letters: usize| json!({"messages": [{"role": "user", "content": "x".repeat(letters)}], "max_tokens": 1});
    // 1,500 tokens of the prompt, 6 around it, 1 of the answer.
    let first = client.ask(URL, long(6000)).await;
    assert_eq!((first.status.as_u16(), first.header("x-ratelimit-remaining-tokens")), (200, "493"));
    client.wait(20).await;
    let refused = client.ask(URL, long(2000)).await;
    assert_eq!(refused.outcome(), (429, "429"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((35..=40).contains(&wait), "{wait}");
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("token rate limit"));
    assert_eq!(client.ask(URL, long(4)).await.status, 200, "a refusal takes nothing, and a short question fits");
    client.wait(wait).await;
    assert_eq!(client.ask(URL, long(2000)).await.status, 200);
    let never = client.ask(URL, long(9000)).await;
    assert_eq!((never.outcome(), never.header("retry-after")), ((429, "429"), "86400"));
}

#[tokio::test(start_paused = true)]
async fn a_deployment_takes_so_many_requests_in_a_window() {
    let client = client(2).await;
    for _ in 0..2 {
        assert_eq!(client.ask(URL, question()).await.status, 200);
    }
    let refused = client.ask(URL, question()).await;
    assert_eq!(refused.outcome(), (429, "429"));
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("call rate limit"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!(wait <= 10, "{wait}");
    client.wait(wait).await;
    assert_eq!(client.ask(URL, question()).await.status, 200);
    client.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    for _ in 0..5 {
        assert_eq!(client.ask(URL, question()).await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn hosts_that_only_look_like_accounts_are_resource_manager() {
    let client = client(10).await;
    for host in ["openai1.openai.azure.com.example.org", "a.b.openai.azure.com", "openai.azure.com"] {
        let path = format!("https://{host}/subscriptions/{SUBSCRIPTION_ID}?api-version=2021-04-01");
        assert_eq!(client.get(&path).await.status, 200, "{host}");
    }
    // A server sees the host in a header.
    let path = URL.split_once(".com").unwrap().1;
    let request = http::Request::post(path)
        .header("host", "openai1.openai.azure.com:8443")
        .header("authorization", client.token(AUDIENCE, SIGNED_IN_OBJECT_ID))
        .body(Bytes::from(question().to_string()));
    assert_eq!(client.sandbox.handle(request.unwrap()).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn every_chat_model_says_so_in_what_it_can_do() {
    for model in &catalogue::CATALOGUE.models {
        assert_eq!(
            model.capabilities("eastus2").contains_key("chatCompletion"),
            !model.name.contains("embedding"),
            "{}",
            model.name
        );
    }
}
