//! Whom a command's labs are for, looked up before anything is done about them.

use super::finished::Finished;
use super::runner::Command;
use crate::azure::error::Error as AzureError;
use crate::events::{CheckStatus, Level};
use crate::hints;
use crate::lab::spec::LabSpec;
use crate::outcome::Exit;
use crate::preflight::finding::Finding;
use crate::preflight::{attendee_roles, attendees};
use crate::recipe::error::Error as RecipeError;

/// Fills in the access that `labs` are to give, for a command that gives it.
///
/// # Errors
/// The end of the command: somebody is not in the directory, a role does not exist (exit 4), or nobody could be asked.
/// `goes_on`: it is told, and the labs are made without.
pub(super) async fn settle(command: &Command<'_>, labs: &mut [LabSpec], goes_on: bool) -> Result<(), Box<Finished>> {
    settle_for(command, labs, &[], goes_on).await
}

/// [`settle`] for labs that have no place yet, and may come into any of the subscriptions in `places`.
///
/// # Errors
/// As [`settle`].
pub(super) async fn settle_for(
    command: &Command<'_>,
    labs: &mut [LabSpec],
    places: &[String],
    goes_on: bool,
) -> Result<(), Box<Finished>> {
    let session = command.session;
    let found = attendees::settle(&session.graph, &session.azure, labs, places).await;
    ended(command, found, goes_on)
}

/// Takes the roles that `labs` give from the subscriptions in which they are to be.
///
/// # Errors
/// As [`settle`]: a subscription does not have a role.
pub(super) async fn in_place(command: &Command<'_>, labs: &mut [LabSpec], goes_on: bool) -> Result<(), Box<Finished>> {
    let found = attendee_roles::settle(&command.session.azure, labs).await;
    ended(command, found, goes_on)
}

fn ended(
    command: &Command<'_>,
    found: Result<Option<Finding>, AzureError>,
    goes_on: bool,
) -> Result<(), Box<Finished>> {
    let session = command.session;
    let finding = match found {
        Ok(Some(finding)) => finding,
        Ok(None) => return Ok(()),
        Err(AzureError::Interrupted) => {
            let report = hints::report(&RecipeError::Interrupted);
            return Err(Box::new(command.before_any_lab(report, Exit::Interrupted)));
        }
        Err(error) if goes_on => {
            unknown(command, &error.to_string());
            return Ok(());
        }
        Err(error) => {
            let exit = hints::exit_of_azure(&error);
            return Err(Box::new(command.before_any_lab(hints::report_azure(&error, None), exit)));
        }
    };
    if finding.status == CheckStatus::Fail && goes_on {
        unknown(command, &finding.message);
        return Ok(());
    }
    finding.emit(&session.events);
    if finding.status != CheckStatus::Fail {
        return Ok(());
    }
    Err(Box::new(command.before_any_lab(finding.report(&command.options.place), Exit::Preflight)))
}

/// The same for a command that only looks: what cannot be told is left out of the look.
///
/// # Errors
/// The end of a command that was interrupted.
pub(super) async fn settle_to_look(command: &Command<'_>, labs: &mut [LabSpec]) -> Result<(), Box<Finished>> {
    settle(command, labs, true).await
}

fn unknown(command: &Command<'_>, why: &str) {
    command.session.events.note(Level::Warning, format!("the access of attendees is left out: {why}"));
}
