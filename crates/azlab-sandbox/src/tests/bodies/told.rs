//! Bodies that are taken: what was sent is told back, as the table spells it.

use super::tables::{Place, placed, places, right, subjects};
use super::*;
use crate::arm::facts::{Fact, Kind, member};

/// What is not told as it was sent: what is for the request alone, and what the service says itself (docs/bodies.md).
const OTHERWISE: [(&str, &str); 7] = [
    ("Resources/tags", "/operation"),
    ("policyDefinitions", "/properties/policyType"),
    ("vaults", "/properties/createMode"),
    ("accounts", "/properties/restore"),
    ("managedClusters", "/kind"),
    ("managedClusters", "/properties/identityProfile"),
    ("deployments", "/properties/currentCapacity"),
];

/// `body` in capitals: the names that the table has, and the values that it counts.
fn in_capitals(facts: &[Fact], body: &Value) -> Value {
    fn of(kind: &Kind, value: &Value) -> Value {
        match (kind, value) {
            (Kind::Text(text), Value::String(sent)) if !text.one_of.is_empty() => sent.to_uppercase().into(),
            (Kind::Object(facts), value) => in_capitals(facts, value),
            (Kind::List(kind), Value::Array(all)) => all.iter().map(|value| of(kind, value)).collect(),
            (Kind::Map(kind), Value::Object(all)) => {
                all.iter().map(|(name, value)| (name.clone(), of(kind, value))).collect()
            }
            _ => value.clone(),
        }
    }
    let Value::Object(all) = body else { return body.clone() };
    let entry = |(name, value): (&String, &Value)| match member(facts, name) {
        Some(fact) => (name.to_uppercase(), of(&fact.kind, value)),
        None => (name.clone(), value.clone()),
    };
    all.iter().map(entry).collect()
}

#[tokio::test(start_paused = true)]
async fn a_body_in_capitals_makes_the_same_and_is_told_as_azure_writes_it() {
    let ((plain, principal), (loud, its_principal)) = (lab().await, lab().await);
    let mut count = 0;
    for ((facts, method, path, body), other) in subjects(&principal).into_iter().zip(subjects(&its_principal)) {
        let made = plain.send(method.clone(), &path, Some(body)).await;
        assert!(made.status.is_success(), "{}: {}", facts.name, made.body);
        let too = loud.send(method.clone(), &path, Some(in_capitals(&facts.members, &other.3))).await;
        assert_eq!(too.status, made.status, "{}: {}", facts.name, too.body);
        if method == Method::POST {
            // Questions leave nothing behind. The keys of two accounts differ.
            let is_key = facts.name.ends_with("regenerateKey");
            assert!(is_key || too.body == made.body, "{}: {} and not {}", facts.name, too.body, made.body);
            continue;
        }
        plain.wait(400).await;
        loud.wait(400).await;
        let (made, too) = (plain.get(&path).await.body, loud.get(&path).await.body);
        let mut all = Vec::new();
        places(&facts.members, "", &mut all);
        // Of objects what lies in them is compared, but for what the service says; the principals differ.
        let is_leaf = |place: &&Place| place.fact.kind.members().is_none() && place.fact.name != "principalId";
        for place in all.iter().filter(is_leaf) {
            assert_eq!(too.pointer(&place.pointer), made.pointer(&place.pointer), "{} {}", facts.name, place.pointer);
            count += usize::from(made.pointer(&place.pointer).is_some());
        }
    }
    assert!(count > 40, "{count}");
}

/// Whether all of `asked` is in `told`, which may have more.
fn is_in(asked: &Value, told: &Value) -> bool {
    match (asked, told) {
        (Value::Object(asked), told) => asked.iter().all(|(name, asked)| is_in(asked, &told[name])),
        (Value::Array(asked), Value::Array(told)) => {
            asked.len() == told.len() && asked.iter().zip(told).all(|(asked, told)| is_in(asked, told))
        }
        (asked, told) => asked == told,
    }
}

/// What of a value is told.
fn without_secrets(fact: &Fact, mut value: Value) -> Value {
    for secret in fact.kind.members().into_iter().flatten().filter(|fact| fact.secret) {
        value.as_object_mut().map(|all| all.remove(&secret.name));
    }
    value
}

/// Types whose names are kept after their end, or that take long to make: each value gets a lab of its own.
fn stays(path: &str) -> bool {
    path.contains("/accounts/new?") || path == VAULT
}

#[tokio::test(start_paused = true)]
async fn every_property_that_can_be_written_is_told_back() {
    let (mut azure, mut principal) = lab().await;
    let (mut count, mut lost) = (0, Vec::new());
    for at in 0..subjects(&principal).len() {
        let (facts, method, path, body) = subjects(&principal).swap_remove(at);
        if method == Method::POST {
            continue;
        }
        let mut all = Vec::new();
        places(&facts.members, "", &mut all);
        let is_told = |place: &&Place| {
            let is_it = |(of, pointer): &(&str, &str)| facts.name.ends_with(of) && place.pointer.starts_with(pointer);
            !OTHERWISE.iter().any(is_it)
        };
        for place in all.iter().filter(is_told).filter(|place| body.pointer(&place.pointer).is_none()) {
            if stays(&path) {
                (azure, principal) = lab().await;
            }
            let asked = placed(facts, &body, place, right(&place.fact.kind));
            let got = azure.send(method.clone(), &path, Some(asked.clone())).await;
            if !got.status.is_success() {
                // What properties ask of each other.
                continue;
            }
            azure.wait(400).await;
            let told = azure.get(&path).await.body;
            let pointer = |body: &Value| body.pointer(&place.pointer).cloned().unwrap_or_default();
            let as_it_should = match place.fact.secret {
                true => pointer(&told).is_null(),
                false => is_in(&without_secrets(&place.fact, pointer(&asked)), &pointer(&told)),
            };
            if !as_it_should {
                lost.push(format!("{} {}: {} and not {}", facts.name, place.pointer, pointer(&told), pointer(&asked)));
            }
            count += 1;
            if method == Method::PUT && !stays(&path) {
                azure.delete(&path).await;
                azure.wait(1000).await;
            }
        }
    }
    assert!(lost.is_empty(), "{} of {count}:\n{}", lost.len(), lost.join("\n"));
    assert!(count > 400, "{count}");
}
