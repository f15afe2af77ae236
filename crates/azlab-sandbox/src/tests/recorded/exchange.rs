//! Recordings as they lie beside the repository.

use std::path::Path;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

/// One request and what Azure answered.
#[derive(Deserialize)]
pub(super) struct Exchange {
    pub seq: u32,
    method: String,
    pub url: String,
    pub request_body: Value,
    status: u16,
    pub headers: serde_json::Map<String, Value>,
    /// The body of the answer; the empty string for none.
    pub response_body: Value,
}

impl Exchange {
    pub fn method(&self) -> Method {
        self.method.parse().unwrap()
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(Value::as_str)
    }

    /// The path as it was asked for, without the query.
    pub fn path(&self) -> String {
        url::Url::parse(&self.url).unwrap().path().to_owned()
    }

    /// Whether it looks at an operation, and not at a resource.
    pub fn is_poll(&self) -> bool {
        let path = self.path().to_lowercase();
        path.contains("/operationresults/") || path.contains("/operations/")
    }

    /// Whether it is the poll that sees the end.
    pub fn sees_the_end(&self) -> bool {
        let ended = |status: &str| ["Succeeded", "Failed", "Canceled"].contains(&status);
        let told = self.response_body["status"].as_str();
        self.is_poll() && told.map_or(self.status != 202, ended)
    }
}

/// A recording: the file's name, and its exchanges in their order.
pub(super) struct Recording {
    pub file: String,
    pub exchanges: Vec<Exchange>,
}

/// Every recording, by name; `None`, and a word about it, where there are none beside the repository.
pub(super) fn recordings() -> Option<Vec<Recording>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no recordings at {}", folder.display());
        return None;
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no recordings", folder.display());
    let read = |path: &std::path::PathBuf| Recording {
        file: path.file_name().unwrap().to_string_lossy().into_owned(),
        exchanges: std::fs::read_to_string(path)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    };
    Some(paths.iter().map(read).collect())
}
