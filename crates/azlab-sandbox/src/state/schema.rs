//! The tables of the state file, and the way from one version of them to the next.

use rusqlite::Connection;

/// The database's name in the sandbox's directory.
pub(crate) const FILE: &str = "sandbox.db";
/// "azlb": marks a SQLite file as ours (`PRAGMA application_id`).
pub(crate) const APPLICATION_ID: i64 = 0x617a_6c62;
/// Counts up with every change of the schema (`PRAGMA user_version`).
pub(crate) const SCHEMA_VERSION: i64 = 6;

/// A state from nothing. The calendar stands last: it is read on opening, so that a file that was cut off shows. What changes here needs a step in [`UPGRADES`] too: states of older versions are kept.
pub(crate) const SCHEMA: &str = "
CREATE TABLE resources(
  key TEXT PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, grp TEXT NOT NULL, parent TEXT NOT NULL,
  name TEXT NOT NULL, location TEXT NOT NULL, lookup TEXT, body TEXT NOT NULL, state TEXT NOT NULL,
  asked INTEGER NOT NULL, done INTEGER NOT NULL, busy INTEGER NOT NULL, created INTEGER NOT NULL,
  born INTEGER NOT NULL, gone INTEGER, ended TEXT NOT NULL DEFAULT 'Succeeded', hidden INTEGER NOT NULL DEFAULT 0);
CREATE INDEX resources_parent ON resources(parent);
CREATE INDEX resources_type ON resources(type, key);
CREATE INDEX resources_scope ON resources(type, parent);
CREATE INDEX resources_grp ON resources(grp);
CREATE INDEX resources_lookup ON resources(type, lookup) WHERE lookup IS NOT NULL;
CREATE INDEX resources_gone ON resources(gone) WHERE gone IS NOT NULL;
CREATE INDEX resources_client ON resources(json_extract(body, '$.properties.clientId'))
  WHERE type = 'microsoft.managedidentity/userassignedidentities';
CREATE INDEX resources_issuer
  ON resources(lower(substr(json_extract(body, '$.properties.oidcIssuerProfile.issuerURL'), -37, 36)))
  WHERE type = 'microsoft.containerservice/managedclusters';
CREATE TABLE tags(key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(key, name)) WITHOUT ROWID;
CREATE INDEX tags_name ON tags(name, key);
CREATE INDEX tags_value ON tags(name, value, key);
CREATE TABLE operations(
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, resource TEXT NOT NULL, location TEXT NOT NULL,
  asked INTEGER NOT NULL, done INTEGER NOT NULL, ended TEXT NOT NULL DEFAULT 'Succeeded', error TEXT,
  expires INTEGER) WITHOUT ROWID;
CREATE INDEX operations_done ON operations(done);
CREATE TABLE quota(
  holder TEXT NOT NULL, owner TEXT NOT NULL, location TEXT NOT NULL, usage TEXT NOT NULL, amount INTEGER NOT NULL,
  until INTEGER, PRIMARY KEY(holder, usage)) WITHOUT ROWID;
CREATE INDEX quota_owner ON quota(owner);
CREATE INDEX quota_until ON quota(until) WHERE until IS NOT NULL;
CREATE TABLE quota_totals(
  location TEXT NOT NULL, usage TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY(location, usage)) WITHOUT ROWID;
CREATE TRIGGER quota_taken AFTER INSERT ON quota BEGIN
  INSERT INTO quota_totals(location, usage, amount) VALUES (new.location, new.usage, new.amount)
  ON CONFLICT DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER quota_given_back AFTER DELETE ON quota BEGIN
  UPDATE quota_totals SET amount = amount - old.amount WHERE location = old.location AND usage = old.usage;
END;
CREATE TABLE principals(id TEXT PRIMARY KEY, born INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE providers(namespace TEXT PRIMARY KEY, registered INTEGER) WITHOUT ROWID;
CREATE TABLE faults_met(fault INTEGER PRIMARY KEY, seen INTEGER NOT NULL, met INTEGER NOT NULL);
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX resources_fqdn ON resources(lower(json_extract(body, '$.properties.fqdn')))
  WHERE type = 'microsoft.containerservice/managedclusters';
CREATE TABLE kube_clusters(
  id INTEGER PRIMARY KEY, cluster TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, version INTEGER NOT NULL);
CREATE TABLE kube_objects(
  owner INTEGER NOT NULL, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,
  parent TEXT, version INTEGER NOT NULL, due INTEGER, body TEXT NOT NULL,
  PRIMARY KEY(owner, resource, namespace, name)) WITHOUT ROWID;
CREATE INDEX kube_objects_uid ON kube_objects(owner, uid);
CREATE INDEX kube_objects_parent ON kube_objects(owner, parent) WHERE parent IS NOT NULL;
CREATE INDEX kube_objects_due ON kube_objects(owner, due) WHERE due IS NOT NULL;
CREATE TABLE kube_changes(
  owner INTEGER NOT NULL, version INTEGER NOT NULL, event TEXT NOT NULL, resource TEXT NOT NULL, namespace TEXT NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY(owner, version)) WITHOUT ROWID;
CREATE TRIGGER kube_gone AFTER DELETE ON resources WHEN old.type = 'microsoft.containerservice/managedclusters' BEGIN
  DELETE FROM kube_clusters WHERE cluster = old.key;
END;
CREATE TRIGGER kube_cluster_gone AFTER DELETE ON kube_clusters BEGIN
  DELETE FROM kube_objects WHERE owner = old.id;
  DELETE FROM kube_changes WHERE owner = old.id;
END;
CREATE TABLE calendar(one INTEGER PRIMARY KEY CHECK(one = 1), ahead INTEGER NOT NULL);
INSERT INTO calendar VALUES (1, 0);
";

/// What makes a state of version `n` one of version `n + 1`; the first entry is for version 1.
const UPGRADES: [&str; SCHEMA_VERSION as usize - 1] = [
    // What shows late, and what ends otherwise than well.
    "
ALTER TABLE resources ADD COLUMN ended TEXT NOT NULL DEFAULT 'Succeeded';
ALTER TABLE resources ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operations ADD COLUMN ended TEXT NOT NULL DEFAULT 'Succeeded';
ALTER TABLE operations ADD COLUMN error TEXT;
ALTER TABLE operations ADD COLUMN expires INTEGER;
CREATE TABLE faults_met(fault INTEGER PRIMARY KEY, seen INTEGER NOT NULL, met INTEGER NOT NULL);
",
    // Indexes that have the keys of a list in order, and sums of quota that are kept.
    "
DROP INDEX resources_type;
CREATE INDEX resources_type ON resources(type, key);
CREATE INDEX IF NOT EXISTS resources_scope ON resources(type, parent);
CREATE INDEX IF NOT EXISTS resources_client ON resources(json_extract(body, '$.properties.clientId'))
  WHERE type = 'microsoft.managedidentity/userassignedidentities';
DROP INDEX tags_name;
CREATE INDEX tags_name ON tags(name, key);
CREATE INDEX IF NOT EXISTS tags_value ON tags(name, value, key);
DROP INDEX IF EXISTS quota_usage;
CREATE INDEX IF NOT EXISTS quota_until ON quota(until) WHERE until IS NOT NULL;
CREATE TABLE IF NOT EXISTS quota_totals(
  location TEXT NOT NULL, usage TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY(location, usage)) WITHOUT ROWID;
DELETE FROM quota_totals;
INSERT INTO quota_totals SELECT location, usage, SUM(amount) FROM quota GROUP BY location, usage;
CREATE TRIGGER IF NOT EXISTS quota_taken AFTER INSERT ON quota BEGIN
  INSERT INTO quota_totals(location, usage, amount) VALUES (new.location, new.usage, new.amount)
  ON CONFLICT DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER IF NOT EXISTS quota_given_back AFTER DELETE ON quota BEGIN
  UPDATE quota_totals SET amount = amount - old.amount WHERE location = old.location AND usage = old.usage;
END;
",
    // Issuers by their guid.
    "
CREATE INDEX IF NOT EXISTS resources_issuer
  ON resources(lower(substr(json_extract(body, '$.properties.oidcIssuerProfile.issuerURL'), -37, 36)))
  WHERE type = 'microsoft.containerservice/managedclusters';
",
    // What the clusters' API servers keep, which goes with the cluster.
    "
CREATE INDEX IF NOT EXISTS resources_fqdn ON resources(lower(json_extract(body, '$.properties.fqdn')))
  WHERE type = 'microsoft.containerservice/managedclusters';
CREATE TABLE IF NOT EXISTS kube_clusters(
  id INTEGER PRIMARY KEY, cluster TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS kube_objects(
  owner INTEGER NOT NULL, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,
  parent TEXT, version INTEGER NOT NULL, due INTEGER, body TEXT NOT NULL,
  PRIMARY KEY(owner, resource, namespace, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kube_objects_uid ON kube_objects(owner, uid);
CREATE INDEX IF NOT EXISTS kube_objects_parent ON kube_objects(owner, parent) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS kube_objects_due ON kube_objects(owner, due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS kube_changes(
  owner INTEGER NOT NULL, version INTEGER NOT NULL, event TEXT NOT NULL, resource TEXT NOT NULL, namespace TEXT NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY(owner, version)) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS kube_gone AFTER DELETE ON resources WHEN old.type = 'microsoft.containerservice/managedclusters' BEGIN
  DELETE FROM kube_clusters WHERE cluster = old.key;
END;
CREATE TRIGGER IF NOT EXISTS kube_cluster_gone AFTER DELETE ON kube_clusters BEGIN
  DELETE FROM kube_objects WHERE owner = old.id;
  DELETE FROM kube_changes WHERE owner = old.id;
END;
",
    // Dates are the machine's. What an earlier version's fast clock ran ahead stays, so that nothing was made in the future.
    "
CREATE TABLE calendar(one INTEGER PRIMARY KEY CHECK(one = 1), ahead INTEGER NOT NULL);
INSERT INTO calendar SELECT 1, CAST(MAX(0, COALESCE((SELECT service - real FROM anchor), 0)) AS INTEGER);
DROP TABLE anchor;
",
];

/// Makes the tables of an empty database.
pub(crate) fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(SCHEMA)?;
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    db.pragma_update(None, "user_version", SCHEMA_VERSION)
}

/// Brings a state of version `found` to this one; nothing of it is lost. One transaction is the caller's.
pub(crate) fn upgrade(db: &Connection, found: i64) -> rusqlite::Result<()> {
    let done = usize::try_from(found - 1).unwrap_or(0);
    for step in UPGRADES.iter().skip(done) {
        db.execute_batch(step)?;
    }
    db.pragma_update(None, "user_version", SCHEMA_VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of version 1, as azlab 0.1.0 wrote them.
    const FIRST: &str = include_str!("../tests/schema_v1.sql");

    fn shape(db: &Connection) -> Vec<(String, String)> {
        let mut statement =
            db.prepare("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").expect("a statement");
        let squeezed = |sql: String| sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, squeezed(row.get(1)?)))).expect("rows");
        rows.map(|row| row.expect("a row")).collect()
    }

    #[test]
    fn a_state_of_the_first_version_becomes_one_of_this_version_and_keeps_its_totals() {
        let old = Connection::open_in_memory().expect("a database");
        old.execute_batch(FIRST).expect("the first schema");
        old.execute_batch(
            "INSERT INTO quota VALUES ('a','a','westeurope','cores',4,NULL), ('b','b','westeurope','cores',3,NULL);",
        )
        .expect("holdings");
        upgrade(&old, 1).expect("upgraded");
        let fresh = Connection::open_in_memory().expect("a database");
        create(&fresh).expect("the schema");
        assert_eq!(shape(&old), shape(&fresh));
        let total: i64 = old.query_row("SELECT amount FROM quota_totals", [], |row| row.get(0)).expect("one total");
        assert_eq!(total, 7);
        let version: i64 = old.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version");
        assert_eq!(version, SCHEMA_VERSION);
    }
}
