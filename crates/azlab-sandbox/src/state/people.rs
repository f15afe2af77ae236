//! The people of the sandbox's tenant: users, guests and groups.
//!
//! Until a scenario says who there is, everybody is a user: whoever is looked up by an address is there, so that a roster can
//! be rehearsed as it is. An object id follows from the address.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The domain of the tenant itself.
const DOMAIN: &str = "azlabsandbox.onmicrosoft.com";
/// The namespace of the object ids that follow from addresses.
const NAMESPACE: Uuid = Uuid::from_u128(0x2d4f_91c3_7a0b_4e6d_9c55_08e1_f3b7_a642);

/// Who is in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DirectorySettings {
    /// `false`: who is signed in may not read the directory (403 `Authorization_RequestDenied`).
    pub readable: bool,
    /// The users; without users and groups, everybody who is looked up by an address is one.
    pub users: Vec<UserEntry>,
    /// The groups.
    pub groups: Vec<GroupEntry>,
}

impl Default for DirectorySettings {
    fn default() -> Self {
        Self { readable: true, users: Vec::new(), groups: Vec::new() }
    }
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserEntry {
    /// The e-mail address, which is also the user principal name of a member.
    pub address: String,
    /// What people call them.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether they are a guest from another organization: their user principal name has `#EXT#` in it then.
    #[serde(default)]
    pub guest: bool,
    /// Further addresses.
    #[serde(default)]
    pub other_addresses: Vec<String>,
    /// The object id; without it, one that follows from the address.
    #[serde(default)]
    pub object_id: Option<String>,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupEntry {
    /// Its name.
    pub name: String,
    /// Its e-mail address, if it has one.
    #[serde(default)]
    pub address: Option<String>,
    /// The addresses of its members.
    #[serde(default)]
    pub members: Vec<String>,
}

/// A user of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub object_id: Uuid,
    pub name: String,
    pub user_principal_name: String,
    pub mail: String,
    pub is_guest: bool,
    pub other_addresses: Vec<String>,
}

/// A group of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PeopleGroup {
    pub object_id: Uuid,
    pub name: String,
    pub mail: Option<String>,
    pub members: Vec<Uuid>,
}

/// Everybody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct People<'a>(&'a DirectorySettings);

impl<'a> People<'a> {
    pub fn of(settings: &'a DirectorySettings) -> Self {
        Self(settings)
    }

    /// Whether whoever is looked up by an address is there.
    fn is_open(self) -> bool {
        self.0.users.is_empty() && self.0.groups.is_empty()
    }

    /// The users that a list shows.
    pub fn users(self) -> Vec<Person> {
        self.0.users.iter().map(Person::of).collect()
    }

    /// The users who may be meant by `addresses`, beside those that a list shows.
    pub fn called(self, addresses: &[&str]) -> Vec<Person> {
        if !self.is_open() {
            return Vec::new();
        }
        let is_address =
            |text: &&&str| text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'));
        addresses
            .iter()
            .filter(is_address)
            .map(|address| Person::of(&UserEntry { address: (*address).to_owned(), ..UserEntry::default() }))
            .collect()
    }

    /// The user with this user principal name or address, who may sign in by it.
    pub fn user(self, name: &str) -> Option<Person> {
        let is = |text: &str| text.eq_ignore_ascii_case(name);
        let named = |person: &Person| is(&person.user_principal_name) || is(&person.mail);
        self.users().into_iter().chain(self.called(&[name])).find(named)
    }

    /// The user with this object id; of an open directory nobody can be told by it.
    pub fn user_by_id(self, id: Uuid) -> Option<Person> {
        self.users().into_iter().find(|person| person.object_id == id)
    }

    /// The groups.
    pub fn groups(self) -> Vec<PeopleGroup> {
        self.0.groups.iter().map(|entry| PeopleGroup::of(entry, self)).collect()
    }

    /// The group with this object id.
    pub fn group_by_id(self, id: Uuid) -> Option<PeopleGroup> {
        self.groups().into_iter().find(|group| group.object_id == id)
    }

    /// The groups that `member` is in.
    pub fn groups_of(self, member: Uuid) -> Vec<PeopleGroup> {
        self.groups().into_iter().filter(|group| group.members.contains(&member)).collect()
    }
}

fn derived(text: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, text.to_lowercase().as_bytes())
}

impl Person {
    fn of(entry: &UserEntry) -> Self {
        let UserEntry { address, name, guest, other_addresses, object_id } = entry;
        let object_id = object_id.as_deref().and_then(|id| Uuid::try_parse(id).ok());
        let user_principal_name =
            if *guest { format!("{}#EXT#@{DOMAIN}", address.replace('@', "_")) } else { address.clone() };
        Self {
            object_id: object_id.unwrap_or_else(|| derived(address)),
            name: name.clone().unwrap_or_else(|| address.split('@').next().unwrap_or_default().to_owned()),
            user_principal_name,
            mail: address.clone(),
            is_guest: *guest,
            other_addresses: other_addresses.clone(),
        }
    }
}

impl PeopleGroup {
    fn of(entry: &GroupEntry, people: People<'_>) -> Self {
        let members = entry.members.iter().filter_map(|member| people.user(member)).map(|person| person.object_id);
        Self {
            object_id: derived(&format!("group:{}", entry.name)),
            name: entry.name.clone(),
            mail: entry.address.clone(),
            members: members.collect(),
        }
    }
}
