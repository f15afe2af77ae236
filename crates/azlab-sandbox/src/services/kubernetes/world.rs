//! What a cluster's API server keeps, within one transaction.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::kinds::Kind;
use super::object::Object;
use crate::state::pace::Pace;
use crate::state::settings::Settings;
use crate::state::store::Resource;
use crate::state::timestamps::Millis;

/// So many changes are remembered, for watches that go on from one.
pub(super) const REMEMBERED: i64 = 2000;
/// So many objects a cluster has at most.
pub(super) const MOST_OBJECTS: i64 = 5000;

/// The state of one cluster.
pub(super) struct World<'a> {
    pub db: &'a Connection,
    pub id: i64,
    pub cluster: &'a Resource,
    pub settings: &'a Settings,
    /// The moment that is played: behind the clock while what has happened meanwhile is caught up with.
    pub now: Millis,
    pub pace: Pace,
}

/// Something that happened to an object.
#[derive(Debug)]
pub(super) struct Change {
    pub version: i64,
    /// `ADDED`, `MODIFIED` or `DELETED`
    pub event: String,
    pub body: Value,
}

impl<'a> World<'a> {
    /// The world of a cluster, and whether it has just begun.
    pub fn open(
        db: &'a Connection,
        cluster: &'a Resource,
        settings: &'a Settings,
        (now, pace): (Millis, Pace),
    ) -> rusqlite::Result<(Self, bool)> {
        let key = cluster.key();
        let found: Option<(i64, i64)> = db
            .prepare_cached("SELECT id, created FROM kube_clusters WHERE cluster = ?1")?
            .query_row([&key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((id, created)) = found {
            if created == cluster.created {
                return Ok((Self { db, id, cluster, settings, now, pace }, false));
            }
            // Another cluster had the name before.
            db.prepare_cached("DELETE FROM kube_clusters WHERE id = ?1")?.execute([id])?;
        }
        db.prepare_cached("INSERT INTO kube_clusters(cluster, created, version) VALUES (?1, ?2, 0)")?
            .execute(params![key, cluster.created])?;
        Ok((Self { db, id: db.last_insert_rowid(), cluster, settings, now, pace }, true))
    }

    /// The moment so many milliseconds of the service from now.
    pub fn later(&self, service: Millis) -> Millis {
        self.now.saturating_add(self.pace.span(service))
    }

    /// The version of the last change.
    pub fn version(&self) -> rusqlite::Result<i64> {
        self.db
            .prepare_cached("SELECT version FROM kube_clusters WHERE id = ?1")?
            .query_row([self.id], |row| row.get(0))
    }

    fn next_version(&self) -> rusqlite::Result<i64> {
        self.db
            .prepare_cached("UPDATE kube_clusters SET version = version + 1 WHERE id = ?1 RETURNING version")?
            .query_row([self.id], |row| row.get(0))
    }

    /// An id that no other object has, the same in every run of the same steps.
    pub fn new_uid(&self) -> rusqlite::Result<Uuid> {
        let seed = format!("{}/{}/{}", self.cluster.key(), self.cluster.created, self.next_version()?);
        Ok(Uuid::new_v5(&Uuid::NAMESPACE_URL, seed.as_bytes()))
    }

    pub fn get(&self, kind: &Kind, namespace: &str, name: &str) -> rusqlite::Result<Option<Object>> {
        self.db
            .prepare_cached(
                "SELECT resource, body, due FROM kube_objects
                 WHERE owner = ?1 AND resource = ?2 AND namespace = ?3 AND name = ?4",
            )?
            .query_row(params![self.id, kind.key(), namespace, name], object)
            .optional()
            .map(Option::flatten)
    }

    /// The object with that uid.
    pub fn by_uid(&self, uid: &str) -> rusqlite::Result<Option<Object>> {
        self.db
            .prepare_cached("SELECT resource, body, due FROM kube_objects WHERE owner = ?1 AND uid = ?2")?
            .query_row(params![self.id, uid], object)
            .optional()
            .map(Option::flatten)
    }

    /// The objects of a kind in a namespace, or in all where it is empty, by namespace and name.
    pub fn list(&self, kind: &Kind, namespace: &str) -> rusqlite::Result<Vec<Object>> {
        let mut statement = self.db.prepare_cached(
            "SELECT resource, body, due FROM kube_objects
             WHERE owner = ?1 AND resource = ?2 AND (?3 = '' OR namespace = ?3) ORDER BY namespace, name",
        )?;
        let rows = statement.query_map(params![self.id, kind.key(), namespace], object)?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// Everything in a namespace.
    pub fn everything_in(&self, namespace: &str) -> rusqlite::Result<Vec<Object>> {
        let mut statement = self.db.prepare_cached(
            "SELECT resource, body, due FROM kube_objects WHERE owner = ?1 AND namespace = ?2 ORDER BY resource, name",
        )?;
        let rows = statement.query_map(params![self.id, namespace], object)?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// What the object with that uid owns.
    pub fn owned_by(&self, uid: &str) -> rusqlite::Result<Vec<Object>> {
        let mut statement = self.db.prepare_cached(
            "SELECT resource, body, due FROM kube_objects WHERE owner = ?1 AND parent = ?2 ORDER BY resource, name",
        )?;
        let rows = statement.query_map(params![self.id, uid], object)?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// How many objects there are.
    pub fn count(&self) -> rusqlite::Result<i64> {
        self.db
            .prepare_cached("SELECT COUNT(*) FROM kube_objects WHERE owner = ?1")?
            .query_row([self.id], |row| row.get(0))
    }

    /// The object that something is to happen to next, if that is by now.
    pub fn next_due(&self, by: Millis) -> rusqlite::Result<Option<Object>> {
        self.db
            .prepare_cached(
                "SELECT resource, body, due FROM kube_objects WHERE owner = ?1 AND due <= ?2
                 ORDER BY due, version LIMIT 1",
            )?
            .query_row(params![self.id, by], object)
            .optional()
            .map(Option::flatten)
    }

    /// When something happens next.
    pub fn next_moment(&self) -> rusqlite::Result<Option<Millis>> {
        self.db
            .prepare_cached("SELECT MIN(due) FROM kube_objects WHERE owner = ?1 AND due IS NOT NULL")?
            .query_row([self.id], |row| row.get(0))
    }

    /// Sets when the object is to be looked at; nobody sees that.
    pub fn set_due(&self, object: &Object, due: Option<Millis>) -> rusqlite::Result<()> {
        self.db
            .prepare_cached(
                "UPDATE kube_objects SET due = ?5 WHERE owner = ?1 AND resource = ?2 AND namespace = ?3 AND name = ?4",
            )?
            .execute(params![self.id, object.kind.key(), object.namespace(), object.name(), due])?;
        Ok(())
    }

    /// Writes an object, which gets its version by that.
    pub fn put(&self, object: &mut Object) -> rusqlite::Result<()> {
        let event = match self.get(object.kind, object.namespace(), object.name())? {
            Some(_) => "MODIFIED",
            None => "ADDED",
        };
        let version = self.next_version()?;
        object.metadata_mut().insert("resourceVersion".into(), version.to_string().into());
        self.db
            .prepare_cached(
                "INSERT OR REPLACE INTO kube_objects(owner, resource, namespace, name, uid, parent, version, due, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                self.id,
                object.kind.key(),
                object.namespace(),
                object.name(),
                object.uid(),
                object.controller(),
                version,
                object.due,
                object.body.to_string()
            ])?;
        self.note(version, event, object)
    }

    /// Takes an object out.
    pub fn remove(&self, object: &mut Object) -> rusqlite::Result<()> {
        let version = self.next_version()?;
        object.metadata_mut().insert("resourceVersion".into(), version.to_string().into());
        self.db
            .prepare_cached(
                "DELETE FROM kube_objects WHERE owner = ?1 AND resource = ?2 AND namespace = ?3 AND name = ?4",
            )?
            .execute(params![self.id, object.kind.key(), object.namespace(), object.name()])?;
        self.note(version, "DELETED", object)
    }

    fn note(&self, version: i64, event: &str, object: &Object) -> rusqlite::Result<()> {
        self.db
            .prepare_cached(
                "INSERT INTO kube_changes(owner, version, event, resource, namespace, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                self.id,
                version,
                event,
                object.kind.key(),
                object.namespace(),
                object.body.to_string()
            ])?;
        self.db
            .prepare_cached("DELETE FROM kube_changes WHERE owner = ?1 AND version <= ?2")?
            .execute(params![self.id, version - REMEMBERED])?;
        Ok(())
    }

    /// The changes of a kind after a version. `None` where they are no longer all remembered.
    pub fn changes(&self, kind: &Kind, namespace: &str, after: i64) -> rusqlite::Result<Option<Vec<Change>>> {
        if after < self.version()? - REMEMBERED {
            return Ok(None);
        }
        let mut statement = self.db.prepare_cached(
            "SELECT version, event, body FROM kube_changes
             WHERE owner = ?1 AND version > ?2 AND resource = ?3 AND (?4 = '' OR namespace = ?4) ORDER BY version",
        )?;
        let rows = statement.query_map(params![self.id, after, kind.key(), namespace], change)?;
        rows.collect::<rusqlite::Result<_>>().map(Some)
    }
}

fn object(row: &Row<'_>) -> rusqlite::Result<Option<Object>> {
    let (kind, body, due): (String, String, Option<Millis>) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let body: Value = serde_json::from_str(&body).unwrap_or_else(|_| json!({}));
    Ok(Kind::stored(&kind).map(|kind| Object { kind, body, due }))
}

fn change(row: &Row<'_>) -> rusqlite::Result<Change> {
    let body: String = row.get(2)?;
    let body = serde_json::from_str(&body).unwrap_or_else(|_| json!({}));
    Ok(Change { version: row.get(0)?, event: row.get(1)?, body })
}
