//! A cluster whose API server is a list of answers: what is sent, what comes of it, and how often it is tried.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::azure::retry::RetryPolicy;
use crate::azure::transport::{Transport, TransportError};
use crate::events::Events;
use crate::values::Secret;
use azlab_clock::Clock;
use channel::{Auth, Channel};

type Answer = Result<(u16, Value), TransportError>;

#[derive(Debug, Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<http::Request<Bytes>>>,
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        self.seen.lock().unwrap().push(request);
        let (status, body) = self.answers.lock().unwrap().pop_front().expect("an answer")?;
        Ok(http::Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap())
    }
}

/// A cluster that gives these answers, one a request.
fn cluster(answers: impl IntoIterator<Item = Answer>) -> (Cluster, Arc<Script>, CancellationToken) {
    let script = Arc::new(Script { answers: Mutex::new(answers.into_iter().collect()), ..Script::default() });
    let clock = Clock::real();
    let stop = CancellationToken::new();
    let channel = Channel {
        transport: Arc::<Script>::clone(&script),
        server: "https://c.hcp.westeurope.azmk8s.io:443/below".parse().unwrap(),
        auth: Auth::Token(Secret::new("s3cret".into())),
        clock,
        events: Events::channel(clock).0,
        stop: stop.clone(),
        policy: RetryPolicy { give_up_after: Duration::from_secs(60), jitter_seed: Some(1), ..RetryPolicy::default() },
    };
    (Cluster::new(channel, "pets"), script, stop)
}

fn deployment(version: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "uid": "u", "resourceVersion": version}})
}

fn status(code: u16, reason: &str, message: &str, causes: &Value) -> (u16, Value) {
    let details = json!({"causes": causes});
    (
        code,
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message, "details": details}),
    )
}

fn wanted() -> Object {
    Object::new(Kind::Deployment, json!({"metadata": {"name": "a"}}))
}

#[tokio::test(start_paused = true)]
async fn an_apply_goes_below_the_server_s_path_under_azlab_s_name_with_the_token() {
    let (cluster, script, _) = cluster([Ok((201, deployment("1")))]);
    let (written, _) = cluster.apply(&wanted(), None, Apply { is_dry: true, force: false }).await.unwrap();
    assert_eq!(written, Written::Created);
    let seen = script.seen.lock().unwrap();
    let uri = seen[0].uri().to_string();
    assert!(
        uri.starts_with("https://c.hcp.westeurope.azmk8s.io/below/apis/apps/v1/namespaces/pets/deployments/a?"),
        "{uri}"
    );
    for part in ["fieldManager=azlab", "dryRun=All", "fieldValidation=Strict", "force=false"] {
        assert!(uri.contains(part) || part == "force=false" && !uri.contains("force=true"), "{uri} lacks {part}");
    }
    assert_eq!(seen[0].headers()["content-type"], "application/apply-patch+yaml");
    assert_eq!(seen[0].headers()["authorization"], "Bearer s3cret");
    assert!(!format!("{:?}", seen[0].headers()).contains("s3cret"), "a log of it has no token");
}

/// A Deployment of so many replicas, of which azlab has applied the fields `f:spec`.
fn applied(version: &str, replicas: u32, fields: &Value) -> Value {
    let mut object = deployment(version);
    object["spec"] = json!({"replicas": replicas, "revisionHistoryLimit": 10});
    object["metadata"]["managedFields"] =
        json!([{"manager": "azlab", "operation": "Apply", "fieldsV1": {"f:spec": fields}}]);
    object
}

#[tokio::test(start_paused = true)]
async fn what_an_apply_changed_is_told_by_what_is_applied_and_not_by_a_status_that_moved() {
    let scaled = || json!({"f:replicas": {}});
    let before = Object::new(Kind::Deployment, applied("1", 2, &scaled()));
    let mut wanted = wanted();
    wanted.body_mut()["spec"] = json!({"replicas": 2});
    let mut moved = applied("2", 2, &scaled());
    moved["status"] = json!({"readyReplicas": 2});
    moved["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
    let removed = applied("2", 2, &json!({"f:replicas": {}, "f:paused": {}}));
    for (after, want) in [
        (applied("1", 2, &scaled()), Written::Unchanged),
        (moved, Written::Unchanged),
        (applied("2", 3, &scaled()), Written::Updated),
        (applied("1", 3, &scaled()), Written::Updated),
        (removed, Written::Updated),
    ] {
        let (cluster, ..) = cluster([Ok((200, after.clone()))]);
        let (written, _) = cluster.apply(&wanted, Some(&before), Apply::default()).await.unwrap();
        assert_eq!(written, want, "{after:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_names_who_has_set_which_field() {
    let causes = json!([{"reason": "FieldManagerConflict", "message": "conflict with \"kubectl-edit\" using apps/v1", "field": ".spec.replicas"}]);
    let (cluster, ..) = cluster([Ok(status(409, "Conflict", "Apply failed with 1 conflict", &causes))]);
    let error = cluster.apply(&wanted(), None, Apply::default()).await.unwrap_err();
    assert_eq!(error.conflicts(), [Conflict { manager: "kubectl-edit".into(), field: ".spec.replicas".into() }]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_away_is_asked_again_until_it_is_back() {
    let gone = || Err(TransportError::Connect("refused".into()));
    let busy = Ok(status(503, "ServiceUnavailable", "later", &json!([])));
    let lost = Err(TransportError::Broken("reset".into()));
    let (cluster, script, _) = cluster([gone(), busy, lost, Ok((200, deployment("1")))]);
    assert!(cluster.get(Kind::Deployment, "a").await.unwrap().is_some());
    assert_eq!(script.seen.lock().unwrap().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn one_that_stays_away_is_given_up_and_named() {
    let (cluster, ..) = cluster((0..50).map(|_| Err(TransportError::Connect("no such host".into()))));
    let error = cluster.get(Kind::Deployment, "a").await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("c.hcp.westeurope.azmk8s.io") && text.contains("no such host"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_tried_again_and_an_absence_is_none() {
    let (cluster, script, _) = cluster([
        Ok(status(403, "Forbidden", "no", &json!([]))),
        Ok(status(404, "NotFound", "deployments.apps \"a\" not found", &json!([]))),
    ]);
    assert_eq!(cluster.get(Kind::Deployment, "a").await.unwrap_err().refusal().unwrap().status, 403);
    assert_eq!(cluster.get(Kind::Deployment, "a").await.unwrap(), None);
    assert_eq!(script.seen.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_long_list_is_read_to_its_end() {
    let page = |names: [&str; 1], next: &str| {
        let items: Vec<Value> = names.iter().map(|name| json!({"metadata": {"name": name}})).collect();
        Ok((
            200,
            json!({"kind": "DeploymentList", "apiVersion": "apps/v1", "metadata": {"continue": next}, "items": items}),
        ))
    };
    let (cluster, script, _) = cluster([page(["a"], "more"), page(["b"], "")]);
    let all = cluster.list(Kind::Deployment, Some("app=x")).await.unwrap();
    assert_eq!(all.iter().map(Object::name).collect::<Vec<_>>(), ["a", "b"]);
    assert!(script.seen.lock().unwrap()[1].uri().to_string().contains("continue=more"));
}

#[tokio::test(start_paused = true)]
async fn only_the_very_object_that_was_read_is_deleted() {
    let read = Object::new(Kind::Deployment, deployment("1"));
    let gone = status(404, "NotFound", "not found", &json!([]));
    let other = status(409, "Conflict", "the UID in the precondition does not match", &json!([]));
    let (cluster, script, _) =
        cluster([Ok((200, json!({"kind": "Status", "status": "Success"}))), Ok(gone), Ok(other)]);
    for want in [true, false, false] {
        assert_eq!(cluster.delete(&read, false).await.unwrap(), want);
    }
    let body: Value = serde_json::from_slice(script.seen.lock().unwrap()[0].body()).unwrap();
    assert_eq!(body["preconditions"]["uid"], "u");
    assert_eq!(body["propagationPolicy"], "Background");
}

#[tokio::test(start_paused = true)]
async fn who_asks_to_stop_is_heard() {
    let (cluster, script, stop) = cluster([]);
    stop.cancel();
    assert!(matches!(cluster.get(Kind::Deployment, "a").await, Err(Error::Interrupted)));
    assert!(script.seen.lock().unwrap().is_empty());
}
