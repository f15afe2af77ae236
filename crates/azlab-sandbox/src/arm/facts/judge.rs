//! A body beside the table of its type.

use serde_json::{Map, Value};

use super::finding::{Finding, Wrong};
use super::{Fact, Facts, Kind, Text, Whole, Written, member};

/// How much of a body is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// A PUT's.
    Whole,
    /// A PATCH's: what it lacks stays.
    Part,
}

struct Judge {
    refuses_unknown: bool,
    sent: Sent,
}

impl Facts {
    /// Judges the body of a request with this `api-version`.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn judge(&self, version: &str, sent: Sent, body: &Value) -> Result<(), Finding> {
        let refuses_unknown = self.unknown_refused_from.as_deref().is_some_and(|from| version.get(..10) >= Some(from));
        let judge = Judge { refuses_unknown, sent };
        match body {
            Value::Object(members) => judge.members(&self.members, members),
            other => Err(Finding::new(other, Wrong::Kind("object"))),
        }
    }
}

impl Judge {
    fn members(&self, facts: &[Fact], members: &Map<String, Value>) -> Result<(), Finding> {
        for (name, value) in members {
            match member(facts, name) {
                None if self.refuses_unknown => return Err(Finding::new(value, Wrong::Unknown).below(name)),
                Some(fact) if fact.written != Written::Never && !value.is_null() => {
                    self.value(&fact.kind, value).map_err(|finding| finding.below(name))?;
                }
                _ => {}
            }
        }
        if self.sent == Sent::Part {
            return Ok(());
        }
        let lacks = |fact: &&Fact| {
            let is_it = |(name, value): (&String, &Value)| name.eq_ignore_ascii_case(&fact.name) && !value.is_null();
            !members.iter().any(is_it)
        };
        match facts.iter().filter(|fact| fact.required && !fact.worded).find(lacks) {
            Some(fact) => Err(Finding::new(&Value::Null, Wrong::Missing).below(&fact.name)),
            None => Ok(()),
        }
    }

    fn value(&self, kind: &Kind, value: &Value) -> Result<(), Finding> {
        let other = |wanted| Err(Finding::new(value, Wrong::Kind(wanted)));
        match (kind, value) {
            (Kind::Any, _) | (Kind::Switch, Value::Bool(_)) | (Kind::Number, Value::Number(_)) => Ok(()),
            (Kind::Switch, _) => other("switch"),
            (Kind::Number, _) => other("number"),
            (Kind::Whole(whole), value) => whole.judge(value),
            (Kind::Text(text), Value::String(sent)) => text.judge(sent, value),
            (Kind::Text(_), _) => other("text"),
            (Kind::Object(facts), Value::Object(members)) => self.members(facts, members),
            (Kind::Map(kind), Value::Object(members)) => members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .try_for_each(|(name, value)| self.value(kind, value).map_err(|finding| finding.below(name))),
            (Kind::Object(_) | Kind::Map(_), _) => other("object"),
            (Kind::List(kind), Value::Array(entries)) => entries.iter().enumerate().try_for_each(|(at, entry)| {
                self.value(kind, entry).map_err(|finding| {
                    let name = finding.entry.clone().or_else(|| entry["name"].as_str().map(str::to_owned));
                    Finding { entry: name, ..finding }.below(&at.to_string())
                })
            }),
            (Kind::List(_), _) => other("list"),
        }
    }
}

/// A whole number: all that the tables have are of 32 bits. Some clients write them with a fraction of nothing.
pub(super) fn whole(value: &Value) -> Option<i64> {
    let number = value.as_i64().or_else(|| value.as_f64().filter(|it| it.fract() == 0.0).map(|it| it as i64))?;
    i32::try_from(number).ok().map(i64::from)
}

impl Whole {
    fn judge(&self, value: &Value) -> Result<(), Finding> {
        let number = match value {
            Value::String(text) if self.or_digits => text.parse::<i32>().ok().map(i64::from),
            value => whole(value),
        };
        let Some(number) = number else { return Err(Finding::new(value, Wrong::Kind("whole number"))) };
        match self.range {
            Some((least, most)) if !(least..=most).contains(&number) && self.or != Some(number) => {
                Err(Finding::new(value, Wrong::OutOfRange(least, most)))
            }
            _ => Ok(()),
        }
    }
}

impl Text {
    /// The one of the counted values that was sent.
    pub(super) fn known(&self, sent: &str) -> Option<&String> {
        self.one_of.iter().find(|one| letters(one).eq(letters(sent)))
    }

    fn judge(&self, sent: &str, value: &Value) -> Result<(), Finding> {
        if self.or_empty && sent.is_empty() {
            return Ok(());
        }
        if !self.one_of.is_empty() && self.known(sent).is_none() {
            return Err(Finding::new(value, Wrong::NotOneOf(self.one_of.clone())));
        }
        if let Some(most) = self.up_to
            && sent.chars().count() > most
        {
            return Err(Finding::new(value, Wrong::TooLong(most)));
        }
        match self.format {
            Some(format) if !(format.fits)(sent) => Err(Finding::new(value, Wrong::Malformed(format.what))),
            _ => Ok(()),
        }
    }
}

/// The letters of a value, without regard to case and to spaces (`SystemAssigned, UserAssigned`).
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_lowercase())
}
