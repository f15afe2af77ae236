//! What a run writes for people and scripts: both files, and the result in both forms.

use std::path::PathBuf;

use azlab::report::{Reporter, write_result};
use azlab::values::{Output, Progress, ReportOptions};
use azlab_clock::Clock;
use tokio::sync::mpsc::unbounded_channel;

use super::{Invariant, Violation};
use crate::drive::Ran;

/// Writes everything that the run told, as the program does, and looks for a token in it.
pub async fn judge(ran: &Ran, clock: Clock, token: &str) -> Option<Violation> {
    let dir = tempfile::tempdir().expect("a directory");
    let [events_file, log_file] = ["events", "log"].map(|name| dir.path().join(name));
    let options = ReportOptions {
        progress: Progress::None,
        events_file: Some(events_file.clone()),
        log_file: Some(log_file.clone()),
        verbosity: 2,
        ..ReportOptions::default()
    };
    let (sender, receiver) = unbounded_channel();
    ran.events.iter().for_each(|event| drop(sender.send(event.clone())));
    drop(sender);
    Reporter::of_files(&options, clock).expect("a reporter").run(receiver).await;
    let mut written =
        [events_file, log_file].map(|file: PathBuf| std::fs::read_to_string(file).unwrap_or_default()).concat();
    for (output, finished) in [Output::Text, Output::Json].into_iter().zip(ran.finished.iter().cycle()) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        write_result(&finished.result, &finished.next, output, &options, &mut stdout, &mut stderr).expect("a result");
        written.push_str(&String::from_utf8_lossy(&stdout));
        written.push_str(&String::from_utf8_lossy(&stderr));
    }
    if written.is_empty() {
        return Some(Invariant::HonestResult.broken(format!("'{}' writes nothing", ran.line)));
    }
    let line = written.lines().find(|line| line.contains(".eyJ") || line.contains(token))?;
    let line: String = line.chars().take(200).collect();
    Some(Invariant::NoSecret.broken(format!("'{}' writes a token: {line}", ran.line)))
}
