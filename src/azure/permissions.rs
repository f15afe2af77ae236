//! What the caller may do at a scope (Microsoft.Authorization "Permissions - List", 2022-04-01). The SDK crate has it for
//! resource groups and resources only; the service answers for subscriptions too.

use serde::Deserialize;

use super::client::Azure;
use super::error::Error;

/// The action of a role assignment.
pub(crate) const ASSIGN: &str = "Microsoft.Authorization/roleAssignments/write";

/// What one role of the caller allows. An action is allowed if any one entry allows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Permission {
    /// Patterns in which `*` stands for any text: `Microsoft.ContainerService/*`.
    pub(crate) actions: Vec<String>,
    /// What is left out of `actions`.
    pub(crate) not_actions: Vec<String>,
    /// The condition under which it allows them, in the language of attribute-based access control.
    pub(crate) condition: Option<String>,
}

impl Permission {
    /// Whether this entry allows `action`.
    pub(crate) fn allows(&self, action: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
        any(&self.actions) && !any(&self.not_actions)
    }

    /// The condition under which it allows what it allows, if there is one.
    pub(crate) fn condition(&self) -> Option<&str> {
        self.condition.as_deref().map(str::trim).filter(|condition| !condition.is_empty())
    }
}

/// Whether `pattern` is `action`, without regard to case; `*` stands for any text, `/` included.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|head| action.strip_prefix(head)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(tail) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(tail)
}

/// The condition under which `action` is allowed: that of the first entry that allows it, unless another allows it without.
pub(crate) fn condition_on<'a>(entries: impl IntoIterator<Item = &'a Permission>, action: &str) -> Option<&'a str> {
    let conditions: Vec<Option<&str>> =
        entries.into_iter().filter(|entry| entry.allows(action)).map(Permission::condition).collect();
    conditions.into_iter().collect::<Option<Vec<&str>>>()?.first().copied()
}

impl Azure {
    /// What the caller may do at `scope` (an ARM id), by roles assigned there and above.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn permissions(&self, scope: &str) -> Result<Vec<Permission>, Error> {
        self.pages(format!("{scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01")).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(actions: &[&str], not_actions: &[&str]) -> Permission {
        let owned = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
        Permission { actions: owned(actions), not_actions: owned(not_actions), condition: None }
    }

    #[test]
    fn a_star_stands_for_any_text_and_case_does_not_matter() {
        for (pattern, action, fits) in [
            ("*", "A/b/write", true),
            ("*/read", "Microsoft.X/y/z/read", true),
            ("*/read", "Microsoft.X/y/z/write", false),
            ("Microsoft.X/*", "microsoft.x/y/write", true),
            ("Microsoft.X/*/read", "Microsoft.X/y/z/read", true),
            ("Microsoft.X/*/z/*/read", "Microsoft.X/y/z/w/read", true),
            ("Microsoft.X/*/q/*/read", "Microsoft.X/y/z/w/read", false),
            ("Microsoft.X/y/write", "Microsoft.X/y/write", true),
            ("Microsoft.X/y", "Microsoft.X/y/write", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, action), fits, "{pattern} {action}");
        }
    }

    #[test]
    fn an_action_has_a_condition_if_no_entry_allows_it_without() {
        let write = "Microsoft.Authorization/roleAssignments/write";
        let open = permission(&[write], &[]);
        let under = |condition: &str| Permission { condition: Some(condition.into()), ..permission(&["*"], &[]) };
        assert_eq!(condition_on(&[under("one"), under("two")], write), Some("one"));
        assert_eq!(condition_on(&[under("one"), open], write), None);
        assert_eq!(condition_on(&[under(" ")], write), None);
        assert_eq!(condition_on(&[permission(&["x"], &[])], write), None);
    }

    #[test]
    fn what_one_role_leaves_out_another_may_give() {
        let write = "Microsoft.Authorization/roleAssignments/write";
        let contributor = permission(&["*"], &["Microsoft.Authorization/*/Write"]);
        assert!(!contributor.allows(write) && contributor.allows("Microsoft.ContainerService/managedClusters/write"));
        let administrator = permission(&[write], &[]);
        assert!([contributor, administrator].iter().any(|entry| entry.allows(write)));
    }
}
