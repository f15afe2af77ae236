//! The binary itself, as users, scripts and impatient people start it. No test knows a port or a moment in advance: what
//! must have happened before the next step is read from the events.
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;

use serde_json::Value;
use tempfile::TempDir;

mod access;
mod answers;
#[cfg(unix)]
mod app_logs;
mod asked;
mod board;
mod calendar;
mod config;
mod config_docs;
#[cfg(unix)]
mod connections;
mod display;
mod doctor;
mod endpoints;
mod env;
mod examples;
mod existing_cluster;
mod extend;
mod field_notes;
mod follow_ups;
mod handout;
mod help;
mod ids;
mod killed;
#[cfg(unix)]
mod kubeconfig;
#[cfg(unix)]
mod kubeconfig_kept;
#[cfg(unix)]
mod kubeconfig_read;
#[cfg(unix)]
mod meant;
#[cfg(unix)]
mod not_text;
mod other_tools;
mod pipes;
mod refused;
mod roster;
#[cfg(unix)]
mod said;
mod sandbox;
mod secrets;
pub(crate) mod served;
mod served_log;
mod service_causes;
mod service_says;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod teardown_asked;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod timed_out;
mod timeline;
mod together;
mod verify;
#[cfg(unix)]
mod watched;
mod who_goes;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_azlab");

/// Service seconds a real one: a lab takes a fraction of a second, and a busy machine does not run into the service's own
/// time limits (the shortest that matters here, of one try, is 120 s: 60 ms of this machine).
const SPEED: &str = "2000";

/// A home of its own, with a sandbox in it.
pub(crate) struct World(TempDir);

impl World {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where the sandbox is kept; not there yet.
    pub(crate) fn sandbox(&self) -> PathBuf {
        self.path().join("sandbox")
    }

    /// The binary with an environment that says nothing but where the sandbox is.
    pub(crate) fn azlab(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("USER", "tester")
            .env("PATH", self.path().join("no-programs"))
            .env("AZLAB_SANDBOX_DIR", self.sandbox())
            .env("AZLAB_SANDBOX_SPEED", SPEED)
            .current_dir(self.path())
            .stdin(Stdio::null());
        // Windows needs it to open sockets.
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.azlab(arguments).output().unwrap())
    }

    /// `provision --sandbox` with more arguments.
    pub(crate) fn provision(&self, arguments: &[&str]) -> Ended {
        self.run(&[&["provision", "--sandbox"], arguments].concat())
    }

    /// What `sandbox show` has to show.
    pub(crate) fn inventory(&self) -> Value {
        self.run(&["sandbox", "show", "-o", "json"]).done().json()
    }

    /// Puts a scenario in force.
    pub(crate) fn scenario(&self, text: &str) {
        let file = self.path().join("scenario.toml");
        std::fs::write(&file, text).unwrap();
        self.run(&["sandbox", "scenario", file.to_str().unwrap()]).done();
    }
}

/// A process that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Its exit code was `code`, and it did not panic.
    #[track_caller]
    pub(crate) fn exit(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn done(self) -> Self {
        self.exit(0)
    }

    /// stdout is one JSON object on one line, and nothing else.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.matches('\n').count(), 1, "{self:#?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A process under way whose stderr is JSON lines.
struct Running {
    child: Child,
    events: BufReader<ChildStderr>,
    seen: Vec<Value>,
    stdout: JoinHandle<String>,
}

impl Running {
    /// Starts `command` with `--progress json`.
    fn start(command: &mut Command) -> Self {
        command.args(["--progress", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let events = BufReader::new(child.stderr.take().unwrap());
        let mut out = child.stdout.take().unwrap();
        let stdout = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = out.read_to_string(&mut text);
            text
        });
        Self { child, events, seen: Vec::new(), stdout }
    }

    /// The next event; `None` at the end.
    fn event(&mut self) -> Option<&Value> {
        let mut line = String::new();
        if self.events.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        self.seen.push(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")));
        self.seen.last()
    }

    /// Reads on until an event fits; it must come.
    #[track_caller]
    fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) {
        loop {
            match self.event() {
                Some(event) if fits(event) => return,
                Some(_) => {}
                None => panic!("it ended before {what}: {:#?}", self.seen),
            }
        }
    }

    /// Reads to the end.
    fn end(mut self) -> (ExitStatus, String, Vec<Value>) {
        while self.event().is_some() {}
        let status = self.child.wait().unwrap();
        (status, self.stdout.join().unwrap(), self.seen)
    }
}

/// `event` is of that kind.
fn is(event: &Value, kind: &str) -> bool {
    event["event"] == kind
}

/// How many writes a result tells, without those that may have been sent again: a busy machine answers later than a try of the
/// service's time lasts ([`SPEED`]).
fn writes_once(result: &Value) -> u64 {
    let count = |key: &str| result["requests"][key].as_u64().expect("a number");
    count("writes").saturating_sub(count("retried"))
}

/// The keys of an object, sorted.
fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}
