//! Who may use an account: whoever has one of its keys, and principals with a role that has the data action.

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use time::OffsetDateTime;

use super::route::Route;
use super::versions::Version;
use crate::arm::failure::Failure;
use crate::arm::provider::Providers;
use crate::providers::authorization;
use crate::providers::cognitiveservices::keys as keys_of_accounts;
use crate::services::signin::{bearer, same_secret};
use crate::state::keys::Keys;
use crate::state::store::{Resource, Store};

/// What tokens for the data plane are for.
pub(crate) const AUDIENCE: &str = "https://cognitiveservices.azure.com";
/// The same of each cloud, and on `/openai/v1` of the public one.
const AUDIENCES: [&str; 4] =
    [AUDIENCE, "https://cognitiveservices.azure.us", "https://cognitiveservices.azure.cn", "https://ai.azure.com"];

/// Lets a request pass that brings a key of `account`, or the token of a principal who may use it.
pub(super) fn check(
    keys: &Keys,
    providers: &Providers,
    store: &Store<'_>,
    headers: &HeaderMap,
    now: OffsetDateTime,
    account: &Resource,
    route: &Route,
) -> Result<(), Failure> {
    let properties = &account.body["properties"];
    if properties["publicNetworkAccess"] == "Disabled" {
        let message = "Public access is disabled. Please configure private endpoint.";
        return Err(Failure::new(StatusCode::FORBIDDEN, "403", message));
    }
    if let Some(sent) = headers.get("api-key").map(|key| key.as_bytes()).or_else(|| bearer_key(route, headers)) {
        if properties["disableLocalAuth"] == true {
            let message = "Key based authentication is disabled for this resource.";
            return Err(Failure::new(StatusCode::FORBIDDEN, "AuthenticationTypeDisabled", message));
        }
        for which in keys_of_accounts::NAMES {
            if same_secret(sent, keys_of_accounts::key(store, account, which)?.as_bytes()) {
                return Ok(());
            }
        }
        return Err(wrong_key());
    }
    // The last audience is that of `/openai/v1` alone.
    let audiences = if route.version == Version::V1 { &AUDIENCES[..] } else { &AUDIENCES[..3] };
    let claims = match bearer(&keys.signer, headers, now, audiences) {
        Ok(claims) => claims,
        Err(None) => return Err(wrong_key()),
        Err(Some(_)) => {
            return Err(unauthorized(
                "401",
                "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), \
                 or have expired.",
            ));
        }
    };
    let action = route.data_action();
    if authorization::allows_data_action(providers, store, &claims.oid, &account.id, &action)? {
        return Ok(());
    }
    let message = format!(
        "The principal `{}` lacks the required data action `{action}` to perform `{}` operation.",
        claims.oid, route.pattern
    );
    Err(unauthorized("PermissionDenied", message))
}

/// A key that came as a bearer token, which `/openai/v1` takes: OpenAI's own clients send it so. A token has dots, a key none.
fn bearer_key<'a>(route: &Route, headers: &'a HeaderMap) -> Option<&'a [u8]> {
    if route.version != Version::V1 {
        return None;
    }
    let (scheme, sent) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let sent = sent.trim();
    (scheme.eq_ignore_ascii_case("Bearer") && !sent.contains('.')).then_some(sent.as_bytes())
}

fn wrong_key() -> Failure {
    unauthorized(
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active \
         subscription and use a correct regional API endpoint for your resource.",
    )
}

fn unauthorized(code: &str, message: impl Into<String>) -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, code, message)
}
