//! `app logs --follow`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;

use super::super::find::{self, Which};
use super::super::finished::{Finished, Pour};
use super::super::run_options::RunOptions;
use super::super::runner::{Command, Ending};
use super::super::session::Session;
use super::super::work::Work;
use super::access::reach;
use super::ended;
use super::logs::{absent, heading, part};
use crate::app::follow::Follower;
use crate::app::logs::Log;
use crate::outcome::app::AppReport;
use crate::outcome::app::AppState;
use crate::outcome::{ErrorReport, Exit, LabState};
use crate::recipe::error::Error as RecipeError;
use crate::settings::{AppSettings, LogsAsked};

/// The real time between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Prints what a part of each lab's application writes, until somebody asks to stop, or nobody reads any more.
pub(super) async fn follow(
    session: &Session,
    settings: &AppSettings,
    options: &RunOptions,
    asked: &LogsAsked,
) -> Finished {
    let command = match find::begin("app logs", session, options, settings.labs(), Which::Meant).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let Some(pour) = &command.options.pour else {
        let message = "--follow prints lines as they are written, and -o json one object at the end";
        let report = ErrorReport::new("Usage", message).hint("leave out -o json, or --follow");
        return command.before_any_lab(report, Exit::Usage);
    };
    let out = Out { pour, last: Mutex::new(None), has_headings: command.works.len() > 1 };
    let one = async |work: &Work| {
        let ending = followed(&command, work, asked, &out).await.unwrap_or_else(|ending| *ending);
        command.outcome(work, None, ending)
    };
    let ended = join_all(command.works.iter().map(one)).await;
    let finished = command.finish(ended, |_, _| Vec::new());
    // Ctrl-C is how it ends.
    Finished { shown: finished.exit == Exit::Interrupted, ..finished }
}

/// Where the lines go.
struct Out<'a> {
    pour: &'a Pour,
    /// What wrote the last of them.
    last: Mutex<Option<String>>,
    has_headings: bool,
}

impl Out<'_> {
    /// Prints lines, below a heading where others than the last ones wrote them.
    fn print(&self, lab: &str, log: &Log) -> std::io::Result<()> {
        let Ok(lines) = &log.text else { return Ok(()) };
        let heading = heading(lab, &log.pod, &log.container);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_told = match last.as_ref() {
            None => self.has_headings,
            Some(last) => *last != heading,
        };
        let text = if is_told { format!("{heading}{lines}") } else { lines.clone() };
        *last = Some(heading);
        (self.pour)(&text)
    }
}

async fn followed(command: &Command<'_>, work: &Work, asked: &LogsAsked, out: &Out<'_>) -> Result<Ending, Box<Ending>> {
    let cluster = reach(command, work).await?;
    let of_cluster = |error| RecipeError::kubernetes(&work.lab.cluster.name, &work.lab.cluster_id(), error);
    let reading = async {
        let mut follower = Follower::new(part(asked));
        while let Some(logs) = follower.more(&cluster, &asked.name).await.map_err(of_cluster)? {
            if logs.iter().try_for_each(|log| out.print(&work.lab.name, log)).is_err() {
                // Whoever read has read enough.
                let report = AppReport { state: AppState::Ready, ..ended::namespace_of(work) };
                return Ok(ended::told(report, LabState::Ready, Exit::Done, None));
            }
            let clock = cluster.clock();
            cluster.pause(PAUSE.mul_f64(clock.speed())).await.map_err(of_cluster)?;
        }
        Ok(absent(command, work, &cluster, asked))
    };
    command.limited(work, reading).await.map_err(|error| Box::new(Ending::failed(&error)))
}
