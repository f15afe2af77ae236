//! Who may use an account: whoever has one of its keys, and principals with a role that has the data action.

use http::{HeaderMap, StatusCode};
use time::OffsetDateTime;

use crate::arm::failure::Failure;
use crate::arm::provider::Providers;
use crate::providers::authorization;
use crate::providers::cognitiveservices::accounts::key;
use crate::services::signin::{bearer, same_secret};
use crate::state::keys::Keys;
use crate::state::store::{Resource, Store};

/// The data action of a chat completion.
const ACTION: &str = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";

/// What tokens for the data plane are for, in each cloud.
const AUDIENCES: [&str; 3] =
    ["https://cognitiveservices.azure.com", "https://cognitiveservices.azure.us", "https://cognitiveservices.azure.cn"];

/// Lets a request pass that brings a key of `account`, or the token of a principal who may use it.
pub(super) fn check(
    keys: &Keys,
    providers: &Providers,
    store: &Store<'_>,
    headers: &HeaderMap,
    now: OffsetDateTime,
    account: &Resource,
) -> Result<(), Failure> {
    let properties = &account.body["properties"];
    if properties["publicNetworkAccess"] == "Disabled" {
        let message = "Public access is disabled. Please configure private endpoint.";
        return Err(Failure::new(StatusCode::FORBIDDEN, "403", message));
    }
    if let Some(sent) = headers.get("api-key") {
        if properties["disableLocalAuth"] == true {
            let message = "Key based authentication is disabled for this resource.";
            return Err(Failure::new(StatusCode::FORBIDDEN, "AuthenticationTypeDisabled", message));
        }
        let fits = ["key1", "key2"].iter().any(|which| same_secret(sent.as_bytes(), key(account, which).as_bytes()));
        return if fits { Ok(()) } else { Err(wrong_key()) };
    }
    let claims = match bearer(&keys.signer, headers, now, &AUDIENCES) {
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
    if authorization::allows_data_action(providers, store, &claims.oid, &account.id, ACTION)? {
        return Ok(());
    }
    let message = format!(
        "The principal `{}` lacks the required data action `{ACTION}` to perform `POST \
         /openai/deployments/{{deployment-id}}/chat/completions` operation.",
        claims.oid
    );
    Err(unauthorized("PermissionDenied", message))
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
