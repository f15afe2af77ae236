//! A run that has ended, and what tests ask about it.

use azlab::commands::finished::Finished;
use azlab::events::{CheckStatus, Event, EventKind, Level};
use azlab::outcome::{Action, ErrorReport, Exit, LabOutcome, LabState, Outputs};
use azlab::values::ResourceKind;
use azlab_sandbox::LoggedRequest;
use azlab_simulation::is_write_of_lease;
use time::OffsetDateTime;

/// A run that has ended.
pub struct Ran {
    pub finished: Finished,
    pub events: Vec<Event>,
    /// What the service saw from this run's beginning to its end, by whomever.
    pub log: Vec<LoggedRequest>,
}

impl Ran {
    pub fn exit(&self) -> Exit {
        self.finished.exit
    }

    pub fn labs(&self) -> &[LabOutcome] {
        self.finished.result.labs.as_deref().unwrap_or_default()
    }

    /// The only lab.
    pub fn lab(&self) -> &LabOutcome {
        assert_eq!(self.labs().len(), 1, "one lab");
        &self.labs()[0]
    }

    pub fn outputs(&self) -> &Outputs {
        &self.lab().outputs
    }

    /// Asserts that it ended well, and says why if it did not.
    #[track_caller]
    pub fn ready(self) -> Self {
        let errors: Vec<_> = self.labs().iter().filter_map(|lab| lab.error.as_ref()).collect();
        assert_eq!(self.exit(), Exit::Done, "{errors:#?}");
        assert!(self.labs().iter().all(|lab| lab.state == LabState::Ready), "{:#?}", self.labs());
        self
    }

    /// The error of the only lab.
    #[track_caller]
    pub fn error(&self) -> &ErrorReport {
        self.lab().error.as_ref().unwrap_or_else(|| panic!("no error: {:#?}", self.lab()))
    }

    /// What was done to a resource of the only lab.
    #[track_caller]
    pub fn action(&self, kind: ResourceKind) -> Action {
        let found = self.lab().changes.iter().rfind(|change| change.resource == kind);
        found.unwrap_or_else(|| panic!("nothing is told about the {kind}: {:#?}", self.lab())).action
    }

    /// The resources that were not left alone.
    pub fn changed(&self) -> Vec<(ResourceKind, Action)> {
        let changes = self.lab().changes.iter().map(|change| (change.resource, change.action));
        changes.filter(|(_, action)| *action != Action::Unchanged).collect()
    }

    /// The requests that may change something of the lab, but for its lease.
    pub fn writes(&self) -> Vec<&LoggedRequest> {
        self.log.iter().filter(|request| request.is_write() && !is_write_of_lease(request)).collect()
    }

    /// The requests that write the lease alone.
    pub fn lease_writes(&self) -> Vec<&LoggedRequest> {
        self.log.iter().filter(|request| is_write_of_lease(request)).collect()
    }

    /// Asserts an early end: this exit code, and nothing written.
    #[track_caller]
    pub fn refused(self, exit: Exit) -> Self {
        assert_eq!(self.exit(), exit, "{:#?}", self.labs());
        let written = [self.writes(), self.lease_writes()].concat();
        assert!(written.is_empty(), "written: {written:#?}");
        self
    }

    /// The checks that ended so: id and message.
    pub fn checks(&self, wanted: CheckStatus) -> Vec<(&'static str, String)> {
        let check = |event: &Event| match &event.kind {
            EventKind::Check { id, status, message } if *status == wanted => Some((*id, message.clone())),
            _ => None,
        };
        self.events.iter().filter_map(check).collect()
    }

    /// The notes of a level.
    pub fn notes(&self, wanted: Level) -> Vec<String> {
        let note = |event: &Event| match &event.kind {
            EventKind::Note { level, message } if *level == wanted => Some(message.clone()),
            _ => None,
        };
        self.events.iter().filter_map(note).collect()
    }

    /// Everything that was told to people in words.
    pub fn told(&self) -> String {
        let words = self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Note { message, .. } | EventKind::Check { message, .. } => Some(message.clone()),
            EventKind::ResourceWaiting { reason, .. } => Some(reason.clone()),
            _ => None,
        });
        words.collect::<Vec<_>>().join("\n")
    }

    /// When a resource was told to be ready.
    #[track_caller]
    pub fn ready_at(&self, kind: ResourceKind) -> OffsetDateTime {
        let event = self
            .events
            .iter()
            .find(|event| matches!(&event.kind, EventKind::ResourceFinished { resource, .. } if *resource == kind));
        event.unwrap_or_else(|| panic!("the {kind} is never ready")).at
    }

    /// What was told to go on, if the run was interrupted.
    pub fn continuing(&self) -> Option<&[String]> {
        self.events.iter().find_map(|event| match &event.kind {
            EventKind::Interrupted { continuing, .. } => Some(continuing.as_slice()),
            _ => None,
        })
    }
}
