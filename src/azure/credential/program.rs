//! Runs az and azd for azure_identity, and ends them with all they started when nobody waits any more.
//!
//! azure_identity takes nothing but JSON, and every exit code 127 for a program that is not there. So the noise around the
//! JSON is taken away here, and a failure that is none of those is told in words of its own.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Output, Stdio};

use async_trait::async_trait;
use azure_identity::Executor;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use super::{Environment, printed};

/// The most that is read of either output. A token takes a few KB.
const MAX_OUTPUT: u64 = 1024 * 1024;

/// A shell's exit codes of what is not there, and of what may not be run (POSIX, *Exit Status for Commands*).
const NOT_STARTED: [Option<i32>; 2] = [Some(127), Some(126)];

/// The signal that ended a program, or one that a shell started: it tells 128 and the signal's number.
fn ended_by(status: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Some(signal);
    }
    status.code().filter(|code| (129..=159).contains(code)).map(|code| code - 128)
}

/// Starts programs with the given environment (and so its PATH), without input.
#[derive(Debug)]
pub(super) struct Programs(pub(super) Environment);

#[async_trait]
impl Executor for Programs {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = Command::new(program);
        command.args(args).env_clear().envs(self.0.iter());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        #[cfg(unix)]
        let mut group = Group::of(&child);
        let (stdout, stderr) = tokio::try_join!(read(child.stdout.take()), read(child.stderr.take()))?;
        let status = child.wait().await?;
        #[cfg(unix)]
        group.disarm();
        let program = called(args);
        if status.success() {
            return Ok(Output { status, stdout: token(program, &stdout)?, stderr });
        }
        let said = printed::text(&stderr);
        let told = printed::object_with(&said, &["data"]).filter(|_| program == "azd");
        if let Some(signal) = ended_by(status) {
            return Err(io::Error::other(format!("{program} was ended by signal {signal}")));
        }
        match self.find(program).filter(|_| NOT_STARTED.contains(&status.code())) {
            // It is there: what is missing, or may not be run, is something that it starts.
            Some(path) => Err(io::Error::other(format!("{program} ({}) could not start: {said}", path.display()))),
            None => Ok(Output { status, stdout, stderr: told.unwrap_or(&said).as_bytes().to_vec() }),
        }
    }
}

impl Programs {
    /// Where a program is on the PATH that programs are started with.
    fn find(&self, program: &str) -> Option<PathBuf> {
        let path = self.0.path("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
    }
}

/// The program in the command that azure_identity gives to a shell: `cd /bin && az account …`.
fn called(args: &[&OsStr]) -> &'static str {
    let command = args.last().map(|command| command.to_string_lossy()).unwrap_or_default();
    if command.contains("azd auth") { "azd" } else { "az" }
}

/// The JSON with the token, alone.
fn token(program: &str, stdout: &[u8]) -> io::Result<Vec<u8>> {
    let text = zeroize::Zeroizing::new(printed::text(stdout));
    match printed::object_with(&text, &["accessToken", "token"]) {
        Some(object) if !has_text(object) => Err(io::Error::other(format!("{program} gave no usable token"))),
        Some(object) => Ok(object.as_bytes().to_vec()),
        None if text.trim().is_empty() => {
            Err(io::Error::other(format!("{program} printed nothing, and no error either")))
        }
        // What it printed may hold a token.
        None => Err(io::Error::other(format!("{program} printed something else than a token"))),
    }
}

/// Whether the token is text: a parser's words about another would say nothing to anybody.
fn has_text(object: &str) -> bool {
    let read: serde_json::Value = serde_json::from_str(object).unwrap_or_default();
    ["accessToken", "token"].iter().any(|name| read[*name].is_string())
}

async fn read(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(MAX_OUTPUT + 1).read_to_end(&mut bytes).await?;
    }
    if bytes.len() as u64 > MAX_OUTPUT {
        return Err(io::Error::other("it printed too much for a token"));
    }
    Ok(bytes)
}

/// The shell, az's script and its interpreter: killing the shell alone would leave the others running.
#[cfg(unix)]
struct Group(Option<rustix::process::Pid>);

#[cfg(unix)]
impl Group {
    fn of(child: &tokio::process::Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw))
    }

    fn disarm(&mut self) {
        self.0 = None;
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0.take() {
            // It may have ended by itself meanwhile; then there is nothing to end.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}
