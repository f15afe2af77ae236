//! `--timeout`: the one limit around a whole command, from signing in to the last look.
//!
//! A command ends its labs by itself when the limit has passed ([`Command::limited`]), and says most then. Whatever goes on
//! behind that (signing in, looking for labs, a step between two labs) is ended here.

use std::time::Duration;

use super::finished::Finished;
use super::run_options::RunOptions;
use super::runner::{Command, Ending, continued, late};
use super::session::Session;
use super::subcommand::Subcommand;
use crate::azure::error::Error as AzureError;
use crate::hints;
use crate::outcome::{Exit, LabOutcome};

/// What a command has beyond the limit to tell what came of its labs, in service time. All that it asks Azure then is to
/// remove its leases.
const GRACE: Duration = Duration::from_secs(1);

/// Does `subcommand`, and ends it when its time is up: with exit code 9, what is known of its labs, and what Azure may go on
/// with. Time in which the machine slept does not count.
pub async fn run<S: Subcommand>(subcommand: &S, session: &Session, options: &RunOptions) -> Finished {
    // On the heap: a command's future is large, and the timer around it would hold it once more.
    let work = Box::pin(subcommand.run(session, options));
    let Some(limit) = options.timeout else { return work.await };
    let left = limit.saturating_add(GRACE).saturating_sub(session.awake.elapsed());
    match session.clock().timeout(left, work).await {
        Ok(finished) => finished,
        Err(_) => out_of_time(S::NAME, session, options, limit),
    }
}

/// The end of a command that was cut off.
fn out_of_time(name: &'static str, session: &Session, options: &RunOptions, limit: Duration) -> Finished {
    let known = session.progress.works();
    let works = known.iter().map(|(work, _)| work.clone()).collect();
    let command = Command { works, ..Command::of(name, session, options) };
    if known.is_empty() {
        let what = session.progress.before_any_lab().to_owned();
        let error = hints::report_azure(&AzureError::TimedOut { what, limit }, None);
        return command.before_any_lab(error, Exit::TimedOut);
    }
    let labs: Vec<LabOutcome> = known
        .into_iter()
        .map(|(work, ended)| match ended {
            Some((outcome, _)) => outcome,
            None => command.outcome(&work, None, Ending::failed(&late(&work, limit))).0,
        })
        .collect();
    let all_ended = labs.iter().all(|lab| lab.error.is_none());
    let mut finished = command.close(labs, Exit::TimedOut, |_, _| Vec::new());
    if all_ended {
        let what = format!("{name} with its labs");
        let error = hints::report_azure(&AzureError::TimedOut { what, limit }, None);
        finished.result.error = Some(continued(error, None, session, options));
    }
    finished
}
