CREATE TABLE resources(
  key TEXT PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, grp TEXT NOT NULL, parent TEXT NOT NULL,
  name TEXT NOT NULL, location TEXT NOT NULL, lookup TEXT, body TEXT NOT NULL, state TEXT NOT NULL,
  asked INTEGER NOT NULL, done INTEGER NOT NULL, busy INTEGER NOT NULL, created INTEGER NOT NULL,
  born INTEGER NOT NULL, gone INTEGER);
CREATE INDEX resources_parent ON resources(parent);
CREATE INDEX resources_type ON resources(type, grp, key);
CREATE INDEX resources_grp ON resources(grp);
CREATE INDEX resources_lookup ON resources(type, lookup) WHERE lookup IS NOT NULL;
CREATE INDEX resources_gone ON resources(gone) WHERE gone IS NOT NULL;
CREATE TABLE tags(key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(key, name)) WITHOUT ROWID;
CREATE INDEX tags_name ON tags(name, value, key);
CREATE TABLE operations(
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, resource TEXT NOT NULL, location TEXT NOT NULL,
  asked INTEGER NOT NULL, done INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX operations_done ON operations(done);
CREATE TABLE quota(
  holder TEXT NOT NULL, owner TEXT NOT NULL, location TEXT NOT NULL, usage TEXT NOT NULL, amount INTEGER NOT NULL,
  until INTEGER, PRIMARY KEY(holder, usage)) WITHOUT ROWID;
CREATE INDEX quota_usage ON quota(location, usage);
CREATE INDEX quota_owner ON quota(owner);
CREATE TABLE principals(id TEXT PRIMARY KEY, born INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE providers(namespace TEXT PRIMARY KEY, registered INTEGER) WITHOUT ROWID;
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE anchor(one INTEGER PRIMARY KEY CHECK(one = 1), real INTEGER NOT NULL, service INTEGER NOT NULL, speed REAL NOT NULL);
