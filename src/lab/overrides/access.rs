//! What a file says of an attendee's access: the one list of texts among a lab's fields.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lab::defaults::DEFAULT_ROLE;
use crate::lab::names::NameError;
use crate::lab::spec::LabSpec;

/// What the attendee of a lab may do there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "AccessTable", extend("additionalProperties" = false))]
pub(crate) struct AccessOverrides {
    /// The roles of the attendee on the lab's resource group, by name or id.
    #[schemars(description = format!("The roles of the attendee on the lab's resource group, by name or id; default: \
                                      [\"{DEFAULT_ROLE}\"]. [] gives none."))]
    pub(crate) roles: Option<Vec<String>>,
}

/// Roles that a lab's attendee may be given; a lab of more is a mistake.
const MOST_ROLES: usize = 10;

impl AccessOverrides {
    /// What is wrong with the roles, each by its place in the list.
    pub(crate) fn bad_roles(&self) -> Vec<(usize, NameError)> {
        let roles = self.roles.as_deref().unwrap_or_default();
        let bad = |(index, role): (usize, &String)| {
            let rule = if role.trim() != role || role.is_empty() || role.chars().any(char::is_control) {
                "it must be some text in one line, without spaces around it"
            } else if role.chars().count() > 512 {
                "it must have at most 512 characters"
            } else if roles.iter().take(index).any(|other| other.eq_ignore_ascii_case(role)) {
                "it is in the list twice"
            } else if index >= MOST_ROLES {
                "a lab's attendee takes 10 roles at most"
            } else {
                return None;
            };
            Some((index, NameError { what: "role", value: role.clone(), rule: rule.into(), suggestion: None }))
        };
        roles.iter().enumerate().filter_map(bad).collect()
    }

    /// Puts it into the desired state.
    pub(super) fn apply(&self, lab: &mut LabSpec) {
        if let Some(roles) = &self.roles {
            lab.roles.clone_from(roles);
        }
    }
}
