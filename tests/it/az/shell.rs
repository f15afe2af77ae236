//! A terminal in which somebody has signed in with az.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::network::{Network, clients};
use crate::cli::{Ended, World};

const REQUIREMENTS: &str = include_str!("../../clients/requirements.txt");

/// A cluster takes its time, so that clients poll for it; nothing else does, for each of them polls in real seconds, 30
/// apart, however quick the sandbox is. Soft-deleted accounts stay for the whole test.
const QUICK: &str = "[settings.durations]\naccount_create = 0.001\n\
    cluster_update = 0.001\ncluster_delete = 0.001\ndelete_call = 0.001\ngroup_delete_empty = 0.001\n\
    group_delete_accounts = 0.001\ngroup_delete_cluster = 0.001\nregistration = 0.001\nsoft_delete = 2592000.0\n";

/// What is said of the cluster where a test does not want to wait for a client's first pause.
pub(super) const QUICK_CLUSTER: &str = "cluster_create = 0.001\n";

fn quick(world: &World, settings: &str, durations: &str) {
    world.scenario(&format!("about = 'everything but a new cluster is quick'\n{settings}{QUICK}{durations}"));
}

/// A sandbox that is served, and a home with az in it.
pub(super) struct Shell {
    pub(super) world: World,
    venv: PathBuf,
    network: Network,
    server: Child,
    /// What `sandbox serve` says.
    said: Value,
}

impl Shell {
    /// With additions to the scenario's settings and durations; `None` where there are no clients.
    pub(super) fn new(test: &str, settings: &str, durations: &str) -> Option<Self> {
        Self::at(0, test, settings, durations)
    }

    /// The same at the port of HTTPS: MSAL asks there, whatever the authority's port, what kind of account a user has.
    pub(super) fn of_users(test: &str, settings: &str, durations: &str) -> Option<Self> {
        Self::at(443, test, settings, durations)
    }

    fn at(port: u16, test: &str, settings: &str, durations: &str) -> Option<Self> {
        let venv = clients(test)?;
        let world = World::new();
        quick(&world, settings, durations);
        let network = Network::new(&venv);
        if port != 0 && !network.may_serve_at(port) {
            // Not by eprintln!, which nobody sees of a test that passes.
            let _ = writeln!(std::io::stderr(), "{test}: skipped, nothing can be served at port {port} here");
            return None;
        }
        let address = format!("127.0.0.1:{port}");
        let serve = ["sandbox", "serve", "--listen", &address, "--output", "json"];
        let mut server = network.inside(&world.azlab(&serve)).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Some(Self { world, venv, network, server, said })
    }

    /// Puts the scenario in force again.
    pub(super) fn quick(&self, durations: &str) {
        quick(&self.world, "", durations);
    }

    /// The same, signed in with az by the lines that are printed for it.
    pub(super) fn signed_in(test: &str, durations: &str) -> Option<Self> {
        let shell = Self::new(test, "", durations)?;
        shell.no_update_check();
        let lines: Vec<&str> =
            shell.said["tools"]["az"]["commands"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let signed_in = shell.script(&lines.join("\n")).done();
        assert!(signed_in.stdout.contains(shell.subscription()), "{signed_in:#?}");
        Some(shell)
    }

    /// az, signed in as a user of the sandbox's directory, by the lines that are printed for it but for the last.
    #[track_caller]
    pub(super) fn sign_in_as(&self, user: &str) {
        let signed_in = self.sign_in(user).done();
        assert!(
            signed_in.stdout.contains(self.subscription()) && signed_in.stdout.contains("\"type\": \"user\""),
            "{signed_in:#?}"
        );
    }

    /// A sign-in that is refused.
    #[track_caller]
    pub(super) fn refused_sign_in(&self, user: &str, code: &str) {
        let refused = self.sign_in(user).exit(1);
        assert!(refused.stderr.contains(code), "{refused:#?}");
    }

    fn sign_in(&self, user: &str) -> Ended {
        let lines: Vec<&str> =
            self.said["tools"]["az"]["commands"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let is_login = |line: &&&str| line.contains("az login");
        let login = lines.iter().find(is_login).expect("a sign-in");
        let dir = Path::new(self.said["tools"]["az"]["environment"]["AZURE_CONFIG_DIR"].as_str().unwrap());
        let before = if dir.exists() {
            String::new()
        } else {
            self.no_update_check();
            lines.iter().filter(|line| !is_login(line)).fold(String::new(), |all, line| format!("{all}{line}\n"))
        };
        let application = self.said["environment"]["AZURE_CLIENT_ID"].as_str().unwrap();
        let login = login.replace("--service-principal ", "").replace(application, &format!("'{user}'"));
        self.script(&format!("{before}{login}"))
    }

    /// Where az has no note of its own version, its first start asks the publisher's site for the newest one, whatever the
    /// settings are.
    fn no_update_check(&self) {
        let pinned = REQUIREMENTS.lines().find_map(|line| line.strip_prefix("azure-cli==")).unwrap();
        let dir = Path::new(self.said["tools"]["az"]["environment"]["AZURE_CONFIG_DIR"].as_str().unwrap());
        std::fs::create_dir(dir).unwrap();
        let note = json!({"versions": {"core": {"local": pinned}}});
        std::fs::write(dir.join("versionCheck.json"), note.to_string()).unwrap();
    }

    pub(super) fn subscription(&self) -> &str {
        self.said["environment"]["AZURE_SUBSCRIPTION_ID"].as_str().unwrap()
    }

    pub(super) fn home(&self) -> &Path {
        self.world.path()
    }

    /// A program with a home of its own and what `sandbox serve` says for `tool`.
    pub(super) fn client(&self, tool: &str, program: &Path) -> Command {
        let bin = self.venv.join("bin");
        let mut command = Command::new(program);
        command
            .env("HOME", self.home())
            // az is a shell script.
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("LANG", "C.UTF-8")
            .env("AZURE_CORE_SURVEY_MESSAGE", "false")
            .env("AZURE_CORE_NO_COLOR", "true")
            // A mistyped command would look for extensions elsewhere.
            .env("AZURE_EXTENSION_USE_DYNAMIC_INSTALL", "no")
            .current_dir(self.home());
        self.tell(&mut command, tool);
        command
    }

    /// Gives a program what `sandbox serve` says for a tool.
    pub(super) fn tell(&self, command: &mut Command, tool: &str) {
        for (name, value) in self.said["tools"][tool]["environment"].as_object().unwrap() {
            command.env(name, value.as_str().unwrap());
        }
    }

    /// Where the sandbox is served.
    pub(super) fn url(&self) -> &str {
        self.said["url"].as_str().unwrap()
    }

    /// A Python program with what the SDKs are told, and the endpoint.
    pub(super) fn python(&self) -> Command {
        let mut python = self.client("sdk", &self.venv.join("bin/python"));
        python.env("AZLAB_ARM_ENDPOINT", self.url());
        python
    }

    /// Runs a client in the network that has nothing but the sandbox.
    pub(super) fn run(&self, command: &Command) -> Ended {
        Ended::of(self.network.inside(command).output().unwrap())
    }

    fn run_az(&self, arguments: &[&str]) -> Ended {
        let mut az = self.client("az", &self.venv.join("bin/az"));
        self.run(az.args(arguments))
    }

    /// az does it; what it prints, without the line's end.
    #[track_caller]
    pub(super) fn az(&self, arguments: &[&str]) -> String {
        let ended = self.run_az(arguments);
        assert!(ended.status.success(), "az {arguments:?}: {ended:#?}");
        assert!(!ended.stderr.contains("Traceback"), "az {arguments:?}: {ended:#?}");
        ended.stdout.trim_end().to_owned()
    }

    /// az does it and prints JSON.
    #[track_caller]
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let printed = self.az(arguments);
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("az {arguments:?}: {error}: {printed}"))
    }

    /// Lines of a shell in which az is signed in.
    pub(super) fn script(&self, lines: &str) -> Ended {
        let mut sh = self.client("az", Path::new("/bin/sh"));
        self.run(sh.arg("-ec").arg(lines))
    }

    /// One value, as a script takes it.
    #[track_caller]
    pub(super) fn tsv(&self, query: &str, arguments: &[&str]) -> String {
        self.az(&[arguments, &["--query", query, "--output", "tsv"]].concat())
    }

    /// az is refused with `code`, which it prints.
    #[track_caller]
    pub(super) fn refused(&self, code: &str, arguments: &[&str]) -> String {
        let ended = self.run_az(arguments);
        assert!(!ended.status.success(), "az {arguments:?}: {ended:#?}");
        assert!(ended.stderr.contains(&format!("ERROR: ({code})")), "az {arguments:?}: {ended:#?}");
        assert!(!ended.stderr.contains("Traceback"), "az {arguments:?}: {ended:#?}");
        ended.stderr
    }

    /// azlab on the same sandbox, with JSON as its answer.
    #[track_caller]
    pub(super) fn azlab(&self, arguments: &[&str]) -> Value {
        self.world.run(&[arguments, &["--sandbox", "--output", "json"]].concat()).done().json()
    }

    /// Ends it; nobody may have wanted to talk to another machine.
    #[track_caller]
    pub(super) fn end(mut self) {
        self.network.nobody_wanted_out();
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
