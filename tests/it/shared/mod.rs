//! `[openai] shared = true`: the labs of a place share an OpenAI account, made once, as large as they are many, gone with the last.

mod class;
mod cut;
mod gone;
mod made;
mod places;
mod refused;
mod swapped;
mod told;

use azlab::lab::tags::Tags;
use azlab_sandbox::{Settings, UserEntry};
use serde_json::Value;

use crate::provision::fixture::Azure;

/// Two labs that share an account.
const CLASS: &str = "version = 1\nworkshop = 'ai'\nttl = '8h'\ntags = { course = '42' }\nlabs = ['ada', 'ben']\n\
    [openai]\nshared = true\nper_lab = 20\n";

/// Two attendees whose labs share an account, and a spare.
const ROSTER: &str = "version = 1\nworkshop = 'ai'\nttl = '8h'\nspares = 1\n\
    [[labs]]\nname = 'ada'\nattendee = 'ada@contoso.com'\n[[labs]]\nname = 'ben'\nattendee = 'ben@contoso.com'\n\
    [openai]\nshared = true\nper_lab = 20\n";

/// An Azure that is quick, and knows the attendees.
fn quick() -> Azure {
    Azure::with(|settings: &mut Settings| {
        settings.durations.account_create = 3.0;
        settings.durations.cluster_create = 4.0;
        let user = |address: &str| UserEntry { address: address.to_owned(), ..UserEntry::default() };
        settings.directory.users = ["ada", "ben", "cleo"].map(|name| user(&format!("{name}@contoso.com"))).into();
    })
}

/// The file with these labs instead of ada and ben.
fn with_labs(labs: &[&str]) -> String {
    let labs: Vec<String> = labs.iter().map(|name| format!("'{name}'")).collect();
    CLASS.replace("'ada', 'ben'", &labs.join(", "))
}

/// A resource as the sandbox has it.
#[derive(Clone, Debug)]
struct Thing {
    id: String,
    body: Value,
}

impl Azure {
    /// The resources of a type: `accounts`.
    fn all(&self, kind: &str) -> Vec<Thing> {
        let resources = self.sandbox.inventory().unwrap().resources.into_iter();
        let of_kind = resources.filter(|one| one.resource_type.ends_with(&format!("/{kind}")));
        of_kind.map(|one| Thing { id: one.id, body: one.body }).collect()
    }

    /// The tags of the groups that have a shared account, by their names.
    fn shared_groups(&self) -> Vec<(String, Tags)> {
        let groups = self.sandbox.inventory().unwrap().resources.into_iter();
        let groups = groups.filter(|one| one.resource_type.ends_with("resourcegroups"));
        let name = |id: &str| id.rsplit('/').next().unwrap_or_default().to_owned();
        let all = groups.map(|one| (name(&one.id), Tags::read(Some(&one.body["tags"]))));
        all.filter(|(_, tags)| tags.get("azlab-shared").is_some()).collect()
    }

    /// The name of the only shared group.
    fn shared_group(&self) -> String {
        let groups = self.shared_groups();
        assert_eq!(groups.len(), 1, "{groups:?}");
        groups[0].0.clone()
    }

    /// The capacity of each deployment.
    fn capacities(&self) -> Vec<i64> {
        self.all("deployments").iter().map(|one| one.body["sku"]["capacity"].as_i64().unwrap_or_default()).collect()
    }

    /// The roles on the shared account.
    fn roles_on_account(&self) -> usize {
        let group = format!("/resourcegroups/{}/", self.shared_group()).to_lowercase();
        self.all("roleassignments").iter().filter(|one| one.id.to_lowercase().contains(&group)).count()
    }

    /// Asserts that nothing at all is left.
    #[track_caller]
    fn is_empty(&self) {
        let left = self.sandbox.inventory().unwrap();
        let ids: Vec<&str> = left.resources.iter().map(|one| one.id.as_str()).collect();
        assert!(ids.is_empty() && left.soft_deleted.is_empty(), "{ids:#?} {:?}", left.soft_deleted);
    }
}
