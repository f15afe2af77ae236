//! `--hide-ids`: masks GUIDs, for a screen that others see or a log that is handed on.
//!
//! Every GUID is masked, whatever it names (subscription, tenant, client, principal, request), inside URLs and ARM ids
//! too. The last four digits stay, so that two ids can be told apart and found again by those who know them; the
//! length stays, so that columns do not move.
//!
//! So are people: every address, the names that the file and its roster give, and whatever a lab's owner is called.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

static GUID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i-u:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}([0-9a-f]{4}))")
        .expect("a constant pattern")
});

/// An address, of whatever letters; what may not stand in one ends it.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"[^\s@"'<>(),;:=\[\]{}/|]+@[^\s@"'<>(),;:=\[\]{}/|]+\.[^\s@"'<>(),;:=\[\]{}/|.]+"#)
        .expect("a constant pattern")
});

/// What stands where somebody was named.
pub(super) const SOMEBODY: &str = "***";

/// `text` with each GUID masked, and each address, and the names of `people`.
pub(super) fn hide<'a>(text: &'a str, people: &[String]) -> Cow<'a, str> {
    let mut hidden =
        GUID.replace_all(text, |found: &Captures<'_>| format!("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx{}", &found[1]));
    if hidden.contains('@') {
        hidden = Cow::Owned(ADDRESS.replace_all(&hidden, SOMEBODY).into_owned());
    }
    for name in people {
        if let Some(without) = without(&hidden, name) {
            hidden = Cow::Owned(without);
        }
    }
    hidden
}

/// `text` with `name` masked where it stands as a word; `None` if it does not.
fn without(text: &str, name: &str) -> Option<String> {
    let is_word = |before: &str, after: &str| {
        let joins = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        !before.ends_with(joins) && !after.starts_with(joins)
    };
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(name).filter(|_| !name.is_empty()) {
        let (before, found) = rest.split_at(at);
        let after = found.get(name.len()..).unwrap_or_default();
        masked.push_str(before);
        let is_named = is_word(if before.is_empty() { &masked } else { before }, after);
        masked.push_str(if is_named { SOMEBODY } else { name });
        rest = after;
    }
    masked.push_str(rest);
    (masked != text).then_some(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_masked_wherever_they_stand() {
        for (text, hidden) in [
            (
                "https://westeurope.oic.prod-aks.azure.com/11111111-2222-3333-4444-555555555555/ABCDEF01-2222-3333-4444-55555555BEEF/",
                "https://westeurope.oic.prod-aks.azure.com/xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx5555/xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxBEEF/",
            ),
            (
                "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg",
                "/subscriptions/xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx5555/resourceGroups/rg",
            ),
            ("(11111111-2222-3333-4444-555555555555)", "(xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx5555)"),
        ] {
            assert_eq!(hide(text, &[]), hidden);
        }
    }

    #[test]
    fn what_is_no_guid_stays() {
        for text in ["gpt-4o-mini 2024-07-18", "11111111-2222-3333-4444", "myAKSCluster"] {
            assert!(matches!(hide(text, &[]), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn people_are_masked_by_address_and_by_the_names_that_are_known() {
        let people = ["Zoë Müller".to_owned(), "Ada".to_owned()];
        for (text, hidden) in [
            ("owner zoë@müller.de, workshop w", "owner ***, workshop w"),
            ("Contributor (ada_gmail.com#EXT#@contoso.onmicrosoft.com)", "Contributor (***)"),
            ("the lab of Zoë Müller would be 'zoe-muller'", "the lab of *** would be 'zoe-muller'"),
            ("Ada, Adam, Ada-1 and Ada", "***, Adam, Ada-1 and ***"),
            (r#"{"owner":"ada@contoso.com","lab":"ada"}"#, r#"{"owner":"***","lab":"ada"}"#),
        ] {
            assert_eq!(hide(text, &people), hidden);
        }
    }
}
