//! How soon the first byte of a streamed answer is there: over HTTP, on a connection that is open. It is told by the wall, since a
//! client waits by it: on a machine with other work `chrt -f 1` before the command keeps that out.

use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::runtime;
use super::http::{Prepared, Served, prepare};
use super::lab::Names;
use super::{Bound, Row};

/// Streams, one after the other.
const STREAMS: usize = 200;
/// Milliseconds that the slowest of a hundred may take.
const MOST_MS: f64 = 5.0;

/// Asks the deployment of the first lab. Each answer takes as long as the service's: 0.8 s.
pub fn measure() -> Vec<Row> {
    let Prepared { directory, data_authorization: authorization, .. } = prepare();
    let served = Served::start(directory.path());
    let account = Names::of(0).account;
    let name = account.rsplit('/').next().unwrap_or_default();
    let body = r#"{"model": "chat", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}"#;
    let request = format!(
        "POST /_accounts/{name}/openai/v1/chat/completions HTTP/1.1\r\nhost: {}\r\nauthorization: {authorization}\r\n\
         content-length: {}\r\n\r\n{body}",
        served.address,
        body.len()
    );
    let mut took = runtime().block_on(async {
        let mut stream = TcpStream::connect(&served.address).await.expect("connected");
        let _ = stream.set_nodelay(true);
        let mut took = Vec::new();
        for _ in 0..STREAMS {
            let asked = Instant::now();
            stream.write_all(request.as_bytes()).await.expect("sent");
            took.push(Box::pin(first_and_rest(&mut stream, asked)).await);
        }
        took
    });
    took.sort_unstable_by(f64::total_cmp);
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    let [least, median] = [0.0, 0.5].map(|part| super::digits(at(part)));
    let note = format!("by the wall; the least {least}, the median {median} ms");
    vec![Row::new("first byte of a streamed answer, ms, 99 of 100", at(0.99), Bound::AtMost(MOST_MS), note)]
}

/// Milliseconds until the first event was there; then the rest is read.
async fn first_and_rest(stream: &mut TcpStream, asked: Instant) -> f64 {
    let (mut all, mut buffer, mut first) = (Vec::new(), [0; 16 * 1024], None);
    while !all.ends_with(b"data: [DONE]\n\n\r\n0\r\n\r\n") {
        let count = stream.read(&mut buffer).await.expect("a piece");
        assert!(count > 0, "the server hung up: {}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&buffer[..count]);
        let has_event = first.is_none() && all.windows(6).any(|six| six == b"data: ");
        if has_event {
            first = Some(asked.elapsed().as_secs_f64() * 1000.0);
        }
    }
    assert!(all.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&all));
    first.expect("an event")
}
