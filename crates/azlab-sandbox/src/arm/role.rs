//! A built-in role: what it allows.

use serde_json::{Value, json};

/// A built-in role.
pub(crate) struct Role {
    /// The name of its definition.
    pub guid: &'static str,
    /// Its name for people: `Contributor`.
    pub name: &'static str,
    pub description: &'static str,
    /// Actions that are allowed; `*` stands for any text.
    pub actions: &'static [&'static str],
    /// Actions that are not, although `actions` has them.
    pub not_actions: &'static [&'static str],
    /// What it allows with the data of resources. What an owner may do to an account does not include using it.
    pub data_actions: &'static [&'static str],
    /// Actions with data that are not allowed, although `data_actions` has them.
    pub not_data_actions: &'static [&'static str],
}

impl Role {
    /// Whether the role allows an action.
    pub fn allows(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| matches(pattern, action))
            && !self.not_actions.iter().any(|pattern| matches(pattern, action))
    }

    /// Whether the role allows an action on data.
    pub fn allows_data_action(&self, action: &str) -> bool {
        self.data_actions.iter().any(|pattern| matches(pattern, action))
            && !self.not_data_actions.iter().any(|pattern| matches(pattern, action))
    }

    /// Whether it covers everything.
    pub fn is_owner(&self) -> bool {
        self.actions == ["*"] && self.not_actions.is_empty()
    }

    /// The role's entry in a list of permissions.
    pub fn permissions(&self) -> Value {
        json!({
            "actions": self.actions,
            "notActions": self.not_actions,
            "dataActions": self.data_actions,
            "notDataActions": self.not_data_actions,
        })
    }
}

/// Whether `pattern`, in which `*` stands for any text, is `action`, without regard to case.
pub(crate) fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    match pattern.split_once('*') {
        None => pattern == action,
        Some((before, after)) => action
            .strip_prefix(before)
            .is_some_and(|rest| rest.char_indices().any(|(at, _)| matches(after, &rest[at..])) || matches(after, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_any_text() {
        assert!(matches("a/*", "A/b/c") && matches("*", "") && matches("a/*/read", "a/b/c/READ") && matches("a", "A"));
        assert!(
            !matches("a/*/read", "a/b/write") && !matches("a", "ab") && !matches("b*", "ab") && !matches("a*b", "ac")
        );
    }
}
