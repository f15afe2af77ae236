//! Server-side apply: who owns which field.

use serde_json::{Value, json};

use super::super::server::Server;
use super::{deployment, deployments, maps, owned};

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
