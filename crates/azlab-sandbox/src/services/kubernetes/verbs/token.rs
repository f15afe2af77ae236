//! `POST …/serviceaccounts/{name}/token`: a token of the service account, signed by the cluster's issuer.

use serde_json::{Value, json};

use super::super::body::read_object;
use super::super::object::stamp;
use super::super::refusal::Refusal;
use super::super::reply::Reply;
use super::super::request::{Address, Request};
use super::super::world::World;
use crate::sandbox::Sandbox;
use crate::services::issuer::{Bound, TokenClaims};
use crate::state::timestamps::millis;

/// What the API server takes: from ten minutes to a day, which is AKS's limit.
const SECONDS: std::ops::RangeInclusive<i64> = 600..=86_400;

pub(super) fn answer(
    sandbox: &Sandbox,
    world: &World<'_>,
    request: &Request<'_>,
    address: &Address,
) -> Result<Reply, Refusal> {
    let kind = address.kind;
    let account = world.get(kind, &address.namespace, &address.name)?;
    let account = account.ok_or_else(|| Refusal::not_found(kind, &address.name))?;
    let mut body = read_object(request, address)?;
    if !body["spec"].is_object() {
        body["spec"] = json!({});
    }
    let asked = body["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
    if asked < *SECONDS.start() {
        let message = format!("Invalid value: {asked}: may not specify a duration less than 10 minutes");
        let causes = [("FieldValueInvalid", message, "spec.expirationSeconds".to_owned())];
        return Err(Refusal::invalid(kind, &address.name, &causes));
    }
    let seconds = asked.min(*SECONDS.end());
    let audiences: Vec<String> = body["spec"]["audiences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    // Whoever exchanges it is judged by that clock.
    let now = millis(sandbox.token_clock().now());
    let claims = TokenClaims {
        namespace: address.namespace.clone(),
        name: address.name.clone(),
        uid: account.uid().to_owned(),
        audiences,
        begins: now / 1000,
        ends: now / 1000 + seconds,
    };
    let token = claims.sign(world.db, world.now, world.cluster, Bound::of(&body["spec"]["boundObjectRef"]));
    let token =
        token.map_err(|error| Refusal::new(500, "InternalError", format!("Internal error occurred: {error}")))?;
    body["kind"] = "TokenRequest".into();
    body["apiVersion"] = "authentication.k8s.io/v1".into();
    body["metadata"] = json!({"name": address.name, "namespace": address.namespace});
    body["spec"]["expirationSeconds"] = seconds.into();
    body["status"] = json!({"token": *token, "expirationTimestamp": stamp(now + seconds * 1000)});
    Ok(Reply::json(201, body))
}
