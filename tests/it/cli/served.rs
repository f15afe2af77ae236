//! `sandbox serve`: what it prints, used as it is, makes the same lab over a socket.
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Stdio};

use super::killed::{ONE_LAB, types};
use super::{Ended, World};

/// A client of the server lives on real time: everything is done in an instant.
pub(super) const QUICK: &str = "about = 'everything is quick'\n[settings]\nthrottling = false\n[settings.durations]\n\
    read = 0.001\ngroup = 0.001\ncluster_put = 0.001\ncluster_create = 0.001\nidentity = 0.001\n\
    federated_credential = 0.001\naccount_put = 0.001\naccount_create = 0.001\ndeployment = 0.001\nrole_assignment = 0.001\n";

/// A server, and the variables that it printed. Ended with the test.
pub(super) struct Served {
    child: Child,
    pub(super) rest: BufReader<ChildStderr>,
    pub(super) exports: Vec<(String, String)>,
    /// `https://localhost:8443`
    address: String,
}

impl Served {
    pub(super) fn start(world: &World, arguments: &[&str]) -> Self {
        let mut command = world.azlab(&["sandbox", "serve", "--listen", "127.0.0.1:0"]);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut rest = BufReader::new(child.stderr.take().unwrap());
        let (mut exports, mut address) = (Vec::new(), String::new());
        loop {
            let mut line = String::new();
            assert_ne!(rest.read_line(&mut line).unwrap(), 0, "it ended: {:?}", child.wait());
            if line.starts_with("# then") {
                break;
            }
            // Over HTTP there is nothing for azlab.
            if line.starts_with("# not for azlab") {
                break;
            }
            address = line
                .trim()
                .strip_prefix("serving the sandbox at ")
                .map_or(address, |rest| rest.split(' ').next().unwrap_or_default().to_owned());
            if let Some(assignment) = line.trim().strip_prefix("export ") {
                // As a shell would take it.
                let word = shlex::split(assignment).unwrap().concat();
                let (name, value) = word.split_once('=').unwrap();
                exports.push((name.to_owned(), value.to_owned()));
            }
        }
        Self { child, rest, exports, address }
    }

    /// Every variable that was printed.
    pub(super) fn exports(&self) -> &[(String, String)] {
        &self.exports
    }

    pub(super) fn export(&self, name: &str) -> &str {
        &self.exports.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name}")).1
    }

    /// Runs the binary with nothing but what was printed; no sandbox of its own.
    pub(super) fn client(&self, world: &World, arguments: &[&str]) -> Ended {
        let mut command = world.azlab(arguments);
        command.env_remove("AZLAB_SANDBOX_DIR").envs(self.exports.iter().cloned());
        Ended::of(command.output().unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The secret of the sandbox's application.
pub(super) fn secret(world: &World) -> String {
    Served::start(world, &[]).export("AZURE_CLIENT_SECRET").to_owned()
}

fn a_lab_over_a_socket(arguments: &[&str]) {
    let world = World::new();
    world.scenario(QUICK);
    let served = Served::start(&world, arguments);
    assert!(served.export("AZLAB_ARM_ENDPOINT").starts_with("https://localhost:"), "{:?}", served.exports);
    let made = served.client(&world, &["provision", "-o", "json", "--log-file", "log"]).done();
    let result = made.json();
    assert_eq!((&result["sandbox"], &result["labs"][0]["state"]), (&false.into(), &"ready".into()));
    assert!(made.stderr.contains("signed in with client secret"), "{}", made.stderr);
    let secret = served.export("AZURE_CLIENT_SECRET");
    let log = std::fs::read_to_string(world.path().join("log")).unwrap();
    assert!(!log.contains(secret) && !made.stderr.contains(secret) && !log.contains("eyJ"), "{log}");
    // The same world from within.
    assert_eq!(types(&world), ONE_LAB);
    let within = world.provision(&["-o", "json"]).done().json();
    assert_eq!(within["requests"]["writes"], 0);
    assert_eq!(within["labs"][0]["outputs"], result["labs"][0]["outputs"]);
}

/// azlab sends a secret over HTTPS only, even on this machine, and so do az, Terraform and the SDKs.
#[test]
fn over_http_nothing_is_printed_that_azlab_would_refuse() {
    let world = World::new();
    let text = printed(&world, &["--http"]);
    assert!(
        text.contains("\n# not for azlab, az, Terraform and the Azure SDKs: ") && text.contains("--http\n"),
        "{text}"
    );
    for refused in ["AZLAB_ARM_ENDPOINT", "AZURE_AUTHORITY_HOST", "export AZURE_CLIENT_SECRET", "azlab provision"] {
        assert!(!text.contains(refused), "{refused}: {text}");
    }
    assert!(text.contains("\n# curl: ") && text.contains("export IDENTITY_ENDPOINT=http://127.0.0.1:"), "{text}");
}

#[test]
fn a_lab_over_https() {
    a_lab_over_a_socket(&[]);
}

#[test]
fn a_lab_over_https_with_the_certificate_where_it_was_asked_for() {
    a_lab_over_a_socket(&["--ca-file", "it's the CA.pem"]);
}

#[test]
fn without_the_certificate_https_is_not_trusted() {
    let world = World::new();
    let mut served = Served::start(&world, &[]);
    served.exports.retain(|(name, _)| name != "AZLAB_CA_FILE");
    let refused = served.client(&world, &["provision", "-o", "json", "--timeout", "1s"]);
    assert_ne!(refused.status.code(), Some(0), "{refused:#?}");
    assert_eq!(world.inventory()["resources"], serde_json::json!([]));
}

/// What a server over HTTP tells scripts, and what `asked` of it gives while it runs.
fn over_http<T>(world: &World, asked: impl FnOnce(&serde_json::Value) -> T) -> T {
    let mut command = world.azlab(&["sandbox", "serve", "--listen", "127.0.0.1:0", "--http", "-o", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let answer = asked(&serde_json::from_str(&line).unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    answer
}

#[test]
fn over_http_azlab_does_not_sign_in_and_says_why() {
    let world = World::new();
    let refused = over_http(&world, |served| {
        let environment = served["environment"].as_object().unwrap().iter();
        let mut command = world.azlab(&["provision"]);
        command.env_remove("AZLAB_SANDBOX_DIR");
        command.envs(environment.map(|(name, value)| (name, value.as_str().unwrap())));
        Ended::of(command.output().unwrap())
    });
    let refused = refused.exit(3);
    assert!(refused.stderr.contains("the scheme must be https"), "{}", refused.stderr);
}

#[test]
fn scripts_get_the_same_as_json() {
    let world = World::new();
    let served = over_http(&world, serde_json::Value::clone);
    assert_eq!(served["environment"]["AZLAB_ARM_ENDPOINT"], served["url"]);
    assert!(served["environment"]["AZURE_CLIENT_SECRET"].is_string());
    assert_eq!(super::keys(&served["tools"]), ["curl", "identity", "openai"], "what works over HTTP");
}

/// What `sandbox serve` prints with more arguments, until it says nothing more for now; then it is ended.
fn printed(world: &World, arguments: &[&str]) -> String {
    let mut command = world.azlab(&["sandbox", "serve"]);
    if !arguments.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    let mut child = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // It prints all of it in one go, before it answers anything.
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    said.read_to_string(&mut first).unwrap();
    first
}

#[test]
fn each_tool_is_told_what_it_needs_in_lines_for_a_shell() {
    let world = World::new();
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"localhost:\d+", "localhost:PORT");
    settings.add_filter(r"az-\d+", "az-PORT");
    settings.add_filter(&regex_of(&world.path().display().to_string()), "HOME");
    settings.add_filter(r"(SECRET=|client_secret=|HEADER=)'?[A-Za-z0-9_-]{20,}'?", "${1}SECRET");
    settings.bind(|| insta::assert_snapshot!(printed(&world, &["--ca-file", "ca.pem"])));
    let one = printed(&world, &["--for", "curl,az"]);
    assert!(one.contains("\n# az") && one.contains("\n# curl") && !one.contains("\n# azlab"), "{one}");
    // As a shell would take it.
    for line in one.lines().filter(|line| !line.starts_with('#')) {
        assert!(shlex::split(line).is_some(), "{line}");
    }
    world.run(&["sandbox", "serve", "--for", "pulumi"]).exit(2);
}

/// The arguments of a command are for every user of the machine to read.
#[test]
fn no_printed_command_has_a_secret_among_its_arguments() {
    let world = World::new();
    let secret = secret(&world);
    let text = printed(&world, &[]);
    // `printf` is a shell's own, and an assignment no command.
    let started = |line: &&str| !line.starts_with("export ") && !line.starts_with("token=$(printf %s ");
    for line in text.lines().filter(started) {
        assert!(!line.contains(&secret), "{line}");
    }
    let login = text.lines().find(|line| line.starts_with("az login")).unwrap();
    let words = shlex::split(login).unwrap();
    let file = words.iter().find_map(|word| word.strip_prefix("--password=@")).unwrap();
    assert_eq!(std::fs::read_to_string(file).unwrap(), secret);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// The certificate is for `localhost`: an address that does not answer to that name is of no use over HTTPS.
#[test]
fn over_https_the_printed_address_is_one_that_the_certificate_vouches_for() {
    let world = World::new();
    for (listen, remote) in [("127.0.0.2:0", false), ("192.0.2.1:0", true)] {
        let mut arguments = vec!["sandbox", "serve", "--listen", listen];
        arguments.extend(remote.then_some("--allow-remote"));
        let refused = world.run(&arguments).exit(2);
        assert!(refused.stderr.contains("localhost") && refused.stderr.contains("--http"), "{}", refused.stderr);
    }
    let everywhere = printed(&world, &["--listen", "0.0.0.0:0", "--allow-remote"]);
    assert!(everywhere.starts_with("serving the sandbox at https://localhost:"), "{everywhere}");
    assert!(everywhere.contains("its certificate is for this machine"), "{everywhere}");
}

#[test]
fn a_pod_and_an_app_sign_in_as_the_lab_s_identity_over_a_socket() {
    let world = World::new();
    world.scenario(QUICK);
    let served = Served::start(&world, &[]);
    let made = served.client(&world, &["provision", "-o", "json"]).done().json();
    let outputs = &made["labs"][0]["outputs"];
    let (client, principal) = (&outputs["identity_client_id"], outputs["identity_principal_id"].as_str().unwrap());
    let token = world.path().join("token");
    world.run(&["sandbox", "token", "--file", token.to_str().unwrap()]).done();
    let lines = printed(&world, &["--for", "identity"]);
    let header = lines.lines().find_map(|line| line.strip_prefix("export IDENTITY_HEADER=")).unwrap();
    let endpoint = format!("{}/msi/token", served.export("AZLAB_ARM_ENDPOINT"));
    let whoever = |how: &str| {
        let mut command = world.azlab(&["doctor", "--auth", how]);
        command
            .env_remove("AZLAB_SANDBOX_DIR")
            .envs(served.exports.iter().cloned())
            .env_remove("AZURE_CLIENT_SECRET")
            .env("AZURE_CLIENT_ID", client.as_str().unwrap())
            .env("AZURE_FEDERATED_TOKEN_FILE", &token)
            .env("IDENTITY_ENDPOINT", &endpoint)
            .env("IDENTITY_HEADER", header);
        Ended::of(command.output().unwrap())
    };
    for (how, said) in [("workload-identity", "workload identity"), ("managed-identity", "managed identity")] {
        // It may do nothing but use the model, so `doctor` finds much to say.
        let told = whoever(how).exit(4);
        assert!(told.stdout.contains(&format!("signed in with {said}, object id {principal}")), "{told:#?}");
    }
    std::fs::write(&token, "no token").unwrap();
    let refused = whoever("workload-identity").exit(3);
    assert!(format!("{}{}", refused.stdout, refused.stderr).contains("AADSTS50027"), "{refused:#?}");
}

/// `text`, taken literally.
fn regex_of(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect()
}

#[test]
fn a_served_sandbox_is_not_deleted_under_its_server_and_can_be_emptied_as_it_runs() {
    let world = World::new();
    world.scenario(QUICK);
    let served = Served::start(&world, &[]);
    served.client(&world, &["provision"]).done();
    world.run(&["sandbox", "reset"]).exit(2);
    let scenario = world.path().join("scenario.toml");
    world.run(&["sandbox", "scenario", scenario.to_str().unwrap(), "--fresh"]).done();
    // The server goes on in the emptied world.
    let made = served.client(&world, &["provision", "-o", "json"]).done().json();
    assert_eq!(made["labs"][0]["changes"][0]["action"], "created", "{made}");
    assert_eq!(
        world.inventory()["resources"].as_array().unwrap().len(),
        made["labs"][0]["changes"].as_array().unwrap().len() + 1
    );
}

#[test]
fn addresses_that_cannot_or_must_not_be_had() {
    let world = World::new();
    let served = Served::start(&world, &["--http"]);
    let address = served.address.trim_start_matches("http://").to_owned();
    let taken = world.run(&["sandbox", "serve", "--http", "--listen", &address, "-o", "json"]).exit(2).json();
    assert_eq!(taken["error"]["code"], "CannotServe");
    let message = taken["error"]["message"].as_str().unwrap();
    assert!(message.contains(&address) && message.contains("--listen"), "{message}");
    let open = world.run(&["sandbox", "serve", "--http", "--listen", "0.0.0.0:0"]).exit(2);
    assert!(open.stderr.contains("0.0.0.0:0") && open.stderr.contains("127.0.0.1"), "{}", open.stderr);
    let both = world.run(&["sandbox", "serve", "--http", "--ca-file", "x"]).exit(2);
    assert!(both.stderr.contains("--ca-file"), "{}", both.stderr);
    world.run(&["sandbox", "serve", "--listen", "localhost"]).exit(2);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it() {
    use rustix::process::{Pid, Signal, kill_process};
    for signal in [Signal::INT, Signal::TERM] {
        let world = World::new();
        let mut served = Served::start(&world, &["--http"]);
        kill_process(Pid::from_raw(i32::try_from(served.child.id()).unwrap()).unwrap(), signal).unwrap();
        assert_eq!(served.child.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        served.rest.read_to_string(&mut rest).unwrap();
        assert!(!rest.contains("error") && !rest.contains("panicked"), "{rest}");
        assert_eq!(world.inventory()["resources"], serde_json::json!([]));
    }
}
