//! Somebody else at the same Azure: plain ARM requests to the sandbox, with the sandbox's own user's token.
use azlab_sandbox::signin::DEFAULT_CLIENT_ID;
use azlab_sandbox::{SUBSCRIPTION_ID, Sandbox};
use bytes::Bytes;
use http::Method;
use serde_json::Value;

pub struct Arm<'a>(pub &'a Sandbox);

impl Arm<'_> {
    pub async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, None).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Value {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Value {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Value {
        self.send(Method::DELETE, path, None).await
    }

    /// Sends to a path below the subscription; it must be taken.
    #[track_caller]
    fn request(&self, method: Method, path: &str, body: Option<Value>) -> http::Request<Bytes> {
        let application = self.0.directory().application(DEFAULT_CLIENT_ID).unwrap();
        let token = self.0.signer().issue(
            &application.principal,
            "https://management.azure.com",
            self.0.clock().now(),
            time::Duration::HOUR,
        );
        http::Request::builder()
            .method(method)
            .uri(format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{path}"))
            .header("authorization", format!("Bearer {}", token.unwrap().as_str()))
            .header("content-type", "application/json")
            .body(body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())))
            .unwrap()
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let answer = self.0.handle(self.request(method, path, body)).await;
        let (status, body) = (answer.status(), String::from_utf8_lossy(answer.body()).into_owned());
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }
}
