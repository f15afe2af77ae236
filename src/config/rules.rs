//! What a schema cannot say: names as Azure takes them, and what cannot go together.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::error::{MOST, Problem};
use super::file::{File, LabEntry, NamedLab};
use super::labs::{Lab, expand, number};
use super::roster::{Roster, Row};
use super::source::Source;
use super::{Place, Places, placement_rules, shared_rules};
use crate::lab::attendee::Attendee;
use crate::lab::defaults::{DEFAULT_NAMESPACE, DEFAULT_SERVICE_ACCOUNT};
use crate::lab::limits::{GROUPS_OF_A_LAB, MAX_CREDENTIALS, MOST_LABS, MOST_LABS_OF_A_FILE, MOST_RESOURCE_GROUPS};
use crate::lab::names::{self, NameError};
use crate::lab::overrides::{BadValue, CredentialOverrides, DeploymentOverrides, LAB, LabOverrides, Origin, is_auto};
use crate::lab::spec::LabSpec;
use crate::lab::tags;
use crate::values::id::{subscription_id, tenant_name};

/// A resource holds no more tags (Microsoft Learn, "Use tags"); five are azlab's.
const MAX_TAGS: usize = 45;

/// The labs of the file, or all that is wrong with it.
pub(super) fn check(source: &Source, places: &Places, file: &File, roster: &Roster) -> Result<Vec<Lab>, Vec<Problem>> {
    let mut rules = Rules { source, places, problems: Vec::new(), told: BTreeSet::new(), attendees: BTreeMap::new() };
    rules.whole(file);
    rules.table("", &file.lab);
    let entries = file.labs.as_deref().unwrap_or_default();
    for (index, entry) in entries.iter().enumerate() {
        if let LabEntry::Table(lab) = entry {
            rules.table(&format!("labs[{index}]."), &lab.lab);
        }
    }
    let labs = rules.labs(file, entries, roster);
    let unlisted = [Lab::unlisted(file, "default")];
    for lab in if labs.is_empty() { &unlisted[..] } else { &labs } {
        rules.lab(lab);
    }
    if rules.problems.is_empty() {
        rules.apart(file, &labs);
    }
    if rules.problems.is_empty() { Ok(labs) } else { Err(rules.problems) }
}

struct Rules<'a> {
    source: &'a Source,
    places: &'a Places,
    problems: Vec<Problem>,
    /// Where something has been told: once is enough for forty labs.
    told: BTreeSet<usize>,
    /// The entries of `labs` that name an attendee.
    attendees: BTreeMap<String, usize>,
}

impl Rules<'_> {
    fn place(&self, path: &str) -> Place {
        self.places.get(path).cloned().unwrap_or(Place { key: 0..0, value: 0..0 })
    }

    fn tell(&mut self, range: &Range<usize>, message: String, help: Option<String>) {
        if self.problems.len() < MOST && self.told.insert(range.start) {
            self.problems.push(self.source.problem(range, message, help));
        }
    }

    fn tell_of(&mut self, path: &str, message: String, help: Option<String>) {
        self.tell(&self.place(path).value, message, help);
    }

    fn name(&mut self, path: &str, checked: Result<(), NameError>) {
        if let Err(error) = checked {
            let help = error.suggestion.as_ref().map(|name| format!("such as: {name}"));
            self.tell_of(path, error.to_string(), help);
        }
    }

    fn line(&self, range: &Range<usize>) -> usize {
        self.source.position(range.start).0
    }

    /// What holds for the file as a whole.
    fn whole(&mut self, file: &File) {
        let subscription = file.subscription.as_deref().and_then(|text| subscription_id(text).err());
        let tenant = file.tenant.as_deref().and_then(|text| tenant_name(text).err());
        for (key, error) in [("subscription", subscription), ("tenant", tenant)] {
            if let Some(error) = error {
                self.tell_of(key, error.to_string(), None);
            }
        }
        if let Some(workshop) = &file.workshop {
            if workshop.trim() != workshop || workshop.is_empty() || workshop.chars().any(char::is_control) {
                let message = "the workshop's name must be some text in one line, without spaces around it";
                self.tell_of("workshop", message.into(), None);
            }
            self.name("workshop", names::tag(tags::WORKSHOP, workshop));
        }
        if let Some(currency) = file.budget.as_ref().and_then(|budget| budget.currency.as_ref())
            && !(currency.len() == 3 && currency.chars().all(|c| c.is_ascii_uppercase()))
        {
            let message = format!("budget.currency must be three capital letters, not '{currency}'");
            self.tell_of("budget.currency", message, Some("such as: currency = \"EUR\"".into()));
        }
        let wrong = placement_rules::check(file, |path| self.line(&self.place(path).value));
        for (path, message, help) in wrong.into_iter().chain(shared_rules::check(file)) {
            self.tell_of(&path, message, help);
        }
        if file.roster.as_ref().is_some_and(|roster| roster.trim().is_empty()) {
            self.tell_of("roster", "roster is empty".into(), Some("write: roster = \"roster.csv\"".into()));
        }
        if file.labs.as_ref().is_some_and(Vec::is_empty) {
            let help = "name labs, or leave labs out: then -l NAME takes any name, and without it the lab is 'default'";
            self.tell_of("labs", "labs is empty".into(), Some(help.into()));
        }
    }

    /// What holds for a table, whichever labs it is for; `at` is its path with a period, or nothing.
    fn table(&mut self, at: &str, table: &LabOverrides) {
        for BadValue { field, path, error } in table.bad_values() {
            // With a lab's name in it, it is judged lab by lab.
            if field.is_pattern {
                continue;
            }
            let example = (!field.example.is_empty()).then(|| format!("{} = \"{}\"", field.name(), field.example));
            let help = example.or(error.suggestion.clone()).map(|right| format!("such as: {right}"));
            self.tell_of(&format!("{at}{path}"), error.to_string(), help);
        }
        self.tags(&format!("{at}tags"), table);
        for (index, error) in table.access.bad_roles() {
            self.tell_of(&format!("{at}access.roles[{index}]"), error.to_string(), Some("such as: \"Reader\"".into()));
        }
        if let Some(credentials) = &table.identity.federated_credentials {
            self.credentials(&format!("{at}identity.federated_credentials"), credentials);
        }
        if let Some(deployments) = &table.deployments {
            self.deployments(&format!("{at}deployments"), deployments);
        }
    }

    fn tags(&mut self, at: &str, table: &LabOverrides) {
        let Some(given) = &table.tags else { return };
        if given.len() > MAX_TAGS {
            let message = format!("{} tags are too many: Azure takes 50, and azlab needs 5 of them", given.len());
            self.tell(&self.place(at).key, message, None);
        }
        let mut known: BTreeMap<String, &str> = BTreeMap::new();
        for (name, value) in given {
            let place = self.place(&format!("{at}.{name}")).key;
            let lower = name.to_lowercase();
            if lower.starts_with(tags::PREFIX) {
                let help = "azlab-owner is set by owner, azlab-workshop by workshop, azlab-expires by ttl";
                self.tell(
                    &place,
                    format!("the tag '{name}': names that begin with azlab- are reserved for azlab"),
                    Some(help.into()),
                );
            }
            if let Err(error) = names::tag(name, value) {
                self.tell(&place, error.to_string(), None);
            }
            if let Some(other) = known.insert(lower, name) {
                self.tell(&place, format!("the tags '{name}' and '{other}' are the same: case is ignored"), None);
            }
        }
    }

    fn credentials(&mut self, at: &str, credentials: &[CredentialOverrides]) {
        if credentials.len() > MAX_CREDENTIALS {
            let count = credentials.len();
            let message = format!("{count} federated credentials are too many: an identity takes {MAX_CREDENTIALS}");
            self.tell(&self.place(at).key, message, Some("move some of them to other labs".into()));
        }
        for (index, one) in credentials.iter().enumerate() {
            let path = format!("{at}[{index}]");
            match (&one.subject, &one.namespace, &one.service_account) {
                (Some(_), None, None) | (None, None, None) | (None, Some(_), Some(_)) => {}
                (Some(subject), _, _) => {
                    let message = format!("subject and namespace with service_account exclude each other ({subject})");
                    self.tell_of(&format!("{path}.subject"), message, Some("leave one of them out".into()));
                }
                (None, Some(_), None) => self.tell_of(
                    &format!("{path}.namespace"),
                    "namespace needs service_account".into(),
                    Some(format!("write: service_account = \"{DEFAULT_SERVICE_ACCOUNT}\"")),
                ),
                (None, None, Some(_)) => self.tell_of(
                    &format!("{path}.service_account"),
                    "service_account needs namespace".into(),
                    Some(format!("write: namespace = \"{DEFAULT_NAMESPACE}\"")),
                ),
            }
            if one.subject.is_none() && one.service_account.is_some() {
                self.name(&format!("{path}.service_account"), names::subject(&one.spec().subject));
            }
        }
        self.twice(at, credentials, "federated credential", |one| one.spec().name.to_lowercase());
        self.twice(at, credentials, "federated credential for the subject", |one| one.spec().subject);
    }

    fn deployments(&mut self, at: &str, deployments: &[DeploymentOverrides]) {
        for (index, one) in deployments.iter().enumerate() {
            let path = format!("{at}[{index}]");
            if one.model.as_deref().is_some_and(is_auto) && one.model_version.is_some() {
                let message = "model_version needs a model's name, not \"auto\"";
                self.tell_of(&format!("{path}.model_version"), message.into(), Some("leave one of them out".into()));
            }
        }
        self.twice(at, deployments, "deployment", |one| one.spec().name.to_lowercase());
    }

    /// Things of one list that have one name.
    fn twice<T>(&mut self, at: &str, list: &[T], what: &str, name: impl Fn(&T) -> String) {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (index, one) in list.iter().enumerate() {
            let name = name(one);
            let Some(first) = known.get(&name) else {
                known.insert(name, index);
                continue;
            };
            if self.problems.len() >= MOST {
                return;
            }
            let line = self.line(&self.place(&format!("{at}[{first}]")).value);
            let place = self.place(&format!("{at}[{index}]")).value;
            self.tell(&place, format!("a second {what} '{name}'; the first is on line {line}"), None);
        }
    }

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
            self.tell(&self.place(key).key, message, Some(help.into()));
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
                    self.tell_of(&path, format!("'{name}' is numbered, and count is missing"), Some(help.into()));
                    continue;
                }
                (None, Some(count)) if count > 1 => {
                    let help =
                        format!("write where the number goes: name = \"{}-{{n:02}}\"", name.trim_end_matches('-'));
                    self.tell_of(&path, format!("{count} labs have the same name '{name}'"), Some(help));
                    continue;
                }
                _ => {}
            }
            if let LabEntry::Table(lab) = entry {
                self.attendee(index, lab, roster);
            }
            for lab in expand(file, index, entry, &roster.rows) {
                self.name(&path, names::lab(&lab.name));
                if let Some(other) = labs.iter().find(|other| other.name.eq_ignore_ascii_case(&lab.name)) {
                    let line = other.entry.map(|entry| self.line(&self.lab_place(entry)));
                    let message = format!("a second lab '{}'; the first is on line {}", lab.name, line.unwrap_or(1));
                    self.tell_of(&path, message, Some("two labs need two names".into()));
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
            return self.tell_of(
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
                    self.tell(&place, message, Some("give it another name, or lower spares".into()));
                }
                Some(Lab { row, .. }) => {
                    let row = row.and_then(|row| roster.rows.get(row));
                    let place = row.map_or_else(String::new, |row| roster.place(row));
                    let message = format!("the lab '{}' on {place} has the name of a spare", spare.name);
                    let help = "write another name into its column lab, or lower spares";
                    self.tell_of("spares", message, Some(help.into()));
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
            return self.tell_of(&path, "several labs have one attendee".into(), Some(help.into()));
        }
        if Attendee::named(attendee).is_none() {
            let message = format!("'{attendee}' is not an address and not an object id");
            return self.tell_of(&path, message, Some("write it as ada@contoso.com".into()));
        }
        let is_here = |row: &&Row| row.lab.eq_ignore_ascii_case(&lab.name) || row.attendee.is(attendee);
        if let Some(row) = roster.rows.iter().find(is_here) {
            let message = format!("the lab '{}' has an attendee on {} too", row.lab, roster.place(row));
            self.tell_of(&path, message, Some("leave one of them out".into()));
        }
        let earlier = self.attendees.insert(attendee.to_lowercase(), index).filter(|earlier| *earlier != index);
        if let Some(earlier) = earlier {
            let line = self.line(&self.lab_place(earlier));
            self.tell_of(&path, format!("{attendee} is the attendee of the lab on line {line} too"), None);
        }
    }

    fn lab_place(&self, entry: usize) -> Range<usize> {
        let name = self.places.get(&format!("labs[{entry}].name"));
        name.cloned().unwrap_or_else(|| self.place(&format!("labs[{entry}]"))).value
    }

    /// Where the file says what `key` is for a lab.
    fn said(&self, lab: &Lab, key: &str) -> Option<Range<usize>> {
        let Origin::File(path) = lab.said.origin(key)? else { return None };
        self.places.get(path).map(|place| place.value.clone())
    }

    /// What has the lab's name in it.
    fn lab(&mut self, lab: &Lab) {
        for BadValue { field, path, error } in lab.said.overrides().bad_values() {
            if !field.is_pattern {
                continue;
            }
            let Some(range) = self.said(lab, &path) else { continue };
            let pattern = self.source.slice(&range);
            let unknown = pattern.contains('{') && pattern.replace(LAB, "").contains('{');
            let help = match &error.suggestion {
                _ if unknown => Some(format!("only {LAB}, the lab's name, may stand in braces")),
                Some(name) if !pattern.contains('{') => Some(format!("such as: {name}")),
                _ => None,
            };
            self.tell(&range, error.to_string(), help);
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
                let (one, two, line) = (&other.name, &lab.name, self.line(&there));
                let message = match here == there {
                    true => format!("the labs '{one}' and '{two}' have the same {what} '{name}'"),
                    false => format!("the lab '{two}' has the {what} '{name}' of the lab '{one}' (line {line})"),
                };
                let help = format!(
                    "give each its own, such as: {} = \"{}-{LAB}\"",
                    key.rsplit('.').next().unwrap_or(key),
                    name
                );
                self.tell(&here, message, Some(help));
            }
        }
    }
}
