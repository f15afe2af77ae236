//! The object in the body of a request.

use serde_json::Value;

use super::protobuf;
use super::refusal::Refusal;
use super::request::{Address, Request};

/// The media type of objects in YAML.
pub(super) const YAML: &str = "application/yaml";

/// Reads an object of the kind that the path says, in JSON, in YAML, or in protobuf as kubectl's typed commands write it.
///
/// # Errors
/// 415 for another format; 400 for what is no object of the kind.
pub(super) fn read_object(request: &Request<'_>, address: &Address) -> Result<Value, Refusal> {
    let of = match address.subresource.as_str() {
        "scale" => "Scale",
        "token" => "TokenRequest",
        _ => address.kind.kind,
    };
    let expected = match of {
        "Scale" => "autoscaling/v1".to_owned(),
        "TokenRequest" => "authentication.k8s.io/v1".to_owned(),
        _ => address.kind.api_version(),
    };
    let version = expected.rsplit('/').next().unwrap_or_default();
    let body: Value = match request.content_type() {
        "" | "*/*" | "application/json" => serde_json::from_slice(request.body).map_err(|error| {
            let (said, sent) = match request.body {
                [] => ("unexpected end of JSON input".to_owned(), "<empty>".to_owned()),
                body => (error.to_string(), String::from_utf8_lossy(body).chars().take(100).collect()),
            };
            Refusal::bad_request(format!(
                "the object provided is unrecognized (must be of type {of}): couldn't get version/kind; json parse error: {said} \
                 ({sent})"
            ))
        })?,
        // JSON is YAML, and read faster.
        YAML | "application/apply-patch+yaml" => serde_json::from_slice(request.body)
            .or_else(|_| yaml_serde::from_slice(request.body))
            .map_err(|error| Refusal::bad_request(format!("error decoding YAML: {error}")))?,
        protobuf::MEDIA_TYPE => protobuf::read(request.body)
            .map_err(|why| Refusal::new(415, "UnsupportedMediaType", format!("the body cannot be read: {why}")))?,
        other => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/json, {YAML}, {}; \
                 and not {other}",
                protobuf::MEDIA_TYPE
            );
            return Err(Refusal::new(415, "UnsupportedMediaType", message));
        }
    };
    if !body.is_object() {
        return Err(Refusal::bad_request("the object provided is unrecognized (must be an object in JSON)"));
    }
    let named = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
    if let Some(other) = named("apiVersion").filter(|other| *other != expected) {
        return Err(Refusal::bad_request(format!(
            "the API version in the data ({other}) does not match the expected API version ({expected})"
        )));
    }
    match named("kind").filter(|other| *other != of) {
        Some(other) => Err(Refusal::bad_request(format!(
            "{other} in version \"{version}\" cannot be handled as a {of}: converting ({version}.{other}) to ({}.{of}): unknown \
             conversion",
            if address.kind.group.is_empty() { "core" } else { address.kind.group }
        ))),
        None => Ok(body),
    }
}
