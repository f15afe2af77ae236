use std::path::Path;

use axum::body::Body;
use azlab_sandbox::scenario::Scenario;
use azlab_sandbox::signin::MANAGED_IDENTITY_PATH;
use azlab_sandbox::{Sandbox, SandboxError};
use http::Request;
use http_body_util::BodyExt as _;
use rusqlite::Connection;
use tower::ServiceExt as _;

use super::{get, groups};

/// The tables of the first version.
const FIRST: &str = include_str!("../../src/tests/schema_v1.sql");

fn database(dir: &Path) -> Connection {
    Connection::open(dir.join("sandbox.db")).unwrap()
}

/// As a newer azlab would: the version last, and a table that this one reads is not there any more.
fn upgraded_by_a_newer_one(dir: &Path) {
    let db = database(dir);
    db.execute_batch("BEGIN; ALTER TABLE meta RENAME TO facts; PRAGMA user_version = 99; COMMIT;").unwrap();
}

#[tokio::test]
async fn a_process_whose_state_a_newer_one_upgrades_says_so_and_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let azure = Sandbox::open(dir.path(), 1000.0).unwrap();
    assert_eq!(get(&azure, &groups()).await.0, 200);
    upgraded_by_a_newer_one(dir.path());
    let watching = database(dir.path());
    let version = || -> i64 { watching.query_row("PRAGMA data_version", [], |row| row.get(0)).unwrap() };
    let before = version();
    let (status, body) = get(&azure, &groups()).await;
    assert_eq!((status, body["error"]["code"].as_str()), (500, Some("SandboxStateChanged")), "{body}");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("schema 99") && message.contains("start it again"), "{message}");
    assert_eq!(version(), before, "nobody has written");
}

#[tokio::test]
async fn every_way_to_a_state_that_a_newer_one_has_upgraded_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let azure = Sandbox::open(dir.path(), 1000.0).unwrap();
    database(dir.path()).pragma_update(None, "user_version", 99).unwrap();
    let scenario = Scenario::load("standard").unwrap();
    let is_told = |what: &str, error: Option<SandboxError>| {
        assert!(matches!(error, Some(SandboxError::OtherSchema(other)) if other.found == 99), "{what}: {error:?}");
    };
    is_told("settings", azure.settings().err());
    is_told("inventory", azure.inventory().err());
    is_told("scenario", azure.scenario().err());
    is_told("set_quota", azure.control().set_quota("eastus", "cores", 1).err());
    is_told("set_data_role", azure.control().set_data_role(false).err());
    is_told("unregister_provider", azure.control().unregister_provider("Microsoft.Compute").err());
    is_told("register_all_providers", azure.control().register_all_providers().err());
    let played = azure.play(&scenario).unwrap_err().to_string();
    assert!(played.contains("another version of azlab"), "{played}");

    let header = azure.identity_header();
    let path = format!("{MANAGED_IDENTITY_PATH}?api-version=2019-08-01&resource=x&client_id={}", uuid::Uuid::nil());
    for (uri, host) in [
        (groups(), "localhost"),
        (path, "localhost"),
        ("/graph/v1.0/servicePrincipals".to_owned(), "localhost"),
        ("/openai/deployments/d/chat/completions?api-version=2024-10-21".to_owned(), "account.openai.azure.com"),
    ] {
        let audience =
            if uri.starts_with("/graph") { "https://graph.microsoft.com" } else { azlab_sandbox::ARM_AUDIENCE };
        let token = azure.access_token(audience).unwrap();
        let request = Request::get(&uri).header("host", host).header("authorization", format!("Bearer {}", *token));
        let request = request.header("x-identity-header", header.as_str()).body(Body::empty()).unwrap();
        let answer = azure.public_router().oneshot(request).await.unwrap();
        let status = answer.status();
        let text = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&text);
        assert!(status.is_server_error() && text.contains("another version of azlab"), "{uri}: {status} {text}");
    }
}

#[tokio::test]
async fn a_state_of_an_older_version_is_upgraded_once_nobody_else_has_it_open() {
    let dir = tempfile::tempdir().unwrap();
    let older = database(dir.path());
    older.execute_batch(FIRST).unwrap();
    older.pragma_update(None, "application_id", 0x617a_6c62).unwrap();
    older.pragma_update(None, "user_version", 1).unwrap();
    older.pragma_update(None, "journal_mode", "wal").unwrap();
    older.execute("INSERT INTO meta VALUES ('salt', 'kept')", []).unwrap();

    let error = Sandbox::open(dir.path(), 1.0).err().unwrap();
    assert!(matches!(error, SandboxError::InUseByOther { found: 1, .. }), "{error}");
    assert!(error.to_string().contains("stop that one first"), "{error}");
    let version = |db: &Connection| -> i64 { db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap() };
    assert_eq!(version(&older), 1);
    drop(older);

    let azure = Sandbox::open(dir.path(), 1.0).unwrap();
    assert_eq!(get(&azure, &groups()).await.0, 200);
    let db = database(dir.path());
    assert!(version(&db) > 1);
    let salt: String = db.query_row("SELECT value FROM meta WHERE name = 'salt'", [], |row| row.get(0)).unwrap();
    assert_eq!(salt, "kept");
}

#[test]
fn several_that_start_on_an_older_state_at_the_same_moment_all_open_it() {
    let dir = tempfile::tempdir().unwrap();
    let older = database(dir.path());
    older.execute_batch(FIRST).unwrap();
    older.pragma_update(None, "application_id", 0x617a_6c62).unwrap();
    older.pragma_update(None, "user_version", 1).unwrap();
    older.pragma_update(None, "journal_mode", "wal").unwrap();
    drop(older);
    let begin = std::sync::Barrier::new(4);
    let open = || {
        begin.wait();
        Sandbox::open(dir.path(), 1.0)
    };
    std::thread::scope(|scope| {
        let opening: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        let opened: Vec<_> = opening.into_iter().map(|one| one.join().unwrap()).collect();
        assert!(opened.iter().all(Result::is_ok), "{:?}", opened.iter().find_map(|one| one.as_ref().err()));
    });
}
