//! Ids of subscriptions and tenants, as people give them.

use uuid::Uuid;

/// A text that is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not a {what} id: give 32 hexadecimal digits as 00000000-0000-0000-0000-000000000000")]
pub struct MalformedId {
    /// "subscription" or "tenant".
    pub what: &'static str,
    /// The text given.
    pub input: String,
}

/// Reads a subscription's id.
///
/// # Errors
/// [`MalformedId`]
pub fn subscription_id(text: &str) -> Result<Uuid, MalformedId> {
    read("subscription", text)
}

/// Reads a tenant's id.
///
/// # Errors
/// [`MalformedId`]
pub fn tenant_id(text: &str) -> Result<Uuid, MalformedId> {
    read("tenant", text)
}

/// Reads a GUID in its usual form, with hyphens.
fn read(what: &'static str, text: &str) -> Result<Uuid, MalformedId> {
    // The crate also reads braces, URNs and bare digits, which Azure does not.
    Uuid::try_parse(text.trim())
        .ok()
        .filter(|id| id.as_hyphenated().to_string().eq_ignore_ascii_case(text.trim()))
        .ok_or_else(|| MalformedId { what, input: text.to_owned() })
}
