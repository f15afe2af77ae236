//! The roles that attendees are to have. A role of one's own is told by its name, and is there in some subscriptions only: what
//! counts is that of the lab.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::lab::roles;
use crate::lab::spec::LabSpec;
use crate::values::a_few;
use crate::values::id::is_guid;

/// The id of the check `attendees`, of which this is a part.
pub(super) const ID: &str = "attendees";

/// Name and guid of a role.
type Role = (String, String);

/// The roles that were looked up: by subscription and name, as they were asked for.
#[derive(Debug, Default)]
pub(super) struct Roles(BTreeMap<(String, String), Role>);

/// The role that `asked` names wherever it is asked for.
fn everywhere(asked: &str) -> Option<Role> {
    let guid = if is_guid(asked) { Some(asked) } else { roles::guid_of(asked) }?;
    Some((roles::name_of(guid).to_owned(), guid.to_lowercase()))
}

impl Roles {
    /// Looks `asked` up in each of `subscriptions`; whether any of them has it.
    ///
    /// # Errors
    /// The role definitions cannot be read in any of them.
    pub(super) async fn read(
        &mut self,
        azure: &Azure,
        asked: &str,
        subscriptions: &BTreeSet<&str>,
    ) -> Result<bool, AzureError> {
        let (mut is_there, mut refused) = (false, None);
        for id in subscriptions {
            let found = match everywhere(asked) {
                Some(role) => Some(role),
                None => match azure.in_subscription(id).role_named(asked).await {
                    Ok(found) => found,
                    // Another one may have it; if labs are to be in this one, that is told of its own.
                    Err(error) if error.service().is_some() => {
                        refused = Some(error);
                        None
                    }
                    Err(error) => return Err(error),
                },
            };
            if let Some(role) = found {
                is_there = true;
                self.0.insert(((*id).to_owned(), asked.to_owned()), role);
            }
        }
        match refused {
            Some(error) if !is_there => Err(error),
            _ => Ok(is_there),
        }
    }

    /// The role in a subscription, else as another one has it.
    pub(super) fn of(&self, asked: &str, subscription: &str) -> Option<&Role> {
        let own = self.0.get(&(subscription.to_owned(), asked.to_owned()));
        own.or_else(|| self.0.iter().find(|((_, name), _)| name == asked).map(|(_, role)| role))
    }
}

/// Takes the roles that `labs` give from the subscriptions in which they are now; a role that is not there fails. Nothing is read
/// for Azure's own roles.
///
/// # Errors
/// The role definitions cannot be read.
pub(crate) async fn settle(azure: &Azure, labs: &mut [LabSpec]) -> Result<Option<Finding>, AzureError> {
    let mut known: BTreeMap<(String, String), Option<Role>> = BTreeMap::new();
    let mut missing: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for lab in labs.iter_mut() {
        let Some(access) = &mut lab.access else { continue };
        for (grant, asked) in access.iter_mut().zip(&lab.roles).filter(|(_, asked)| everywhere(asked).is_none()) {
            let key = (lab.subscription.clone(), asked.clone());
            let role = match known.get(&key) {
                Some(role) => role.clone(),
                None => azure.in_subscription(&lab.subscription).role_named(asked).await?,
            };
            match &role {
                Some((name, id)) => (grant.role, grant.role_id) = (name.clone(), id.clone()),
                None => missing.entry(key.clone()).or_default().push(lab.name.clone()),
            }
            known.insert(key, role);
        }
    }
    if missing.is_empty() {
        return Ok(None);
    }
    let line = |((subscription, asked), labs): (&(String, String), &Vec<String>)| {
        let labs: Vec<&str> = labs.iter().map(String::as_str).collect();
        format!("there is no role '{asked}' in the subscription {subscription}, for {}", a_few(&labs))
    };
    let lines: Vec<String> = missing.iter().map(line).collect();
    let hint = "make the role assignable there too (az role definition update, assignableScopes), or keep labs out of that subscription";
    Ok(Some(Finding::fail(ID, "RoleNotFound", lines.join("\n  "), hint)))
}
