//! What a host writes of a class: azlab.toml and the roster, and what they mean, as the judge knows it.

use std::fmt::Write as _;
use std::path::Path;

use azlab::config::Config;
use azlab_sandbox::{SUBSCRIPTION_ID, UserEntry};

/// Somebody who may attend.
#[derive(Debug, PartialEq, Eq)]
pub struct Person {
    /// What the roster calls them.
    pub name: &'static str,
    /// The lab of a row with that name.
    pub lab: &'static str,
    /// Their address.
    pub address: &'static str,
    /// Their object id in the directory.
    pub id: &'static str,
    /// What the path of a request to the lab's own group holds.
    pub group_path: &'static str,
}

macro_rules! person {
    ($name:literal, $lab:literal, $number:literal) => {
        Person {
            name: $name,
            lab: $lab,
            address: concat!($lab, "@contoso.com"),
            id: concat!("00000000-0000-4000-8000-0000000000", $number),
            group_path: concat!("/resourcegroups/myresourcegroup-", $lab, "?"),
        }
    };
}

/// Who there is in the directory.
pub const PEOPLE: [Person; 12] = [
    person!("Ada", "ada", "10"),
    person!("Ben", "ben", "11"),
    person!("Cleo", "cleo", "12"),
    person!("Zoë Müller", "zoe-muller", "13"),
    person!("Dov", "dov", "14"),
    person!("Eve", "eve", "15"),
    person!("Fay", "fay", "16"),
    person!("Gus", "gus", "17"),
    person!("Hal Ström", "hal-strom", "18"),
    person!("Ida", "ida", "19"),
    person!("Jon", "jon", "20"),
    person!("Kim", "kim", "21"),
];

/// The people, as the sandbox's directory takes them.
pub fn users() -> Vec<UserEntry> {
    let entry = |person: &Person| UserEntry {
        address: person.address.to_owned(),
        object_id: Some(person.id.to_owned()),
        ..UserEntry::default()
    };
    PEOPLE.iter().map(entry).collect()
}

/// The ids and names of the subscriptions; the first is that of the run.
pub const SUBSCRIPTIONS: [(&str, &str); 3] = [
    (SUBSCRIPTION_ID, ""),
    ("11111111-1111-4111-8111-111111111111", "second"),
    ("22222222-2222-4222-8222-222222222222", "third"),
];

/// Where labs go whose file has no `[[placement]]`.
pub const HOME: &str = "westeurope";

/// A row of the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose name it has, and with it the name of the lab: a place in [`PEOPLE`].
    pub name: usize,
    /// Whose address.
    pub attendee: usize,
    /// Where the lab is to be.
    pub location: Option<&'static str>,
}

impl Row {
    /// The lab's name.
    pub fn lab(&self) -> &'static str {
        PEOPLE[self.name].lab
    }
}

/// An entry of `[[placement]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A place in [`SUBSCRIPTIONS`].
    pub subscription: usize,
    /// Where, in order of preference.
    pub locations: Vec<&'static str>,
    /// How many labs at most.
    pub max_labs: Option<usize>,
}

/// An azlab.toml with its roster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassFile {
    /// `[[placement]]`.
    pub places: Vec<Place>,
    /// `on_full = "move"`.
    pub moves: bool,
    /// How many spares.
    pub spares: usize,
    /// `ttl`.
    pub ttl: Option<&'static str>,
    /// The roster.
    pub rows: Vec<Row>,
}

impl ClassFile {
    /// The labs: a row's each, and the spares.
    pub fn labs(&self) -> Vec<String> {
        let spares = (1..=self.spares).map(|number| format!("spare-{number}"));
        self.rows.iter().map(|row| row.lab().to_owned()).chain(spares).collect()
    }

    /// Whether the file has this lab.
    pub fn lists(&self, lab: &str) -> bool {
        self.labs().iter().any(|one| one == lab)
    }

    /// Whether a lab of this name is, or once was, a spare.
    pub fn is_spare(lab: &str) -> bool {
        lab.starts_with("spare-")
    }

    /// Whom a lab is for.
    pub fn attendee(&self, lab: &str) -> Option<&'static Person> {
        self.rows.iter().find(|row| row.lab() == lab).map(|row| &PEOPLE[row.attendee])
    }

    /// Whether a lab that is new may be made there.
    pub fn allows(&self, lab: &str, subscription: &str, location: &str) -> bool {
        let own = self.rows.iter().find(|row| row.lab() == lab).and_then(|row| row.location);
        if own.is_some_and(|own| own != location) {
            return false;
        }
        let is_it = |place: &Place| {
            let is_here = place.locations.contains(&location) || own.is_some();
            SUBSCRIPTIONS[place.subscription].0 == subscription && is_here
        };
        match self.places.is_empty() {
            true => subscription == SUBSCRIPTION_ID && (own.is_some() || location == HOME),
            false => self.places.iter().any(is_it),
        }
    }

    /// Writes both files into a folder, and reads them as azlab does.
    pub fn read_by_azlab(&self, folder: &Path) -> Config {
        std::fs::write(folder.join("roster.csv"), self.csv()).expect("a roster");
        Config::parse(&folder.join("azlab.toml"), &self.toml()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn csv(&self) -> String {
        let row = |row: &Row| {
            let (name, address) = (PEOPLE[row.name].name, PEOPLE[row.attendee].address);
            format!("{name},{address},{}\n", row.location.unwrap_or_default())
        };
        self.rows.iter().map(row).fold("name,email,location\n".to_owned(), |text, row| text + &row)
    }

    fn toml(&self) -> String {
        let mut text = format!("version = 1\nroster = \"roster.csv\"\nspares = {}\n", self.spares);
        if let Some(ttl) = self.ttl {
            let _ = writeln!(text, "ttl = \"{ttl}\"");
        }
        if self.places.is_empty() {
            let _ = writeln!(text, "location = \"{HOME}\"");
        } else if self.moves {
            text += "on_full = \"move\"\n";
        }
        for place in &self.places {
            text += "[[placement]]\n";
            if let Some((id, _)) = SUBSCRIPTIONS.get(place.subscription).filter(|_| place.subscription > 0) {
                let _ = writeln!(text, "subscription = \"{id}\"");
            }
            let _ = writeln!(text, "locations = {:?}", place.locations);
            if let Some(most) = place.max_labs {
                let _ = writeln!(text, "max_labs = {most}");
            }
        }
        text
    }
}
