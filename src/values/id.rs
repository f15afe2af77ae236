//! Ids of subscriptions and tenants, as people give them.

use uuid::Uuid;

/// A text that is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not a {what}")]
pub struct MalformedId {
    /// What it was to be, and how that is written.
    pub(crate) what: &'static str,
    /// The text given.
    pub(crate) input: String,
}

/// Reads a subscription's id.
///
/// # Errors
/// [`MalformedId`]
pub(crate) fn subscription_id(text: &str) -> Result<Uuid, MalformedId> {
    read("subscription id: give 32 hexadecimal digits as 00000000-0000-0000-0000-000000000000", text)
}

/// Reads a tenant as az and Entra take it: an id, or a domain name that the tenant has verified.
///
/// # Errors
/// [`MalformedId`]
pub(crate) fn tenant_name(text: &str) -> Result<String, MalformedId> {
    let what = "tenant: give its id, or one of its domain names such as contoso.onmicrosoft.com";
    if let Ok(id) = read(what, text) {
        return Ok(id.to_string());
    }
    let name = text.trim();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = name.split('.').collect();
    let is_number = labels.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if name.len() <= 253 && labels.len() > 1 && labels.iter().all(is_label) && !is_number {
        return Ok(name.to_ascii_lowercase());
    }
    Err(MalformedId { what, input: text.to_owned() })
}

/// Whether a text is a GUID in its usual form, as object ids are.
pub(crate) fn is_guid(text: &str) -> bool {
    read("GUID", text).is_ok()
}

/// Reads a GUID in its usual form, with hyphens.
fn read(what: &'static str, text: &str) -> Result<Uuid, MalformedId> {
    // The crate also reads braces, URNs and bare digits, which Azure does not.
    Uuid::try_parse(text.trim())
        .ok()
        .filter(|id| id.as_hyphenated().to_string().eq_ignore_ascii_case(text.trim()))
        .ok_or_else(|| MalformedId { what, input: text.to_owned() })
}
