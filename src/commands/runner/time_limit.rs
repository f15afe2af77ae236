//! What a command whose time limit has passed says: what was being done, and how to continue.

use std::time::Duration;

use super::super::progress::doing;
use super::super::run_options::RunOptions;
use super::super::session::Session;
use super::super::work::Work;
use crate::azure::error::Error as AzureError;
use crate::azure::refusal::Refusal;
use crate::outcome::ErrorReport;
use crate::recipe::error::Error as RecipeError;
use crate::values::ResourceKind;

/// The error of a lab that ran out of time: it says what was being done.
pub(crate) fn late(work: &Work, limit: Duration) -> RecipeError {
    let lab = &work.lab;
    let error = AzureError::TimedOut { what: doing(&lab.name, &work.ctx), limit };
    RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error)
}

/// The error of a command whose time is up, with the command that continues; `group` is the lab's, if it is a lab's error.
pub(crate) fn continued(
    mut error: ErrorReport,
    group: Option<&str>,
    session: &Session,
    options: &RunOptions,
) -> ErrorReport {
    let arm = session.azure.arm();
    let trouble = arm.trouble(group);
    if let Some(Refusal { said, request_id }) = &trouble {
        error.message = format!("{}; the last try ended with: {said}", error.message);
        error.request_id = error.request_id.or_else(|| request_id.clone());
    }
    let counts = arm.counts();
    // With the limit that was too short it would be too short again.
    let again = match options.timeout {
        Some(limit) => options.place.again_saying("--timeout", &longer(limit)),
        None => options.place.again(&[]),
    };
    error.hint(match (counts.writes + counts.deletes, trouble) {
        (0, Some(_)) => {
            format!("nothing was written; look at what the last try ended with, or give it more time: {again}")
        }
        (0, None) => format!("nothing was written; give it more time: {again}"),
        _ => format!("Azure may still be at work; go on waiting with: {again}"),
    })
}

/// Twice a time limit, as it is typed.
fn longer(limit: Duration) -> String {
    match limit.as_secs().max(1).saturating_mul(2) {
        seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}
