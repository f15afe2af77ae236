//! Ids of subscriptions and tenants, as people give them.

use uuid::Uuid;

/// A text that is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not a {what}{}", meant.map_or_else(String::new, |id| format!("; did you mean {id}?")))]
pub struct MalformedId {
    /// What it was to be, and how that is written.
    pub(crate) what: &'static str,
    /// The text given.
    pub(crate) input: String,
    /// The id in it: of a resource's path, or between the quotes that az's JSON has.
    pub(crate) meant: Option<Uuid>,
}

/// Reads a subscription's id.
///
/// # Errors
/// [`MalformedId`]
pub(crate) fn subscription_id(text: &str) -> Result<Uuid, MalformedId> {
    read(
        "subscription id: give 32 hexadecimal digits as 00000000-0000-0000-0000-000000000000 (az account list -o table)",
        text,
    )
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
    Err(MalformedId { what, input: text.to_owned(), meant: id_within(text) })
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
        .ok_or_else(|| MalformedId { what, input: text.to_owned(), meant: id_within(text) })
}

/// The id that a text holds, where it holds one alone.
fn id_within(text: &str) -> Option<Uuid> {
    let words = text.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
    let mut ids = words.filter(|word| word.len() == 36).filter_map(|word| Uuid::try_parse(word).ok());
    ids.next().filter(|_| ids.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_stands_in_quotes_braces_or_a_path_is_told_as_what_was_meant() {
        let id = "b3f1c6a2-4e0d-4f57-8c19-6d2a7e95f048";
        for text in [format!("\"{id}\""), format!("{{{id}}}"), format!("/subscriptions/{id}"), format!("'{id}'")] {
            let error = subscription_id(&text).expect_err("no id").to_string();
            assert!(error.ends_with(&format!("did you mean {id}?")), "{error}");
        }
        for text in ["Pay-As-You-Go", &format!("{id} {id}"), ""] {
            assert!(!subscription_id(text).expect_err("no id").to_string().contains("did you mean"), "{text}");
        }
        assert!(tenant_name(&format!("\"{id}\"")).expect_err("no id").to_string().contains("did you mean"));
    }
}
