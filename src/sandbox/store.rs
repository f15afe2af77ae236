//! The state: resources, their tags, operations, quota in use, and what is known of principals and providers.
//!
//! A row is what was asked and when; what a resource is *now* follows from it ([`Resource::state`]). A row counts from
//! `born` until `gone`, both of which may lie ahead, so that a cascade is written once, when it is asked for.

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value};

use super::faults::OperationEnd;
use super::moment::Millis;

/// "azlb": marks a SQLite file as ours (`PRAGMA application_id`).
pub(crate) const APPLICATION_ID: i64 = 0x617a_6c62;
/// Counts up with every change of the schema (`PRAGMA user_version`).
pub(crate) const SCHEMA_VERSION: i64 = 2;

pub(crate) const SCHEMA: &str = "
CREATE TABLE resources(
  key TEXT PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, grp TEXT NOT NULL, parent TEXT NOT NULL,
  name TEXT NOT NULL, location TEXT NOT NULL, lookup TEXT, body TEXT NOT NULL, state TEXT NOT NULL,
  asked INTEGER NOT NULL, done INTEGER NOT NULL, busy INTEGER NOT NULL, created INTEGER NOT NULL,
  born INTEGER NOT NULL, gone INTEGER, ended TEXT NOT NULL DEFAULT 'Succeeded', hidden INTEGER NOT NULL DEFAULT 0);
CREATE INDEX resources_parent ON resources(parent);
CREATE INDEX resources_type ON resources(type, grp, key);
CREATE INDEX resources_grp ON resources(grp);
CREATE INDEX resources_lookup ON resources(type, lookup) WHERE lookup IS NOT NULL;
CREATE INDEX resources_gone ON resources(gone) WHERE gone IS NOT NULL;
CREATE TABLE tags(key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(key, name)) WITHOUT ROWID;
CREATE INDEX tags_name ON tags(name, value, key);
CREATE TABLE operations(
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, resource TEXT NOT NULL, location TEXT NOT NULL,
  asked INTEGER NOT NULL, done INTEGER NOT NULL, ended TEXT NOT NULL DEFAULT 'Succeeded', error TEXT,
  expires INTEGER) WITHOUT ROWID;
CREATE INDEX operations_done ON operations(done);
CREATE TABLE quota(
  holder TEXT NOT NULL, owner TEXT NOT NULL, location TEXT NOT NULL, usage TEXT NOT NULL, amount INTEGER NOT NULL,
  until INTEGER, PRIMARY KEY(holder, usage)) WITHOUT ROWID;
CREATE INDEX quota_usage ON quota(location, usage);
CREATE INDEX quota_owner ON quota(owner);
CREATE TABLE principals(id TEXT PRIMARY KEY, born INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE providers(namespace TEXT PRIMARY KEY, registered INTEGER) WITHOUT ROWID;
CREATE TABLE faults_met(fault INTEGER PRIMARY KEY, seen INTEGER NOT NULL, met INTEGER NOT NULL);
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE anchor(one INTEGER PRIMARY KEY CHECK(one = 1), real INTEGER NOT NULL, service INTEGER NOT NULL, speed REAL NOT NULL);
";

/// What makes a state of version `n` one of version `n + 1`; the first entry is for version 1.
pub(crate) const UPGRADES: [&str; SCHEMA_VERSION as usize - 1] = ["
ALTER TABLE resources ADD COLUMN ended TEXT NOT NULL DEFAULT 'Succeeded';
ALTER TABLE resources ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operations ADD COLUMN ended TEXT NOT NULL DEFAULT 'Succeeded';
ALTER TABLE operations ADD COLUMN error TEXT;
ALTER TABLE operations ADD COLUMN expires INTEGER;
CREATE TABLE faults_met(fault INTEGER PRIMARY KEY, seen INTEGER NOT NULL, met INTEGER NOT NULL);
"];

/// How long a finished operation can be polled: a day.
const OPERATION_LIFE: Millis = 24 * 3600 * 1000;

/// A resource as it was last asked for.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// The id as the service writes it.
    pub id: String,
    /// Type, lower case (`microsoft.containerservice/managedclusters`).
    pub kind: &'static str,
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

const COLUMNS: &str =
    "id, type, grp, parent, name, location, lookup, body, state, asked, done, busy, created, born, gone";
const READ: &str =
    "id, type, grp, parent, name, location, lookup, body, state, asked, done, busy, created, born, gone, ended";

fn resource(row: &Row<'_>) -> rusqlite::Result<Resource> {
    let kind: String = row.get(1)?;
    let body: String = row.get(7)?;
    let ended: String = row.get(15)?;
    Ok(Resource {
        id: row.get(0)?,
        kind: known_kind(&kind),
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

/// Types that the store holds, in the key's casing.
pub(crate) mod kind {
    pub const GROUP: &str = "microsoft.resources/resourcegroups";
    pub const CLUSTER: &str = "microsoft.containerservice/managedclusters";
    pub const MAINTENANCE: &str = "microsoft.containerservice/managedclusters/maintenanceconfigurations";
    pub const IDENTITY: &str = "microsoft.managedidentity/userassignedidentities";
    pub const FEDERATED: &str = "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials";
    pub const ACCOUNT: &str = "microsoft.cognitiveservices/accounts";
    pub const DEPLOYMENT: &str = "microsoft.cognitiveservices/accounts/deployments";
    pub const PROJECT: &str = "microsoft.cognitiveservices/accounts/projects";
    pub const DELETED_ACCOUNT: &str = "microsoft.cognitiveservices/deletedaccounts";
    pub const ASSIGNMENT: &str = "microsoft.authorization/roleassignments";
    pub const LOCK: &str = "microsoft.authorization/locks";
    pub const POLICY_DEFINITION: &str = "microsoft.authorization/policydefinitions";
    pub const POLICY_ASSIGNMENT: &str = "microsoft.authorization/policyassignments";
    pub const ALL: [&str; 13] = [
        GROUP,
        CLUSTER,
        MAINTENANCE,
        IDENTITY,
        FEDERATED,
        ACCOUNT,
        DEPLOYMENT,
        PROJECT,
        DELETED_ACCOUNT,
        ASSIGNMENT,
        LOCK,
        POLICY_DEFINITION,
        POLICY_ASSIGNMENT,
    ];
}

fn known_kind(stored: &str) -> &'static str {
    kind::ALL.iter().find(|known| **known == stored).copied().unwrap_or("")
}

/// Whether the key `inner` is `outer` or below it.
pub(crate) fn lies_in(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Which resources a list wants.
#[derive(Default)]
pub(crate) struct Wanted<'a> {
    /// Any of these types.
    pub kinds: Option<&'a [&'a str]>,
    pub group: Option<&'a str>,
    pub parent: Option<&'a str>,
    /// Parents that lie below this key.
    pub below: Option<&'a str>,
    pub lookup: Option<&'a str>,
    pub name: Option<&'a str>,
    /// A region, in any writing.
    pub location: Option<&'a str>,
    pub tag: Option<(&'a str, Option<&'a str>)>,
    /// Keys after this one only.
    pub after: Option<&'a str>,
    /// At most so many.
    pub limit: Option<usize>,
}

/// The store's queries, on a connection inside a transaction.
pub(crate) struct Store<'a> {
    db: &'a Connection,
    now: Millis,
    /// What was hidden until later than this is not seen.
    sees: Millis,
}

impl<'a> Store<'a> {
    pub fn new(db: &'a Connection, now: Millis) -> Self {
        Self { db, now, sees: Millis::MAX }
    }

    /// As reads see the state: what shows late is not there yet.
    pub fn for_reads(db: &'a Connection, now: Millis) -> Self {
        Self { db, now, sees: now }
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

    /// Writes a resource, replacing one of the same id.
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
        self.db.prepare_cached("DELETE FROM tags WHERE key = ?1")?.execute([&key])?;
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
        self.db
            .prepare_cached(
                "UPDATE resources SET gone = ?2 WHERE type IN (?3, ?4, ?5)
                 AND (parent = ?1 OR (parent > ?1||'/' AND parent < ?1||'0'))",
            )?
            .execute(params![key, at, kind::ASSIGNMENT, kind::LOCK, kind::POLICY_ASSIGNMENT])?;
        Ok(())
    }

    /// Marks a write below `key` as under way until `until`.
    pub fn occupy(&self, key: &str, until: Millis) -> rusqlite::Result<()> {
        self.db
            .prepare_cached("UPDATE resources SET busy = ?2 WHERE key = ?1")?
            .execute(params![key.to_lowercase(), until])?;
        Ok(())
    }

    /// The resources that exist now and match, in the order of their keys.
    pub fn list(&self, wanted: &Wanted<'_>) -> rusqlite::Result<Vec<Resource>> {
        let (sql, values) = self.query(wanted);
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), resource)?;
        rows.collect()
    }

    /// The tags of what exists now: name (in lower case), value, and how often they occur; in the order of name and value.
    pub fn tags_in_use(&self) -> rusqlite::Result<Vec<(String, String, i64)>> {
        let mut statement = self.db.prepare_cached(
            "SELECT tags.name, tags.value, COUNT(*) FROM tags JOIN resources ON resources.key = tags.key
             WHERE born <= ?1 AND (gone IS NULL OR gone > ?1) AND type != ?2 GROUP BY tags.name, tags.value
             ORDER BY tags.name, tags.value",
        )?;
        let rows = statement
            .query_map(params![self.now, kind::DELETED_ACCOUNT], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect()
    }

    /// The statement of a list and what is bound to it.
    fn query(&self, wanted: &Wanted<'_>) -> (String, Vec<SqlValue>) {
        let mut sql =
            format!("SELECT {READ} FROM resources WHERE born <= ?1 AND (gone IS NULL OR gone > ?1) AND hidden <= ?2");
        let mut values: Vec<SqlValue> = vec![self.now.into(), self.sees.into()];
        let mut equals = |column: &str, value: Option<&str>| {
            if let Some(value) = value {
                values.push(value.to_lowercase().into());
                sql.push_str(&format!(" AND {column} ?{}", values.len()));
            }
        };
        equals("grp =", wanted.group);
        equals("parent =", wanted.parent);
        equals("lookup =", wanted.lookup);
        equals("key >", wanted.after);
        equals("lower(name) =", wanted.name);
        let location = wanted.location.map(|location| location.replace(' ', ""));
        equals("lower(replace(location, ' ', '')) =", location.as_deref());
        if let Some(below) = wanted.below {
            // '0' follows '/': everything that begins with `below/`
            let below = below.trim_end_matches('/');
            values.push(format!("{below}/").into());
            values.push(format!("{below}0").into());
            sql.push_str(&format!(" AND parent > ?{} AND parent < ?{}", values.len() - 1, values.len()));
        }
        if let Some(kinds) = wanted.kinds {
            let places: Vec<String> = kinds
                .iter()
                .map(|kind| {
                    values.push((*kind).to_owned().into());
                    format!("?{}", values.len())
                })
                .collect();
            // A tag is found by its own index; `+` keeps SQLite from walking all resources of the type instead.
            let column = if wanted.tag.is_some() { "+type" } else { "type" };
            sql.push_str(&format!(" AND {column} IN ({})", places.join(",")));
        }
        if let Some((name, value)) = wanted.tag {
            values.push(name.to_lowercase().into());
            sql.push_str(&format!(" AND key IN (SELECT key FROM tags WHERE name = ?{}", values.len()));
            if let Some(value) = value {
                values.push(value.to_owned().into());
                sql.push_str(&format!(" AND value = ?{}", values.len()));
            }
            sql.push(')');
        }
        sql.push_str(" ORDER BY key");
        if let Some(limit) = wanted.limit {
            sql.push_str(&format!(" LIMIT {limit}"));
        }
        (sql, values)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_reads_the_whole_state() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(SCHEMA).unwrap();
        let store = Store::new(&db, 0);
        let group = Some(&[kind::GROUP][..]);
        let assignment = Some(&[kind::ASSIGNMENT][..]);
        let lists = [
            Wanted { group: Some("g"), ..Wanted::default() },
            Wanted { parent: Some("p"), ..Wanted::default() },
            Wanted { kinds: group, limit: Some(1001), ..Wanted::default() },
            Wanted { kinds: group, tag: Some(("a", Some("b"))), limit: Some(1001), ..Wanted::default() },
            Wanted { kinds: Some(&[kind::ACCOUNT, kind::DELETED_ACCOUNT]), lookup: Some("s"), ..Wanted::default() },
            Wanted { kinds: assignment, parent: Some("p"), lookup: Some("x"), ..Wanted::default() },
            Wanted { kinds: assignment, below: Some("p"), ..Wanted::default() },
            Wanted { kinds: group, name: Some("n"), location: Some("West Europe"), ..Wanted::default() },
        ];
        for wanted in lists {
            let (sql, values) = store.query(&wanted);
            let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let rows = statement.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
            let plan: Vec<String> = rows.map(Result::unwrap).collect();
            assert!(plan.iter().any(|step| step.starts_with("SEARCH resources")), "{sql}: {plan:?}");
            assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "{sql}: {plan:?}");
            let by_key = plan.iter().any(|step| step.contains("(key=?)"));
            assert_eq!(by_key, wanted.tag.is_some(), "a tag names its resources: {plan:?}");
        }
    }
}
