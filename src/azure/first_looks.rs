//! Whether a run looks at its labs by lists, and what the lists of each of its subscriptions showed first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::arm::Arm;
use super::lists::{FirstLook, Lists};

/// The first looks of a run, by subscription.
#[derive(Debug, Default)]
pub(super) struct FirstLooks(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    have_begun: bool,
    lists: HashMap<String, Arc<Lists>>,
    looks: HashMap<String, Arc<FirstLook>>,
}

impl FirstLooks {
    /// From now on labs are looked at by lists.
    pub(super) fn begin(&self) {
        self.state().have_begun = true;
    }

    /// From now on each lab is looked at by itself.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.have_begun = false;
        state.looks.clear();
    }

    /// Whether labs are looked at by lists.
    pub(super) fn have_begun(&self) -> bool {
        self.state().have_begun
    }

    /// The first look at `subscription`, whose lists these are, where labs are looked at by lists.
    pub(super) fn of(&self, subscription: &str, lists: &Arc<Lists>) -> Option<Arc<FirstLook>> {
        let mut state = self.state();
        if !state.have_begun {
            return None;
        }
        let look = state.looks.entry(subscription.to_ascii_lowercase());
        Some(Arc::clone(look.or_insert_with(|| Arc::new(FirstLook::new(lists)))))
    }

    /// The lists of another subscription than the run's own.
    pub(super) fn lists_of(&self, arm: &Arm, subscription: &str) -> Arc<Lists> {
        let mut state = self.state();
        let lists = state.lists.entry(subscription.to_ascii_lowercase());
        Arc::clone(lists.or_insert_with(|| Arc::new(Lists::new(arm, subscription))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
