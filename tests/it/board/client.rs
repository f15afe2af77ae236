//! Somebody who looks at a board.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A browser without a window.
pub struct Client {
    /// `127.0.0.1:41234`
    pub host: String,
    /// `/`, or with a token.
    pub path: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Client {
    pub fn new(url: &str) -> Self {
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        Self { host: host.to_owned(), path: format!("/{path}") }
    }

    async fn connected(&self) -> TcpStream {
        let port = self.host.rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
        TcpStream::connect(("127.0.0.1", port)).await.unwrap()
    }

    /// Sends `method path`, with this `Host`.
    pub async fn send(&self, method: &str, path: &str, host: &str) -> Answer {
        let mut stream = self.connected().await;
        let request = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// The page.
    pub async fn page(&self) -> String {
        let answer = self.send("GET", &self.path, &self.host).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// The data in the page.
    pub async fn data(&self) -> Value {
        data(&self.page().await)
    }

    /// The stream from the state `last` on.
    pub async fn stream(&self, last: &str) -> Stream {
        let mut stream = self.connected().await;
        let (path, host) = (&self.path, &self.host);
        let request = format!("GET {path}events?last={last} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Stream(BufReader::new(stream))
    }
}

/// The data in a page.
pub fn data(page: &str) -> Value {
    let data = page.split_once("type=\"application/json\">").unwrap().1.split_once("</script>").unwrap().0;
    serde_json::from_str(data).unwrap()
}

/// Server-sent events.
pub struct Stream(BufReader<TcpStream>);

impl Stream {
    /// The next event and its data.
    pub async fn next(&mut self) -> (String, Value) {
        let mut name = None;
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).await.unwrap(), 0, "the stream has ended");
            if let Some(event) = line.trim().strip_prefix("event: ") {
                name = Some(event.to_owned());
            }
            if let (Some(data), Some(name)) = (line.trim().strip_prefix("data: "), &name) {
                return (name.clone(), serde_json::from_str(data).unwrap());
            }
        }
    }

    /// The first event whose data is as wanted, with all data before it.
    pub async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> (Value, Vec<Value>) {
        let mut before = Vec::new();
        loop {
            let (_, data) = self.next().await;
            if wanted(&data) {
                return (data, before);
            }
            before.push(data);
        }
    }
}

/// The seat `key` in an event's data.
pub fn seat<'a>(data: &'a Value, key: &str) -> Option<&'a Value> {
    data["seats"].as_array()?.iter().find(|seat| seat["key"] == key)
}
