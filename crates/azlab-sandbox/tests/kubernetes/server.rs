//! Any Kubernetes API server, embedded or real, as a plain HTTP client sees it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};

/// How long something may take that a server does by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// An API server and a credential that may do everything.
pub struct Server {
    pub client: Client,
    /// One that trusts the server and shows no certificate.
    pub stranger: Client,
    /// Without a trailing slash.
    pub url: String,
    /// Empty where the client shows a certificate.
    pub token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub warnings: Vec<String>,
    pub body: Value,
    pub text: String,
}

impl Answer {
    /// Status and reason of a `Status`, for assertions.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["reason"].as_str().unwrap_or_default())
    }

    /// The body of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.body
    }
}

impl Server {
    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    pub async fn send(&self, method: &str, path: &str, kind: &str, body: &Value) -> Answer {
        self.accepting(method, path, kind, "application/json", body).await
    }

    pub async fn accepting(&self, method: &str, path: &str, kind: &str, accept: &str, body: &Value) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.request(method, path).header("accept", accept).header("user-agent", "bodies/1");
        if !body.is_null() {
            request = request.header("content-type", kind).body(body.to_string());
        }
        let response = request.timeout(PATIENCE).send().await.unwrap();
        let status = response.status().as_u16();
        let warnings = response.headers().get_all("warning").iter();
        let warnings = warnings.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
        let text = response.text().await.unwrap();
        Answer { status, warnings, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// An object as a text in a format of its own, and the answer in the same.
    pub async fn text(&self, method: &str, path: &str, format: &str, body: &str) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.request(method, path).header("accept", format).header("content-type", format);
        let response = request.body(body.to_owned()).timeout(PATIENCE).send().await.unwrap();
        let status = response.status().as_u16();
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        assert_eq!(kind, format, "{path}");
        Answer { status, warnings: Vec::new(), body: Value::Null, text: response.text().await.unwrap() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, "application/json", body).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, "application/json", body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, "", &Value::Null).await
    }

    pub async fn merge(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, "application/merge-patch+json", body).await
    }

    /// Server-side apply; `query` is what follows the manager: `&force=true`.
    pub async fn apply(&self, path: &str, manager: &str, query: &str, body: &Value) -> Answer {
        let path = format!("{path}?fieldManager={manager}{query}");
        self.send("PATCH", &path, "application/apply-patch+yaml", body).await
    }

    /// Reads again and again until what is there passes `test`.
    pub async fn until(&self, path: &str, what: &str, test: impl Fn(&Answer) -> bool) -> Answer {
        let began = Instant::now();
        loop {
            let answer = self.get(path).await;
            if test(&answer) {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "{what}: {}", answer.text);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The events of a watch until one passes `test`.
    pub async fn watch(&self, path: &str, test: impl Fn(&Value) -> bool) -> Vec<Value> {
        let request = self.request(Method::GET, path).timeout(PATIENCE);
        let mut response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        let (mut events, mut rest) = (Vec::new(), Vec::new());
        while let Some(bytes) = response.chunk().await.unwrap() {
            rest.extend(bytes);
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                let event: Value = serde_json::from_slice(&line).unwrap();
                let is_last = test(&event);
                events.push(event);
                if is_last {
                    return events;
                }
            }
        }
        events
    }

    /// A namespace that nobody else has, with its service account.
    pub async fn namespace(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        self.post("/api/v1/namespaces", &json!({"metadata": {"name": name}})).await.ok();
        let account = format!("/api/v1/namespaces/{name}/serviceaccounts/default");
        self.until(&account, "a namespace has a service account", |answer| answer.status == 200).await;
        name
    }
}
