//! The entity tags of clusters and pools, and writes on the condition that nobody has written since (AKS, "Enhance concurrency
//! control with entity tags"; what it leaves open is inferred).

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::arm::call::Call;
use crate::arm::conditions::Conditions;
use crate::arm::failure::Failure;
use crate::state::store::Resource;
use crate::state::timestamps::Millis;

/// Member of a cluster's stored body, never shown: `{"cluster", "pools"}`, the tag of the cluster and by name those of its pools.
const ETAGS: &str = "eTags";
/// The first versions whose clusters and pools have tags (Azure/bicep-types-az, `generated/`): others neither tell nor ask.
const SINCE: (&str, &str) = ("2024-09-01", "2024-03-02-preview");

/// Whether an `api-version` has tags.
fn has_them(version: &str) -> bool {
    let version = version.to_lowercase();
    *version >= *if version.ends_with("-preview") { SINCE.1 } else { SINCE.0 }
}

/// A tag that follows the `last` one of the same thing, and is none that it had before.
fn next(last: &Value, id: &str, now: Millis) -> Value {
    let name = format!("{}/{id}/{now}", last.as_str().unwrap_or_default());
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string().into()
}

fn pool_id(cluster: &str, pool: &str) -> String {
    format!("{cluster}/agentPools/{}", pool.to_lowercase())
}

/// Gives the cluster and each of its pools in `body` a new tag, after those in `last`, its stored body until now.
pub(super) fn renew(id: &str, last: Option<&Value>, body: &mut Value, now: Millis) {
    let last = last.map_or(&Value::Null, |last| &last[ETAGS]);
    let names = body["properties"]["agentPoolProfiles"].as_array().into_iter().flatten();
    let pools: Map<String, Value> = names
        .filter_map(|pool| pool["name"].as_str())
        .map(|name| (name.to_owned(), next(&last["pools"][name], &pool_id(id, name), now)))
        .collect();
    body[ETAGS] = json!({"cluster": next(&last["cluster"], id, now), "pools": pools});
}

/// Gives one pool a new tag; the cluster's stays.
pub(super) fn renew_pool(id: &str, body: &mut Value, pool: &str, now: Millis) {
    let mut tags = body[ETAGS].take();
    if !tags["pools"].is_object() {
        tags = json!({"cluster": tags["cluster"], "pools": {}});
    }
    tags["pools"][pool] = next(&tags["pools"][pool], &pool_id(id, pool), now);
    body[ETAGS] = tags;
}

/// The tag of a cluster. One that an older version kept without has the first that it could have.
pub(super) fn of_cluster(cluster: &Resource) -> String {
    told(&cluster.body[ETAGS]["cluster"], &cluster.id)
}

/// The tag of a pool.
pub(super) fn of_pool(cluster: &Resource, pool: &str) -> String {
    told(&cluster.body[ETAGS]["pools"][pool], &pool_id(&cluster.id, pool))
}

fn told(kept: &Value, id: &str) -> String {
    kept.as_str().map_or_else(|| next(&Value::Null, id, 0).as_str().unwrap_or_default().to_owned(), str::to_owned)
}

/// Writes the tags into a body that is about to be shown, as recorded (azure-cli-extensions at 12f95bb,
/// `test_aks_create_node_disruption_policy`): they stand last.
pub(super) fn show(call: &Call<'_>, cluster: &Resource, body: &mut Value) {
    let Some(shown) = body.as_object_mut() else { return };
    let tags = shown.remove(ETAGS).unwrap_or_default();
    if !has_them(&call.version()) {
        return;
    }
    shown.insert("eTag".into(), told(&tags["cluster"], &cluster.id).into());
    let pools = body.pointer_mut("/properties/agentPoolProfiles").and_then(Value::as_array_mut);
    for pool in pools.into_iter().flatten().filter_map(Value::as_object_mut) {
        let name = pool.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let tag = told(&tags["pools"][&name], &pool_id(&cluster.id, &name));
        pool.insert("eTag".into(), tag.into());
    }
}

/// Takes the tags out of the answer to a creation, which tells none (recorded, as above).
pub(super) fn hide(body: &mut Value) {
    if let Some(body) = body.as_object_mut() {
        body.remove("eTag");
    }
    if let Some(properties) = body.pointer_mut("/properties").and_then(Value::as_object_mut) {
        properties.remove("eTag");
        let pools = properties.get_mut("agentPoolProfiles").and_then(Value::as_array_mut);
        for pool in pools.into_iter().flatten().filter_map(Value::as_object_mut) {
            pool.remove("eTag");
        }
    }
}

/// Refuses a write whose condition does not hold for what has the tag `current`, or for what is not there.
///
/// # Errors
/// 400 `BadRequest` of headers that say nothing; 412 `PreconditionFailed`. That of a tag for what is not there has AKS's words
/// (azure-cli 30309), the others are inferred.
pub(super) fn check(call: &Call<'_>, current: Option<&str>) -> Result<(), Failure> {
    let Conditions { if_match, if_none_match } = call.conditions;
    if (if_match.is_empty() && if_none_match.is_empty()) || !has_them(&call.version()) {
        return Ok(());
    }
    let creates = *call.method == Method::PUT;
    if creates && !if_none_match.is_empty() {
        if if_none_match != b"*" {
            return Err(bad("The If-None-Match header can only be empty or '*'."));
        }
        if !if_match.is_empty() {
            return Err(bad("The If-Match and If-None-Match headers cannot be used at the same time."));
        }
        if current.is_some() {
            return Err(failed("The resource already exists, and the If-None-Match header is '*'."));
        }
    }
    match current {
        _ if if_match.is_empty() => Ok(()),
        None if creates => Err(failed(
            "Resource not found but ETag header is provided. If this is a request to create, please do not provide ETag.",
        )),
        Some(current) if if_match != b"*" && unquoted(if_match) != current.as_bytes() => Err(failed(
            "The value of the If-Match header does not match the latest eTag of the resource. Please get the resource again.",
        )),
        _ => Ok(()),
    }
}

/// A tag as a header has it: with quotation marks (RFC 9110, as az and the SDKs send it) or, as AKS tells it, without.
fn unquoted(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"\"").and_then(|tag| tag.strip_suffix(b"\"")).unwrap_or(tag)
}

/// As [`check`], for a cluster.
pub(super) fn check_cluster(call: &Call<'_>, found: Option<&Resource>) -> Result<(), Failure> {
    check(call, found.map(of_cluster).as_deref())
}

fn bad(message: &str) -> Failure {
    Failure::bad_request("BadRequest", message).flat()
}

fn failed(message: &str) -> Failure {
    Failure::new(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", message).flat()
}

#[test]
fn versions_have_tags_since_they_were_brought_in() {
    for version in ["2024-09-01", "2025-08-01", "2024-03-02-preview", "2024-04-02-preview", "2025-07-02-PREVIEW"] {
        assert!(has_them(version), "{version}");
    }
    for version in ["2024-05-01", "2024-08-01", "2023-10-02-preview", "2017-08-31", ""] {
        assert!(!has_them(version), "{version}");
    }
}

#[test]
fn tags_that_an_older_version_did_not_keep_or_kept_otherwise_are_made() {
    for kept in [Value::Null, json!("x"), json!({"pools": ["x"]})] {
        let mut body = json!({"properties": {"agentPoolProfiles": [{"name": "p"}, "x"]}, ETAGS: kept});
        renew_pool("/c", &mut body, "p", 1);
        let first = body.clone();
        assert!(body[ETAGS]["pools"]["p"].is_string());
        renew("/c", Some(&first), &mut body, 1);
        assert!(body[ETAGS]["cluster"].is_string());
        assert_ne!(body[ETAGS]["pools"]["p"], first[ETAGS]["pools"]["p"], "another one, even at the same moment");
    }
}
