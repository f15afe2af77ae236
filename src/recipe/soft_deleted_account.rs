//! What is left of a deleted OpenAI account: it holds its name, its subdomain and its quota until it is purged or restored.

use crate::azure::accounts::Account;
use crate::lab::ids::same;
use crate::lab::tags::Tags;

/// A soft-deleted account: the group's name stays in its path after the group is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftDeletedAccount {
    /// The location.
    pub location: String,
    /// The resource group that it was in.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Its ARM id, in the deletedAccounts form.
    pub id: String,
    /// The subdomain that it still holds.
    pub subdomain: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

impl SoftDeletedAccount {
    /// Reads an entry of the subscription's deletedAccounts list; `None` if its id has another form.
    pub fn read(account: &Account) -> Option<Self> {
        let id = account.azure_entity_resource.resource.id.clone()?;
        let parts: Vec<&str> = id.split('/').collect();
        let after = |word: &str| {
            let at = parts.iter().position(|part| part.eq_ignore_ascii_case(word))?;
            parts.get(at + 1).map(|part| (*part).to_owned())
        };
        Some(Self {
            location: after("locations")?,
            group: after("resourceGroups")?,
            name: after("deletedAccounts")?,
            subdomain: account.properties.as_ref().and_then(|properties| properties.custom_sub_domain_name.clone()),
            tags: Tags::read(account.tags.as_ref()),
            id,
        })
    }

    /// Whether it is the account `name` in `group` at `location`, which is the only one that it can be restored to.
    pub(crate) fn lies_at(&self, name: &str, group: &str, location: &str) -> bool {
        same(&self.name, name) && same(&self.group, group) && same(&self.location, location)
    }

    /// Whether we may dispose of it. A derived name is ours by construction; one that was given (`is_named`) may be
    /// anybody's, and a purge is for good.
    pub(crate) fn is_ours(&self, is_named: bool, adopt: bool) -> bool {
        self.tags.is_ours() || !is_named || adopt
    }

    /// Whether it holds what an account `name` in `group` at `location` needs: its place, or its subdomain.
    pub fn holds(&self, name: &str, group: &str, location: &str) -> bool {
        self.lies_at(name, group, location) || self.subdomain.as_deref().is_some_and(|subdomain| same(subdomain, name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::body::parse;

    fn deleted_account(id: &str, subdomain: &str) -> Option<SoftDeletedAccount> {
        let body = json!({"id": id, "properties": {"customSubDomainName": subdomain}});
        SoftDeletedAccount::read(&parse("a deleted account", body.to_string().as_bytes()).expect("an account"))
    }

    #[test]
    fn a_soft_deleted_account_holds_its_place_and_its_subdomain() {
        let id = "/subscriptions/s/providers/Microsoft.CognitiveServices/locations/westeurope/resourceGroups/G/deletedAccounts/n";
        let deleted_account = deleted_account(id, "sub").expect("a soft-deleted account");
        assert!(deleted_account.holds("N", "g", "WestEurope"));
        assert!(deleted_account.holds("sub", "other", "eastus"), "a subdomain is held everywhere");
        assert!(!deleted_account.holds("n", "g", "eastus"));
        assert!(!deleted_account.holds("n", "h", "westeurope"));
    }

    #[test]
    fn an_id_of_another_form_is_no_deleted_account() {
        assert_eq!(self::deleted_account("/subscriptions/s", "x"), None);
    }
}
