use super::*;
use crate::state::error::SandboxError;
use crate::state::open::reset;

fn client(dir: &std::path::Path, speed: f64) -> Client {
    Client { sandbox: Sandbox::open(dir, speed).unwrap() }
}

#[tokio::test]
async fn what_one_process_makes_another_sees_at_the_same_time_of_day() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/er");
    let one = client(&path, 10_000.0);
    one.group().await;
    let two = client(&path, 10_000.0);
    assert_eq!(two.get(GROUP).await.status, 200);
    assert!(two.sandbox.clock().now() > one.sandbox.clock().now() - time::Duration::hours(24));
    let before = two.sandbox.clock().now();
    drop((one, two));
    let three = client(&path, 1.0);
    assert!(three.sandbox.clock().now() >= before - time::Duration::hours(2), "time does not start anew");
    assert_eq!(three.get(GROUP).await.status, 200);
    three.sandbox.control().set_quota("eastus", "cores", 7).unwrap();
    assert_eq!(client(&path, 1.0).sandbox.settings().unwrap().quota["eastus/cores"], 7);
}

#[tokio::test]
async fn concurrent_processes_both_write() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (client(dir.path(), 10_000.0), client(dir.path(), 10_000.0));
    let write = async |client: &Client, prefix: &str| {
        for n in 0..20 {
            let path = format!("/resourceGroups/{prefix}{n}?api-version=2021-04-01");
            assert_eq!(client.put(&path, json!({"location": "eastus"})).await.status, 201);
        }
    };
    tokio::join!(write(&one, "a"), write(&two, "b"));
    let listed = one.get("/resourcegroups?api-version=2021-04-01").await;
    assert_eq!(listed.body["value"].as_array().unwrap().len(), 40);
}

#[cfg(unix)]
#[tokio::test]
async fn the_state_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sandbox");
    let azure = client(&path, 1000.0);
    azure.group().await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for file in std::fs::read_dir(&path).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn files_that_are_not_ours_are_refused_and_survive_a_reset() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sandbox.db");
    let open = || Sandbox::open(dir.path(), 1.0).err().map(|error| (format!("{error}"), error));
    std::fs::write(
        &file,
        "this is no database, and is longer than a header of one hundred bytes, so that SQLite reads it as one....",
    )
    .unwrap();
    let (text, error) = open().unwrap();
    assert!(
        matches!(error, SandboxError::NotADatabase { .. }) && text.contains("not a readable SQLite database"),
        "{text}"
    );
    reset(dir.path()).unwrap();
    std::fs::create_dir_all(dir.path()).unwrap();
    let foreign = rusqlite::Connection::open(&file).unwrap();
    foreign.execute_batch("CREATE TABLE theirs(x)").unwrap();
    drop(foreign);
    assert!(matches!(open(), Some((_, SandboxError::Foreign { .. }))));
    assert!(matches!(reset(dir.path()), Err(SandboxError::Foreign { .. })));
    std::fs::remove_file(&file).unwrap();
    drop(Sandbox::open(dir.path(), 1.0).unwrap());
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(open(), Some((_, SandboxError::NewerSchema { found: 99, .. }))));
    reset(dir.path()).unwrap();
    std::fs::create_dir_all(&file).unwrap();
    assert!(matches!(open(), Some((_, SandboxError::WrongKind { .. }))));
    assert!(matches!(reset(dir.path()), Err(SandboxError::WrongKind { .. })));
}

#[tokio::test]
async fn a_reset_deletes_our_files_only() {
    let dir = tempfile::tempdir().unwrap();
    client(dir.path(), 1000.0).group().await;
    std::fs::write(dir.path().join("notes.txt"), "mine").unwrap();
    reset(dir.path()).unwrap();
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["notes.txt"]);
    reset(&dir.path().join("absent")).unwrap();
    assert_eq!(client(dir.path(), 1000.0).get(GROUP).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_gives_up_in_the_middle_of_a_call_leaves_what_it_asked_for() {
    let azure = Client::new();
    azure.group().await;
    let clock = azure.sandbox.clock();
    let given_up = clock.timeout(std::time::Duration::from_secs(3), azure.put(CLUSTER, cluster())).await;
    assert!(given_up.is_err());
    let found = azure.get(CLUSTER).await;
    assert_eq!(found.body["properties"]["provisioningState"], "Creating");
    azure.wait(340).await;
    assert_eq!(azure.get(CLUSTER).await.body["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_an_error_not_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let azure = client(dir.path(), 1000.0);
    azure.sandbox.control().set_quota("eastus", "cores", 7).unwrap();
    let db = rusqlite::Connection::open(dir.path().join("sandbox.db")).unwrap();
    db.execute("UPDATE meta SET value = '{' WHERE name = 'settings'", []).unwrap();
    assert!(azure.sandbox.settings().is_err());
    assert_eq!(azure.get(GROUP).await.outcome(), (500, "InternalServerError"));
}

#[tokio::test]
async fn settings_are_read_again_but_parsed_only_when_they_have_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (client(dir.path(), 1000.0), client(dir.path(), 1000.0));
    let parsed = || one.sandbox.active(&one.sandbox.connection()).unwrap();
    one.sandbox.control().set_quota("eastus", "cores", 7).unwrap();
    let first = parsed();
    one.group().await;
    assert!(std::sync::Arc::ptr_eq(&first, &parsed()));
    other.sandbox.control().set_quota("eastus", "cores", 8).unwrap();
    assert_eq!(parsed().settings.limit("eastus", "cores"), Some(8), "another process has changed them");
}
