//! What a request changes although it stays after the creation.

use serde_json::Value;

use super::finding::{Finding, Wrong};
use super::{Fact, Facts, Kind, Written, member};

impl Facts {
    /// Compares what is sent with what there is. What there is without a value takes one.
    ///
    /// # Errors
    /// The first property that stays as it was made, and is sent otherwise.
    pub fn stays(&self, sent: &Value, found: &Value) -> Result<(), Finding> {
        members(&self.members, sent, found)
    }
}

fn members(facts: &[Fact], sent: &Value, found: &Value) -> Result<(), Finding> {
    let (Value::Object(sent), Value::Object(_)) = (sent, found) else { return Ok(()) };
    for (name, sent) in sent {
        let Some(fact) = member(facts, name) else { continue };
        let found = &found[&fact.name];
        match fact.written {
            Written::Once if !fact.worded && !says_nothing(sent) && !says_nothing(found) && !same(sent, found) => {
                return Err(Finding::new(sent, Wrong::Changed).below(name));
            }
            Written::Always => value(&fact.kind, sent, found).map_err(|finding| finding.below(name))?,
            _ => {}
        }
    }
    Ok(())
}

fn value(kind: &Kind, sent: &Value, found: &Value) -> Result<(), Finding> {
    match (kind, sent) {
        (Kind::Object(facts), _) => members(facts, sent, found),
        // Entries are the same if they have the same name.
        (Kind::List(kind), Value::Array(entries)) if kind.members().is_some() => {
            entries.iter().enumerate().try_for_each(|(at, entry)| {
                let namesake = found.as_array().into_iter().flatten().find(|one| {
                    let name = one["name"].as_str();
                    name.is_some_and(|name| entry["name"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(name)))
                });
                let Some(found) = namesake else { return Ok(()) };
                value(kind, entry, found).map_err(|finding| {
                    let name = entry["name"].as_str().map(str::to_owned);
                    Finding { entry: finding.entry.clone().or(name), ..finding }.below(&at.to_string())
                })
            })
        }
        _ => Ok(()),
    }
}

/// Whether a value stands for none: services fill in what they choose.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        Value::Object(members) => members.values().all(says_nothing),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(_) => false,
    }
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.trim().eq_ignore_ascii_case(other.trim()),
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        // What is not sent of an object stays.
        (Value::Object(one), Value::Object(other)) => {
            one.iter().all(|(name, one)| says_nothing(one) || other.get(name).is_none_or(|other| same(one, other)))
        }
        (one, other) => one == other,
    }
}
