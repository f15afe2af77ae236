//! The labs that a file lists, and what cannot be of them: names that two of them have, attendees of several, too many.

use std::collections::BTreeMap;
use std::ops::Range;

use super::file::{File, LabEntry, NamedLab};
use super::labs::{Lab, expand, number};
use super::placement_rules;
use super::problems::Problems;
use super::roster::{Roster, Row};
use crate::lab::attendee::Attendee;
use crate::lab::limits::{GROUPS_OF_A_LAB, MOST_LABS, MOST_LABS_OF_A_FILE, MOST_RESOURCE_GROUPS};
use crate::lab::names;
use crate::lab::overrides::{BadValue, LAB, Origin};
use crate::lab::spec::LabSpec;

/// The labs of `file`; what is wrong with them is told.
pub(super) fn check(problems: &mut Problems<'_>, file: &File, entries: &[LabEntry], roster: &Roster) -> Vec<Lab> {
    let mut rules = LabRules { problems, attendees: BTreeMap::new() };
    let labs = rules.labs(file, entries, roster);
    let unlisted = [Lab::unlisted(file, "default")];
    for lab in if labs.is_empty() { &unlisted[..] } else { &labs } {
        rules.lab(lab);
    }
    if rules.problems.is_empty() {
        rules.apart(file, &labs);
    }
    labs
}

struct LabRules<'a, 'b> {
    problems: &'a mut Problems<'b>,
    /// The entries of `labs` that name an attendee.
    attendees: BTreeMap<String, usize>,
}

impl LabRules<'_, '_> {
    /// The labs that `labs` stands for.
    fn labs(&mut self, file: &File, entries: &[LabEntry], roster: &Roster) -> Vec<Lab> {
        let count = |entry: &LabEntry| match entry {
            LabEntry::Name(_) => 1,
            LabEntry::Table(lab) => lab.count.unwrap_or(1),
        };
        let spares = file.spares.unwrap_or_default();
        let listed = entries.iter().map(count).fold(0, u32::saturating_add);
        // Rows that name labs of the list are counted once more where that is near the limit: they are told as they are read.
        let rows = u32::try_from(roster.rows.len()).unwrap_or(u32::MAX);
        let subscriptions = placement_rules::subscriptions_of(file);
        let most = subscriptions.saturating_mul(MOST_LABS).min(MOST_LABS_OF_A_FILE);
        let total = listed.max(rows).saturating_add(spares);
        if total > most {
            let key = match (listed.max(rows) > most, listed > rows) {
                (false, _) => "spares",
                (true, true) => "labs",
                (true, false) => "roster",
            };
            let places = match subscriptions {
                1 => format!("a subscription takes {MOST_LABS}"),
                many => format!("{many} subscriptions take {most}"),
            };
            let message = format!(
                "{total} labs are too many: {places}, for each lab has {GROUPS_OF_A_LAB} of a subscription's {MOST_RESOURCE_GROUPS} resource groups"
            );
            let help = match most {
                MOST_LABS_OF_A_FILE => "write a second file",
                _ => "add a [[placement]] with another subscription, or write a file for each",
            };
            self.problems.tell(&self.problems.place(key).key, message, Some(help.into()));
            return Vec::new();
        }
        let mut labs: Vec<Lab> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let path = match entry {
                LabEntry::Name(_) => format!("labs[{index}]"),
                LabEntry::Table(_) => format!("labs[{index}].name"),
            };
            let (name, count) = match entry {
                LabEntry::Name(name) => (name, None),
                LabEntry::Table(lab) => (&lab.name, lab.count),
            };
            match (number(name), count) {
                (Some(_), None) => {
                    let help = "add the number of labs: count = 40";
                    self.problems.tell_of(
                        &path,
                        format!("'{name}' is numbered, and count is missing"),
                        Some(help.into()),
                    );
                    continue;
                }
                (None, Some(count)) if count > 1 => {
                    let help =
                        format!("write where the number goes: name = \"{}-{{n:02}}\"", name.trim_end_matches('-'));
                    self.problems.tell_of(&path, format!("{count} labs have the same name '{name}'"), Some(help));
                    continue;
                }
                _ => {}
            }
            if let LabEntry::Table(lab) = entry {
                self.attendee(index, lab, roster);
            }
            for lab in expand(file, index, entry, &roster.rows) {
                self.problems.name(&path, names::lab(&lab.name));
                if let Some(other) = labs.iter().find(|other| other.name.eq_ignore_ascii_case(&lab.name)) {
                    let line = other.entry.map(|entry| self.problems.line(&self.lab_place(entry)));
                    let message = format!("a second lab '{}'; the first is on line {}", lab.name, line.unwrap_or(1));
                    self.problems.tell_of(&path, message, Some("two labs need two names".into()));
                }
                labs.push(lab);
            }
        }
        for (index, row) in roster.rows.iter().enumerate() {
            if labs.iter().all(|lab| !lab.name.eq_ignore_ascii_case(&row.lab)) {
                labs.push(Lab::of_row(file, index, row));
            }
        }
        self.spares(file, roster, &mut labs);
        labs
    }

    /// The spares that stand beside `labs`, each of a name of its own.
    fn spares(&mut self, file: &File, roster: &Roster, labs: &mut Vec<Lab>) {
        let count = file.spares.unwrap_or_default();
        if count > 0 && labs.is_empty() && self.problems.is_empty() {
            let help = "list the labs that they stand in for: labs, or roster";
            return self.problems.tell_of(
                "spares",
                "spares stand beside labs, and the file lists none".into(),
                Some(help.into()),
            );
        }
        for number in 1..=count {
            let spare = Lab::spare(file, number);
            match labs.iter().find(|lab| lab.name.eq_ignore_ascii_case(&spare.name)) {
                Some(Lab { entry: Some(entry), .. }) => {
                    let place = self.lab_place(*entry);
                    let message = format!("the lab '{}' has the name of a spare", spare.name);
                    self.problems.tell(&place, message, Some("give it another name, or lower spares".into()));
                }
                Some(Lab { row, .. }) => {
                    let row = row.and_then(|row| roster.rows.get(row));
                    let place = row.map_or_else(String::new, |row| roster.place(row));
                    let message = format!("the lab '{}' on {place} has the name of a spare", spare.name);
                    let help = "write another name into its column lab, or lower spares";
                    self.problems.tell_of("spares", message, Some(help.into()));
                }
                None => labs.push(spare),
            }
        }
    }

    /// Who an entry of `labs` says that its lab is for: somebody, of one lab, whom the roster does not name.
    fn attendee(&mut self, index: usize, lab: &NamedLab, roster: &Roster) {
        let Some(attendee) = &lab.attendee else { return };
        let path = format!("labs[{index}].attendee");
        if lab.count.is_some() {
            let help = "name them in a roster, with the lab of each in its column lab";
            return self.problems.tell_of(&path, "several labs have one attendee".into(), Some(help.into()));
        }
        if Attendee::named(attendee).is_none() {
            let message = format!("'{attendee}' is not an address and not an object id");
            return self.problems.tell_of(&path, message, Some("write it as ada@contoso.com".into()));
        }
        let is_here = |row: &&Row| row.lab.eq_ignore_ascii_case(&lab.name) || row.attendee.is(attendee);
        if let Some(row) = roster.rows.iter().find(is_here) {
            let message = format!("the lab '{}' has an attendee on {} too", row.lab, roster.place(row));
            self.problems.tell_of(&path, message, Some("leave one of them out".into()));
        }
        let earlier = self.attendees.insert(attendee.to_lowercase(), index).filter(|earlier| *earlier != index);
        if let Some(earlier) = earlier {
            let line = self.problems.line(&self.lab_place(earlier));
            self.problems.tell_of(&path, format!("{attendee} is the attendee of the lab on line {line} too"), None);
        }
    }

    fn lab_place(&self, entry: usize) -> Range<usize> {
        let name = self.problems.find(&format!("labs[{entry}].name"));
        name.cloned().unwrap_or_else(|| self.problems.place(&format!("labs[{entry}]"))).value
    }

    /// Where the file says what `key` is for a lab.
    fn said(&self, lab: &Lab, key: &str) -> Option<Range<usize>> {
        let Origin::File(path) = lab.said.origin(key)? else { return None };
        self.problems.find(path).map(|place| place.value.clone())
    }

    /// What has the lab's name in it.
    fn lab(&mut self, lab: &Lab) {
        for BadValue { field, path, error } in lab.said.overrides().bad_values() {
            if !field.is_pattern {
                continue;
            }
            let Some(range) = self.said(lab, &path) else { continue };
            let pattern = self.problems.text(&range);
            let unknown = pattern.contains('{') && pattern.replace(LAB, "").contains('{');
            let help = match &error.suggestion {
                _ if unknown => Some(format!("only {LAB}, the lab's name, may stand in braces")),
                Some(name) if !pattern.contains('{') => Some(format!("such as: {name}")),
                _ => None,
            };
            self.problems.tell(&range, error.to_string(), help);
        }
    }

    /// No two labs share what each needs for itself.
    fn apart(&mut self, file: &File, labs: &[Lab]) {
        type Name = fn(&LabSpec) -> String;
        let kinds: [(&str, &str, Name); 2] = [
            ("resource_group", "resource group", |spec| spec.group.clone()),
            ("openai.account", "OpenAI account", |spec| spec.account_name(0)),
        ];
        let subscription = file.subscription.as_deref().unwrap_or_default();
        for (key, what, name) in kinds {
            if !self.problems.is_empty() {
                // The account's name follows from the group's.
                return;
            }
            let mut known: BTreeMap<String, &Lab> = BTreeMap::new();
            for lab in labs {
                let name = name(&lab.spec(file, subscription));
                let Some(other) = known.get(&name.to_lowercase()) else {
                    known.insert(name.to_lowercase(), lab);
                    continue;
                };
                let place = |lab: &Lab| self.said(lab, key).or_else(|| lab.entry.map(|entry| self.lab_place(entry)));
                let (here, there) = (place(lab).unwrap_or(0..0), place(other).unwrap_or(0..0));
                let (one, two, line) = (&other.name, &lab.name, self.problems.line(&there));
                let message = match here == there {
                    true => format!("the labs '{one}' and '{two}' have the same {what} '{name}'"),
                    false => format!("the lab '{two}' has the {what} '{name}' of the lab '{one}' (line {line})"),
                };
                let help = format!(
                    "give each its own, such as: {} = \"{}-{LAB}\"",
                    key.rsplit('.').next().unwrap_or(key),
                    name
                );
                self.problems.tell(&here, message, Some(help));
            }
        }
    }
}
