//! The state: resources, their tags, operations, quota in use, and what is known of principals and providers.
//!
//! A row is what was asked and when; what a resource is *now* follows from it ([`Resource::state`]). A row counts from
//! `born` until `gone`, both of which may lie ahead, so that a cascade is written once, when it is asked for.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value};

use super::operation_end::OperationEnd;
use super::timestamps::Millis;
use crate::ids::SUBSCRIPTION_ID;

/// How long a finished operation can be polled: a day.
const OPERATION_LIFE: Millis = 24 * 3600 * 1000;

/// A resource as it was last asked for.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// The id as the service writes it.
    pub id: String,
    /// Type, lower case (`microsoft.containerservice/managedclusters`).
    pub kind: Cow<'static, str>,
    /// Name of the resource group, lower case; empty above groups.
    pub group: String,
    /// Key of the resource that this one is part of (the group's, the parent's, or a role assignment's scope).
    pub parent: String,
    pub name: String,
    pub location: String,
    /// A second name to find it by: principal id of an identity or assignment, subdomain of an account.
    pub lookup: Option<String>,
    pub body: Value,
    /// The state until `done`; from then on it is [`Resource::ended`].
    pub state: String,
    pub asked: Millis,
    pub done: Millis,
    /// Until when a write below it is under way.
    pub busy: Millis,
    pub created: Millis,
    pub born: Millis,
    pub gone: Option<Millis>,
    /// The state from `done` on. [`Store::put`] does not keep it: what is asked for ends well, unless a fault says otherwise.
    pub ended: OperationEnd,
}

impl Resource {
    /// One that is ready at once and is part of nothing: where it belongs, and how long it takes, is for the caller to say.
    pub fn ready(kind: &'static str, id: impl Into<String>, name: impl Into<String>, body: Value, now: Millis) -> Self {
        Self {
            id: id.into(),
            kind: kind.into(),
            group: String::new(),
            parent: String::new(),
            name: name.into(),
            location: String::new(),
            lookup: None,
            body,
            state: "Succeeded".into(),
            asked: now,
            done: now,
            busy: 0,
            created: now,
            born: now,
            gone: None,
            ended: OperationEnd::Succeeded,
        }
    }

    /// The key of an id: ids compare without regard to case.
    pub fn key(&self) -> String {
        self.id.to_lowercase()
    }

    /// `provisioningState` at `now`.
    pub fn state(&self, now: Millis) -> &str {
        if now < self.done { &self.state } else { self.ended.name() }
    }

    /// Whether work on it is under way at `now`.
    pub fn in_progress(&self, now: Millis) -> bool {
        now < self.done
    }

    /// Whether it is on its way out at `now`, if only until the deletion fails.
    pub fn deleting(&self, now: Millis) -> bool {
        self.gone.is_some() || (now < self.done && self.state == "Deleting")
    }

    /// The tags in its body.
    pub fn tags(&self) -> Option<&Map<String, Value>> {
        self.body.get("tags").and_then(Value::as_object)
    }
}

/// A range that all keys lie in.
fn everything() -> (String, String) {
    ("/".to_owned(), "0".to_owned())
}

const COLUMNS: &str =
    "id, type, grp, parent, name, location, lookup, body, state, asked, done, busy, created, born, gone";
/// What [`resource`] reads.
pub(crate) const READ: &str =
    "id, type, grp, parent, name, location, lookup, body, state, asked, done, busy, created, born, gone, ended";

pub(crate) fn resource(row: &Row<'_>) -> rusqlite::Result<Resource> {
    let kind: String = row.get(1)?;
    let body: String = row.get(7)?;
    let ended: String = row.get(15)?;
    Ok(Resource {
        id: row.get(0)?,
        kind: kind.into(),
        group: row.get(2)?,
        parent: row.get(3)?,
        name: row.get(4)?,
        location: row.get(5)?,
        lookup: row.get(6)?,
        body: serde_json::from_str(&body)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(7, rusqlite::types::Type::Text, error.into()))?,
        state: row.get(8)?,
        asked: row.get(9)?,
        done: row.get(10)?,
        busy: row.get(11)?,
        created: row.get(12)?,
        born: row.get(13)?,
        gone: row.get(14)?,
        ended: OperationEnd::stored(&ended),
    })
}

/// The types that the state itself knows, in the key's casing: groups, and what is given at a scope and ends with it. Those of
/// a resource provider are in its folder.
pub(crate) mod kind {
    pub const GROUP: &str = "microsoft.resources/resourcegroups";
    pub const ASSIGNMENT: &str = "microsoft.authorization/roleassignments";
    pub const LOCK: &str = "microsoft.authorization/locks";
    pub const POLICY_ASSIGNMENT: &str = "microsoft.authorization/policyassignments";
}

/// Whether the key `inner` is `outer` or below it.
pub(crate) fn lies_in(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What is given at a scope ends with it …
pub(crate) const END_AT_SCOPE: &str =
    "UPDATE resources INDEXED BY resources_scope SET gone = ?2 WHERE type IN (?3, ?4, ?5) AND parent = ?1";
/// … and what is given below it: '0' follows '/'.
pub(crate) const END_BELOW_SCOPE: &str = "UPDATE resources INDEXED BY resources_scope SET gone = ?2
    WHERE type IN (?3, ?4, ?5) AND parent > ?1||'/' AND parent < ?1||'0'";

/// The store's queries, on a connection inside a transaction; lists are in [`crate::state::lists`].
pub(crate) struct Store<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) now: Millis,
    /// What was hidden until later than this is not seen.
    pub(crate) sees: Millis,
    /// The subscription that is worked on.
    pub(crate) subscription: &'a str,
    /// Whether lists and counts are of that subscription only; where there is one, all there is is in it.
    pub(crate) is_one_of_several: bool,
}

impl<'a> Store<'a> {
    pub fn new(db: &'a Connection, now: Millis) -> Self {
        Self { db, now, sees: Millis::MAX, subscription: SUBSCRIPTION_ID, is_one_of_several: false }
    }

    /// As reads see the state: what shows late is not there yet.
    pub fn for_reads(db: &'a Connection, now: Millis) -> Self {
        Self { sees: now, ..Self::new(db, now) }
    }

    /// The same for `subscription`, which may be one of several.
    #[must_use]
    pub fn within(self, subscription: &'a str, is_one_of_several: bool) -> Self {
        Self { subscription, is_one_of_several, ..self }
    }

    /// The keys that lie in the subscription: after the first, before the second ('0' follows '/').
    pub(crate) fn range(&self) -> Option<(String, String)> {
        let of = |end: char| format!("/subscriptions/{}{end}", self.subscription);
        self.is_one_of_several.then(|| (of('/'), of('0')))
    }

    /// The connection, for queries that belong to one service only.
    pub fn db(&self) -> &Connection {
        self.db
    }

    /// Forgets what is gone for good. Called by writes, so that no job is needed for it.
    pub fn sweep(&self) -> rusqlite::Result<()> {
        self.db
            .prepare_cached("DELETE FROM tags WHERE key IN (SELECT key FROM resources WHERE gone <= ?1)")?
            .execute([self.now])?;
        self.db.prepare_cached("DELETE FROM resources WHERE gone <= ?1")?.execute([self.now])?;
        self.db.prepare_cached("DELETE FROM operations WHERE done < ?1")?.execute([self.now - OPERATION_LIFE])?;
        Ok(())
    }

    /// When the resource with this id ended, if nothing has been written since.
    pub fn ended_at(&self, id: &str) -> rusqlite::Result<Option<Millis>> {
        self.db
            .prepare_cached("SELECT gone FROM resources WHERE key = ?1 AND gone <= ?2")?
            .query_row(params![id.to_lowercase(), self.now], |row| row.get(0))
            .optional()
    }

    /// Forgets a resource that is gone.
    pub fn forget(&self, id: &str) -> rusqlite::Result<()> {
        self.db
            .prepare_cached("DELETE FROM resources WHERE key = ?1 AND gone <= ?2")?
            .execute(params![id.to_lowercase(), self.now])?;
        Ok(())
    }

    /// The resource with this id (any casing), if it exists now.
    pub fn get(&self, id: &str) -> rusqlite::Result<Option<Resource>> {
        self.db
            .prepare_cached(&format!(
                "SELECT {READ} FROM resources
                 WHERE key = ?1 AND born <= ?2 AND (gone IS NULL OR gone > ?2) AND hidden <= ?3"
            ))?
            .query_row(params![id.to_lowercase(), self.now, self.sees], resource)
            .optional()
    }

    /// Writes a resource, replacing one of the same id: what is asked for anew ends well and shows at once.
    pub fn put(&self, it: &Resource) -> rusqlite::Result<()> {
        let key = it.key();
        self.db
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO resources(key, {COLUMNS})
                 VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)"
            ))?
            .execute(params![
                key,
                it.id,
                it.kind,
                it.group,
                it.parent,
                it.name,
                it.location,
                it.lookup,
                it.body.to_string(),
                it.state,
                it.asked,
                it.done,
                it.busy,
                it.created,
                it.born,
                it.gone
            ])?;
        self.put_tags(&key, it)
    }

    /// Writes the body of a resource and the tags in it. How its work ended and from when on it shows stay as they are:
    /// a change of tags repairs nothing.
    pub fn put_body(&self, it: &Resource) -> rusqlite::Result<()> {
        let key = it.key();
        self.db
            .prepare_cached("UPDATE resources SET body = ?2 WHERE key = ?1")?
            .execute(params![key, it.body.to_string()])?;
        self.put_tags(&key, it)
    }

    fn put_tags(&self, key: &str, it: &Resource) -> rusqlite::Result<()> {
        self.db.prepare_cached("DELETE FROM tags WHERE key = ?1")?.execute([key])?;
        for (name, value) in it.tags().into_iter().flatten() {
            self.db
                .prepare_cached("INSERT OR REPLACE INTO tags(key, name, value) VALUES (?1, ?2, ?3)")?
                .execute(params![key, name.to_lowercase(), value.as_str().unwrap_or_default()])?;
        }
        Ok(())
    }

    /// Ends a resource at `at`, and with it the role assignments, locks and policy assignments at its scope and below.
    pub fn end(&self, key: &str, at: Millis) -> rusqlite::Result<()> {
        self.db.prepare_cached("UPDATE resources SET gone = ?2 WHERE key = ?1")?.execute(params![key, at])?;
        for scope in [END_AT_SCOPE, END_BELOW_SCOPE] {
            let kinds = [kind::ASSIGNMENT, kind::LOCK, kind::POLICY_ASSIGNMENT];
            self.db.prepare_cached(scope)?.execute(params![key, at, kinds[0], kinds[1], kinds[2]])?;
        }
        Ok(())
    }

    /// Lets the work on a resource be over at `at`, and have ended so; it exists.
    pub fn finish(&self, key: &str, at: Millis, end: OperationEnd) -> rusqlite::Result<()> {
        self.db
            .prepare_cached("UPDATE resources SET done = ?2, ended = ?3, gone = NULL WHERE key = ?1")?
            .execute(params![key, at, end.name()])?;
        Ok(())
    }

    /// Takes back [`Store::end`].
    pub fn revive(&self, key: &str) -> rusqlite::Result<()> {
        self.db
            .prepare_cached(
                "UPDATE resources SET gone = NULL WHERE key = ?1
                 OR (type IN (?2, ?3, ?4) AND (parent = ?1 OR (parent > ?1||'/' AND parent < ?1||'0')))",
            )?
            .execute(params![key, kind::ASSIGNMENT, kind::LOCK, kind::POLICY_ASSIGNMENT])?;
        Ok(())
    }

    /// Marks a write below `key` as under way until `until`.
    pub fn occupy(&self, key: &str, until: Millis) -> rusqlite::Result<()> {
        self.db
            .prepare_cached("UPDATE resources SET busy = ?2 WHERE key = ?1")?
            .execute(params![key.to_lowercase(), until])?;
        Ok(())
    }

    /// The tags of what exists now: name (in lower case), value, and how often they occur; in the order of name and value.
    pub fn tags_in_use(&self) -> rusqlite::Result<Vec<(String, String, i64)>> {
        let mut statement = self.db.prepare_cached(
            "SELECT tags.name, tags.value, COUNT(*) FROM tags JOIN resources ON resources.key = tags.key
             WHERE born <= ?1 AND (gone IS NULL OR gone > ?1) AND grp != '' AND tags.key > ?2 AND tags.key < ?3
             GROUP BY tags.name, tags.value ORDER BY tags.name, tags.value",
        )?;
        let (from, to) = self.range().unwrap_or(everything());
        let rows =
            statement.query_map(params![self.now, from, to], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect()
    }

    /// How many resources of a kind exist now.
    pub fn count(&self, kind: &str) -> rusqlite::Result<i64> {
        let (from, to) = self.range().unwrap_or(everything());
        self.db
            .prepare_cached(
                "SELECT COUNT(*) FROM resources WHERE type = ?1 AND born <= ?2 AND (gone IS NULL OR gone > ?2)
                 AND key > ?3 AND key < ?4",
            )?
            .query_row(params![kind, self.now, from, to], |row| row.get(0))
    }

    /// A number never given out before by this state; guids are derived from it.
    pub fn serial(&self) -> rusqlite::Result<i64> {
        self.db
            .prepare_cached(
                "INSERT INTO meta(name, value) VALUES ('serial', '1')
                 ON CONFLICT(name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING CAST(value AS INTEGER)",
            )?
            .query_row([], |row| row.get(0))
    }

    /// A value of the `meta` table.
    pub fn meta(&self, name: &str) -> rusqlite::Result<Option<String>> {
        self.db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()
    }

    /// Sets a value of the `meta` table.
    pub fn set_meta(&self, name: &str, value: &str) -> rusqlite::Result<()> {
        self.db.prepare_cached("INSERT OR REPLACE INTO meta(name, value) VALUES (?1, ?2)")?.execute([name, value])?;
        Ok(())
    }

    /// A guid that is new to this state, and the same again when the same steps are run on a fresh state of equal salt.
    pub fn guid(&self, seed: &str) -> rusqlite::Result<uuid::Uuid> {
        let salt = self.meta("salt")?.unwrap_or_default();
        let name = format!("{salt}/{seed}/{}", self.serial()?);
        Ok(uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()))
    }
}
