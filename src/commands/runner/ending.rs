//! How a lab's work ended.

use crate::follow_up::Place;
use crate::hints;
use crate::outcome::{Details, ErrorReport, Exit, LabState, Outputs};
use crate::preflight::finding::Finding;
use crate::preflight::survey::Stop;
use crate::recipe::error::Error as RecipeError;
use crate::values::ToldOnce;

/// How a lab's work ended.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    /// The state.
    pub(crate) state: LabState,
    /// What people need to use it.
    pub(crate) outputs: Outputs,
    /// Why it failed.
    pub(crate) error: Option<ErrorReport>,
    /// The exit code, were it alone.
    pub(crate) exit: Exit,
    /// What the command tells besides.
    pub(crate) details: Details,
}

impl Ending {
    /// It ended well.
    pub(crate) fn done(state: LabState, outputs: Outputs) -> Self {
        Self { state, outputs, error: None, exit: Exit::Done, details: Details::default() }
    }

    /// A lab that could be worked on, beside one that could not; `is_new` if nothing of it exists.
    pub(crate) fn untouched(is_new: bool) -> Self {
        Self::done(if is_new { LabState::Absent } else { LabState::Incomplete }, Outputs::default())
    }

    /// It came to nothing.
    pub(crate) fn refused(state: LabState, error: ErrorReport, exit: Exit) -> Self {
        Self { error: Some(error), exit, ..Self::done(state, Outputs::default()) }
    }

    /// It failed.
    pub(crate) fn failed(error: &RecipeError) -> Self {
        let exit = hints::exit_of(error);
        let state = if exit == Exit::Interrupted { LabState::Interrupted } else { LabState::Failed };
        Self::refused(state, hints::report(error), exit)
    }

    /// It failed before the first write: what cannot be changed in place, or finds no place, is a finding like those of the checks.
    pub(crate) fn unwritten(error: &RecipeError) -> Self {
        let ending = Self::failed(error);
        let is_foreseen = matches!(error, RecipeError::Fixed { .. } | RecipeError::Full { .. });
        if is_foreseen { Self { exit: Exit::Preflight, ..ending } } else { ending }
    }

    /// It could not begin.
    pub(crate) fn stopped(stop: &Stop, place: &Place) -> Self {
        match stop {
            Stop::Lab(error) => Self::unwritten(error),
            Stop::Checks(findings) => Self {
                error: findings.first().map(|first| together(first, findings, place)),
                exit: Exit::Preflight,
                ..Self::done(LabState::Failed, Outputs::default())
            },
        }
    }
}

/// The first finding's code, with what all of them say.
pub(super) fn together(first: &Finding, all: &[Finding], place: &Place) -> ErrorReport {
    let mut told = ToldOnce::default();
    let hints = all.iter().filter_map(|one| Some(told.tell(&one.hint.as_ref()?.at(place), "")));
    let hints: Vec<String> = hints.filter(|hint| !hint.is_empty()).collect();
    let messages: Vec<&str> = all.iter().map(|one| one.message.as_str()).collect();
    ErrorReport {
        message: messages.join("\n"),
        hint: Some(hints.join("\n")).filter(|hint| !hint.is_empty()),
        ..first.report(place)
    }
}
