//! How a body is spoilt: values that no field takes, and what is done with one place of it.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Values that no field takes, or that are at the edge of what one takes.
fn wrong() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1e308),
        json!(0.1),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}"),
        json!("é/../%00'\"<>"),
        json!("x".repeat(5_000)),
        json!("9999-12-31T23:59:59Z"),
        json!([]),
        json!({}),
        json!([null]),
        json!([[[]]]),
        json!({"": null}),
        json!({"name": {"name": {}}}),
    ]
}

fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![select(wrong()), any::<String>().prop_map(Value::from), any::<i64>().prop_map(Value::from)]
}

/// How one place of a body is changed.
#[derive(Clone, Debug)]
pub(in crate::tests) enum Change {
    Replace(Value),
    Remove,
    Wrap,
    Rename(String),
    Double,
}

pub(in crate::tests) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => junk().prop_map(Change::Replace),
        2 => Just(Change::Remove),
        1 => Just(Change::Wrap),
        1 => "[a-zA-Z$ ]{0,12}".prop_map(Change::Rename),
        1 => Just(Change::Double),
    ]
}

/// Applies `change` at the place that `left` counts down to, in the order of the text; the places that were passed.
pub(in crate::tests) fn apply(value: &mut Value, left: &mut usize, change: &Change) {
    let here = |left: &mut usize| {
        let hit = *left == 0;
        *left = left.wrapping_sub(1);
        hit
    };
    match value {
        Value::Object(fields) => {
            for name in fields.keys().cloned().collect::<Vec<_>>() {
                if here(left) {
                    let Some(old) = fields.remove(&name) else { continue };
                    match change {
                        Change::Replace(new) => drop(fields.insert(name, new.clone())),
                        Change::Remove => {}
                        Change::Wrap => drop(fields.insert(name, json!([old]))),
                        Change::Rename(new) => drop(fields.insert(new.clone(), old)),
                        Change::Double => drop(fields.insert(name, json!([old.clone(), old]))),
                    }
                    return;
                }
                if let Some(inner) = fields.get_mut(&name) {
                    apply(inner, left, change);
                }
            }
        }
        Value::Array(items) => {
            for index in 0..items.len() {
                if here(left) {
                    match change {
                        Change::Replace(new) => items[index] = new.clone(),
                        Change::Remove => drop(items.remove(index)),
                        Change::Wrap | Change::Rename(_) => items[index] = json!([items[index]]),
                        Change::Double => items.push(items[index].clone()),
                    }
                    return;
                }
                apply(&mut items[index], left, change);
            }
        }
        _ => {}
    }
}
