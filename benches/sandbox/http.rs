//! Requests a second of `azlab sandbox serve --http`, on one core, beside the machine's own SQLite commits.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use azlab_sandbox::{SUBSCRIPTION_ID, Sandbox};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::client::{Client, bearer, data_bearer, quick, runtime};
use super::lab::{self, CLUSTERS, GROUPS, IDENTITIES, Names};
use super::{Bound, Row, processor};

/// Connections at once, each kept alive.
const CONNECTIONS: usize = 8;
const SECONDS: f64 = 3.0;

/// A server pinned to one core, ended with the value.
pub struct Served {
    child: Child,
    pub address: String,
}

impl Served {
    pub fn start(directory: &Path) -> Self {
        let mut child = Command::new("taskset")
            .args(["-c", "0"])
            .arg(binary())
            .args(["sandbox", "serve", "--http", "--listen", "127.0.0.1:0", "-o", "json"])
            .env("AZLAB_SANDBOX_DIR", directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("taskset, of util-linux");
        let mut line = String::new();
        let mut said = std::io::BufReader::new(child.stdout.take().expect("piped"));
        std::io::BufRead::read_line(&mut said, &mut line).expect("what it says");
        // It says nothing more; the pipe must stay open all the same.
        std::mem::forget(said);
        let said: serde_json::Value = serde_json::from_str(&line).expect("one object");
        let address = said["url"].as_str().and_then(|url| url.strip_prefix("http://")).expect("a URL").to_owned();
        Self { child, address }
    }

    fn cpu(&self) -> f64 {
        processor::of(self.child.id())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The release build beside this program.
pub fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    own.with_file_name("azlab")
}

/// A state with labs, and who may ask for it.
pub struct Prepared {
    pub directory: tempfile::TempDir,
    pub authorization: String,
    pub data_authorization: String,
}

/// Makes the state, and leaves the server's core to the server.
pub fn prepare() -> Prepared {
    let directory = tempfile::tempdir().expect("a directory");
    // The load comes from another core than the server's.
    let pid = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-cp", "1", &pid]).stdout(Stdio::null()).status();
    assert!(pinned.is_ok_and(|status| status.success()), "needs a second core, and taskset");
    let (authorization, data_authorization) = runtime().block_on(async {
        let client = Client::new(Sandbox::open(directory.path(), 1.0).expect("a sandbox"));
        client.sandbox.control().set_settings(&quick()).expect("settings");
        for number in 0..20 {
            lab::make(&client, number).await;
        }
        (bearer(&client.sandbox), data_bearer(&client.sandbox))
    });
    Prepared { directory, authorization, data_authorization }
}

pub fn measure() -> Vec<Row> {
    let Prepared { directory, authorization, .. } = prepare();
    let served = Served::start(directory.path());
    let commits = commits(directory.path());
    let mut rows = vec![Row::new(
        "SQLite commits a core and second",
        commits,
        Bound::None,
        "one row of 1 KB, WAL, synchronous NORMAL",
    )];
    let names = Names::of(0);
    let head = |method: &str, path: &str| {
        format!(
            "{method} /subscriptions/{SUBSCRIPTION_ID}{path} HTTP/1.1\r\nhost: {}\r\nauthorization: {authorization}\r\n",
            served.address
        )
    };
    let get = |path: String| move |_: usize| format!("{path}\r\n");
    let put = |path: &str, body: serde_json::Value| {
        let body = body.to_string();
        format!("{}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", head("PUT", path), body.len())
    };
    let group = format!("{}?{GROUPS}", names.group);
    // By the server's CPU time: what one core does, whatever else runs on the machine.
    let mut row = |what: &str, load: (f64, f64), least: Option<f64>| {
        let (rate, per_cpu) = load;
        let note = format!("{} a second by the wall", super::digits(rate));
        rows.push(Row::new(
            format!("{what} a core and second"),
            per_cpu,
            least.map_or(Bound::None, Bound::AtLeast),
            note,
        ));
        per_cpu
    };
    row("GETs of a group", drive(&served, get(head("GET", &group))), Some(2_000.0));
    row("GETs of a cluster", drive(&served, get(head("GET", &format!("{}?{CLUSTERS}", names.cluster)))), None);
    let same = put(&group, lab::group(&names.lab));
    let puts = row("PUTs of a group", drive(&served, |_| same.clone()), Some(500.0));
    let identity = lab::identity(&names.lab);
    let new = |at: usize| put(&format!("{}{at}?{IDENTITIES}", names.identity), identity.clone());
    row("PUTs of new identities", drive(&served, new), Some(500.0));
    rows.push(Row::new("PUTs of a group / SQLite commits", puts / commits, Bound::None, "from this run"));
    rows
}

/// Commits of a write of one kilobyte in a second of CPU time, as the sandbox's connection is set up.
fn commits(directory: &Path) -> f64 {
    let db = rusqlite::Connection::open(directory.join("commits.db")).expect("a database");
    db.pragma_update(None, "journal_mode", "wal").expect("WAL");
    db.pragma_update(None, "synchronous", "normal").expect("NORMAL");
    db.execute_batch("CREATE TABLE t(key TEXT PRIMARY KEY, body TEXT NOT NULL)").expect("a table");
    let body = "x".repeat(1_000);
    let (began, used, mut done) = (Instant::now(), processor::of(std::process::id()), 0_usize);
    while began.elapsed() < Duration::from_secs(2) {
        db.execute_batch("BEGIN IMMEDIATE").expect("begun");
        db.prepare_cached("INSERT OR REPLACE INTO t VALUES (?1, ?2)")
            .and_then(|mut insert| insert.execute([&format!("key{}", done % 1_000), &body]))
            .expect("inserted");
        db.execute_batch("COMMIT").expect("committed");
        done += 1;
    }
    done as f64 / (processor::of(std::process::id()) - used)
}

/// Requests a second, by the wall and by the server's CPU time. `request` is given a number that is new each time.
fn drive(served: &Served, request: impl Fn(usize) -> String) -> (f64, f64) {
    runtime().block_on(async {
        let next = std::cell::Cell::new(0);
        let (began, cpu) = (Instant::now(), served.cpu());
        let one = async || {
            let mut stream = BufReader::new(TcpStream::connect(&served.address).await.expect("connected"));
            let _ = stream.get_ref().set_nodelay(true);
            while began.elapsed().as_secs_f64() < SECONDS {
                let at = next.get();
                next.set(at + 1);
                stream.get_mut().write_all(request(at).as_bytes()).await.expect("sent");
                answer(&mut stream).await;
            }
        };
        futures::future::join_all((0..CONNECTIONS).map(|_| one())).await;
        let done = next.get() as f64;
        (done / began.elapsed().as_secs_f64(), done / (served.cpu() - cpu))
    })
}

/// Reads one answer; panics unless it is a success.
async fn answer(stream: &mut BufReader<TcpStream>) {
    let (mut line, mut length, mut first) = (String::new(), 0, true);
    loop {
        line.clear();
        stream.read_line(&mut line).await.expect("a line");
        assert!(!first || line.starts_with("HTTP/1.1 2"), "{line}");
        first = false;
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("a body");
}
