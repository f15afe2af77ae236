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
use crate::kubernetes::LogPart;
use crate::outcome::app::{AppReport, AppState};
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
        Ok((report, logs)) => {
            let ending = ended::told(report, LabState::Ready, Exit::Done, None);
            (command.outcome(work, None, ending), Some((work.lab.name.clone(), logs)))
        }
        Err(ending) => (command.outcome(work, None, *ending), None),
    };
    let ended = join_all(command.works.iter().map(one)).await;
    let (ended, logs): (Vec<_>, Vec<_>) = ended.into_iter().unzip();
    let logs: Vec<(String, Vec<Log>)> = logs.into_iter().flatten().collect();
    let finished = command.finish(ended, |_, _| Vec::new());
    Finished { data: Some(Secret::new(written(&logs))).filter(|text| !text.reveal().is_empty()), ..finished }
}

/// The logs one after the other; a heading where there is more than one.
fn written(labs: &[(String, Vec<Log>)]) -> String {
    let is_one = labs.iter().map(|(_, logs)| logs.len()).sum::<usize>() == 1;
    let mut all = String::new();
    for (lab, logs) in labs {
        for log in logs {
            if !is_one {
                all.push_str(&format!("==> {lab}: {} {} <==\n", log.pod, log.container));
            }
            all.push_str(&log.text);
            if !log.text.is_empty() && !log.text.ends_with('\n') {
                all.push('\n');
            }
        }
    }
    all
}

async fn read(command: &Command<'_>, work: &Work, asked: &LogsAsked) -> Result<(AppReport, Vec<Log>), Box<Ending>> {
    let cluster = reach(command, work).await?;
    let id = work.lab.cluster_id();
    let of_cluster = |error| RecipeError::kubernetes(&work.lab.cluster.name, &id, error);
    let part = LogPart {
        tail: asked.tail.map(i64::from),
        since_s: asked.since.map(|since| i64::try_from(since.as_secs().max(1)).unwrap_or(i64::MAX)),
        previous: asked.previous,
        ..LogPart::default()
    };
    let reading = async { logs_of(&cluster, &asked.name, &part).await.map_err(of_cluster) };
    let logs = command.limited(work, reading).await.map_err(|error| Box::new(Ending::failed(&error)))?;
    match logs {
        Some(logs) => {
            let namespace = cluster.namespace().to_owned();
            Ok((AppReport { namespace, state: AppState::Ready, ..AppReport::default() }, logs))
        }
        None => {
            let status = command.line(FollowUp::new(Verb::AppStatus), work);
            let message = format!("there is no Deployment or StatefulSet {} in {}", asked.name, cluster.namespace());
            let report = ErrorReport { resource: Some(id), ..ErrorReport::new("AppNotFound", message) }
                .hint(format!("see what there is: {status}"));
            Err(Box::new(Ending::refused(LabState::Incomplete, report, Exit::NotFound)))
        }
    }
}
