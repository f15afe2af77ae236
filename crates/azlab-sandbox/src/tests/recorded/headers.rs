//! Headers of an answer beside the recorded ones.

use super::exchange::Exchange;
use crate::tests::Got;

/// A client steers by these: there if and only if they were recorded.
const STEERING: [&str; 5] = ["azure-asyncoperation", "location", "retry-after", "etag", "x-ms-failure-cause"];

/// These tell something: there if they were recorded. (Older recordings do not have them, and some recorders drop them.)
const TELLING: [&str; 7] = [
    "x-ms-operation-identifier",
    "x-ms-ratelimit-remaining-subscription-global-deletes",
    "x-ms-ratelimit-remaining-subscription-global-reads",
    "x-ms-ratelimit-remaining-subscription-global-writes",
    "x-ms-ratelimit-remaining-subscription-deletes",
    "x-ms-ratelimit-remaining-subscription-reads",
    "x-ms-ratelimit-remaining-subscription-writes",
];

/// Every answer of Resource Manager has these (azure-facts.md, section 8); the recorders dropped them.
const ALWAYS: [&str; 4] =
    ["x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id", "cache-control"];

/// The headers that are not as recorded, with what is wrong.
pub(super) fn differing(recorded: &Exchange, ours: &Got) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut wrong = |name: &str, what: String| found.push((name.to_owned(), what));
    for name in STEERING {
        match (recorded.header(name), ours.headers.get(name)) {
            (Some(was), None) => wrong(name, format!("is missing; recorded: {was}")),
            (None, Some(is)) => wrong(name, format!("was not recorded: {is:?}")),
            (Some(was), Some(_)) => {
                let is = ours.header(name);
                // Of a URL it matters whether it is whole, of a pause how long it is.
                let alike = match name {
                    "azure-asyncoperation" | "location" => was.starts_with('/') == is.starts_with('/'),
                    "etag" => is == ours.body["etag"] && was.starts_with('"') == is.starts_with('"'),
                    _ => was == is,
                };
                if !alike {
                    wrong(name, format!("{is}; recorded: {was}"));
                }
            }
            (None, None) => {}
        }
    }
    for (name, was) in &recorded.headers {
        match name.as_str() {
            "content-type" if was.as_str() == Some(ours.header(name)) => {}
            "content-type" => wrong(name, format!("{}; recorded: {was}", ours.header(name))),
            name if STEERING.contains(&name) => {}
            name if TELLING.contains(&name) => {
                if !ours.headers.contains_key(name) {
                    wrong(name, format!("is missing; recorded: {was}"));
                }
            }
            name => wrong(name, "is recorded, and nothing here says what it is for".to_owned()),
        }
    }
    for name in ALWAYS {
        if !ours.headers.contains_key(name) {
            wrong(name, "is missing".to_owned());
        }
    }
    found
}
