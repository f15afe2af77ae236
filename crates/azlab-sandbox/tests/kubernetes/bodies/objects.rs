//! Objects, their lists, and what a watch tells of them.

use serde_json::json;

use super::super::server::Server;
use super::{deployment, deployments, maps};

pub async fn objects_are_made_changed_and_deleted(server: &Server) {
    let namespace = server.namespace().await;
    let maps = maps(&namespace);
    let body = json!({"metadata": {"name": "a"}, "data": {"k": "v"}});
    let made = server.post(&maps, &body).await;
    assert_eq!(made.status, 201);
    assert!(made.body["metadata"]["uid"].is_string() && made.body["metadata"]["creationTimestamp"].is_string());
    let again = server.post(&maps, &body).await;
    assert_eq!(again.refusal(), (409, "AlreadyExists"));
    assert_eq!(again.body["message"], "configmaps \"a\" already exists");
    assert_eq!(again.body["details"], json!({"name": "a", "kind": "configmaps"}));
    let one = format!("{maps}/a");
    let mut changed = made.body.clone();
    changed["data"] = json!({"k": "w"});
    let put = server.put(&one, &changed).await.ok();
    assert_ne!(put["metadata"]["resourceVersion"], made.body["metadata"]["resourceVersion"]);
    let stale = server.put(&one, &changed).await;
    assert_eq!(stale.refusal(), (409, "Conflict"));
    let said = "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the \
                latest version and try again";
    assert_eq!(stale.body["message"], said);
    let same = server.put(&one, &put).await.ok();
    assert_eq!(same["metadata"]["resourceVersion"], put["metadata"]["resourceVersion"], "nothing has changed");
    let merged = server.merge(&one, &json!({"data": {"k": null, "l": "1"}})).await.ok();
    assert_eq!(merged["data"], json!({"l": "1"}));
    let steps = json!([{"op": "add", "path": "/metadata/labels", "value": {"x": "y"}}]);
    let patched = server.send("PATCH", &one, "application/json-patch+json", &steps).await.ok();
    assert_eq!(patched["metadata"]["labels"], json!({"x": "y"}));
    let gone = server.delete(&one).await.ok();
    assert_eq!((&gone["kind"], &gone["status"]), (&json!("Status"), &json!("Success")));
    let missing = server.get(&one).await;
    assert_eq!(missing.refusal(), (404, "NotFound"));
    assert_eq!(missing.body["message"], "configmaps \"a\" not found");
    let nowhere = server.post("/api/v1/namespaces/nowhere-at-all/configmaps", &body).await;
    assert_eq!(nowhere.refusal(), (404, "NotFound"));
    assert_eq!(nowhere.body["message"], "namespaces \"nowhere-at-all\" not found");
    assert_eq!(server.get("/apis/apps/v1/namespaces/x/gizmos").await.status, 404);
}

pub async fn lists_go_by_selectors_and_pages(server: &Server) {
    let namespace = server.namespace().await;
    let maps = maps(&namespace);
    for (name, tier) in [("a", "front"), ("b", "back"), ("c", "front")] {
        let body = json!({"metadata": {"name": name, "labels": {"tier": tier, "t": "1"}}});
        server.post(&maps, &body).await.ok();
    }
    let names = async |query: &str| {
        let list = server.get(&format!("{maps}?{query}")).await.ok();
        assert_eq!(list["kind"], "ConfigMapList");
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("labelSelector=tier%3Dfront").await, ["a", "c"]);
    assert_eq!(names("labelSelector=tier+in+(back),t").await, ["b"]);
    assert_eq!(names("labelSelector=t,tier!%3Dfront").await, ["b"]);
    assert_eq!(names("fieldSelector=metadata.name%3Db").await, ["b"]);
    let first = server.get(&format!("{maps}?labelSelector=t&limit=2")).await.ok();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let next = first["metadata"]["continue"].as_str().unwrap().to_owned();
    let second = server.get(&format!("{maps}?labelSelector=t&limit=2&continue={next}")).await.ok();
    assert_eq!(second["items"][0]["metadata"]["name"], "c");
    assert!(second["metadata"]["continue"].as_str().is_none_or(str::is_empty));
    assert_eq!(first["metadata"]["resourceVersion"], second["metadata"]["resourceVersion"]);
    assert_eq!(server.get(&format!("{maps}?continue=xyz")).await.status, 400);
    assert_eq!(server.get(&format!("{maps}?labelSelector=a+b+c")).await.refusal(), (400, "BadRequest"));
    assert_eq!(server.get(&format!("{maps}?fieldSelector=data.k%3D1")).await.refusal(), (400, "BadRequest"));
}

pub async fn a_watch_tells_what_happens(server: &Server) {
    let namespace = server.namespace().await;
    let maps = maps(&namespace);
    let version = server.get(&maps).await.ok()["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let path = format!("{maps}?watch=true&resourceVersion={version}&allowWatchBookmarks=true&labelSelector=w");
    let told = server.watch(&path, |event| event["type"] == "DELETED" && event["object"]["metadata"]["name"] == "b");
    let acts = async {
        let labelled = |name: &str| json!({"metadata": {"name": name, "labels": {"w": "1"}}});
        server.post(&maps, &json!({"metadata": {"name": "unseen"}})).await.ok();
        server.post(&maps, &labelled("a")).await.ok();
        server.merge(&format!("{maps}/a"), &json!({"data": {"x": "1"}})).await.ok();
        // What no longer fits is gone for the watch.
        server.merge(&format!("{maps}/a"), &json!({"metadata": {"labels": {"w": null}}})).await.ok();
        server.post(&maps, &labelled("b")).await.ok();
        server.delete(&format!("{maps}/b")).await.ok();
    };
    let (events, ()) = tokio::join!(told, acts);
    let seen: Vec<(String, String)> = events
        .iter()
        .filter(|event| event["type"] != "BOOKMARK")
        .map(|event| {
            let name = event["object"]["metadata"]["name"].as_str().unwrap_or_default();
            (event["type"].as_str().unwrap().to_owned(), name.to_owned())
        })
        .collect();
    let expected = [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a"), ("ADDED", "b"), ("DELETED", "b")];
    assert_eq!(seen, expected.map(|(event, name)| (event.to_owned(), name.to_owned())));
    let initial =
        format!("{maps}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
    let events = server.watch(&initial, |event| event["type"] == "BOOKMARK").await;
    assert!(events.iter().any(|event| event["type"] == "ADDED" && event["object"]["metadata"]["name"] == "a"));
    let last = &events[events.len() - 1]["object"]["metadata"];
    assert_eq!(last["annotations"]["k8s.io/initial-events-end"], "true");
}

pub async fn an_old_version_is_gone_for_a_watch(server: &Server) {
    let namespace = server.namespace().await;
    let maps = maps(&namespace);
    let events = server.watch(&format!("{maps}?watch=true&timeoutSeconds=1"), |_| false).await;
    assert!(events.iter().all(|event| event["type"] != "ERROR"), "a watch ends by itself: {events:?}");
    let wrong = server.get(&format!("{maps}?watch=true&resourceVersion=abc")).await;
    assert_eq!(wrong.status, 500, "as the real one says it: {}", wrong.text);
}

pub async fn a_mistake_in_an_object_is_named(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    let mut body = deployment("web", "nginx:1.27");
    body["spec"]["replica"] = 2.into();
    let strict = server.post(&format!("{all}?fieldValidation=Strict"), &body).await;
    assert_eq!(strict.refusal(), (400, "BadRequest"));
    assert!(strict.body["message"].as_str().unwrap().contains("unknown field \"spec.replica\""), "{}", strict.text);
    let warned = server.post(&format!("{all}?fieldValidation=Warn&dryRun=All"), &body).await;
    assert_eq!(warned.status, 201);
    assert!(warned.warnings.iter().any(|one| one.contains("unknown field")), "{:?}", warned.warnings);
    assert!(warned.body["spec"]["replica"].is_null());
    let applied = server.apply(&format!("{all}/web"), "t", "", &body).await;
    assert_eq!(applied.status, 500, "as the real one says it: {}", applied.text);
    assert!(applied.text.contains(".spec.replica: field not declared in schema"), "{}", applied.text);

    let mut wrong = deployment("web", "nginx:1.27");
    wrong["spec"]["selector"]["matchLabels"]["app"] = "other".into();
    let refused = server.post(&all, &wrong).await;
    assert_eq!(refused.refusal(), (422, "Invalid"));
    assert_eq!(refused.body["details"]["causes"][0]["field"], "spec.template.metadata.labels");
    let mut nameless = deployment("web", "nginx:1.27");
    nameless["spec"]["template"]["spec"]["containers"][0]["image"] = "".into();
    let refused = server.post(&all, &nameless).await;
    assert_eq!(
        refused.body["details"]["causes"][0],
        json!({
            "reason": "FieldValueRequired", "message": "Required value", "field": "spec.template.spec.containers[0].image",
        })
    );
    let empty = server.post(&all, &json!({"metadata": {"name": "empty"}})).await;
    assert_eq!(empty.refusal(), (422, "Invalid"));
    let said = "Deployment.apps \"empty\" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: \
                null: `selector` does not match template `labels`, spec.template.spec.containers: Required value]";
    assert_eq!(empty.body["message"], said);
    let mut typed = deployment("web", "nginx:1.27");
    typed["spec"]["replicas"] = "two".into();
    assert_eq!(server.post(&all, &typed).await.refusal(), (400, "BadRequest"));
    typed["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = 1.into();
    let applied = server.apply(&format!("{all}/web"), "t", "", &typed).await;
    assert_eq!(applied.status, 500, "{}", applied.text);
    for says in [
        ".spec.replicas: expected numeric (int or float), got string",
        ".spec.template.spec.containers[name=\"web\"].env[name=\"A\"].value: expected string, got ",
    ] {
        assert!(applied.body["message"].as_str().unwrap().contains(says), "{}", applied.text);
    }
    let upper = json!({"metadata": {"name": "Upper"}});
    assert_eq!(server.post(&maps(&namespace), &upper).await.refusal(), (422, "Invalid"));
    server.post(&all, &deployment("web", "nginx:1.27")).await.ok();
    let moved =
        json!({"spec": {"selector": {"matchLabels": {"b": "c"}}, "template": {"metadata": {"labels": {"b": "c"}}}}});
    let refused = server.merge(&format!("{all}/web"), &moved).await;
    assert_eq!(refused.refusal(), (422, "Invalid"));
    assert!(refused.text.contains("field is immutable"), "{}", refused.text);
    assert_eq!(server.send("PATCH", &format!("{all}/web"), "text/plain", &json!({})).await.status, 415);
}

pub async fn lists_merge_by_their_keys(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    server.post(&all, &deployment("web", "nginx:1.27")).await.ok();
    let patch = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "web", "env": [{"name": "B", "value": "2"}, {"$patch": "delete", "name": "A"}]},
    ]}}}});
    let kind = "application/strategic-merge-patch+json";
    let merged = server.send("PATCH", &format!("{all}/web"), kind, &patch).await.ok();
    let container = &merged["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["env"], json!([{"name": "B", "value": "2"}]));
    assert_eq!(container["image"], "nginx:1.27", "what the patch does not name stays");
}
