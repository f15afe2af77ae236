//! `app logs`.

use futures::future::join_all;

use super::super::find::{self, Which};
use super::super::finished::Finished;
use super::super::run_options::RunOptions;
use super::super::runner::{Command, Ending};
use super::super::session::Session;
use super::super::work::Work;
use super::access::reach;
use super::ended;
use crate::app::logs::{Log, logs_of};
use crate::follow_up::{FollowUp, Verb};
use crate::kubernetes::{Cluster, LogPart};
use crate::outcome::app::{AppReport, AppState, LogReport};
use crate::outcome::{ErrorReport, Exit, LabState};
use crate::recipe::error::Error as RecipeError;
use crate::settings::{AppSettings, LogsAsked};
use crate::values::Secret;

/// Prints what a part of each lab's application has written.
pub(super) async fn logs(
    session: &Session,
    settings: &AppSettings,
    options: &RunOptions,
    asked: &LogsAsked,
) -> Finished {
    let command = match find::begin("app logs", session, options, settings.labs(), Which::Meant).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let one = async |work: &Work| match read(&command, work, asked).await {
        Ok(logs) => {
            let report = AppReport { state: AppState::Ready, logs, ..ended::namespace_of(work) };
            command.outcome(work, None, ended::told(report, LabState::Ready, Exit::Done, None))
        }
        Err(ending) => command.outcome(work, None, *ending),
    };
    let ended = join_all(command.works.iter().map(one)).await;
    let finished = command.finish(ended, |_, _| Vec::new());
    let text = written(&finished);
    Finished { data: Some(Secret::new(text)).filter(|text| !text.reveal().is_empty()), ..finished }
}

/// The logs one after the other; a heading where there is more than one.
fn written(finished: &Finished) -> String {
    let labs = finished.result.labs.iter().flatten();
    let logs =
        labs.flat_map(|lab| lab.details.app.iter().flat_map(move |app| app.logs.iter().map(move |log| (lab, log))));
    let logs: Vec<_> = logs.collect();
    let mut all = String::new();
    for (lab, log) in &logs {
        if logs.len() > 1 {
            all.push_str(&heading(&lab.name, &log.pod, &log.container));
        }
        all.push_str(&log.text);
        if !log.text.is_empty() && !log.text.ends_with('\n') {
            all.push('\n');
        }
    }
    all
}

/// The line above what a container has written.
pub(super) fn heading(lab: &str, pod: &str, container: &str) -> String {
    format!("==> {lab}: {pod} {container} <==\n")
}

/// Which part of each log is asked for.
pub(super) fn part(asked: &LogsAsked) -> LogPart {
    LogPart {
        tail: asked.tail.map(i64::from),
        since_s: asked.since.map(|since| i64::try_from(since.as_secs().max(1)).unwrap_or(i64::MAX)),
        previous: asked.previous,
        ..LogPart::default()
    }
}

async fn read(command: &Command<'_>, work: &Work, asked: &LogsAsked) -> Result<Vec<LogReport>, Box<Ending>> {
    let cluster = reach(command, work).await?;
    let of_cluster = |error| RecipeError::kubernetes(&work.lab.cluster.name, &work.lab.cluster_id(), error);
    let reading = async { logs_of(&cluster, &asked.name, |_, _| part(asked)).await.map_err(of_cluster) };
    let logs = command.limited(work, reading).await.map_err(|error| Box::new(Ending::failed(&error)))?;
    let Some(logs) = logs else { return Err(Box::new(absent(command, work, &cluster, asked))) };
    let told = |log: &Log| {
        let text = log.text.as_ref().ok()?.clone();
        Some(LogReport { pod: log.pod.clone(), container: log.container.clone(), text })
    };
    let reports: Vec<LogReport> = logs.iter().filter_map(told).collect();
    if reports.is_empty() { Err(Box::new(unwritten(command, work, asked, &logs))) } else { Ok(reports) }
}

/// The end of a lab that has no such part.
pub(super) fn absent(command: &Command<'_>, work: &Work, cluster: &Cluster, asked: &LogsAsked) -> Ending {
    let message = format!("there is no Deployment or StatefulSet {} in {}", asked.name, cluster.namespace());
    refused(command, work, "AppNotFound", message)
}

/// The end of a lab of which no container has a log: each waits to start, or was never started again.
fn unwritten(command: &Command<'_>, work: &Work, asked: &LogsAsked, logs: &[Log]) -> Ending {
    let reasons: Vec<&str> = logs.iter().filter_map(|log| log.text.as_ref().err()).map(String::as_str).collect();
    let message = match reasons[..] {
        [] => format!("{} has no Pod", asked.name),
        _ => format!("{} has no log: {}", asked.name, reasons.join("; ")),
    };
    refused(command, work, "NoLog", message)
}

fn refused(command: &Command<'_>, work: &Work, code: &str, message: String) -> Ending {
    let status = command.line(FollowUp::new(Verb::AppStatus), work);
    let report = ErrorReport { resource: Some(work.lab.cluster_id()), ..ErrorReport::new(code, message) }
        .hint(format!("see what there is: {status}"));
    Ending::refused(LabState::Incomplete, report, Exit::NotFound)
}
