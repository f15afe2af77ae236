//! One step of a recipe on one resource, as events and the ledger tell it: its beginning, its waits, its end.

use std::time::Duration;

use time::OffsetDateTime;

use super::context::Context;
use super::error::Error;
use crate::azure::error::Error as AzureError;
use crate::events::{EventKind, Notes};
use crate::outcome::{Action, Change};
use crate::values::ResourceKind;

/// A step that has begun.
pub(crate) struct Step<'a> {
    ctx: &'a Context,
    kind: ResourceKind,
    name: &'a str,
    began: OffsetDateTime,
}

impl<'a> Step<'a> {
    /// Begins a step on the resource of that kind and name.
    pub(crate) fn begin(ctx: &'a Context, kind: ResourceKind, name: &'a str) -> Self {
        let began = ctx.clock().now();
        ctx.events.emit(EventKind::ResourceStarted { resource: kind, name: name.to_owned() });
        Self { ctx, kind, name, began }
    }

    /// The service is at work, in its own word; the same word is told once.
    pub(super) fn status(&self, status: &str) {
        if self.ctx.ledger.is_news(self.kind, self.name, status) {
            self.ctx.events.emit(EventKind::ResourceStatus {
                resource: self.kind,
                name: self.name.to_owned(),
                status: status.to_owned(),
            });
        }
    }

    /// `error` passes by itself, for `reason`: the next try is after `pause`.
    pub(super) fn waiting(&self, reason: &str, error: &AzureError, pause: Duration) {
        let what = error.code().map_or_else(|| error.to_string(), ToString::to_string);
        self.ctx.ledger.waits_out(self.kind, self.name, reason, error);
        self.ctx.events.emit(EventKind::ResourceWaiting {
            resource: self.kind,
            name: self.name.to_owned(),
            reason: format!("{reason} ({what})"),
            retry_in_s: pause.as_secs_f64(),
        });
    }

    /// The resource with this ARM id is as it should be, after `action`; `waits` are those for limits.
    pub(crate) fn finish(self, id: &str, action: Action, waits: Notes) {
        let elapsed_s = self.tell_end(id, action, waits);
        self.ctx.ledger.finished(self.name, Change { resource: self.kind, id: id.to_owned(), action, elapsed_s });
    }

    /// [`Step::finish`] for what the ledger knows already. Gives the seconds that it took.
    pub(super) fn tell_end(&self, id: &str, action: Action, waits: Notes) -> f64 {
        self.ctx.ledger.taken(self.kind, self.name);
        let elapsed_s = self.ctx.clock().since(self.began).as_secs_f64();
        self.ctx.events.emit(EventKind::ResourceFinished {
            resource: self.kind,
            name: self.name.to_owned(),
            id: id.to_owned(),
            action,
            elapsed_s,
            limits: self.ctx.events.waits(waits),
        });
        elapsed_s
    }

    /// The step came to nothing.
    pub(super) fn fail(self, error: &Error, waits: Notes) {
        self.ctx.events.emit(EventKind::ResourceFailed {
            resource: self.kind,
            name: self.name.to_owned(),
            error: (self.ctx.describe)(error),
            limits: self.ctx.events.waits(waits),
        });
    }
}
