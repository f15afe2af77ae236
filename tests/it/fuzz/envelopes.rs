//! Error bodies, read as the channel reads them.
use azlab::azure::envelope::Envelope;
use azlab::azure::error::ServiceError;
use azlab::azure::policy::violations;
use http::{HeaderMap, Method, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{QUOTED, body, hold, json, text};

/// An envelope with something inside, in one of the ways in which Azure wraps.
fn wrapped() -> impl Strategy<Value = Value> {
    let error = (text(), text(), json())
        .prop_map(|(code, message, details)| json!({"code": code, "message": message, "details": details}));
    let error = prop_oneof![error, json()];
    error.prop_recursive(12, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| json!({"error": inner})),
            inner.clone().prop_map(|inner| json!({"code": "DeploymentFailed", "message": inner.to_string()})),
            inner.clone().prop_map(|inner| Value::from(inner.to_string())),
            prop::collection::vec(inner, 1..3).prop_map(
                |inner| json!({"error": {"code": "Many", "message": "", "details": inner, "additionalInfo": inner}})
            ),
        ]
    })
}

fn read(bytes: &[u8]) -> (ServiceError, String) {
    let error = ServiceError::from_answer(
        &Method::GET,
        "/subscriptions/s",
        "id",
        StatusCode::BAD_REQUEST,
        &HeaderMap::new(),
        bytes,
        None,
    );
    let shown = error.to_string();
    (error, shown)
}

/// What is kept of an envelope, in bytes.
fn kept(envelope: &Envelope) -> usize {
    let own = envelope.message.len()
        + envelope.code.as_deref().map_or(0, str::len)
        + envelope.target.as_deref().map_or(0, str::len);
    let infos: usize = envelope.additional_info.iter().map(|info| info.to_string().len()).sum();
    own + infos + envelope.details.iter().map(kept).sum::<usize>()
}

fn well(bytes: &[u8]) -> Result<(), TestCaseError> {
    let (error, shown) = read(bytes);
    prop_assert!(shown.len() <= QUOTED, "{} bytes are quoted", shown.len());
    prop_assert!(error.code.as_str().len() <= 300);
    prop_assert!(!error.envelope.message.trim().is_empty(), "it says nothing");
    prop_assert!(kept(&error.envelope) <= 2 * 1024 * 1024, "{} bytes are kept", kept(&error.envelope));
    violations(&error.envelope);
    Envelope::is_cut_off(bytes);
    Ok(())
}

#[test]
fn any_error_body_is_read_into_a_short_error() {
    hold(3_000, body(), |bytes| well(&bytes));
}

#[test]
fn any_wrapping_of_errors_is_read_into_a_short_error() {
    hold(800, wrapped(), |value| well(value.to_string().as_bytes()));
}

#[test]
fn an_error_of_megabytes_is_quoted_in_part() {
    // Below and above the size from which a body is not read as an envelope.
    for size in [500_000, 5_000_000] {
        let long = "x".repeat(size);
        let causes = (0..size / 50).map(|number| json!({"code": "C", "message": format!("cause {number}")}));
        for value in [
            json!({"error": {"code": "X", "message": long}}),
            json!({"error": {"code": long, "message": "m"}}),
            json!({"error": {"code": "X", "message": "m", "target": long}}),
            json!({"error": {"code": "X", "message": "m", "details": causes.collect::<Vec<_>>()}}),
            json!({"error": {"code": "X", "message": "m", "additionalInfo": [{"type": "T", "info": long}]}}),
            json!({"error": {"code": "X", "message": "m", "innererror": long}}),
            Value::from(long.clone()),
        ] {
            well(value.to_string().as_bytes()).unwrap();
            // As the error of an operation that failed.
            let kept = Envelope::from_error(&value["error"]).map_or(0, |envelope| kept(&envelope));
            assert!(kept < 2 * 1024 * 1024, "{kept}");
        }
        well(format!("<html><head><title>{long}</title></head></html>").as_bytes()).unwrap();
        well(long.as_bytes()).unwrap();
    }
    let (error, _) = read(format!(r#"{{"error":{{"code":"X","message":"{}"#, "x".repeat(5_000_000)).as_bytes());
    assert!(error.envelope.message.starts_with("the answer is larger than any error"), "{}", error.envelope.message);
}

#[test]
fn an_error_without_a_message_still_says_something() {
    let said = |body: Value| read(body.to_string().as_bytes()).0.envelope.message;
    assert_eq!(said(json!({"error": {"code": "X"}})), "the service gives no reason");
    let inner = json!({"error": {"code": "X", "message": "", "details": [{"code": "Y", "message": "why"}]}});
    assert_eq!(said(inner), "why");
}

#[test]
fn the_longest_message_that_azure_is_known_to_send_stays_whole() {
    let sizes: Vec<String> = (0..600).map(|number| format!("standard_d{number}as_v5")).collect();
    let message = format!("The available VM sizes are '{}'.", sizes.join(","));
    let (error, shown) = read(json!({"code": "BadRequest", "message": message}).to_string().as_bytes());
    assert_eq!(error.message(), message);
    assert!(shown.ends_with(&message));
}
