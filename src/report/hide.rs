//! `--hide-ids`: masks GUIDs, for a screen that others see or a log that is handed on.
//!
//! Every GUID is masked, whatever it names (subscription, tenant, client, principal, request), inside URLs and ARM ids
//! too. The last four digits stay, so that two ids can be told apart and found again by those who know them; the
//! length stays, so that columns do not move.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

static GUID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i-u:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}([0-9a-f]{4}))")
        .expect("a constant pattern")
});

/// `text` with each GUID masked.
pub(super) fn hide(text: &str) -> Cow<'_, str> {
    GUID.replace_all(text, |found: &Captures<'_>| format!("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx{}", &found[1]))
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
            assert_eq!(hide(text), hidden);
        }
    }

    #[test]
    fn what_is_no_guid_stays() {
        for text in ["gpt-4o-mini 2024-07-18", "11111111-2222-3333-4444", "myAKSCluster"] {
            assert!(matches!(hide(text), Cow::Borrowed(_)));
        }
    }
}
