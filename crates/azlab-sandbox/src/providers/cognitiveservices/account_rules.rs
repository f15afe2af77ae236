//! What accounts ask of a request beyond the table of their type.

use serde_json::{Map, Value};

use super::account_body::etag;
use super::accounts::{AccountBody, render};
use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::response::Answer;
use crate::providers::managedidentity::assigned::check_assigned;
use crate::state::store::Resource;

/// The kind of an account stays (code and words inferred).
pub(super) fn refuse_other_kind(found: &Resource, asked: &AccountBody) -> Result<(), Failure> {
    let old = found.body["kind"].as_str().unwrap_or_default();
    match asked.kind.as_deref() {
        Some(new) if !new.eq_ignore_ascii_case(old) => Err(Failure::bad_request(
            "CannotChangeKind",
            format!("The kind of an account cannot be changed from '{old}' to '{new}'."),
        )),
        _ => Ok(()),
    }
}

/// What the properties ask of each other, and of identities: network rules need a subdomain of the account's own (docs of
/// azurerm_cognitive_account; code and words inferred).
pub(super) fn check_rules(
    call: &Call<'_>,
    id: &str,
    asked: &AccountBody,
    found: Option<&Resource>,
) -> Result<(), Failure> {
    check_assigned(call, id, asked.identity.as_ref().unwrap_or(&Value::Null))?;
    let has_rules = asked.properties.others.get("networkAcls").is_some_and(|rules| !rules.is_null());
    let has_subdomain = asked.properties.custom_sub_domain_name.is_some()
        || found.is_some_and(|found| found.body["properties"]["customSubDomainName"].is_string());
    if !has_rules || has_subdomain {
        return Ok(());
    }
    Err(Failure::bad_request(
        "CustomSubDomainNameRequired",
        "The property 'networkAcls' needs 'customSubDomainName': only an account with a subdomain of its own has network rules.",
    ))
}

/// Whether a PATCH is of tags and of nothing else.
pub(super) fn changes_tags_alone(sent: &Value) -> bool {
    let mut members = sent.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    members.all(|(name, value)| name == "tags" || value.as_object().is_some_and(Map::is_empty))
}

/// New tags alone are there at once (recorded: 200, `Succeeded`, no operation).
pub(super) fn retag(call: &Call<'_>, found: &Resource, tags: Option<Value>) -> Outcome {
    let mut account = found.clone();
    if let Some(tags) = tags.filter(Value::is_object) {
        account.body["tags"] = tags;
        account.body["etag"] = etag(call, &found.id)?.into();
        call.store.put_body(&account)?;
    }
    let etag = account.body["etag"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::ok(render(call, &account)).header("etag", etag).after(call.settings.durations.account_put))
}
