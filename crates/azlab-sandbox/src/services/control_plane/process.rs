//! One part as a process: started, watched, ended.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use azlab_clock::Clock;
use tokio::process::{Child, ChildStdin};

use super::cluster::Cluster;
use super::error::ControlPlaneError;
use super::folder::Folder;
use super::lock::Lock;
use super::parts::Part;
use super::program::Program;

/// How long a part may take to end by itself, more than `grace` in tests/kubernetes/main.go.
const GRACE: Duration = Duration::from_secs(15);
/// How much of the end of a log is looked at.
const TAIL: u64 = 4096;

/// A part that was started. Dropped, it ends by itself: its standard input is closed then.
pub(super) struct Process {
    pub part: Part,
    child: Child,
    /// Held open as long as the part is to run; a [`Child`] that still has it closes it when it is waited for.
    input: Option<ChildStdin>,
    log: std::path::PathBuf,
}

impl Process {
    /// Starts `part`, in the folder of its cluster.
    pub fn start(
        part: Part,
        program: &Program,
        cluster: &Cluster,
        folder: &Folder,
        lock: &Lock,
        port: u16,
    ) -> Result<Self, ControlPlaneError> {
        let mut command = program.part(part.name());
        command.args(part.flags(cluster, port)).current_dir(folder.path());
        command.stdout(lock.for_part(folder)?).stderr(Stdio::from(folder.log(part.name())?)).kill_on_drop(false);
        let mut child = command.spawn().map_err(|error| ControlPlaneError::Broken {
            cluster: cluster.name.clone(),
            reason: format!("{} cannot be started: {error}", part.name()),
            logs: folder.path().to_owned(),
        })?;
        let input = child.stdin.take();
        Ok(Self { part, child, input, log: folder.log_of(part.name()) })
    }

    /// Waits until it has ended, and says how.
    pub async fn ended(&mut self) -> String {
        let how = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        match last_line(&self.log) {
            Some(line) => format!("{} ended ({how}): {line}", self.part.name()),
            None => format!("{} ended ({how})", self.part.name()),
        }
    }

    /// Ends it.
    pub async fn end(self) {
        let part = self.part.name();
        if !self.end_within(GRACE).await {
            tracing::warn!(part, "a part of a control plane did not end by itself");
        }
    }

    /// Ends it, and does not wait longer than `grace` for what it has under way. Whether it ended by itself.
    pub async fn end_within(mut self, grace: Duration) -> bool {
        // The part sees the end of its input, and ends.
        drop(self.input.take());
        let ended = Clock::real().timeout(grace, self.child.wait()).await.is_ok();
        if !ended {
            let _ = self.child.kill().await;
        }
        ended
    }
}

/// The last line of a log that says something.
fn last_line(log: &Path) -> Option<String> {
    const MOST: usize = 300;
    let mut file = fs::File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
    let mut text = Vec::new();
    file.read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    Some(line.trim().chars().take(MOST).collect())
}
