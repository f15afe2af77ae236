//! How far a command has come: what there is to tell when its time is up in the middle of anything.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::work::Work;
use crate::outcome::{Exit, LabOutcome};
use crate::recipe::context::Context;

/// Shared by a session and the command in it.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    is_signed_in: bool,
    works: Vec<Work>,
    /// Those of `works` that have ended, by position.
    ended: Vec<(usize, LabOutcome, Exit)>,
}

impl Progress {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is a token.
    pub(crate) fn signed_in(&self) {
        self.state().is_signed_in = true;
    }

    /// These labs are worked on from now on.
    pub(crate) fn took(&self, works: &[Work]) {
        let mut state = self.state();
        state.works = works.to_vec();
        state.ended.clear();
    }

    /// A lab's work has ended so.
    pub(crate) fn ended(&self, work: &Work, outcome: &LabOutcome, exit: Exit) {
        let mut state = self.state();
        let place = state.works.iter().position(|one| one.lab.name == work.lab.name && one.lab.group == work.lab.group);
        if let Some(place) = place {
            state.ended.retain(|(other, ..)| *other != place);
            state.ended.push((place, outcome.clone(), exit));
        }
    }

    /// The labs, each with how it ended if it has.
    pub(crate) fn works(&self) -> Vec<(Work, Option<(LabOutcome, Exit)>)> {
        let state = self.state();
        let ended = |place: usize| {
            let (_, outcome, exit) = state.ended.iter().find(|(one, ..)| *one == place)?;
            Some((outcome.clone(), *exit))
        };
        state.works.iter().enumerate().map(|(place, work)| (work.clone(), ended(place))).collect()
    }

    /// What a command does that has no labs yet.
    pub(crate) fn before_any_lab(&self) -> &'static str {
        if self.state().is_signed_in { "looking for the labs" } else { "signing in" }
    }
}

/// What was being done to a lab, as far as its ledger tells.
pub(crate) fn doing(name: &str, ctx: &Context) -> String {
    let (mut under_way, asked) = (ctx.ledger.continuing(), ctx.ledger.unanswered());
    under_way.extend(asked);
    if under_way.is_empty() {
        return format!("looking at the lab {name}");
    }
    format!("the lab {name} ({})", under_way.join(", "))
}
