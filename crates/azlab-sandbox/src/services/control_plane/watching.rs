//! What there is of one kind in a cluster, as it changes: a list, and then a watch (Kubernetes, "Efficient detection of changes").

use std::time::Duration;

use azlab_clock::Clock;
use serde_json::Value;
use tokio::sync::mpsc::Sender;

use super::client::{Client, ClientError};

/// Before the next try, where the server does not answer.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a watch may last: a connection that was lost without a word is noticed by then.
const LONGEST_S: u32 = 240;

/// What was seen.
#[derive(Debug)]
pub(super) enum Seen {
    /// All that there are; what is not among them is gone.
    All(Vec<Value>),
    /// One, new or changed.
    One(Value),
    /// One is gone.
    Gone(Value),
}

/// Tells of what is at `path` (`/api/v1/pods`) until nobody listens.
pub(super) async fn watch(client: Client, path: &'static str, told: Sender<Seen>) {
    while !told.is_closed() {
        if let Err(error) = once(&client, path, &told).await {
            tracing::debug!(path, %error, "a watch ended");
            Clock::real().sleep(PAUSE).await;
        }
    }
}

/// Lists, and watches from there for as long as the server remembers.
async fn once(client: &Client, path: &str, told: &Sender<Seen>) -> Result<(), ClientError> {
    let mut list = client.get(path).await?;
    let mut version = version_of(&list);
    let items = list["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
    if told.send(Seen::All(items)).await.is_err() {
        return Ok(());
    }
    loop {
        let query =
            format!("{path}?watch=1&allowWatchBookmarks=true&timeoutSeconds={LONGEST_S}&resourceVersion={version}");
        let mut answer = client.stream(&query).await?;
        let mut read = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            read.extend_from_slice(&chunk);
            while let Some(end) = read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = read.drain(..=end).collect();
                let Ok(mut event) = serde_json::from_slice::<Value>(&line) else { continue };
                let object = event["object"].take();
                let seen = match event["type"].as_str() {
                    Some("ADDED" | "MODIFIED") => Some(Seen::One(object.clone())),
                    Some("DELETED") => Some(Seen::Gone(object.clone())),
                    Some("BOOKMARK") => None,
                    // It no longer remembers what was there then.
                    _ => return Ok(()),
                };
                version = version_of(&object);
                if let Some(seen) = seen
                    && told.send(seen).await.is_err()
                {
                    return Ok(());
                }
            }
        }
    }
}

fn version_of(object: &Value) -> String {
    object["metadata"]["resourceVersion"].as_str().unwrap_or("0").to_owned()
}
