//! What clients do to a server that do not mean it well, over a socket: each is told so in the service's form or cut off, in
//! bounded memory, and others are still served.

use std::net::SocketAddr;
use std::time::Duration;

use azlab_clock::Clock;
use azlab_sandbox::serve::{Limits, ServeOptions, Server, serve};
use azlab_sandbox::signin::DEFAULT_CLIENT_ID;
use azlab_sandbox::{SUBSCRIPTION_ID, Sandbox};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::ends;

/// A sandbox on a socket, whose answers take no time.
struct World {
    server: Server,
    bearer: String,
    _stop: CancellationToken,
}

/// An answer taken apart.
#[derive(Debug)]
struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl World {
    /// No limit of time but where a test sets it: what is cut off is cut off for another reason.
    async fn start(change: impl FnOnce(&mut Limits)) -> Self {
        let sandbox = Sandbox::in_memory(Clock::real()).unwrap();
        let quick = |settings: &mut azlab_sandbox::Settings| {
            settings.throttling = false;
            settings.durations.read = 0.0;
            settings.durations.group = 0.0;
        };
        sandbox.control().change_settings(quick).unwrap();
        let application = sandbox.directory().application(DEFAULT_CLIENT_ID).unwrap();
        let (now, audience) = (sandbox.clock().now(), "https://management.azure.com");
        let token = sandbox.signer().issue(&application.principal, audience, now, time::Duration::HOUR).unwrap();
        let mut options = ServeOptions::new(SocketAddr::from(([127, 0, 0, 1], 0)), None, 1.0);
        let long = Duration::from_secs(3600);
        options.limits = Limits { head: long, body: long, write: long, ..options.limits };
        change(&mut options.limits);
        let stop = CancellationToken::new();
        let server = serve(sandbox.public_router(), options, stop.clone()).await.unwrap();
        Self { server, bearer: token.to_string(), _stop: stop }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.server.address()).await.unwrap()
    }

    fn head(&self, method: &str, target: &str) -> String {
        format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n", self.bearer)
    }

    /// Sends `bytes`, says that nothing more comes, and reads until the server closes.
    async fn hang_up(&self, bytes: &[u8]) -> Vec<Answer> {
        self.send(bytes, true).await
    }

    /// Sends `bytes`, whose last request asks for the end of the connection, and reads until the server closes.
    async fn exchange(&self, bytes: &[u8]) -> Vec<Answer> {
        self.send(bytes, false).await
    }

    async fn send(&self, bytes: &[u8], ends_there: bool) -> Vec<Answer> {
        let (mut from, mut to) = self.connect().await.into_split();
        let bytes = bytes.to_vec();
        // Beside the reading: the server may answer and close before it has read everything.
        let sending = tokio::spawn(async move {
            let _ = to.write_all(&bytes).await;
            if ends_there {
                let _ = to.shutdown().await;
            }
            to
        });
        let mut received = Vec::new();
        let _ = ends("the connection", from.read_to_end(&mut received)).await;
        sending.abort();
        answers(&received)
    }

    /// A request that a working client makes, on a connection of its own.
    async fn works(&self) {
        let mut stream = self.connect().await;
        self.works_on(&mut stream).await;
    }

    async fn works_on(&self, stream: &mut TcpStream) {
        let target = format!("/subscriptions/{SUBSCRIPTION_ID}?api-version=2022-12-01");
        stream.write_all(format!("{}\r\n", self.head("GET", &target)).as_bytes()).await.unwrap();
        let answer = ends("a working client's answer", one(stream)).await;
        assert_eq!((answer.status, &answer.json()["subscriptionId"]), (200, &SUBSCRIPTION_ID.into()));
    }
}

/// Reads one answer with a content length.
async fn one(stream: &mut TcpStream) -> Answer {
    let mut received = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap();
        assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&received));
        received.extend_from_slice(&chunk[..read]);
        if let Some((answer, _)) = first(&received) {
            return answer;
        }
    }
}

/// The first answer in `received`, and how long it is.
fn first(received: &[u8]) -> Option<(Answer, usize)> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&received[..end]).to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok()).unwrap_or(0);
    let body = received.get(end..end + length)?.to_vec();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((Answer { status, body }, end + length))
}

fn answers(mut received: &[u8]) -> Vec<Answer> {
    let mut all = Vec::new();
    while let Some((answer, length)) = first(received) {
        all.push(answer);
        received = &received[length..];
    }
    all
}

#[tokio::test]
async fn what_is_no_request_is_refused_or_cut_off_and_others_are_served() {
    let world = World::start(|_| {}).await;
    let headers = |text: &str| format!("GET / HTTP/1.1\r\nhost: x\r\n{text}\r\n\r\n").into_bytes();
    let chunked = |text: &str| headers(&format!("transfer-encoding: chunked\r\n\r\n{text}"));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("TLS where plain HTTP is spoken", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xaa\xbb\xcc".to_vec()),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec()),
        ("HTTP/0.9", b"GET /\r\n".to_vec()),
        ("HTTP/7", b"GET / HTTP/7.7\r\n\r\n".to_vec()),
        ("nothing", Vec::new()),
        ("null bytes", vec![0; 70_000]),
        ("0xff", vec![0xff; 70_000]),
        ("line ends", b"\r\n".repeat(50_000)),
        ("half a head", b"GET / HTTP/1.1\r\nhost: x\r\n".to_vec()),
        ("half a body", headers("content-length: 10\r\n\r\nhalf")),
        ("spaces in the target", b"GET /a b c HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("a null in the target", b"GET /a\0b HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("no target", b"GET  HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("a long method", [b"A".repeat(100_000), b" / HTTP/1.1\r\n\r\n".to_vec()].concat()),
        ("a negative length", headers("content-length: -1")),
        ("a signed length", headers("content-length: +5\r\n\r\n12345")),
        ("two lengths", headers("content-length: 5\r\ncontent-length: 6\r\n\r\n123456")),
        ("a list of lengths", headers("content-length: 5, 6\r\n\r\n123456")),
        ("a length beyond 64 bits", headers("content-length: 99999999999999999999")),
        ("a length of 2^64-1", headers("content-length: 18446744073709551615\r\n\r\n1")),
        ("an unknown encoding", headers("transfer-encoding: gzip")),
        ("chunked, and not last", headers("transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n")),
        ("a chunk of no size", chunked("zz\r\nabc\r\n0\r\n\r\n")),
        ("a chunk of a negative size", chunked("-1\r\nabc\r\n0\r\n\r\n")),
        ("a chunk beyond 64 bits", chunked("ffffffffffffffffff\r\nabc\r\n0\r\n\r\n")),
        ("a chunk longer than it says", chunked("1\r\nabc\r\n0\r\n\r\n")),
        ("an endless chunk extension", chunked(&format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(100_000)))),
        ("endless trailers", chunked(&format!("1\r\na\r\n0\r\n{}\r\n", "x: y\r\n".repeat(20_000)))),
        ("a header without a colon", headers("nocolon")),
        ("a header with a space in its name", headers("a b: c")),
        ("a folded header", headers("a: b\r\n c")),
        ("a null in a header", headers("a: b\0c")),
        ("a bare line feed", b"GET / HTTP/1.1\nhost: x\n\n".to_vec()),
        ("a header of a megabyte", headers(&format!("a: {}", "x".repeat(1 << 20)))),
        ("a hundred thousand headers", headers(&"a: b\r\n".repeat(100_000))),
        ("a target of a megabyte", format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(1 << 20)).into_bytes()),
    ];
    for (what, bytes) in cases {
        for answer in world.hang_up(&bytes).await {
            assert!((400..500).contains(&answer.status) || answer.status == 505, "{what}: {answer:?}");
            // What the HTTP layer refuses has an empty body; all else is told in the service's form.
            assert!(answer.body.is_empty() || !answer.code().is_empty(), "{what}: {answer:?}");
        }
        world.works().await;
    }
}

#[tokio::test]
async fn a_request_that_is_one_and_nonsense_is_answered_in_arms_form() {
    let world = World::start(|_| {}).await;
    let below = |tail: &str| format!("/subscriptions/{SUBSCRIPTION_ID}/{tail}");
    let long = "a=b&".repeat(10_000);
    let targets = [
        "/".to_owned(),
        "*".to_owned(),
        "//////".to_owned(),
        "/subscriptions/../../etc/passwd?api-version=2021-04-01".to_owned(),
        below("../../../etc/passwd?api-version=2021-04-01"),
        below("%2e%2e/%2e%2e/etc/passwd?api-version=2021-04-01"),
        below("%252e%252e%252fetc%252fpasswd?api-version=2021-04-01"),
        below("resourceGroups/a%2fb?api-version=2021-04-01"),
        below("resourceGroups/a%5cb?api-version=2021-04-01"),
        below("resourceGroups/%00?api-version=2021-04-01"),
        below("resourceGroups/%c0%ae%c0%ae?api-version=2021-04-01"),
        below("resourceGroups/%ff%fe?api-version=2021-04-01"),
        below("resourceGroups/%e2%80%ae?api-version=2021-04-01"),
        below("resourceGroups/%?api-version=2021-04-01"),
        below(&format!("resourceGroups/{}?api-version=2021-04-01", "x".repeat(30_000))),
        below(&format!("{}?api-version=2021-04-01", "a/".repeat(15_000))),
        below(&format!("resourcegroups/none?{long}api-version=2021-04-01")),
        below(&format!("resourcegroups?api-version=2021-04-01&$filter={}", "(".repeat(30_000))),
        below(&format!("resourcegroups?api-version=2021-04-01&$filter={}", "x%20eq%20'y'%20and%20".repeat(2_000))),
        below("resourcegroups?api-version=2021-04-01&$top=99999999999999999999"),
        below("resourcegroups?api-version=2021-04-01&$skiptoken=%ff"),
        below("resourcegroups?api-version=%00"),
        below("resourcegroups"),
    ];
    for target in &targets {
        for method in ["GET", "PUT", "DELETE", "POST", "PATCH", "OPTIONS", "TRACE", "ABSURD", "get", "M-SEARCH"] {
            let request = format!("{}connection: close\r\n\r\n", world.head(method, target));
            let answers = world.exchange(request.as_bytes()).await;
            let shown = &target[..target.len().min(90)];
            assert_eq!(answers.len(), 1, "{method} {shown}");
            assert!((400..500).contains(&answers[0].status), "{method} {shown}: {:?}", answers[0]);
            assert!(!answers[0].code().is_empty(), "{method} {shown}: {:?}", answers[0]);
        }
    }
    world.works().await;
}

#[tokio::test]
async fn bodies_that_harm_are_refused_in_arms_form() {
    let world = World::start(|_| {}).await;
    let target = format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/lab?api-version=2021-04-01");
    let put = |framing: &str, body: &[u8]| {
        let head = format!(
            "{}content-type: application/json\r\nconnection: close\r\n{framing}\r\n",
            world.head("PUT", &target)
        );
        [head.as_bytes(), body].concat()
    };
    let length = |body: &[u8]| put(&format!("content-length: {}\r\n", body.len()), body);
    let chunks = |count: usize| {
        let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
        put("transfer-encoding: chunked\r\n", &chunk.repeat(count))
    };
    let wide = format!("{{\"location\":[{}[]]}}", "[],".repeat(1_000_000));
    let cases: [(&str, Vec<u8>, &[u16], &str); 9] = [
        ("10 MB", length(&vec![b' '; 10 << 20]), &[413], "RequestContentTooLarge"),
        ("chunks without end", chunks(200), &[413], "RequestContentTooLarge"),
        ("nested a hundred thousand deep", length("[".repeat(100_000).as_bytes()), &[400], "InvalidRequestContent"),
        ("objects nested deep", length("{\"a\":".repeat(100_000).as_bytes()), &[400], "InvalidRequestContent"),
        ("a million lists", length(wide.as_bytes()), &[400], "InvalidRequestContent"),
        ("bad UTF-8", length(b"{\"location\":\"\xc0\xaf\xff\"}"), &[400], "InvalidRequestContent"),
        ("a lone surrogate", length(b"{\"location\":\"\\ud800\"}"), &[400], "InvalidRequestContent"),
        ("a number beyond all", length(b"{\"location\":1e999}"), &[400], "InvalidRequestContent"),
        ("null bytes", length(&[0; 1000]), &[400], "InvalidRequestContent"),
    ];
    for (what, bytes, statuses, code) in cases {
        let answers = world.exchange(&bytes).await;
        // Where the server closes over what it has not read, the answer can be lost on its way.
        for answer in &answers {
            assert!(statuses.contains(&answer.status) && answer.code() == code, "{what}: {answer:?}");
        }
        assert!(answers.len() == 1 || statuses == [413], "{what}");
        world.works().await;
    }
}

#[tokio::test]
async fn what_is_inside_a_body_is_never_taken_for_a_request() {
    let world = World::start(|_| {}).await;
    let hidden = "GET /hidden HTTP/1.1\r\nhost: x\r\n\r\n";
    let last = "GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    // Both framings at once: the length would end before the hidden request, the chunks end after it.
    for framing in
        ["content-length: 4\r\ntransfer-encoding: chunked", "transfer-encoding: chunked\r\ncontent-length: 4"]
    {
        let text =
            format!("POST / HTTP/1.1\r\nhost: x\r\n{framing}\r\n\r\n{:x}\r\n{hidden}\r\n0\r\n\r\n{last}", hidden.len());
        let answers = world.exchange(text.as_bytes()).await;
        // It is answered, and the connection ends: no proxy's other reading of it matters any more.
        assert_eq!(answers.len(), 1, "{framing}: {answers:?}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let world = World::start(|_| {}).await;
    let text: String = (0..200)
        .map(|at| {
            let close = if at == 199 { "connection: close\r\n" } else { "" };
            let target = format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/g{at}?api-version=2021-04-01");
            format!("{}{close}\r\n", world.head("GET", &target))
        })
        .collect();
    let answers = world.exchange(text.as_bytes()).await;
    assert_eq!(answers.len(), 200);
    for (at, answer) in answers.iter().enumerate() {
        assert!(String::from_utf8_lossy(&answer.body).contains(&format!("'g{at}'")), "{at}: {answer:?}");
    }
}

/// How long a client of these tests keeps a place that it does not use.
const UNUSED: std::time::Duration = std::time::Duration::from_millis(20);

#[tokio::test]
async fn clients_that_only_wait_give_way_to_one_that_works() {
    let world = World::start(|limits| (limits.connections, limits.unused) = (8, UNUSED)).await;
    let mut idle = Vec::new();
    for begun in ["", "GET / HT", "PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf"] {
        for _ in 0..40 {
            let mut stream = world.connect().await;
            let _ = stream.write_all(begun.as_bytes()).await;
            idle.push(stream);
        }
    }
    world.works().await;
    // All but those that still have a place have been closed, the oldest first.
    let kept = idle.len() - 8;
    for stream in &mut idle[..kept] {
        let mut rest = Vec::new();
        let _ = ends("a connection that gave way", stream.read_to_end(&mut rest)).await;
    }
}

#[tokio::test]
async fn a_client_at_work_keeps_its_connection_while_others_come_and_idle() {
    let world = World::start(|limits| (limits.connections, limits.unused) = (16, UNUSED)).await;
    let (mut stream, mut idle) = (world.connect().await, Vec::new());
    for _ in 0..50 {
        world.works_on(&mut stream).await;
        idle.push(world.connect().await);
        idle.push(world.connect().await);
    }
}

#[tokio::test]
async fn large_bodies_that_never_end_leave_memory_and_room_for_others() {
    let world = World::start(|_| {}).await;
    let head = format!("{}content-type: application/json\r\ncontent-length: 4000000\r\n\r\n", world.head("PUT", "/"));
    let part = [head.as_bytes(), &vec![b' '; 200_000]].concat();
    let mut nine = Vec::new();
    for _ in 0..9 {
        nine.push(world.connect().await);
    }
    // Eight are held, and never end; the ninth is told to come back.
    let sent = nine.iter_mut().map(|stream| {
        let part = part.clone();
        Box::pin(async move {
            let _ = stream.write_all(&part).await;
            one(stream).await
        })
    });
    let (answer, ..) = ends("a refusal", futures::future::select_all(sent)).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "ServerBusy"));
    world.works().await;
}
