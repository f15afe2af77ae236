//! A body as its table spells it. Services read the names of members, and values that are counted, without regard to case, and tell
//! them in their own; what handles a body looks for theirs.

use std::mem;

use serde_json::{Map, Value};

use super::{Fact, Facts, Kind, Written, member};

impl Facts {
    /// Writes names and counted values of a body that was judged as the table has them. Of two members whose names differ in
    /// case alone one counts, as of two with the same name.
    pub fn spell(&self, body: &mut Value) {
        if let Value::Object(all) = body {
            members(&self.members, all);
        }
    }
}

fn members(facts: &[Fact], all: &mut Map<String, Value>) {
    let is_spelled = |name: &String| facts.iter().any(|fact| fact.name == *name) || member(facts, name).is_none();
    if !all.keys().all(is_spelled) {
        let spelled = |name: String| member(facts, &name).map_or(name, |fact| fact.name.clone());
        *all = mem::take(all).into_iter().map(|(name, value)| (spelled(name), value)).collect();
    }
    for (name, sent) in all.iter_mut() {
        let fact = facts.iter().find(|fact| fact.name == *name);
        if let Some(fact) = fact.filter(|fact| fact.written != Written::Never) {
            value(&fact.kind, sent);
        }
    }
}

fn value(kind: &Kind, sent: &mut Value) {
    match (kind, sent) {
        (Kind::Text(text), Value::String(sent)) => {
            if let Some(known) = text.known(sent).filter(|known| *known != sent) {
                sent.clone_from(known);
            }
        }
        // A whole number that was written with a fraction of nothing.
        (Kind::Whole(_), sent @ Value::Number(_)) => {
            if let Some(number) = super::judge::whole(sent) {
                *sent = number.into();
            }
        }
        (Kind::Object(facts), Value::Object(all)) => members(facts, all),
        (Kind::List(kind), Value::Array(entries)) => entries.iter_mut().for_each(|entry| value(kind, entry)),
        (Kind::Map(kind), Value::Object(all)) => all.values_mut().for_each(|entry| value(kind, entry)),
        _ => {}
    }
}

#[test]
fn names_and_counted_values_are_spelled_as_the_table_has_them_and_nothing_else_is_touched() {
    use crate::arm::facts::parse::Tables;
    use serde_json::json;

    let table = "type Things/pools\n  name text\n  mode text one-of System|User,~Both\n  count whole\n  old text read-only one-of A\n  \
                 tags map text\n  in list object\n    kind text one-of One\n";
    let mut body = json!({
        "NAME": "As It Is", "Mode": "user,both", "count": 3.0, "old": "a", "tags": {"NAME": "x"}, "In": [{"KIND": "ONE"}, "x"],
        "Unknown": {"mode": "user"},
    });
    Tables::read(table).of("pools").spell(&mut body);
    let spelled = json!({
        "name": "As It Is", "mode": "User, Both", "count": 3, "old": "a", "tags": {"NAME": "x"}, "in": [{"kind": "One"}, "x"],
        "Unknown": {"mode": "user"},
    });
    assert_eq!(body, spelled);
}
