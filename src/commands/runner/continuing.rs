//! What Azure may still be doing for a command's labs when the command has ended.

use std::sync::Arc;

use super::super::work::Work;
use crate::events::{EventKind, Events, Level};
use crate::outcome::Exit;
use crate::recipe::ledger::Ledger;
use crate::recipe::shared_account::SharedAccount;

/// What has begun and has not ended.
pub(super) struct Continuing {
    /// What the service has accepted.
    accepted: Vec<String>,
    /// What was requested, without an answer.
    unanswered: Vec<String>,
}

impl Continuing {
    /// That of labs and of the accounts that they share.
    pub(super) fn of(works: &[Work], shared: &[Arc<SharedAccount>]) -> Self {
        let all = |list: fn(&Ledger) -> Vec<String>| {
            let of = |work: &Work| {
                let all = list(&work.ctx.ledger).into_iter();
                all.map(|one| if works.len() == 1 { one } else { format!("{}: {one}", work.lab.name) })
                    .collect::<Vec<_>>()
            };
            let of_shared = shared.iter().flat_map(|one| list(&one.ctx.ledger));
            works.iter().flat_map(of).chain(of_shared).collect()
        };
        Self { accepted: all(Ledger::continuing), unanswered: all(Ledger::unanswered) }
    }

    /// Tells it after a command that ended with `exit`; `resume` is the command that continues.
    pub(super) fn tell(self, events: &Events, exit: Exit, resume: String) {
        let Self { accepted, unanswered } = self;
        if exit == Exit::Interrupted {
            let requested = unanswered.iter().map(|one| format!("{one} (requested, not answered yet)"));
            let continuing = accepted.into_iter().chain(requested).collect();
            events.emit(EventKind::Interrupted { continuing, resume });
        } else if exit != Exit::Done && !(accepted.is_empty() && unanswered.is_empty()) {
            let mut message = String::new();
            for (what, which) in [
                ("Azure may continue what was started", accepted),
                ("Azure has not confirmed what was requested", unanswered),
            ] {
                if !which.is_empty() {
                    message.push_str(&format!("{what}:\n  {}\n", which.join("\n  ")));
                }
            }
            events.note(Level::Warning, format!("{message}continue with: {resume}"));
        }
    }
}
