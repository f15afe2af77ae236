//! `azlab swap`: an attendee whose lab is broken gets a spare, and the class is as whole after it as before.

mod at_once;
mod cut;
mod left_behind;
mod refused;
mod rivals;
mod swapped;

use std::collections::{BTreeMap, BTreeSet};

use azlab::lab::tags::Tags;
use azlab_sandbox::{SUBSCRIPTION_ID, Settings, UserEntry};
use serde_json::Value;

use crate::provision::fixture::Azure;
use crate::provision::ran::Ran;

/// A class whose clusters are called after their labs, with one spare in each of two locations.
const CLASS: &str = "version = 1\nspares = 2\nttl = '8h'\ncluster.name = 'aks-{lab}'\ntags = { course = '42' }\n\
    [[labs]]\nname = 'ada'\nattendee = 'ada@contoso.com'\nlocation = 'swedencentral'\n\
    [[labs]]\nname = 'ben'\nattendee = 'ben@contoso.com'\n";
/// One attendee and one spare.
const SMALL: &str = "version = 1\nspares = 1\nttl = '8h'\n[[labs]]\nname = 'ada'\nattendee = 'ada@contoso.com'\n";

/// Two attendees, and so many spares.
fn two_rows(spares: usize) -> String {
    format!(
        "version = 1\nspares = {spares}\nttl = '8h'\n[[labs]]\nname = 'ada'\nattendee = 'ada@contoso.com'\n\
         [[labs]]\nname = 'ben'\nattendee = 'ben@contoso.com'\n"
    )
}

fn settings(settings: &mut Settings) {
    settings.durations.account_create = 5.0;
    settings.durations.cluster_create = 8.0;
    let user = |address: &str| UserEntry { address: address.to_owned(), ..UserEntry::default() };
    settings.directory.users = vec![user("ada@contoso.com"), user("ben@contoso.com")];
}

/// An Azure with that class in it.
async fn class(file: &str) -> Azure {
    let azure = Azure::with(settings);
    azure.run_with(file, "provision --all").await.ready();
    azure
}

impl Azure {
    async fn tags(&self, group: &str) -> Tags {
        let group = self.get(&format!("/resourceGroups/{group}?api-version=2021-04-01")).await;
        Tags::read(Some(&group["tags"]))
    }

    /// Who has Contributor right on a group.
    async fn contributors(&self, group: &str) -> Vec<String> {
        let path =
            format!("/resourceGroups/{group}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01");
        let scope = format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{group}");
        let all = self.get(&path).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let here = all["value"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| text(&one["properties"]["scope"]).eq_ignore_ascii_case(&scope));
        here.map(|one| text(&one["properties"]["principalId"])).collect()
    }

    /// Deletes the model deployment of the account in a group: the lab is broken.
    pub async fn break_lab(&self, group: &str) {
        let accounts = format!("/resourceGroups/{group}/providers/Microsoft.CognitiveServices/accounts");
        let all = self.get(&format!("{accounts}?api-version=2024-10-01")).await;
        let name = all["value"][0]["name"].as_str().unwrap();
        self.delete(&format!("{accounts}/{name}/deployments/gpt-35-turbo?api-version=2024-10-01")).await;
        self.pass(10.0).await;
    }

    /// Asserts that the class is whole: ada in the spare's group, the spare in hers, each with its own tags and nobody else's
    /// access, and that nothing is left to do.
    async fn is_swapped(&self, file: &str) {
        let (new, old) = (self.tags("myResourceGroup-spare-1").await, self.tags("myResourceGroup-ada").await);
        let of =
            |tags: &Tags| ["azlab-lab", "azlab-owner", "azlab-replaces"].map(|name| tags.get(name).map(str::to_owned));
        assert_eq!(of(&new), [Some("ada".into()), Some("ada@contoso.com".into()), None], "{new:?}");
        assert_eq!(of(&old), [Some("spare-1".into()), None, None], "{old:?}");
        assert_eq!(self.contributors("myResourceGroup-spare-1").await.len(), 1);
        assert_eq!(self.contributors("myResourceGroup-ada").await, [""; 0]);
        let again = self.run_with(file, "provision --all").await.ready();
        assert_eq!(again.writes().len(), 0, "{:#?}", again.writes());
        assert_eq!(groups(&again)["ada"], "myResourceGroup-spare-1");
        assert_eq!(groups(&again)["spare-1"], "myResourceGroup-ada");
    }

    /// The lab that a swap has reserved a group for.
    async fn reserved_for(&self, group: &str) -> Option<String> {
        let tags = self.tags(group).await;
        let value = tags.iter().find_map(|(name, value)| name.starts_with("azlab-swap-").then_some(value))?;
        Some(value.split_once(" since ")?.0.to_owned())
    }

    /// Asserts that each lab of [`two_rows`] is in a group by itself, with its own attendee and nobody else, and that no reservation is
    /// left.
    async fn each_has_hers(&self, file: &str, labs: usize) {
        for (_, group) in self.each_is_alone(file, labs).await {
            assert_eq!(self.reserved_for(&group).await, None, "{group}");
        }
    }

    /// The same, where a swap that was killed may have left a reservation; tells the groups.
    async fn each_is_alone(&self, file: &str, labs: usize) -> BTreeMap<String, String> {
        let ran = self.run_with(file, "provision --all").await.ready();
        let groups = groups(&ran);
        assert_eq!(groups.len(), labs, "{groups:?}");
        assert_eq!(groups.values().collect::<BTreeSet<_>>().len(), labs, "{groups:?}");
        let mut people = Vec::new();
        for (lab, group) in &groups {
            let tags = self.tags(group).await;
            assert_eq!(tags.get("azlab-lab"), Some(lab.as_str()), "{tags:?}");
            assert_eq!(tags.get("azlab-replaces"), None, "{tags:?}");
            let has_access = self.contributors(group).await;
            assert_eq!(has_access.len(), usize::from(!lab.starts_with("spare-")), "{lab}: {has_access:?}");
            people.extend(has_access);
        }
        people.sort();
        people.dedup();
        assert_eq!(people.len(), 2, "each is in a lab of their own");
        assert_eq!(self.run_with(file, "provision --all").await.ready().writes().len(), 0);
        groups
    }
}

/// The group of each lab of a result.
fn groups(ran: &Ran) -> BTreeMap<String, String> {
    ran.labs().iter().map(|lab| (lab.name.clone(), lab.resource_group.clone())).collect()
}
