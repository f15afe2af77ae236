//! How to run a command, beside what it does.

use std::time::Duration;

use super::ask::Ask;
use super::ask::Confirm;
use super::finished::{Pour, Show};
use crate::follow_up::Place;
use crate::values::{IfBusy, Writer};

/// How to run.
#[derive(Clone, Default)]
pub struct RunOptions {
    /// The limit of the whole command, in service time.
    pub timeout: Option<Duration>,
    /// Asks a person which model to take.
    pub ask: Option<Ask>,
    /// Asks a person for a confirmation.
    pub confirm: Option<Confirm>,
    /// Every confirmation is given beforehand.
    pub yes: bool,
    /// Where it runs, for the commands that it recommends.
    pub place: Place,
    /// The file that describes the labs.
    pub file: Option<String>,
    /// Who the run is to others; without it, it takes no lease.
    pub writer: Option<Writer>,
    /// Whether ids and people are masked.
    pub hide_ids: bool,
    /// What to do about another run that is at work on the same lab.
    pub if_busy: IfBusy,
    /// Shows the result of each look of a command that watches; `None` for all others.
    pub show: Option<Show>,
    /// Writes to stdout on the way; `None` where it carries a result alone.
    pub pour: Option<Pour>,
}
