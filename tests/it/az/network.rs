//! Where the clients are, and the network that they run in.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Names the virtual environment; `.ci/run` sets it.
const VENV: &str = "AZLAB_CLIENTS_VENV";
/// Set by `.ci/run` once the clients are installed: a test that does not find them fails instead of skipping.
const REQUIRED: &str = "AZLAB_CLIENTS_REQUIRED";

/// The same of the npm packages.
const JAVASCRIPT: &str = "AZLAB_CLIENTS_JS";
const JAVASCRIPT_REQUIRED: &str = "AZLAB_CLIENTS_JS_REQUIRED";

/// The same of the Go modules.
const GO: &str = "AZLAB_CLIENTS_GO";
const GO_REQUIRED: &str = "AZLAB_CLIENTS_GO_REQUIRED";

/// The same of the libraries for Java.
const JAVA: &str = "AZLAB_CLIENTS_JAVA";
const JAVA_REQUIRED: &str = "AZLAB_CLIENTS_JAVA_REQUIRED";

/// The virtual environment with the clients, or `None` where it is not, which the test says.
pub(super) fn clients(test: &str) -> Option<PathBuf> {
    installed(test, [VENV, REQUIRED], "target/clients", "tests/clients/install")
}

/// Node, and where its packages are, or `None` where either is not, which the test says.
pub(super) fn javascript(test: &str) -> Option<(PathBuf, PathBuf)> {
    let packages = installed(test, [JAVASCRIPT, JAVASCRIPT_REQUIRED], "target/clients-js", "tests/clients/install-js")?;
    Some((interpreter("node"), packages))
}

/// Java, and where the program of tests/clients/java and its libraries are, or `None` where either is not, which the test says.
pub(super) fn java(test: &str) -> Option<(PathBuf, PathBuf)> {
    let folder = installed(test, [JAVA, JAVA_REQUIRED], "target/clients-java", "tests/clients/install-java")?;
    Some((interpreter("java"), folder))
}

/// A program by its whole path, since the clients have a PATH of their own; it was there when they were installed.
fn interpreter(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name}, with which its packages were installed"))
}

/// The program of tests/clients/go, or `None` where it was not built, which the test says.
pub(super) fn go(test: &str) -> Option<PathBuf> {
    let folder = installed(test, [GO, GO_REQUIRED], "target/clients-go", "tests/clients/install-go")?;
    Some(folder.join("sign-in"))
}

/// A folder that an installer has filled, named by the first variable; where the second one is set, it must be there.
fn installed(test: &str, [named, required]: [&str; 2], default: &str, installer: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join(default);
    let folder = std::env::var_os(named).map_or(default, PathBuf::from);
    if folder.join("installed").is_file() {
        return Some(folder);
    }
    let said = format!("{test}: skipped, the clients are not at {} ({installer} makes it)", folder.display());
    assert!(std::env::var_os(required).is_none(), "{said}");
    // Not by eprintln!, which nobody sees of a test that passes.
    let _ = writeln!(std::io::stderr(), "{said}");
    None
}

/// One of the Python programs beside the tests.
pub(super) fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// Where `nsenter` is, if this machine lets us have a network of our own.
fn nsenter() -> Option<PathBuf> {
    let mut probe = Command::new("unshare");
    probe.args(["-rn", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().ok().filter(std::process::ExitStatus::success)?;
    // By its whole path, since the commands that it runs have a PATH of their own.
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join("nsenter")).find(|file| file.is_file())
}

/// A network with nothing but loopback where the system lets us have one, and everywhere a proxy that tells who wanted out.
pub(super) struct Network {
    holder: Child,
    /// Ends the holder when closed.
    stdin: Option<ChildStdin>,
    told: BufReader<ChildStdout>,
    proxy: String,
    /// With which to enter it; `None` where it is the machine's own.
    nsenter: Option<PathBuf>,
}

impl Network {
    pub(super) fn new(venv: &Path) -> Self {
        let python = venv.join("bin/python");
        let nsenter = nsenter();
        let mut command = Command::new(if nsenter.is_some() { OsStr::new("unshare") } else { python.as_os_str() });
        if nsenter.is_some() {
            // The process stays the same, and so its id.
            command.arg("-rn").arg(&python);
        }
        let mut holder =
            command.arg(program("loopback.py")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = holder.stdin.take();
        let mut told = BufReader::new(holder.stdout.take().unwrap());
        let mut port = String::new();
        told.read_line(&mut port).unwrap();
        let proxy = format!("http://127.0.0.1:{}", port.trim().parse::<u16>().unwrap());
        Self { holder, stdin, told, proxy, nsenter }
    }

    /// Whether something can be served at a port: in a network of its own everything, else what the system lets us have.
    pub(super) fn may_serve_at(&self, port: u16) -> bool {
        self.nsenter.is_some() || std::net::TcpListener::bind(("127.0.0.1", port)).is_ok()
    }

    /// `command`, to be run in this network.
    pub(super) fn inside(&self, command: &Command) -> Command {
        let mut inside = if let Some(nsenter) = &self.nsenter {
            let mut inside = Command::new(nsenter);
            inside.args(["--preserve-credentials", "--user", "--net", "--target"]).arg(self.holder.id().to_string());
            inside.arg("--").arg(command.get_program());
            inside
        } else {
            Command::new(command.get_program())
        };
        inside.args(command.get_args()).env_clear().stdin(Stdio::null());
        inside.env("HTTP_PROXY", &self.proxy).env("HTTPS_PROXY", &self.proxy).env("NO_PROXY", "localhost,127.0.0.1");
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                inside.env(name, value);
            }
        }
        if let Some(dir) = command.get_current_dir() {
            inside.current_dir(dir);
        }
        inside
    }

    /// Ends it; nobody may have wanted to talk to another machine.
    #[track_caller]
    pub(super) fn nobody_wanted_out(&mut self) {
        drop(self.stdin.take());
        let mut asked = String::new();
        self.told.read_to_string(&mut asked).unwrap();
        assert_eq!(asked, "", "a client wanted to talk to another machine");
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.holder.wait();
    }
}
