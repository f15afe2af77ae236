//! A terminal in which somebody has signed in with az.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::network::{Network, clients};
use crate::cli::served::Served;
use crate::cli::{Ended, World};

const REQUIREMENTS: &str = include_str!("../../clients/requirements.txt");

/// A cluster takes its time, so that clients poll for it; nothing else does, for each of them polls in real seconds, 30
/// apart, however quick the sandbox is. Soft-deleted accounts stay for the whole test.
const QUICK: &str = "[settings.durations]\naccount_create = 0.001\n\
    cluster_update = 0.001\ncluster_delete = 0.001\ndelete_call = 0.001\ngroup_delete_empty = 0.001\n\
    group_delete_accounts = 0.001\ngroup_delete_cluster = 0.001\nregistration = 0.001\nsoft_delete = 31536000.0\n";

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
    served: Served,
}

impl Shell {
    /// With additions to the scenario's settings and durations; `None` where there are no clients.
    pub(super) fn new(test: &str, settings: &str, durations: &str) -> Option<Self> {
        let venv = clients(test)?;
        let world = World::new();
        quick(&world, settings, durations);
        let network = Network::new(&venv);
        let served = Served::of(network.inside(&world.azlab(&["sandbox", "serve", "--listen", "127.0.0.1:0"])));
        Some(Self { world, venv, network, served })
    }

    /// Puts the scenario in force again.
    pub(super) fn quick(&self, durations: &str) {
        quick(&self.world, "", durations);
    }

    /// The same, signed in with az.
    pub(super) fn signed_in(test: &str, durations: &str) -> Option<Self> {
        let shell = Self::new(test, "", durations)?;
        shell.no_update_check();
        let endpoint = shell.served.export("AZLAB_ARM_ENDPOINT").to_owned();
        shell.az(&["cloud", "register", "--name", "azlab", "--endpoint-resource-manager", &endpoint]);
        shell.az(&["cloud", "set", "--name", "azlab"]);
        let [client, secret, tenant] =
            ["AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"].map(|name| shell.served.export(name));
        let login = ["login", "--service-principal", "--username", client, "--password", secret, "--tenant", tenant];
        let account = shell.json(&login);
        assert_eq!(account[0]["id"], shell.served.export("AZURE_SUBSCRIPTION_ID"));
        Some(shell)
    }

    /// Where az has no note of its own version, its first start asks the publisher's site for the newest one, whatever the
    /// settings are.
    fn no_update_check(&self) {
        let pinned = REQUIREMENTS.lines().find_map(|line| line.strip_prefix("azure-cli==")).unwrap();
        let dir = self.home().join("azure");
        std::fs::create_dir(&dir).unwrap();
        let note = serde_json::json!({"versions": {"core": {"local": pinned}}});
        std::fs::write(dir.join("versionCheck.json"), note.to_string()).unwrap();
    }

    pub(super) fn subscription(&self) -> &str {
        self.served.export("AZURE_SUBSCRIPTION_ID")
    }

    pub(super) fn home(&self) -> &Path {
        self.world.path()
    }

    /// A program of the clients' environment, with what `sandbox serve` printed for clients and a home of its own.
    pub(super) fn client(&self, program: &str) -> Command {
        let bin = self.venv.join("bin");
        let mut command = Command::new(bin.join(program));
        command
            .env("HOME", self.home())
            // az is a shell script.
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("LANG", "C.UTF-8")
            .env("AZURE_CONFIG_DIR", self.home().join("azure"))
            .env("REQUESTS_CA_BUNDLE", self.served.export("AZLAB_CA_FILE"))
            .env("SSL_CERT_FILE", self.served.export("AZLAB_CA_FILE"))
            .env("AZURE_CORE_INSTANCE_DISCOVERY", "false")
            .env("AZURE_CORE_COLLECT_TELEMETRY", "false")
            .env("AZURE_CORE_SURVEY_MESSAGE", "false")
            .env("AZURE_CORE_NO_COLOR", "true")
            // A mistyped command would look for extensions elsewhere.
            .env("AZURE_EXTENSION_USE_DYNAMIC_INSTALL", "no")
            .current_dir(self.home());
        for (name, value) in self.served.exports() {
            command.env(name, value);
        }
        command
    }

    /// Runs a client in the network that has nothing but the sandbox.
    pub(super) fn run(&self, command: &Command) -> Ended {
        Ended::of(self.network.inside(command).output().unwrap())
    }

    fn run_az(&self, arguments: &[&str]) -> Ended {
        let mut az = self.client("az");
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
    pub(super) fn end(self) {
        drop(self.served);
        self.network.nobody_wanted_out();
    }
}
