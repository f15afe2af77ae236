//! Federated credentials: at most 20 an identity, one write at a time, one audience, no issuer and subject twice.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::FACTS;
use super::identities;
use super::kind;
use crate::arm::call::{Call, Path};
use crate::arm::facts::judge::Sent;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::arm::{json_object, paging};
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, Store};

const TYPE: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
/// azure-facts.md, section 3.
const MOST: usize = 20;

#[derive(Deserialize)]
struct CredentialBody {
    #[serde(default, deserialize_with = "json_object::optional")]
    properties: Option<Properties>,
}

#[derive(Deserialize)]
struct Properties {
    issuer: Option<String>,
    subject: Option<String>,
    audiences: Option<Vec<String>>,
}

fn parent(call: &Call<'_>, group: &Resource, identity: &str) -> Result<Resource, Failure> {
    call.store
        .get(&identities::id(call, &group.name, identity))?
        .ok_or_else(|| Failure::parent_missing(&group.name, &format!("userAssignedIdentities/{identity}")))
}

/// `GET …/federatedIdentityCredentials`
pub(super) fn list(call: &Call<'_>, group: &Resource, identity: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let identity = parent(call, group, identity)?;
    let key = identity.key();
    let wanted = ListQuery { kinds: Some(&[kind::FEDERATED]), parent: Some(&key), ..ListQuery::default() };
    paging::page(call, wanted, |it| it.body)
}

/// `…/federatedIdentityCredentials/{name}`
pub(super) fn one(call: &Call<'_>, group: &Resource, identity: &str, name: &str) -> Outcome {
    let identity = parent(call, group, identity)?;
    let id = format!("{}/federatedIdentityCredentials/{name}", identity.id);
    let found = call.store.get(&id)?;
    if !call.writes() {
        return found.map(|it| Answer::ok(it.body)).ok_or_else(|| {
            Failure::not_found(
                "NotFound",
                format!("The Federated Identity Credential with name '{name}' was not found under the identity."),
            )
        });
    }
    if !matches!(*call.method, Method::PUT | Method::DELETE) {
        return Err(call.method_not_allowed());
    }
    let latency = call.settings.durations.federated_credential;
    if *call.method == Method::DELETE && found.is_none() {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    }
    if call.now < identity.busy {
        return Err(busy());
    }
    let answer = match found {
        Some(found) if *call.method == Method::DELETE => {
            call.store.end(&found.key(), call.now)?;
            Answer::empty(StatusCode::OK)
        }
        found => put(call, &identity, name, &id, found)?,
    };
    call.store.occupy(&identity.key(), call.later(latency))?;
    Ok(answer.after(latency))
}

/// Whether a credential is to be written while another of its identity is.
pub(super) fn is_concurrent(store: &Store<'_>, method: &Method, path: &Path) -> rusqlite::Result<bool> {
    let segments = path.lower();
    let [.., "userassignedidentities", _, "federatedidentitycredentials", _] = segments.as_slice() else {
        return Ok(false);
    };
    if !matches!(*method, Method::PUT | Method::DELETE) {
        return Ok(false);
    }
    let identity = store.get(&path.up_to(segments.len() - 2))?;
    Ok(identity.is_some_and(|identity| store.now < identity.busy))
}

fn busy() -> Failure {
    Failure::conflict(
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
        "Too many Federated Identity Credentials are written concurrently for the managed identity. Concurrent Federated \
         Identity Credentials writes under the same managed identity are not supported.",
    )
}

fn put(call: &Call<'_>, identity: &Resource, name: &str, id: &str, found: Option<Resource>) -> Outcome {
    check_name(name)?;
    let sent = FACTS.judged(call, "federatedIdentityCredentials", Sent::Whole)?;
    let asked = CredentialBody::deserialize(&sent).map_err(Failure::content)?;
    let Some(Properties { issuer: Some(issuer), subject: Some(subject), audiences }) = asked.properties else {
        return Err(invalid("Federated Identity Credential properties 'issuer' and 'subject' are required."));
    };
    let audiences = audiences.unwrap_or_default();
    let [audience] = audiences.as_slice() else {
        return Err(invalid("Federated Identity Credentials must have exactly one audience."));
    };
    if audience.is_empty() || subject.is_empty() {
        return Err(invalid("Subject and audience must not be empty."));
    }
    if !url::Url::parse(&issuer).is_ok_and(|issuer| issuer.scheme() == "https" && issuer.has_host()) {
        return Err(invalid("The issuer must be a valid https URL."));
    }
    let siblings = call.store.list(&ListQuery { parent: Some(&identity.key()), ..ListQuery::default() })?;
    let others =
        || siblings.iter().filter(|it| it.kind == kind::FEDERATED && it.id.to_lowercase() != id.to_lowercase());
    let same =
        |it: &&Resource| it.body["properties"]["issuer"] == *issuer && it.body["properties"]["subject"] == *subject;
    if others().any(|it| same(&it)) {
        return Err(Failure::conflict(
            "Conflict",
            "Issuer and subject combination already exists for this Managed Identity.",
        ));
    }
    if others().count() >= MOST {
        return Err(invalid(&format!("Too many Federated Identity Credentials. The maximum is {MOST}.")));
    }
    let is_new = found.is_none();
    let properties = json!({"issuer": issuer, "subject": subject, "audiences": audiences});
    let mut body = json!({"id": id, "name": name, "type": TYPE, "properties": properties});
    FACTS.tell("federatedIdentityCredentials", &sent, &mut body);
    let same = |found: &&Resource| found.body["properties"] == body["properties"];
    let unchanged = found.as_ref().filter(same).map(|found| found.asked);
    // As it was first written: ids keep their casing.
    let (kept_id, kept_name) = found.as_ref().map_or((id, name), |found| (&found.id, &found.name));
    let credential = Resource {
        group: identity.group.clone(),
        parent: identity.key(),
        // When the write is answered the sign-in service begins to learn of it. One that changes nothing changes nothing there.
        asked: unchanged.unwrap_or_else(|| call.later(call.settings.durations.federated_credential)),
        created: found.as_ref().map_or(call.now, |found| found.created),
        ..Resource::ready(kind::FEDERATED, kept_id, kept_name, body, call.now)
    };
    call.store.put(&credential)?;
    let answer = Answer::created_or_ok(is_new, credential.body);
    Ok(if is_new { answer.header("location", credential.id) } else { answer })
}

fn invalid(message: &str) -> Failure {
    Failure::bad_request("BadRequest", message)
}

/// 3-120 letters, digits, dashes, underscores, beginning with a letter or digit.
fn check_name(name: &str) -> Result<(), Failure> {
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if allowed && (3..=120).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(invalid(&format!(
        "The name '{name}' is not valid for a Federated Identity Credential: 3-120 letters, digits, dashes and underscores."
    )))
}
