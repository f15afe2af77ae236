//! What comes from outside, at random: answers, errors, links, files. Nothing of it may panic, hang, or be quoted at length.
//!
//! The cases are few here and the same in each run, so that all of it takes a few seconds; `just fuzz 100000` draws many others.
//! What was found is kept in proptest-regressions/ and as a test with a name.

mod answers;
mod commands;
mod envelopes;
mod files;
mod links;
mod mutation;
mod quotas;
mod signin;

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseResult, TestRunner};
use serde_json::Value;

/// The most bytes of what an error says, whatever was answered. A message of the service has 16 KiB at most, and a cause of
/// its own the same.
pub const QUOTED: usize = 40 * 1024;

/// Runs `property` on `quick` values of `strategy`, or on as many as `PROPTEST_CASES` says.
pub fn hold<S: Strategy>(quick: u32, strategy: S, property: impl Fn(S::Value) -> TestCaseResult) {
    let many = std::env::var("PROPTEST_CASES").ok().map(|text| text.parse().expect("PROPTEST_CASES is a number"));
    let config = ProptestConfig {
        cases: many.unwrap_or(quick),
        max_shrink_iters: 2_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("proptest-regressions/fuzz.txt"))),
        ..ProptestConfig::default()
    };
    if let Err(failure) = TestRunner::new(config).run(&strategy, property) {
        panic!("{failure}");
    }
}

/// A runtime whose time passes when nothing else is to do.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Runs `step`, which must end within `limit` of simulated time.
pub async fn ends_within<T>(limit: Duration, step: impl Future<Output = T>) -> Result<T, TestCaseError> {
    let fail = |_| TestCaseError::fail(format!("it does not end within {limit:?}"));
    tokio::time::timeout(limit, step).await.map_err(fail)
}

/// Texts that somebody may have thought impossible.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "\\PC{0,12}",
        1 => Just(String::new()),
        1 => Just("\u{1b}[2J\u{202e}\0\r\n".to_owned()),
        1 => Just("é".repeat(20_000)),
        1 => (1_usize..60).prop_map(|count| "{\"error\":".repeat(count)),
        1 => Just("Succeeded".to_owned()),
        1 => Just("../../..?api-version=x#y".to_owned()),
        1 => Just("-9223372036854775809".to_owned()),
    ]
}

/// Any JSON of a moderate size.
pub fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec(
                ("(error|code|message|details|value|nextLink|properties|id|name|tags|[a-z]{1,4})", inner),
                0..5
            )
            .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The body of an answer: JSON, JSON that is not well, and what is none.
pub fn body() -> impl Strategy<Value = Vec<u8>> {
    let whole = json().prop_map(|value| value.to_string().into_bytes()).boxed();
    prop_oneof![
        4 => whole.clone(),
        2 => (whole, any::<prop::sample::Index>()).prop_map(|(mut bytes, at)| {
            bytes.truncate(at.index(bytes.len() + 1));
            bytes
        }),
        2 => prop::collection::vec(any::<u8>(), 0..200),
        1 => Just(Vec::new()),
        1 => Just(b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>".to_vec()),
        1 => (1_usize..5_000, "[\\[{]|\\{\"a\":").prop_map(|(depth, open)| open.repeat(depth).into_bytes()),
        1 => Just(br#"{"value":[],"error":{"code":1e999,"message":99999999999999999999999999}}"#.to_vec()),
        1 => Just(b"\xef\xbb\xbf{\"error\":{\"code\":\"\xff\xfe\"}}".to_vec()),
    ]
}
