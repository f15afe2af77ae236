//! kubectl as a witness; where there is none, the tests say so and are left out.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::bodies::deployment;
use super::embedded::{Host, host};
use super::real;

/// kubectl: that of the program of real API servers, else the machine's own.
fn kubectl() -> Command {
    match real::program("kubectl") {
        Some(program) => {
            let mut command = Command::new(program);
            command.arg("kubectl");
            command
        }
        None => Command::new("kubectl"),
    }
}

/// kubectl with a kubeconfig of its own, and a home where nothing of another run is cached.
struct Kubectl {
    _host: Host,
    home: tempfile::TempDir,
}

impl Kubectl {
    /// `None` where kubectl is not installed.
    async fn new() -> Option<Self> {
        let mut version = kubectl();
        version.args(["version", "--client"]).stdout(Stdio::null()).stderr(Stdio::null());
        if version.status().await.is_err() {
            eprintln!("skipped: there is no kubectl");
            return None;
        }
        let host = host().await;
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config"), &host.kubeconfig).unwrap();
        Some(Self { _host: host, home })
    }

    /// Status, stdout and stderr of a run.
    async fn run(&self, arguments: &[&str], input: &str) -> (bool, String, String) {
        use tokio::io::AsyncWriteExt as _;
        let mut command = kubectl();
        command.arg("--request-timeout=20s").args(arguments).env("KUBECONFIG", self.home.path().join("config"));
        command.env("HOME", self.home.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        let output = tokio::time::timeout(Duration::from_secs(60), child.wait_with_output())
            .await
            .expect("kubectl ends")
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }

    #[track_caller]
    fn checked((done, out, error): (bool, String, String)) -> String {
        assert!(done, "{out}{error}");
        out
    }

    async fn ok(&self, arguments: &[&str], input: &str) -> String {
        Self::checked(self.run(arguments, input).await)
    }
}

#[tokio::test]
async fn kubectl_applies_waits_shows_and_deletes() {
    let Some(kubectl) = Kubectl::new().await else { return };
    let manifest = deployment("web", "nginx:1.27").to_string();
    assert_eq!(kubectl.ok(&["apply", "-f", "-"], &manifest).await, "deployment.apps/web created\n");
    assert_eq!(kubectl.ok(&["apply", "-f", "-"], &manifest).await, "deployment.apps/web unchanged\n");
    let newer = deployment("web", "nginx:1.28").to_string();
    assert_eq!(kubectl.ok(&["apply", "-f", "-"], &newer).await, "deployment.apps/web configured\n");
    let rolled = kubectl.ok(&["rollout", "status", "deployment/web", "--timeout=30s"], "").await;
    assert!(rolled.ends_with("deployment \"web\" successfully rolled out\n"), "{rolled}");
    let shown = kubectl.ok(&["get", "deployments", "-o", "wide"], "").await;
    assert!(shown.contains("CONTAINERS") && shown.contains("nginx:1.28") && shown.contains("1/1"), "{shown}");
    let described = kubectl.ok(&["describe", "deployment", "web"], "").await;
    assert!(described.contains("MinimumReplicasAvailable") && described.contains("ScalingReplicaSet"), "{described}");
    let pods = kubectl.ok(&["get", "pods", "--no-headers"], "").await;
    assert!(pods.contains("Running"), "{pods}");
    let logs = kubectl.ok(&["logs", "deployment/web"], "").await;
    assert!(logs.contains("nginx:1.28"), "{logs}");
    let described = kubectl.ok(&["describe", "pods"], "").await;
    assert!(described.contains("Started container web"), "{described}");
    kubectl.ok(&["wait", "--for=condition=Available", "deployment/web", "--timeout=30s"], "").await;
    kubectl.ok(&["scale", "deployment/web", "--replicas=2"], "").await;
    kubectl.ok(&["set", "image", "deployment/web", "web=nginx:1.29"], "").await;
    kubectl.ok(&["rollout", "undo", "deployment/web"], "").await;
    kubectl.ok(&["delete", "deployment", "web", "--timeout=30s"], "").await;
    let (_, out, error) = kubectl.run(&["get", "deployments"], "").await;
    assert_eq!((out.as_str(), error.as_str()), ("", "No resources found in default namespace.\n"));
}

#[tokio::test]
async fn kubectl_applies_server_side_and_is_told_conflicts_and_mistakes() {
    let Some(kubectl) = Kubectl::new().await else { return };
    let manifest = deployment("web", "nginx:1.27").to_string();
    let server_side = &["apply", "--server-side", "-f", "-"];
    assert_eq!(kubectl.ok(server_side, &manifest).await, "deployment.apps/web serverside-applied\n");
    let newer = deployment("web", "nginx:1.28").to_string();
    let (done, _, error) = kubectl.run(&["apply", "--server-side", "--field-manager=other", "-f", "-"], &newer).await;
    assert!(
        !done && error.contains("conflict with \"kubectl\": .spec.template.spec.containers[name=\"web\"].image"),
        "{error}"
    );
    let mut wrong = deployment("bad", "nginx:1.27");
    wrong["spec"]["replica"] = 1.into();
    let (done, _, error) = kubectl.run(&["apply", "-f", "-"], &wrong.to_string()).await;
    assert!(!done && error.contains("unknown field \"spec.replica\""), "{error}");
    kubectl.ok(&["create", "configmap", "c", "--from-literal=a=b"], "").await;
    let (done, _, error) = kubectl.run(&["create", "configmap", "c", "--from-literal=a=b"], "").await;
    assert!(!done && error.contains("configmaps \"c\" already exists"), "{error}");
    kubectl.ok(&["create", "secret", "generic", "s", "--from-literal=k=v"], "").await;
    assert_eq!(kubectl.ok(&["get", "secret", "s", "-o", "jsonpath={.data.k}"], "").await, "dg==");
    kubectl.ok(&["create", "namespace", "n"], "").await;
    kubectl.ok(&["create", "serviceaccount", "ai", "-n", "n"], "").await;
    let token = kubectl.ok(&["create", "token", "ai", "-n", "n", "--audience=api://AzureADTokenExchange"], "").await;
    assert_eq!(token.trim().split('.').count(), 3);
    kubectl.ok(&["expose", "deployment", "web", "--type=LoadBalancer", "--port=80"], "").await;
    let waited = kubectl
        .ok(&["wait", "--for=jsonpath={.status.loadBalancer.ingress}", "service/web", "--timeout=30s"], "")
        .await;
    assert!(waited.contains("condition met"), "{waited}");
    assert_eq!(kubectl.ok(&["auth", "can-i", "create", "deployments"], "").await, "yes\n");
    let all = kubectl.ok(&["get", "all"], "").await;
    assert!(all.contains("deployment.apps/web") && all.contains("service/kubernetes"), "{all}");
    kubectl.ok(&["delete", "namespace", "n", "--timeout=30s"], "").await;
    assert!(kubectl.ok(&["get", "nodes"], "").await.contains("Ready"));
    assert!(kubectl.ok(&["version"], "").await.contains("Server Version: v1.34"));
    let (done, _, error) = kubectl.run(&["exec", "deployment/web", "--", "ls"], "").await;
    assert!(!done && error.contains("does not have pods/exec"), "{error}");
}

#[tokio::test]
async fn kubectl_explains_asks_what_it_may_and_is_told_what_is_not_there() {
    let Some(kubectl) = Kubectl::new().await else { return };
    let explained = kubectl.ok(&["explain", "deployment.spec.template.spec.containers"], "").await;
    assert!(explained.contains("imagePullPolicy") && explained.contains("<[]EnvVar>"), "{explained}");
    assert!(kubectl.ok(&["explain", "pods"], "").await.contains("KIND:       Pod"));
    assert!(kubectl.ok(&["auth", "can-i", "--list"], "").await.contains("*.*"));
    for (words, says) in [
        (&["create", "role", "r", "--verb=get", "--resource=pods"][..], "rbac.authorization.k8s.io"),
        (&["create", "clusterrolebinding", "r", "--clusterrole=view", "--user=a"], "rbac.authorization.k8s.io"),
        (&["create", "job", "j", "--image=i"], "batch"),
        (&["create", "quota", "q", "--hard=pods=1"], "resourcequotas"),
        (&["create", "ingress", "i", "--rule=a/b=c:80"], "networking.k8s.io"),
    ] {
        let (done, _, error) = kubectl.run(words, "").await;
        assert!(!done && error.contains("does not have") && error.contains(says), "{words:?}: {error}");
    }
}
