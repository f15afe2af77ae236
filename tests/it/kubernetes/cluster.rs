//! A lab in a sandbox that is served with real control planes, and the ways in: kubectl, and HTTP.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Stdio};
use std::time::{Duration, Instant};

use azlab_sandbox::{Sandbox, TENANT_ID};
use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::cli::{Ended, World};

/// Longer than anything takes here, on a machine that has much else to do.
pub(super) const NEVER: Duration = Duration::from_secs(240);

/// A sandbox that is served, with one lab in it.
pub(super) struct Cluster {
    pub(super) world: World,
    program: PathBuf,
    speed: &'static str,
    server: Option<Server>,
}

/// A process that serves it.
struct Server {
    child: Child,
    /// What it tells; a pipe that nobody reads would fill.
    told: std::thread::JoinHandle<String>,
    url: String,
}

impl Cluster {
    /// With one lab, and nothing asked of its cluster yet; `None` where there is no program.
    pub(super) fn new(test: &str, speed: &'static str) -> Option<Self> {
        let program = super::program(test)?;
        let world = World::new();
        world.provision(&[]).done();
        let mut cluster = Self { world, program, speed, server: None };
        cluster.serve();
        Some(cluster)
    }

    /// Serves it.
    pub(super) fn serve(&mut self) {
        let serve = [
            "sandbox",
            "serve",
            "--http",
            "--listen",
            "127.0.0.1:0",
            "-o",
            "json",
            "--progress",
            "plain",
            "--kubernetes",
        ];
        let mut command = self.world.azlab(&serve);
        command.arg(&self.program).env("AZLAB_SANDBOX_SPEED", self.speed);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let told = std::thread::spawn(move || read(stderr));
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = match serde_json::from_str(&line) {
            Ok(said) => said,
            Err(error) => panic!("{error}: {line}{}", told.join().unwrap()),
        };
        self.server = Some(Server { child, told, url: said["url"].as_str().unwrap().to_owned() });
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// Ends the server by a signal, and gives what it told and how long it took.
    pub(super) fn end(&mut self, signal: Signal) -> (String, Duration) {
        let mut server = self.server.take().unwrap();
        let began = Instant::now();
        kill_process(Pid::from_raw(i32::try_from(server.child.id()).unwrap()).unwrap(), signal).unwrap();
        server.child.wait().unwrap();
        (server.told.join().unwrap(), began.elapsed())
    }

    /// The command, in a process of its own that has the same sandbox.
    pub(super) fn azlab(&self, arguments: &[&str]) -> Ended {
        let mut command = self.world.azlab(arguments);
        Ended::of(command.env("AZLAB_SANDBOX_SPEED", self.speed).output().unwrap())
    }

    /// `azlab app`, while this process goes on answering for webhooks.
    pub(super) async fn app(&self, arguments: &[&str]) -> Ended {
        self.meanwhile(&[&["app"], arguments].concat()).await
    }

    /// The command with the sandbox and a result object, while this process goes on answering for webhooks.
    pub(super) async fn meanwhile(&self, arguments: &[&str]) -> Ended {
        let mut command = self.world.azlab(&[arguments, &["--sandbox", "-o", "json", "--progress", "none"]].concat());
        command.env("AZLAB_SANDBOX_SPEED", self.speed);
        let output = Command::from(command).kill_on_drop(true).output();
        let output = tokio::time::timeout(NEVER, output).await;
        Ended::of(output.unwrap_or_else(|_| panic!("azlab {arguments:?} does not end")).unwrap())
    }

    /// Where `azlab kubeconfig` puts it.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.world.path().join("kubeconfig")
    }

    /// Gets the cluster's credentials, which starts its control plane.
    pub(super) fn connect(&self) {
        let file = self.kubeconfig();
        self.azlab(&["kubeconfig", "--sandbox", "--file", file.to_str().unwrap()]).done();
    }

    /// kubectl with a limit, which fails the test where it fails.
    pub(super) async fn kubectl(&self, arguments: &[&str]) -> String {
        self.kubectl_with(arguments, "").await.done().stdout
    }

    /// kubectl with something to read.
    pub(super) async fn kubectl_with(&self, arguments: &[&str], stdin: &str) -> Ended {
        kubectl(&self.program, &self.kubeconfig(), arguments, stdin).await
    }

    /// An object, by kubectl.
    pub(super) async fn get(&self, arguments: &[&str]) -> Value {
        let text = self.kubectl(&[&["get", "-o", "json"], arguments].concat()).await;
        serde_json::from_str(&text).unwrap()
    }

    /// Applies an object.
    pub(super) async fn apply(&self, object: &Value) {
        self.kubectl_with(&["apply", "-f", "-"], &object.to_string()).await.done();
    }

    /// Looks again and again until `fits`, and gives the object then.
    pub(super) async fn until(&self, arguments: &[&str], what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        comes(what, async || {
            let object = self.get(arguments).await;
            if fits(&object) { Ok(object) } else { Err(format!("{object:#}")) }
        })
        .await
    }

    /// The ARM id of the lab's cluster.
    pub(super) fn id(&self) -> String {
        let inventory = self.world.inventory();
        let all = inventory["resources"].as_array().unwrap_or_else(|| panic!("{inventory:#}"));
        let ids = all.iter().filter_map(|one| one["id"].as_str());
        let is_cluster =
            |id: &&str| id.split('/').rev().nth(1).is_some_and(|kind| kind.eq_ignore_ascii_case("managedClusters"));
        ids.into_iter().find(is_cluster).unwrap_or_else(|| panic!("{inventory:#}")).to_owned()
    }

    /// Sends a request to Resource Manager, as another process of the same sandbox.
    pub(super) async fn manage(&self, method: http::Method, path: &str, body: &Value) -> http::Response<Bytes> {
        let sandbox = Sandbox::open(&self.world.sandbox(), self.speed.parse().unwrap()).unwrap();
        let request = http::Request::builder().method(method).uri(path).header("content-type", "application/json");
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let request = request.header("authorization", sandbox.bearer().unwrap()).body(body);
        sandbox.handle(request.unwrap()).await
    }

    /// Turns the cluster's workload identity on or off, once it is not busy.
    pub(super) async fn set_workload_identity(&self, enabled: bool) {
        let path = format!("{}?api-version=2025-08-01", self.id());
        let began = Instant::now();
        loop {
            let found = self.manage(http::Method::GET, &path, &Value::Null).await;
            let mut cluster: Value = serde_json::from_slice(found.body()).unwrap();
            cluster["properties"]["securityProfile"]["workloadIdentity"]["enabled"] = enabled.into();
            let put = self.manage(http::Method::PUT, &path, &cluster).await;
            if put.status().is_success() {
                return;
            }
            assert!(put.status() == 409 && began.elapsed() < NEVER, "{put:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Exchanges a service account's token for an access token of the identity `client`, as azure-identity does.
    pub(super) async fn exchange(&self, client: &str, assertion: &str, scope: &str) -> Value {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .append_pair("client_assertion", assertion)
            .append_pair("client_id", client)
            .append_pair("scope", scope)
            .finish();
        let url = format!("{}/{TENANT_ID}/oauth2/v2.0/token", self.server().url);
        let request = http().post(url).header("content-type", "application/x-www-form-urlencoded").body(form);
        serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap()
    }

    /// The keys that the sandbox publishes for this issuer.
    pub(super) async fn published_keys(&self, issuer: &str) -> Value {
        let path = url::Url::parse(issuer).unwrap().path().to_owned();
        let url = format!("{}{path}openid/v1/jwks", self.server().url);
        serde_json::from_slice(&http().get(url).send().await.unwrap().bytes().await.unwrap()).unwrap()
    }

    /// Asks a model a question with an access token: the status and the body.
    pub(super) async fn ask(&self, host: &str, deployment: &str, token: &str) -> (u16, Value) {
        let url = format!(
            "{}/openai/deployments/{deployment}/chat/completions?api-version=2024-12-01-preview",
            self.server().url
        );
        let body = json!({"messages": [{"role": "user", "content": "Describe a raincoat."}], "temperature": 1});
        let request = http().post(url).header("host", host).header("content-type", "application/json");
        let answer = request.header("authorization", format!("Bearer {token}")).body(body.to_string()).send().await;
        let answer = answer.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    /// The ids of the processes of the control planes.
    pub(super) fn processes(&self) -> Vec<(i32, String)> {
        let here = self.world.sandbox();
        let here = here.canonicalize().unwrap_or(here);
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Ok(id) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
            let in_it = std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&here));
            let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let part = arguments.split(|byte| *byte == 0).nth(1).map(|part| String::from_utf8_lossy(part).into_owned());
            if let Some(part) = part.filter(|_| in_it) {
                found.push((id, part));
            }
        }
        found.sort();
        found
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.child.kill();
            let _ = server.child.wait();
        }
        // The directory can be removed once nobody writes there.
        gone(&self.processes());
    }
}

/// Waits for something that takes real time, and gives it. What is there instead fails the test if it never comes.
pub(super) async fn comes<T>(what: &str, look: impl AsyncFn() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        match look().await {
            Ok(it) => return it,
            Err(instead) => assert!(began.elapsed() < NEVER, "{what} never comes: {instead}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until none of these processes is there.
pub(super) fn gone(processes: &[(i32, String)]) -> Duration {
    let began = Instant::now();
    let is_there = |id: i32| Pid::from_raw(id).is_some_and(|id| test_kill_process(id).is_ok());
    while let Some((_, part)) = processes.iter().find(|(id, _)| is_there(*id)) {
        if began.elapsed() > NEVER {
            assert!(std::thread::panicking(), "{part} is still there");
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

/// kubectl, as the program has it, with a limit.
pub(super) async fn kubectl(program: &Path, kubeconfig: &Path, arguments: &[&str], stdin: &str) -> Ended {
    let mut command = Command::new(program);
    command.arg("kubectl").arg("--kubeconfig").arg(kubeconfig).arg("--request-timeout=60s").args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.env("HOME", kubeconfig.parent().unwrap());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let write = async move {
        let _ = tokio::io::AsyncWriteExt::write_all(&mut input, stdin.as_bytes()).await;
    };
    let (_, output) = tokio::join!(write, tokio::time::timeout(NEVER, child.wait_with_output()));
    Ended::of(output.unwrap_or_else(|_| panic!("kubectl {arguments:?} does not end")).unwrap())
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn read(stderr: BufReader<ChildStderr>) -> String {
    stderr.lines().map_while(Result::ok).map(|line| line + "\n").collect()
}

/// A Deployment of one container with this image, in the namespace `default`.
pub(super) fn deployment(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": name, "image": image, "ports": [{"containerPort": 5001}]}]},
            },
        },
    })
}
