//! The sandbox's server: its certificate authority, its limits, and how it stops.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{header, uri::Scheme};
use axum::routing::{get, post};
use axum::{Extension, Router};
use azlab_sandbox::serve::{ServeError, ServeOptions, Server, TlsError, TlsIdentity, serve};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::ends;

const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn start(router: Router, change: impl FnOnce(&mut ServeOptions)) -> (Server, CancellationToken) {
    let stop = CancellationToken::new();
    let mut options = ServeOptions::new(LOCAL, None, 60.0);
    change(&mut options);
    (serve(router, options, stop.clone()).await.unwrap(), stop)
}

/// Sends `text` and reads until the server closes.
async fn exchange(server: &Server, text: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    // The server may refuse and close before it has read everything.
    let _ = stream.write_all(text).await;
    let mut answer = Vec::new();
    let _ = ends("the connection", stream.read_to_end(&mut answer)).await;
    String::from_utf8(answer).unwrap()
}

fn echo() -> Router {
    Router::new().route("/", post(|body: Bytes| async move { body }))
}

#[tokio::test]
async fn other_machines_are_not_served_unless_asked_for() {
    let anywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let refused = serve(echo(), ServeOptions::new(anywhere, None, 1.0), CancellationToken::new()).await;
    assert!(matches!(refused, Err(ServeError::Remote(address)) if address == anywhere));
    let (server, _stop) = start(echo(), |options| {
        options.listen = anywhere;
        options.allow_remote = true;
    })
    .await;
    assert_ne!(server.address().port(), 0);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let (server, _stop) = start(echo(), |_| {}).await;
    let taken = ServeOptions::new(server.address(), None, 1.0);
    let error = serve(echo(), taken, CancellationToken::new()).await.unwrap_err().to_string();
    assert!(error.contains(&server.address().to_string()) && error.contains("--listen"), "{error}");
}

#[tokio::test]
async fn retry_after_leaves_in_real_seconds_rounded_up() {
    let router = Router::new()
        .route("/15", get(|| async { [(header::RETRY_AFTER, "15")] }))
        .route("/121", get(|| async { [(header::RETRY_AFTER, "121")] }))
        .route("/0", get(|| async { [(header::RETRY_AFTER, "0")] }))
        .route("/date", get(|| async { [(header::RETRY_AFTER, "Wed, 21 Oct 2026 07:28:00 GMT")] }));
    let (server, _stop) = start(router, |_| {}).await;
    for (path, expected) in [("15", "1"), ("121", "3"), ("0", "0"), ("date", "Wed, 21 Oct 2026 07:28:00 GMT")] {
        let request = format!("GET /{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = exchange(&server, request.as_bytes()).await;
        assert!(answer.contains(&format!("retry-after: {expected}\r\n")), "{answer}");
    }
}

#[tokio::test]
async fn a_request_knows_its_scheme() {
    let say = |Extension(scheme): Extension<Scheme>| async move { scheme.to_string() };
    let (server, _stop) = start(Router::new().route("/", get(say)), |_| {}).await;
    let answer = exchange(&server, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.ends_with("\r\nhttp"), "{answer}");
    assert_eq!(server.url(), format!("http://{}", server.address()));
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let (server, _stop) = start(echo(), |options| {
        options.limits.body_bytes = 10;
        options.limits.head_bytes = 8192;
    })
    .await;
    let fits =
        exchange(&server, b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 10\r\n\r\n0123456789")
            .await;
    assert!(fits.starts_with("HTTP/1.1 200") && fits.ends_with("0123456789"), "{fits}");
    let announced = exchange(&server, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\n").await;
    assert!(announced.starts_with("HTTP/1.1 413") && announced.contains("RequestContentTooLarge"), "{announced}");
    let chunked = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n";
    let unannounced = exchange(&server, chunked).await;
    assert!(unannounced.starts_with("HTTP/1.1 413"), "{unannounced}");
    let head = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(9000));
    // The rest of the head is never read, and closing over it can cost the answer.
    let long = exchange(&server, head.as_bytes()).await;
    assert!(long.starts_with("HTTP/1.1 431") || long.is_empty(), "{long}");
}

#[tokio::test]
async fn slow_and_idle_clients_are_cut_off() {
    let (server, _stop) = start(echo(), |options| {
        options.limits.head = Duration::from_millis(50);
        options.limits.body = Duration::from_millis(50);
    })
    .await;
    // Each of these reads to the end of the connection.
    assert!(!exchange(&server, b"").await.contains("200"));
    assert!(!exchange(&server, b"POST / HTTP/1.1\r\nhost:").await.contains("200"));
    let half = exchange(&server, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf").await;
    assert!(half.starts_with("HTTP/1.1 408"), "{half}");
    let idle = exchange(&server, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nok").await;
    assert!(idle.starts_with("HTTP/1.1 200"), "answered, then closed when nothing more came: {idle}");
}

#[tokio::test]
async fn a_client_that_never_reads_frees_its_place() {
    let big = Router::new().route("/", get(|| async { vec![b'x'; 64 * 1024 * 1024] }));
    let (server, _stop) = start(big, |options| {
        options.limits.connections = 1;
        options.limits.write = Duration::from_millis(50);
    })
    .await;
    let mut stuck = TcpStream::connect(server.address()).await.unwrap();
    stuck.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let next = exchange(&server, b"GET /none HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(next.starts_with("HTTP/1.1 404"), "{next}");
}

#[tokio::test]
async fn stopping_lets_a_request_finish() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let router = Router::new().route(
        "/",
        get({
            let (begun, go) = (begun.clone(), go.clone());
            || async move {
                begun.notify_one();
                go.notified().await;
                "done"
            }
        }),
    );
    let (server, stop) = start(router, |options| options.limits.grace = Duration::from_secs(600)).await;
    let address = server.address();
    let client = tokio::spawn(async move { exchange(&server, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await });
    begun.notified().await;
    stop.cancel();
    // It no longer listens once a connection is refused; until then the accepting task has not seen the stop.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    let answer = client.await.unwrap();
    assert!(answer.ends_with("done"), "{answer}");
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let begun = Arc::new(Notify::new());
    let router = Router::new().route(
        "/",
        get({
            let begun = begun.clone();
            || async move {
                begun.notify_one();
                std::future::pending::<()>().await;
            }
        }),
    );
    let (server, stop) = start(router, |options| options.limits.grace = Duration::from_millis(10)).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    begun.notified().await;
    stop.cancel();
    ends("the server", server.stopped()).await;
}

#[test]
fn the_authority_is_made_once_and_kept_private() {
    let directory = TempDir::new().unwrap();
    let sandbox = directory.path().join("new");
    let now = time::OffsetDateTime::now_utc();
    let made: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| TlsIdentity::load_or_create(&sandbox, now).unwrap().authority_pem().to_owned()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(made.iter().all(|pem| *pem == made[0]), "processes that start together share one authority");
    assert!(!made[0].contains("PRIVATE"));
    let files: Vec<_> = std::fs::read_dir(&sandbox).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "nothing is left over: {files:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn an_authority_near_its_end_is_replaced() {
    let directory = TempDir::new().unwrap();
    let now = time::OffsetDateTime::now_utc();
    let first = TlsIdentity::load_or_create(directory.path(), now).unwrap();
    let later = now + time::Duration::days(9 * 365);
    let same = TlsIdentity::load_or_create(directory.path(), later).unwrap();
    assert_eq!(first.authority_pem(), same.authority_pem());
    let end = now + time::Duration::days(10 * 365 - 29);
    let renewed = TlsIdentity::load_or_create(directory.path(), end).unwrap();
    assert_ne!(first.authority_pem(), renewed.authority_pem());
    let again = TlsIdentity::load_or_create(directory.path(), end).unwrap();
    assert_eq!(renewed.authority_pem(), again.authority_pem());
}

#[test]
fn a_damaged_authority_is_named_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let now = time::OffsetDateTime::now_utc();
    TlsIdentity::load_or_create(directory.path(), now).unwrap();
    let path = std::fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read_to_string(&path).unwrap();
    let other = TempDir::new().unwrap();
    TlsIdentity::load_or_create(other.path(), now).unwrap();
    let stranger = std::fs::read_to_string(other.path().join(path.file_name().unwrap())).unwrap();
    let (certificate, _) = whole.split_once("-----BEGIN PRIVATE").unwrap();
    let (_, key) = stranger.split_once("-----BEGIN PRIVATE").unwrap();
    for damaged in ["", "garbage", &whole[..whole.len() / 2], &format!("{certificate}-----BEGIN PRIVATE{key}")] {
        std::fs::write(&path, damaged).unwrap();
        let error = TlsIdentity::load_or_create(directory.path(), now).unwrap_err();
        assert!(matches!(error, TlsError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), damaged);
    }
}
