//! Who a lab is for.

use std::collections::BTreeMap;

use super::ids::same;
use crate::values::id::is_guid;
use crate::values::{PrincipalKind, is_invisible};

/// Who a lab is for, as a roster or a file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attendee {
    /// What people call them: `Ada Lovelace`.
    pub(crate) name: Option<String>,
    /// Their e-mail address.
    pub(crate) email: Option<String>,
    /// Their user principal name in Entra.
    pub(crate) user_principal_name: Option<String>,
    /// Their object id in Entra.
    pub(crate) object_id: Option<String>,
    /// What else the roster says of them, by the names of its columns.
    pub(crate) more: BTreeMap<String, String>,
    /// Where they are named: `roster.csv:3`.
    pub(crate) place: String,
}

impl Attendee {
    /// Somebody who is named by an object id, or by an address; `None` if it is neither.
    pub(crate) fn named(key: &str) -> Option<Self> {
        if is_guid(key) {
            return Some(Self { object_id: Some(key.to_owned()), ..Self::default() });
        }
        is_address(key).then(|| Self { email: Some(key.to_owned()), ..Self::default() })
    }

    /// Their address: by e-mail, else in Entra.
    pub(crate) fn address(&self) -> Option<&str> {
        self.email.as_deref().or(self.user_principal_name.as_deref())
    }

    /// What tells them from others, in messages: the address, the name, the object id.
    pub(crate) fn label(&self) -> &str {
        self.address().or(self.name.as_deref()).or(self.object_id.as_deref()).unwrap_or_default()
    }

    /// What says who they are in Entra.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        [&self.object_id, &self.user_principal_name, &self.email].into_iter().filter_map(Option::as_deref)
    }

    /// Whether `key` is one of their addresses, or their object id.
    pub(crate) fn is(&self, key: &str) -> bool {
        self.keys().any(|own| same(own, key))
    }
}

/// A role that somebody is to have on the resource group of their lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Who it is for, in messages.
    pub(crate) who: String,
    /// The object id.
    pub(crate) principal_id: String,
    /// What it is, if the directory was asked.
    pub(crate) kind: Option<PrincipalKind>,
    /// The role's name.
    pub(crate) role: String,
    /// The guid of its definition.
    pub(crate) role_id: String,
}

/// Whether a text has the shape of an address: something, `@`, something, without spaces and what nobody sees.
pub(crate) fn is_address(text: &str) -> bool {
    let is_seen = |c: char| !c.is_whitespace() && !c.is_control() && !is_invisible(c);
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| is_seen(c) && !"<>,;\"@\u{200c}\u{200d}".contains(c));
    text.split_once('@').is_some_and(|(name, domain)| plain(name) && plain(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_at_sign_and_no_spaces() {
        for good in ["ada@contoso.com", "ada_gmail.com#EXT#@contoso.onmicrosoft.com", "zoë@müller.de"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@contoso.com",
            "ada@",
            "a@b@c",
            "Ada <ada@contoso.com>",
            "ada@contoso.com, b@c.d",
            "ada@contoso.com\u{200b}",
            "a\u{200d}da@contoso.com",
            "ada@contoso\u{7}.com",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
