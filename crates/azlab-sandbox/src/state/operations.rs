//! Long-running operations as the state keeps them: what was started, when, and how it ends.

use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::operation_end::OperationEnd;
use super::store::Store;
use super::timestamps::Millis;

/// What an operation does.
#[derive(Debug)]
pub(crate) struct Work {
    /// Its name in the state.
    pub name: &'static str,
    /// What a poll shows, in the recorded order, each with the part of the duration at which it begins.
    pub stages: &'static [(f64, &'static str)],
    /// What is gone when it is done.
    pub deletes: Deletes,
}

/// What an operation takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletes {
    /// Nothing: the resource is there all along.
    Nothing,
    /// The resource.
    Resource,
    /// A resource group with all that is in it.
    Group,
    /// What was left of a resource that had been deleted.
    SoftDeleted,
}

impl Work {
    /// The status while it is under way.
    fn status(&self, asked: Millis, done: Millis, now: Millis) -> &'static str {
        let part = (now - asked) as f64 / (done - asked).max(1) as f64;
        self.stages.iter().rev().find(|(from, _)| part >= *from).map_or("InProgress", |(_, status)| status)
    }
}

/// An operation as recorded when it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub id: String,
    pub work: &'static Work,
    pub resource: String,
    pub location: String,
    pub asked: Millis,
    pub done: Millis,
    /// How it ends.
    pub ends: OperationEnd,
    /// `code` and `message` of its error: shown at the end of one that fails, all along of one that succeeds.
    pub error: Option<Value>,
}

impl Operation {
    /// One that ends well.
    pub fn new(id: String, work: &'static Work, resource: &str, location: &str, asked: Millis, done: Millis) -> Self {
        let (resource, location) = (resource.to_owned(), location.to_owned());
        Self { id, work, resource, location, asked, done, ends: OperationEnd::Succeeded, error: None }
    }

    /// Records it.
    pub fn save(&self, store: &Store<'_>) -> rusqlite::Result<()> {
        store
            .db()
            .prepare_cached(
                "INSERT OR REPLACE INTO operations(id, kind, resource, location, asked, done) VALUES (?1,?2,?3,?4,?5,?6)",
            )?
            .execute(params![self.id, self.work.name, self.resource, self.location, self.asked, self.done])?;
        Ok(())
    }

    /// The moment at which a part (0 to 1) of its time has passed.
    pub fn part(&self, part: f64) -> Millis {
        self.asked + ((self.done - self.asked) as f64 * part.clamp(0.0, 1.0)) as Millis
    }

    /// Lets one that is recorded be over at `at`, and have ended so, with this error.
    pub fn end(&self, store: &Store<'_>, at: Millis, end: OperationEnd, error: &Value) -> rusqlite::Result<()> {
        store
            .db()
            .prepare_cached("UPDATE operations SET done = ?2, ended = ?3, error = ?4 WHERE id = ?1")?
            .execute(params![self.id, at, end.name(), error.to_string()])?;
        Ok(())
    }

    /// The operation of one of these works, unless its polling URL has expired.
    pub fn find(store: &Store<'_>, now: Millis, id: &str, works: &[&'static Work]) -> rusqlite::Result<Option<Self>> {
        let found = store
            .db()
            .prepare_cached(
                "SELECT id, kind, resource, location, asked, done, ended, error FROM operations
                 WHERE id = ?1 AND (expires IS NULL OR expires > ?2)",
            )?
            .query_row(params![id, now], |row| {
                let kind: String = row.get(1)?;
                let ended: String = row.get(6)?;
                let error: Option<String> = row.get(7)?;
                let Some(work) = works.iter().find(|work| work.name == kind) else { return Ok(None) };
                Ok(Some(Self {
                    id: row.get(0)?,
                    work,
                    resource: row.get(2)?,
                    location: row.get(3)?,
                    asked: row.get(4)?,
                    done: row.get(5)?,
                    ends: OperationEnd::stored(&ended),
                    error: error.and_then(|error| serde_json::from_str(&error).ok()),
                }))
            })
            .optional()?;
        Ok(found.flatten())
    }

    /// Its status at `now`, in the service's own words.
    pub fn status(&self, now: Millis) -> &'static str {
        if now >= self.done { self.ends.name() } else { self.work.status(self.asked, self.done, now) }
    }

    /// The error that a poll at `now` shows.
    pub fn error(&self, now: Millis) -> Option<&Value> {
        self.error.as_ref().filter(|_| self.ends == OperationEnd::Succeeded || now >= self.done)
    }
}
