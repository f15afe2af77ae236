//! What is reported of Pods, step by step, as settings let them fare.

use serde_json::{Value, json};

use super::pods::next;
use super::stand_in::{Change, Drawn};
use crate::state::settings::Settings;

/// A Pod as the scheduler leaves it.
fn scheduled(container: Value) -> Value {
    json!({
        "metadata": {"name": "web-1", "uid": "u"},
        "spec": {"nodeName": "n", "restartPolicy": "Always", "containers": [container]},
        "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}]},
    })
}

/// Makes what comes next so, and gives how long it took; `None` where nothing comes.
fn step(pod: &mut Value, settings: &Settings) -> Option<f64> {
    let object = pod.clone();
    let drawn = Drawn { uid: "u", now: "2026-11-29T00:00:00Z", settings, object: &object };
    let step = next(&object, &drawn)?;
    if let Change::Status(status) = step.change {
        merge(pod, status);
    }
    Some(step.after_s)
}

/// As the API server merges a status: conditions by their type.
fn merge(pod: &mut Value, mut status: Value) {
    let written = status["conditions"].as_array().unwrap().clone();
    let of_others = |one: &&Value| !written.iter().any(|new| new["type"] == one["type"]);
    let old = pod["status"]["conditions"].as_array().unwrap();
    status["conditions"] = old.iter().filter(of_others).chain(&written).cloned().collect();
    pod["status"] = status;
}

fn container(pod: &Value) -> &Value {
    &pod["status"]["containerStatuses"][0]
}

fn reason(pod: &Value) -> &str {
    let state = &container(pod)["state"];
    ["waiting", "terminated"].iter().find_map(|name| state[*name]["reason"].as_str()).unwrap_or("running")
}

fn condition<'a>(pod: &'a Value, kind: &str) -> &'a Value {
    let conditions = pod["status"]["conditions"].as_array().unwrap();
    &conditions.iter().find(|one| one["type"] == kind).unwrap()["status"]
}

#[test]
fn a_pod_that_nobody_has_placed_waits_and_one_that_runs_is_left_alone() {
    let settings = Settings::default();
    let mut pod = scheduled(json!({"name": "web", "image": "nginx:1.29",
        "startupProbe": {"initialDelaySeconds": 60, "periodSeconds": 5}}));
    let mut unplaced = pod.clone();
    unplaced["spec"]["nodeName"] = Value::Null;
    assert_eq!(step(&mut unplaced, &settings), None);
    assert_eq!(step(&mut pod, &settings), Some(0.0));
    assert_eq!((reason(&pod), &pod["status"]["phase"]), ("ContainerCreating", &json!("Pending")));
    assert!(step(&mut pod, &settings).is_some_and(|after| (2.0..=8.0).contains(&after)));
    assert_eq!((reason(&pod), condition(&pod, "Ready")), ("running", &json!("False")));
    let ready = step(&mut pod, &settings);
    assert!(ready.is_some_and(|after| (60.0..=65.0).contains(&after)), "the probe's delay, and a period: {ready:?}");
    assert_eq!((condition(&pod, "Ready"), condition(&pod, "PodScheduled")), (&json!("True"), &json!("True")));
    assert_eq!(step(&mut pod, &settings), None);
}

#[test]
fn a_report_has_no_conditions_of_others() {
    let mut pod = scheduled(json!({"name": "web", "image": "nginx:1.29"}));
    pod["status"]["conditions"].as_array_mut().unwrap().push(json!({"type": "DisruptionTarget", "status": "True"}));
    let settings = Settings::default();
    let step = next(&pod, &Drawn { uid: "u", now: "2026-11-29T00:00:00Z", settings: &settings, object: &pod }).unwrap();
    let Change::Status(status) = step.change else { panic!("{}", step.what) };
    let kinds: Vec<_> = status["conditions"].as_array().unwrap().iter().map(|one| &one["type"]).collect();
    assert_eq!(kinds, ["PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"]);
}

#[test]
fn a_container_without_memory_is_killed_again_and_again_and_waits_longer_each_time() {
    let mut settings = Settings::default();
    settings.kubernetes.out_of_memory = vec!["ai-service".into()];
    let mut pod = scheduled(json!({"name": "web", "image": "ghcr.io/x/ai-service:2.2.0"}));
    let mut waits = Vec::new();
    for restarts in 0..3 {
        while reason(&pod) != "OOMKilled" {
            step(&mut pod, &settings).unwrap();
        }
        let ended = &container(&pod)["state"]["terminated"];
        assert_eq!((&ended["exitCode"], &container(&pod)["restartCount"]), (&json!(137), &json!(restarts)));
        step(&mut pod, &settings).unwrap();
        assert_eq!(reason(&pod), "CrashLoopBackOff");
        assert_eq!(container(&pod)["lastState"]["terminated"]["reason"], "OOMKilled");
        assert_eq!(condition(&pod, "Ready"), "False");
        waits.push(step(&mut pod, &settings).unwrap());
    }
    assert_eq!(waits, [10.0, 20.0, 40.0]);
    // Once it is given more, it comes up.
    settings.kubernetes.out_of_memory.clear();
    while container(&pod)["ready"] != true {
        step(&mut pod, &settings).unwrap();
    }
}

#[test]
fn an_image_that_cannot_be_pulled_is_backed_off_from_until_it_can_be() {
    let mut settings = Settings::default();
    settings.kubernetes.image_pull_fails = vec!["*".into()];
    let mut pod = scheduled(json!({"name": "web", "image": "nginx:none"}));
    let mut reasons = Vec::new();
    while step(&mut pod, &settings).is_some() {
        reasons.push(reason(&pod).to_owned());
    }
    assert_eq!(reasons, ["ContainerCreating", "ErrImagePull", "ImagePullBackOff"]);
    assert!(container(&pod)["state"]["waiting"]["message"].as_str().unwrap().contains("nginx:none"));
    settings.kubernetes.image_pull_fails.clear();
    step(&mut pod, &settings).unwrap();
    assert_eq!(reason(&pod), "running");
}

#[test]
fn a_container_whose_probe_never_succeeds_runs_and_is_never_ready() {
    let mut settings = Settings::default();
    settings.kubernetes.never_ready = vec!["web".into()];
    let mut pod = scheduled(json!({"name": "web", "image": "nginx:1.29"}));
    while step(&mut pod, &settings).is_some() {}
    assert_eq!((reason(&pod), condition(&pod, "Ready")), ("running", &json!("False")));
}

#[test]
fn a_pod_that_works_to_its_end_succeeds() {
    let mut pod = scheduled(json!({"name": "web", "image": "busybox:1.37"}));
    pod["spec"]["restartPolicy"] = "Never".into();
    while step(&mut pod, &Settings::default()).is_some() {}
    assert_eq!((reason(&pod), &pod["status"]["phase"]), ("Completed", &json!("Succeeded")));
}
