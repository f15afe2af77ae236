//! The processes that runs pretend to be: several run in this one, and one that is killed is gone.

use std::cell::RefCell;
use std::collections::BTreeSet;

use azlab::values::Writer;

thread_local! {
    static RUNNING: RefCell<BTreeSet<u32>> = RefCell::default();
}

/// A process that runs until this is dropped.
#[derive(Debug)]
pub struct Process(u32);

impl Process {
    /// Starts the process `id`.
    pub fn start(id: u32) -> Self {
        RUNNING.with_borrow_mut(|running| running.insert(id));
        Self(id)
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.0
    }

    /// Who it is to others, on this machine.
    pub fn writer(&self, machine: &str) -> Writer {
        Writer::new(&format!("somebody@{machine}"), machine, self.0, |id| {
            RUNNING.with_borrow(|running| running.contains(&id))
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        RUNNING.with_borrow_mut(|running| running.remove(&self.0));
    }
}
