//! What every Kubernetes API server does, as a workshop's tools rely on it: the embedded one is held to it, and so is a real one.
//!
//! Each body is given a server and a credential that may do everything, and leaves other namespaces alone.

use serde_json::{Value, json};

use super::server::{Answer, Server};

/// Gives the names of all bodies to a macro.
macro_rules! all {
    ($each:ident) => {
        $each!(
            objects_are_made_changed_and_deleted,
            lists_go_by_selectors_and_pages,
            a_watch_tells_what_happens,
            an_old_version_is_gone_for_a_watch,
            apply_owns_what_it_sets_and_takes_away_what_it_no_longer_sets,
            apply_names_each_field_that_another_has_set,
            apply_after_kubectl_s_own_apply_leaves_two_of_what_should_be_one,
            what_an_update_changes_it_owns,
            a_dry_run_keeps_nothing,
            a_mistake_in_an_object_is_named,
            lists_merge_by_their_keys,
            a_deployment_becomes_available_and_goes_with_its_pods,
            who_is_deleted_in_the_foreground_waits_for_what_it_owns,
            orphans_stay,
            a_namespace_goes_with_what_is_in_it,
            tables_are_for_people,
            discovery_tells_what_there_is,
            a_service_account_gets_tokens,
            a_scale_is_a_number_of_replicas,
            who_shows_no_credential_is_not_let_in,
            yaml_goes_in_and_comes_out,
            a_tainted_node_takes_those_pods_alone_that_tolerate_it
        );
    };
}
pub(crate) use all;

/// A deployment of one container, without a namespace.
pub fn deployment(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{
                    "name": name,
                    "image": image,
                    "ports": [{"containerPort": 80}],
                    "env": [{"name": "A", "value": "1"}],
                }]},
            },
        },
    })
}

fn deployments(namespace: &str) -> String {
    format!("/apis/apps/v1/namespaces/{namespace}/deployments")
}

fn maps(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/configmaps")
}

/// The fields that a manager owns.
fn owned<'a>(object: &'a Value, manager: &str, operation: &str) -> &'a Value {
    let entries = object["metadata"]["managedFields"].as_array().expect("managed fields");
    let entry = entries.iter().find(|one| one["manager"] == manager && one["operation"] == operation);
    entry.map_or(&Value::Null, |entry| &entry["fieldsV1"])
}

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

pub async fn apply_owns_what_it_sets_and_takes_away_what_it_no_longer_sets(server: &Server) {
    let namespace = server.namespace().await;
    let one = format!("{}/web", deployments(&namespace));
    let mut body = deployment("web", "nginx:1.27");
    body["metadata"]["labels"] = json!({"a": "1", "b": "2"});
    let made = server.apply(&one, "azlab", "", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let fields = owned(&made.body, "azlab", "Apply");
    let container = &fields["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"web\"}"];
    let expected = json!({
        ".": {},
        "f:name": {},
        "f:image": {},
        "f:env": {"k:{\"name\":\"A\"}": {".": {}, "f:name": {}, "f:value": {}}},
        "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
    });
    assert_eq!(container, &expected);
    assert_eq!(fields["f:spec"]["f:selector"], json!({}));
    assert_eq!(fields["f:metadata"]["f:labels"], json!({"f:a": {}, "f:b": {}}));
    assert_eq!(made.body["spec"]["replicas"], 1, "defaults are filled in");
    assert!(fields["f:spec"]["f:replicas"].is_null(), "and nobody owns them");

    body["metadata"]["labels"] = json!({"a": "1"});
    body["spec"]["template"]["spec"]["containers"][0]["env"] = json!([{"name": "B", "value": "2"}]);
    let changed = server.apply(&one, "azlab", "", &body).await.ok();
    assert_eq!(changed["metadata"]["labels"], json!({"a": "1"}));
    assert_eq!(changed["spec"]["template"]["spec"]["containers"][0]["env"], json!([{"name": "B", "value": "2"}]));
    let containers = json!([
        {"name": "web", "image": "nginx:1.27"},
        {"name": "side", "image": "busybox:1"},
    ]);
    body["spec"]["template"]["spec"]["containers"] = containers;
    let two = server.apply(&one, "azlab", "", &body).await.ok();
    let there = two["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!(there.len(), 2);
    assert!(there[0]["env"].is_null() && there[0]["ports"].is_null(), "{}", there[0]);
    let version = |object: &Value| {
        let object = object.clone();
        (object["metadata"]["generation"].clone(), object["metadata"]["managedFields"].clone())
    };
    let again = server.apply(&one, "azlab", "", &body).await.ok();
    assert_eq!(version(&again).0, version(&two).0, "the same once more changes nothing");
    body["spec"]["template"]["spec"]["containers"] = json!([{"name": "side", "image": "busybox:1"}]);
    let left = server.apply(&one, "azlab", "", &body).await.ok();
    assert_eq!(left["spec"]["template"]["spec"]["containers"].as_array().unwrap().len(), 1);
}

pub async fn apply_names_each_field_that_another_has_set(server: &Server) {
    let namespace = server.namespace().await;
    let one = format!("{}/web", deployments(&namespace));
    let body = deployment("web", "nginx:1.27");
    server.apply(&one, "azlab", "", &body).await.ok();
    let mut other = deployment("web", "nginx:1.28");
    let refused = server.apply(&one, "other", "", &other).await;
    assert_eq!(refused.refusal(), (409, "Conflict"));
    let path = ".spec.template.spec.containers[name=\"web\"].image";
    assert_eq!(refused.body["message"], format!("Apply failed with 1 conflict: conflict with \"azlab\": {path}"));
    let cause = json!({"reason": "FieldManagerConflict", "message": "conflict with \"azlab\"", "field": path});
    assert_eq!(refused.body["details"]["causes"], json!([cause]));

    // What somebody has changed by hand.
    let scaled = json!({"spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "web", "image": "nginx:1.26"}]}}}});
    let by_hand = format!("{one}?fieldManager=kubectl-edit");
    server.send("PATCH", &by_hand, "application/strategic-merge-patch+json", &scaled).await.ok();
    other["spec"]["replicas"] = 2.into();
    let refused = server.apply(&one, "azlab", "", &other).await;
    let expected = format!(
        "Apply failed with 2 conflicts: conflicts with \"kubectl-edit\" using apps/v1:\n- .spec.replicas\n- {path}"
    );
    assert_eq!(refused.body["message"], expected);
    assert_eq!(server.get(&one).await.ok()["spec"]["replicas"], 3, "nothing was done");
    // The same value is no conflict: it is owned by both.
    let mut agreed = other.clone();
    agreed["spec"]["replicas"] = 3.into();
    agreed["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.26".into();
    let shared = server.apply(&one, "azlab", "", &agreed).await.ok();
    assert_eq!(owned(&shared, "azlab", "Apply")["f:spec"]["f:replicas"], json!({}));
    assert_eq!(owned(&shared, "kubectl-edit", "Update")["f:spec"]["f:replicas"], json!({}));
    let forced = server.apply(&one, "azlab", "&force=true", &other).await.ok();
    assert_eq!(forced["spec"]["replicas"], 2);
    assert!(owned(&forced, "kubectl-edit", "Update").is_null(), "it owns nothing any more");
    let nameless = server.send("PATCH", &one, "application/apply-patch+yaml", &other).await;
    assert_eq!(nameless.status, 422, "{}", nameless.text);
}

pub async fn apply_after_kubectl_s_own_apply_leaves_two_of_what_should_be_one(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    let mut theirs = deployment("ai-service", "ai-service:latest");
    theirs["spec"]["template"]["spec"]["containers"][0]["name"] = "order-service".into();
    theirs["spec"]["template"]["spec"]["containers"][0]["env"] = json!([{"name": "OPENAI_API_KEY", "value": "k"}]);
    server.post(&format!("{all}?fieldManager=kubectl-client-side-apply"), &theirs).await.ok();
    let one = format!("{all}/ai-service");
    let ours = server.apply(&one, "azlab", "&force=true", &deployment("ai-service", "ai-service:2.2.0")).await.ok();
    let containers = ours["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 2, "each manager keeps its own: {ours}");
    // Who replaces the whole takes away what others own.
    let replaced = server.put(&one, &deployment("ai-service", "ai-service:2.2.0")).await.ok();
    assert_eq!(replaced["spec"]["template"]["spec"]["containers"].as_array().unwrap().len(), 1);
}

pub async fn what_an_update_changes_it_owns(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    let made = server.post(&format!("{all}?fieldManager=kubectl-create"), &deployment("web", "nginx:1.27")).await.ok();
    let fields = owned(&made, "kubectl-create", "Update");
    let spec = &fields["f:spec"];
    assert_eq!(
        spec["f:strategy"],
        json!({
            "f:type": {}, "f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}},
        })
    );
    assert_eq!(spec["f:template"]["f:metadata"], json!({"f:labels": {".": {}, "f:app": {}}}));
    let container = &spec["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"web\"}"];
    assert_eq!(
        container["f:ports"],
        json!({
            ".": {}, "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}, "f:protocol": {}},
        })
    );
    let one = format!("{all}/web");
    let patched = server.merge(&format!("{one}?fieldManager=other"), &json!({"spec": {"replicas": 2}})).await.ok();
    assert!(owned(&patched, "kubectl-create", "Update")["f:spec"]["f:replicas"].is_null());
    assert_eq!(owned(&patched, "other", "Update"), &json!({"f:spec": {"f:replicas": {}}}));
    let unnamed = server.merge(&one, &json!({"metadata": {"labels": {"x": "1"}}})).await.ok();
    assert_eq!(owned(&unnamed, "bodies", "Update"), &json!({"f:metadata": {"f:labels": {".": {}, "f:x": {}}}}));
}

pub async fn a_dry_run_keeps_nothing(server: &Server) {
    let namespace = server.namespace().await;
    let maps = maps(&namespace);
    let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "d"}, "data": {"k": "v"}});
    let one = format!("{maps}/d");
    let applied = server.apply(&one, "t", "&dryRun=All", &body).await;
    assert_eq!((applied.status, &applied.body["data"]["k"]), (201, &json!("v")));
    assert_eq!(server.post(&format!("{maps}?dryRun=All"), &body).await.status, 201);
    assert_eq!(server.get(&one).await.status, 404);
    server.post(&maps, &body).await.ok();
    let merged = server.merge(&format!("{one}?dryRun=All"), &json!({"data": {"k": "w"}})).await.ok();
    assert_eq!(merged["data"]["k"], "w");
    server.delete(&format!("{one}?dryRun=All")).await.ok();
    assert_eq!(server.get(&one).await.ok()["data"]["k"], "v");
    assert_eq!(server.post(&format!("{maps}?dryRun=some"), &body).await.status, 422);
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

fn is_true(object: &Value, condition: &str) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|one| one["type"] == condition && one["status"] == "True")
}

pub async fn a_deployment_becomes_available_and_goes_with_its_pods(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    server.post(&all, &deployment("web", "nginx:1.27")).await.ok();
    let one = format!("{all}/web");
    let done = server.until(&one, "available", |answer| is_true(&answer.body, "Available")).await.body;
    assert_eq!((&done["status"]["readyReplicas"], &done["status"]["observedGeneration"]), (&json!(1), &json!(1)));
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let listed = server.get(&format!("{pods}?labelSelector=app%3Dweb")).await.ok();
    let pod = &listed["items"][0];
    assert_eq!(
        (&pod["status"]["phase"], pod["metadata"]["ownerReferences"][0]["kind"].as_str()),
        (&json!("Running"), Some("ReplicaSet"))
    );
    assert!(is_true(pod, "Ready") && pod["spec"]["nodeName"].is_string());
    server.delete(&one).await.ok();
    server.until(&pods, "no pods", |answer| answer.body["items"].as_array().is_some_and(Vec::is_empty)).await;
}

pub async fn who_is_deleted_in_the_foreground_waits_for_what_it_owns(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    server.post(&all, &deployment("web", "nginx:1.27")).await.ok();
    let one = format!("{all}/web");
    server.until(&one, "available", |answer| is_true(&answer.body, "Available")).await;
    let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"});
    let begun = server.send("DELETE", &one, "application/json", &options).await.ok();
    assert!(begun["metadata"]["deletionTimestamp"].is_string(), "{begun}");
    assert_eq!(begun["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    server.until(&one, "gone", |answer| answer.status == 404).await;
    let sets = server.get(&format!("/apis/apps/v1/namespaces/{namespace}/replicasets")).await.ok();
    assert_eq!(sets["items"], json!([]), "what it owned went first");
}

pub async fn orphans_stay(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    server.post(&all, &deployment("web", "nginx:1.27")).await.ok();
    let one = format!("{all}/web");
    server.until(&one, "available", |answer| is_true(&answer.body, "Available")).await;
    server.delete(&format!("{one}?propagationPolicy=Orphan")).await.ok();
    server.until(&one, "gone", |answer| answer.status == 404).await;
    let sets = server.get(&format!("/apis/apps/v1/namespaces/{namespace}/replicasets")).await.ok();
    assert_eq!(sets["items"].as_array().unwrap().len(), 1);
    assert!(sets["items"][0]["metadata"]["ownerReferences"].is_null(), "{sets}");
}

pub async fn a_namespace_goes_with_what_is_in_it(server: &Server) {
    let namespace = server.namespace().await;
    let maps = maps(&namespace);
    server.post(&maps, &json!({"metadata": {"name": "a"}})).await.ok();
    let one = format!("/api/v1/namespaces/{namespace}");
    let begun = server.delete(&one).await.ok();
    assert_eq!(begun["status"]["phase"], "Terminating", "{begun}");
    server.until(&one, "gone", |answer| answer.status == 404).await;
    assert_eq!(server.get(&maps).await.ok()["items"], json!([]));
}

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

pub async fn a_scale_is_a_number_of_replicas(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    server.post(&all, &deployment("web", "nginx:1.27")).await.ok();
    let scale = format!("{all}/web/scale");
    let now = server.get(&scale).await.ok();
    assert_eq!(
        (&now["kind"], &now["spec"]["replicas"], &now["status"]["selector"]),
        (&json!("Scale"), &json!(1), &json!("app=web"))
    );
    let more = server.merge(&scale, &json!({"spec": {"replicas": 2}})).await.ok();
    assert_eq!(more["spec"]["replicas"], 2);
    let one = format!("{all}/web");
    server.until(&one, "two", |answer| answer.body["status"]["availableReplicas"] == 2).await;
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

/// Taints keep Pods from nodes, but not those that tolerate them.
pub async fn a_tainted_node_takes_those_pods_alone_that_tolerate_it(server: &Server) {
    let namespace = server.namespace().await;
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let nodes = server.get("/api/v1/nodes").await.ok();
    let nodes: Vec<String> = nodes["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    let taint = async |taints: Value| {
        for node in &nodes {
            server.merge(&format!("/api/v1/nodes/{node}"), &json!({"spec": {"taints": taints}})).await.ok();
        }
    };
    taint(json!([{"key": "kept", "value": "free", "effect": "NoSchedule"}])).await;
    let pod = |name: &str, tolerations: Value| {
        json!({"metadata": {"name": name}, "spec": {
            "tolerations": tolerations, "containers": [{"name": "a", "image": "nginx:1.27"}]}})
    };
    server.post(&pods, &pod("refused", json!([]))).await.ok();
    server.post(&pods, &pod("other", json!([{"key": "kept", "value": "other"}]))).await.ok();
    server
        .post(&pods, &pod("tolerant", json!([{"key": "kept", "operator": "Exists", "effect": "NoSchedule"}])))
        .await
        .ok();
    let is_placed = |answer: &Answer| answer.body["spec"]["nodeName"].is_string();
    server.until(&format!("{pods}/tolerant"), "it is placed", is_placed).await;
    for name in ["refused", "other"] {
        let waits = |answer: &Answer| {
            let conditions = answer.body["status"]["conditions"].as_array();
            conditions.into_iter().flatten().any(|one| {
                one["reason"] == "Unschedulable"
                    && one["message"].as_str().unwrap().contains("had untolerated taint(s)")
            })
        };
        let waiting = server.until(&format!("{pods}/{name}"), "it waits", waits).await;
        assert!(!is_placed(&waiting), "{}", waiting.text);
    }
    taint(Value::Null).await;
    server.until(&format!("{pods}/refused"), "it is placed then", is_placed).await;
}
