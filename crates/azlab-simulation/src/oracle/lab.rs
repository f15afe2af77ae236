//! What a lab is, read from the sandbox's state alone.

use azlab::lab::spec::LabSpec;
use azlab_sandbox::{Inventory, InventoryItem, SUBSCRIPTION_ID};
use serde_json::Value;

use super::{is_in, is_of};
use crate::hands::SUBJECT;
use crate::plan::{DEPLOYMENT, SECOND, Second};

/// A lab as it is.
pub struct Lab<'a> {
    name: &'a str,
    items: Vec<&'a InventoryItem>,
    deleted_accounts: Vec<&'a InventoryItem>,
}

/// The last part of a type.
fn kind(item: &InventoryItem) -> &str {
    item.resource_type.rsplit('/').next().unwrap_or_default()
}

fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl<'a> Lab<'a> {
    pub fn of(name: &'a str, inventory: &'a Inventory) -> Self {
        Self::with(name, inventory, |id| is_of(name, id))
    }

    /// The lab that this group of this subscription is.
    pub fn in_group(name: &'a str, subscription: &str, group: &str, inventory: &'a Inventory) -> Self {
        Self::with(name, inventory, |id| is_in(subscription, group, id))
    }

    fn with(name: &'a str, inventory: &'a Inventory, is_its: impl Fn(&str) -> bool) -> Self {
        let its = |items: &'a [InventoryItem]| items.iter().filter(|item| is_its(&item.id)).collect();
        Self { name, items: its(&inventory.resources), deleted_accounts: its(&inventory.soft_deleted) }
    }

    fn all(&self, wanted: &str) -> Vec<&'a InventoryItem> {
        self.items.iter().copied().filter(|item| kind(item) == wanted).collect()
    }

    /// The only one of a kind.
    pub fn only(&self, wanted: &str) -> Result<&'a InventoryItem, String> {
        match self.all(wanted)[..] {
            [one] => Ok(one),
            ref all => Err(format!("{} {wanted}", all.len())),
        }
    }

    /// Whether the group is there.
    pub fn has_group(&self) -> bool {
        self.all("resourcegroups").iter().any(|group| !group.id.to_ascii_lowercase().contains("/mc_"))
    }

    /// Whether its group carries our tag.
    pub fn is_tagged(&self) -> bool {
        self.all("resourcegroups").iter().any(|group| !text(&group.body, "/tags/azlab-workshop").is_empty())
    }

    /// A tag of its group; `None` if there is no group.
    pub fn tag(&self, name: &str) -> Option<&'a str> {
        let groups = self.all("resourcegroups");
        let group = groups.into_iter().find(|group| !group.id.to_ascii_lowercase().contains("/mc_"))?;
        Some(text(&group.body["tags"], &format!("/{name}")))
    }

    /// What keeps it from being ready; empty if it is.
    pub fn short_of_ready(&self, second: Second) -> Vec<String> {
        let mut short = Vec::new();
        // What nobody asked for in the end may be as it is.
        let counts = |item: &&&InventoryItem| second == Second::Wanted || !item.id.ends_with("/deployments/second");
        for item in self.items.iter().filter(counts) {
            if item.state != "Succeeded" {
                short.push(format!("{} is {}", item.id, item.state));
            }
        }
        if let Err(what) = self.parts(&mut short, second) {
            short.push(what);
        }
        short
    }

    fn parts(&self, short: &mut Vec<String>, second: Second) -> Result<(), String> {
        let mut demand = |holds: bool, what: &str| {
            if !holds {
                short.push(what.to_owned());
            }
        };
        let groups = self.all("resourcegroups");
        demand(groups.len() == 2, &format!("{} resource groups, nodes' included", groups.len()));
        let group = groups.iter().find(|group| !group.id.to_ascii_lowercase().contains("/mc_")).ok_or("no group")?;
        demand(text(&group.body, "/tags/azlab-lab") == self.name, "the group lacks its tags");
        let cluster = self.only("managedclusters")?;
        let properties = &cluster.body["properties"];
        demand(properties["oidcIssuerProfile"]["enabled"] == true, "no OIDC issuer");
        demand(properties["securityProfile"]["workloadIdentity"]["enabled"] == true, "no workload identity");
        demand(properties["powerState"]["code"] != "Stopped", "the cluster is stopped");
        let identity = self.only("userassignedidentities")?;
        let credentials = self.all("federatedidentitycredentials");
        let is_theirs = |one: &&&InventoryItem| one.body["properties"]["subject"] == SUBJECT;
        demand(credentials.iter().filter(is_theirs).count() == 1, "the service account's credential is not there once");
        for credential in credentials {
            let trust = &credential.body["properties"];
            demand(
                trust["issuer"] == properties["oidcIssuerProfile"]["issuerURL"],
                "a credential trusts another issuer",
            );
            demand(trust["audiences"][0] == "api://AzureADTokenExchange", "a credential has another audience");
        }
        let account = self.only("accounts")?;
        demand(account.body["kind"] == "OpenAI", "the account is of another kind");
        demand(!text(&account.body, "/properties/customSubDomainName").is_empty(), "the account has no subdomain");
        let spec = LabSpec::workshop(self.name, SUBSCRIPTION_ID);
        let is_derived =
            (0..4).any(|attempt| text(&account.body, "/name").eq_ignore_ascii_case(&spec.account_name(attempt)));
        let is_tagged = text(&account.body, "/tags/azlab-lab") == self.name;
        demand(is_derived || is_tagged, "once it is soft-deleted, nothing tells whose the account is");
        let expires = |item: &'a InventoryItem| text(&item.body, "/tags/azlab-expires");
        let agree = expires(group).is_empty() || expires(group) == expires(account);
        demand(agree, "the account's copy of the expiry is another");
        let mut deployments: Vec<&str> = self.all("deployments").iter().map(|one| text(&one.body, "/name")).collect();
        deployments.sort_unstable();
        let fits = match second {
            Second::Wanted => deployments == [DEPLOYMENT, SECOND],
            Second::Unwanted => deployments == [DEPLOYMENT],
            Second::Maybe => deployments == [DEPLOYMENT] || deployments == [DEPLOYMENT, SECOND],
        };
        demand(fits, &format!("the deployments are {deployments:?}"));
        for deployment in self.all("deployments") {
            let want = if text(&deployment.body, "/name") == SECOND { "gpt-4.1-mini" } else { "gpt-35-turbo" };
            demand(text(&deployment.body, "/properties/model/name") == want, "a deployment has another model");
        }
        let principal = text(&identity.body, "/properties/principalId");
        let assignments = self.all("roleassignments");
        let granted = |one: &&&InventoryItem| {
            text(&one.body, "/properties/principalId") == principal
                && text(&one.body, "/properties/scope").eq_ignore_ascii_case(&account.id)
                && text(&one.body, "/properties/roleDefinitionId").ends_with(azlab::lab::ids::OPENAI_USER_ROLE)
        };
        let count = assignments.iter().filter(granted).count();
        demand(count == 1, &format!("{count} role assignments for the identity"));
        Ok(())
    }

    /// How many federated credentials it has.
    pub fn credentials(&self) -> usize {
        self.all("federatedidentitycredentials").len()
    }

    /// What keeps it from being ready as a file asks for it, with two deployments and two credentials.
    pub fn short_of_file(&self) -> Vec<String> {
        let few = (self.credentials() != 2).then(|| format!("{} credentials", self.credentials()));
        self.short_of_ready(Second::Wanted).into_iter().chain(few).collect()
    }

    /// What is left of it that a teardown should have taken.
    pub fn left(&self) -> Vec<String> {
        let deleted_accounts =
            self.deleted_accounts.iter().map(|deleted_account| format!("{} is soft-deleted", deleted_account.id));
        self.items.iter().map(|item| format!("{} is left", item.id)).chain(deleted_accounts).collect()
    }
}
