//! How control planes end, and go on where they were.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::cluster::{Cluster, comes, gone};

const PARTS: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

fn parts(cluster: &Cluster) -> Vec<String> {
    let mut parts: Vec<String> = cluster.processes().into_iter().map(|(_, part)| part).collect();
    parts.sort();
    parts
}

/// The files below a folder that others could read.
fn readable_by_others(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        let mode = entry.metadata().unwrap().permissions().mode();
        if kind.is_dir() {
            readable_by_others(&path, found);
        } else if kind.is_file() && mode & 0o077 != 0 && !path.components().any(|part| part.as_os_str() == "etcd") {
            found.push(format!("{} {mode:o}", path.display()));
        }
    }
}

#[tokio::test]
async fn a_part_that_ends_is_started_again_and_a_server_that_ends_leaves_nothing_running() {
    let Some(mut cluster) = Cluster::new("a restart", "600") else { return };
    assert_eq!(parts(&cluster), Vec::<String>::new(), "nobody has asked for the credentials");
    cluster.connect();
    assert_eq!(parts(&cluster), PARTS);
    cluster.kubectl(&["create", "configmap", "kept", "--from-literal=a=b"]).await;
    let mut open = Vec::new();
    readable_by_others(&cluster.world.sandbox().join("kubernetes"), &mut open);
    assert_eq!(open, Vec::<String>::new());
    let folder = std::fs::metadata(cluster.world.sandbox().join("kubernetes")).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);

    // Killed, the API server comes back, with what it had.
    let killed = cluster.processes().into_iter().find(|(_, part)| part == "kube-apiserver").unwrap();
    kill_process(Pid::from_raw(killed.0).unwrap(), Signal::KILL).unwrap();
    gone(&[killed]);
    still_has_what_was_kept(&cluster).await;

    let before = cluster.processes();
    let (told, took) = cluster.end(Signal::TERM);
    assert!(told.contains("kube-apiserver ended") && told.contains("it is started again"), "{told}");
    assert!(!told.contains("PRIVATE KEY"), "{told}");
    assert_eq!(parts(&cluster), Vec::<String>::new(), "after {took:?}");
    assert_eq!(before.len(), PARTS.len());

    // Served again, the same kubeconfig reaches the same objects, without anybody asking for credentials.
    cluster.serve();
    still_has_what_was_kept(&cluster).await;
}

#[tokio::test]
async fn no_process_outlives_a_server_that_is_killed_and_the_next_one_waits_for_them() {
    let Some(mut cluster) = Cluster::new("a killed server", "600") else { return };
    cluster.connect();
    cluster.kubectl(&["create", "configmap", "kept", "--from-literal=a=b"]).await;
    let before = cluster.processes();
    assert_eq!(before.len(), PARTS.len());
    cluster.end(Signal::KILL);
    // At once: their data is theirs until they have ended.
    cluster.serve();
    // Its credentials are the same, so they conflict with nothing in the file.
    let kubeconfig = std::fs::read_to_string(cluster.kubeconfig()).unwrap();
    cluster.connect();
    assert_eq!(std::fs::read_to_string(cluster.kubeconfig()).unwrap(), kubeconfig);
    still_has_what_was_kept(&cluster).await;
    gone(&before);
}

#[tokio::test]
async fn a_run_without_a_server_has_a_control_plane_of_its_own_for_as_long_as_it_runs() {
    let Some(mut cluster) = Cluster::new("a run in process", "2000") else { return };
    cluster.end(Signal::TERM);
    let file = cluster.kubeconfig();
    let program = super::program("a run in process").unwrap();
    let kubeconfig = [
        "kubeconfig",
        "--sandbox",
        "--file",
        file.to_str().unwrap(),
        "--sandbox-kubernetes",
        program.to_str().unwrap(),
    ];
    // Its start takes a hundred minutes of the sandbox's time, and no request's time limit passes meanwhile.
    cluster.azlab(&kubeconfig).done();
    gone(&cluster.processes());
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("server: https://127.0.0.1:"), "{text}");
    let read = cluster.kubectl_with(&["get", "namespaces"], "").await;
    assert!(!read.status.success(), "{read:#?}");
}

#[tokio::test]
async fn a_cluster_that_is_stopped_has_no_api_server_until_it_is_started_and_one_that_is_gone_leaves_nothing() {
    let Some(cluster) = Cluster::new("a paused lab", "600") else { return };
    cluster.connect();
    cluster.kubectl(&["create", "configmap", "kept", "--from-literal=a=b"]).await;
    let before = cluster.processes();
    cluster.azlab(&["pause", "--sandbox"]).done();
    gone(&before);
    cluster.azlab(&["resume", "--sandbox"]).done();
    still_has_what_was_kept(&cluster).await;
    let nodes = cluster.get(&["nodes"]).await;
    let nodes: Vec<_> = nodes["items"].as_array().unwrap().iter().map(|node| &node["spec"]["taints"]).collect();
    assert_eq!(nodes, [&json!(null), &json!(null)], "the two nodes of a lab's cluster, without a taint");
    let before = cluster.processes();
    cluster.azlab(&["teardown", "--sandbox", "--yes"]).done();
    gone(&before);
    let folder = cluster.world.sandbox().join("kubernetes");
    comes("the end of its folder", async || {
        let left = std::fs::read_dir(&folder).unwrap().flatten().find(|entry| entry.path().is_dir());
        left.map_or(Ok(()), |entry| Err(format!("{} is there", entry.path().display())))
    })
    .await;
}

/// Waits until the API server answers again, and looks whether it has what it had.
async fn still_has_what_was_kept(cluster: &Cluster) {
    let read = comes("the API server", async || {
        let read = cluster.kubectl_with(&["get", "configmap", "kept", "-o", "jsonpath={.data.a}"], "").await;
        if read.status.success() { Ok(read.stdout) } else { Err(read.stderr) }
    });
    assert_eq!(read.await, "b");
}
