//! What a schema cannot say: names as Azure takes them, and what cannot go together.

use std::collections::BTreeMap;

use super::error::Problem;
use super::file::{File, LabEntry};
use super::labs::Lab;
use super::problems::Problems;
use super::roster::Roster;
use super::source::Source;
use super::{Places, lab_rules, placement_rules, shared_rules};
use crate::lab::defaults::{DEFAULT_NAMESPACE, DEFAULT_SERVICE_ACCOUNT};
use crate::lab::limits::MAX_CREDENTIALS;
use crate::lab::names;
use crate::lab::overrides::{BadValue, CredentialOverrides, DeploymentOverrides, LabOverrides, is_auto};
use crate::lab::tags;
use crate::values::id::{subscription_id, tenant_name};

/// A resource holds no more tags (Microsoft Learn, "Use tags"); five are azlab's.
const MAX_TAGS: usize = 45;

/// The labs of the file, or all that is wrong with it.
pub(super) fn check(source: &Source, places: &Places, file: &File, roster: &Roster) -> Result<Vec<Lab>, Vec<Problem>> {
    let mut problems = Problems::new(source, places);
    let mut rules = Rules { problems: &mut problems };
    rules.whole(file);
    rules.table("", &file.lab);
    let entries = file.labs.as_deref().unwrap_or_default();
    for (index, entry) in entries.iter().enumerate() {
        if let LabEntry::Table(lab) = entry {
            rules.table(&format!("labs[{index}]."), &lab.lab);
        }
    }
    let labs = lab_rules::check(&mut problems, file, entries, roster);
    problems.or(labs)
}

struct Rules<'a, 'b> {
    problems: &'a mut Problems<'b>,
}

impl Rules<'_, '_> {
    /// What holds for the file as a whole.
    fn whole(&mut self, file: &File) {
        let subscription = file.subscription.as_deref().and_then(|text| subscription_id(text).err());
        let tenant = file.tenant.as_deref().and_then(|text| tenant_name(text).err());
        for (key, error) in [("subscription", subscription), ("tenant", tenant)] {
            if let Some(error) = error {
                self.problems.tell_of(key, error.to_string(), None);
            }
        }
        if let Some(workshop) = &file.workshop {
            if workshop.trim() != workshop || workshop.is_empty() || workshop.chars().any(char::is_control) {
                let message = "the workshop's name must be some text in one line, without spaces around it";
                self.problems.tell_of("workshop", message.into(), None);
            }
            self.problems.name("workshop", names::tag(tags::WORKSHOP, workshop));
        }
        if let Some(currency) = file.budget.as_ref().and_then(|budget| budget.currency.as_ref())
            && !(currency.len() == 3 && currency.chars().all(|c| c.is_ascii_uppercase()))
        {
            let message = format!("budget.currency must be three capital letters, not '{currency}'");
            self.problems.tell_of("budget.currency", message, Some("such as: currency = \"EUR\"".into()));
        }
        let wrong = placement_rules::check(file, |path| self.problems.line(&self.problems.place(path).value));
        for (path, message, help) in wrong.into_iter().chain(shared_rules::check(file)) {
            self.problems.tell_of(&path, message, help);
        }
        if file.roster.as_ref().is_some_and(|roster| roster.trim().is_empty()) {
            self.problems.tell_of("roster", "roster is empty".into(), Some("write: roster = \"roster.csv\"".into()));
        }
        if file.labs.as_ref().is_some_and(Vec::is_empty) {
            let help = "name labs, or leave labs out: then -l NAME takes any name, and without it the lab is 'default'";
            self.problems.tell_of("labs", "labs is empty".into(), Some(help.into()));
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
            self.problems.tell_of(&format!("{at}{path}"), error.to_string(), help);
        }
        self.tags(&format!("{at}tags"), table);
        for (index, error) in table.access.bad_roles() {
            self.problems.tell_of(
                &format!("{at}access.roles[{index}]"),
                error.to_string(),
                Some("such as: \"Reader\"".into()),
            );
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
            self.problems.tell(&self.problems.place(at).key, message, None);
        }
        let mut known: BTreeMap<String, &str> = BTreeMap::new();
        for (name, value) in given {
            let place = self.problems.place(&format!("{at}.{name}")).key;
            let lower = name.to_lowercase();
            if lower.starts_with(tags::PREFIX) {
                let help = "azlab-owner is set by owner, azlab-workshop by workshop, azlab-expires by ttl";
                self.problems.tell(
                    &place,
                    format!("the tag '{name}': names that begin with azlab- are reserved for azlab"),
                    Some(help.into()),
                );
            }
            if let Err(error) = names::tag(name, value) {
                self.problems.tell(&place, error.to_string(), None);
            }
            if let Some(other) = known.insert(lower, name) {
                self.problems.tell(
                    &place,
                    format!("the tags '{name}' and '{other}' are the same: case is ignored"),
                    None,
                );
            }
        }
    }

    fn credentials(&mut self, at: &str, credentials: &[CredentialOverrides]) {
        if credentials.len() > MAX_CREDENTIALS {
            let count = credentials.len();
            let message = format!("{count} federated credentials are too many: an identity takes {MAX_CREDENTIALS}");
            self.problems.tell(&self.problems.place(at).key, message, Some("move some of them to other labs".into()));
        }
        for (index, one) in credentials.iter().enumerate() {
            let path = format!("{at}[{index}]");
            match (&one.subject, &one.namespace, &one.service_account) {
                (Some(_), None, None) | (None, None, None) | (None, Some(_), Some(_)) => {}
                (Some(subject), _, _) => {
                    let message = format!("subject and namespace with service_account exclude each other ({subject})");
                    self.problems.tell_of(&format!("{path}.subject"), message, Some("leave one of them out".into()));
                }
                (None, Some(_), None) => self.problems.tell_of(
                    &format!("{path}.namespace"),
                    "namespace needs service_account".into(),
                    Some(format!("write: service_account = \"{DEFAULT_SERVICE_ACCOUNT}\"")),
                ),
                (None, None, Some(_)) => self.problems.tell_of(
                    &format!("{path}.service_account"),
                    "service_account needs namespace".into(),
                    Some(format!("write: namespace = \"{DEFAULT_NAMESPACE}\"")),
                ),
            }
            if one.subject.is_none() && one.service_account.is_some() {
                self.problems.name(&format!("{path}.service_account"), names::subject(&one.spec().subject));
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
                self.problems.tell_of(
                    &format!("{path}.model_version"),
                    message.into(),
                    Some("leave one of them out".into()),
                );
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
            if self.problems.is_full() {
                return;
            }
            let line = self.problems.line(&self.problems.place(&format!("{at}[{first}]")).value);
            let place = self.problems.place(&format!("{at}[{index}]")).value;
            self.problems.tell(&place, format!("a second {what} '{name}'; the first is on line {line}"), None);
        }
    }
}
