//! What a later look tells of a body, beside what the service makes of it.

use serde_json::{Map, Value};

use super::{Fact, Facts, Kind, Written, member};

impl Facts {
    /// Gives `body`, which a provider has made, what was `sent` and can be written, where the provider has said nothing itself.
    pub fn tell(&self, sent: &Value, body: &mut Value) {
        if let (Value::Object(sent), Value::Object(body)) = (sent, body) {
            members(&self.members, sent, body);
        }
    }

    /// Takes what no look tells out of a body.
    pub fn forget_secrets(&self, body: &mut Value) {
        forget(&self.members, body);
    }
}

fn forget(facts: &[Fact], body: &mut Value) {
    let Value::Object(all) = body else { return };
    for fact in facts {
        if fact.secret {
            all.remove(&fact.name);
        } else if let (Kind::Object(facts), Some(below)) = (&fact.kind, all.get_mut(&fact.name)) {
            forget(facts, below);
        }
    }
}

fn members(facts: &[Fact], sent: &Map<String, Value>, body: &mut Map<String, Value>) {
    // An identity is told by what assigns it.
    for (name, value) in sent.iter().filter(|(name, value)| !value.is_null() && *name != "identity") {
        let Some(fact) = member(facts, name).filter(|fact| fact.written != Written::Never) else { continue };
        let told = body.get_mut(&fact.name).filter(|told| !told.is_null());
        match (&fact.kind, value, told) {
            (Kind::Object(facts), Value::Object(sent), Some(Value::Object(told))) => members(facts, sent, told),
            (Kind::Object(facts), Value::Object(sent), None) => {
                let mut told = Map::new();
                members(facts, sent, &mut told);
                if !told.is_empty() {
                    body.insert(fact.name.clone(), told.into());
                }
            }
            (_, value, None) => drop(body.insert(fact.name.clone(), value.clone())),
            _ => {}
        }
    }
}

#[test]
fn what_the_provider_says_stands_and_what_is_read_only_or_unknown_is_not_taken_over() {
    use crate::arm::facts::parse::Tables;
    use serde_json::json;

    let table = "type Things/pools\n  size whole\n  state text read-only\n  in object\n    a text\n    b text\n  list list any\n  none text\n  more object\n    c text\n";
    let mut body = json!({"size": 1, "in": {"a": "mine"}, "none": null});
    let sent = json!({"size": 2, "state": "x", "other": 1, "in": {"a": "theirs", "b": "b"}, "list": [1], "none": "some", "more": {"c": null}});
    Tables::read(table).of("pools").tell(&sent, &mut body);
    assert_eq!(body, json!({"size": 1, "in": {"a": "mine", "b": "b"}, "list": [1], "none": "some"}));
}
