//! Bodies made from the tables: a wrong value at any property is refused by its name, a right one is taken.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::arm::facts::finding::{Finding, Wrong};
use crate::arm::facts::judge::Sent;
use crate::arm::facts::{Fact, Facts, Kind, Written};
use crate::providers::PROVIDERS;
use crate::tests::hostile::paused;

/// A property, where a body has it, and what it takes.
pub(super) struct Place {
    /// A JSON pointer; the first entry of each list, one member of each map.
    pub pointer: String,
    pub fact: Fact,
}

pub(super) fn places(facts: &[Fact], above: &str, found: &mut Vec<Place>) {
    for fact in facts.iter().filter(|fact| fact.written != Written::Never) {
        let pointer = format!("{above}/{}", fact.name);
        found.push(Place { pointer: pointer.clone(), fact: fact.clone() });
        let mut below = pointer;
        let mut kind = &fact.kind;
        while let Kind::List(inner) | Kind::Map(inner) = kind {
            below += if matches!(kind, Kind::List(_)) { "/0" } else { "/some" };
            kind = inner;
        }
        if let Kind::Object(facts) = kind {
            places(facts, &below, found);
        }
    }
}

/// A value that fits, as small as can be.
pub(super) fn right(kind: &Kind) -> Value {
    match kind {
        Kind::Any | Kind::Switch => json!(true),
        Kind::Number => json!(1.5),
        Kind::Whole(whole) => json!(whole.range.map_or(7, |(least, _)| least)),
        Kind::Text(text) => match (text.one_of.first(), text.format) {
            (Some(value), _) => json!(value),
            (None, Some(format)) => json!(format.examples.0),
            (None, None) => json!("x"),
        },
        Kind::Object(facts) => {
            let needed = facts.iter().filter(|fact| fact.required);
            Value::Object(needed.map(|fact| (fact.name.clone(), right(&fact.kind))).collect())
        }
        Kind::List(kind) => json!([right(kind)]),
        Kind::Map(kind) => json!({"some": right(kind)}),
    }
}

/// Values that do not fit, one for each thing that is known.
fn wrong(kind: &Kind) -> Vec<Value> {
    match kind {
        Kind::Any => Vec::new(),
        Kind::Switch => vec![json!("true"), json!(1), json!([])],
        Kind::Number => vec![json!("1.5"), json!({})],
        Kind::Whole(whole) => {
            let beyond_32_bits = [i64::from(i32::MAX) + 1, i64::from(i32::MIN) - 1].map(|it| json!(it));
            let mut all = vec![json!("seven"), json!(1.5), json!(true), json!(3e9)];
            all.extend(beyond_32_bits);
            all.extend(whole.or_digits.then(|| json!("2147483648")));
            if let Some((least, most)) = whole.range {
                all.extend([least - 1, most + 1].into_iter().filter(|it| whole.or != Some(*it)).map(|it| json!(it)));
            }
            all
        }
        Kind::Text(text) => {
            let mut all = vec![json!(5), json!(["x"]), json!({})];
            all.extend((!text.one_of.is_empty()).then(|| json!("none-of-them")));
            all.extend(text.format.map(|format| json!(format.examples.1)));
            all.extend(text.up_to.map(|most| json!("x".repeat(most + 1))));
            all
        }
        Kind::Object(_) => vec![json!("x"), json!([]), json!(5)],
        Kind::List(kind) => {
            let inner = wrong(kind).into_iter().map(|value| json!([right(kind), value]));
            [json!("x"), json!({})].into_iter().chain(inner).collect()
        }
        Kind::Map(kind) => {
            let inner = wrong(kind).into_iter().map(|value| json!({"some": value}));
            [json!("x"), json!([])].into_iter().chain(inner).collect()
        }
    }
}

/// A type with the path and the body of a request that is taken, in a lab as [`lab`] makes it.
pub(super) fn subjects(principal: &str) -> Vec<(&'static Facts, Method, String, Value)> {
    let facts = |name: &str| {
        let all = PROVIDERS.iter().flat_map(|provider| provider.bodies());
        all.into_iter().find(|facts| facts.name.ends_with(name)).unwrap()
    };
    let all = vec![
        ("/resourceGroups", Method::PUT, GROUP.replace("/lab?", "/new?"), json!({"location": "westeurope"})),
        ("/managedClusters", Method::PUT, CLUSTER.replace("/aks?", "/new?"), cluster()),
        ("/managedClusters/tags", Method::PATCH, CLUSTER.to_owned(), json!({"tags": {"a": "b"}})),
        ("/agentPools", Method::PUT, child(CLUSTER, POOL), pool()),
        (
            "/maintenanceConfigurations",
            Method::PUT,
            child(CLUSTER, "maintenanceConfigurations/default"),
            json!({"properties": {}}),
        ),
        (
            "/userAssignedIdentities",
            Method::PUT,
            IDENTITY.replace("/ident?", "/new?"),
            json!({"location": "westeurope"}),
        ),
        ("/federatedIdentityCredentials", Method::PUT, child(IDENTITY, CREDENTIAL), credential()),
        (
            "/accounts",
            Method::PUT,
            ACCOUNT.replace("/openai1?", "/new?"),
            with(account(), "/properties/customSubDomainName", json!("new")),
        ),
        ("/deployments", Method::PUT, child(ACCOUNT, DEPLOYMENT), deployment("gpt-35-turbo", "0125", json!(1))),
        ("/raiPolicies", Method::PUT, child(ACCOUNT, "raiPolicies/strict"), json!({"properties": {}})),
        ("/projects", Method::PUT, child(FOUNDRY, "projects/p1"), json!({"location": "westeurope", "properties": {}})),
        ("/roleAssignments", Method::PUT, assignment_path(), role_assignment(principal)),
        ("/roleDefinitions", Method::PUT, OWN_ROLE.to_owned(), own_role()),
        ("Resources/tags", Method::PUT, TAGS.to_owned(), json!({"properties": {"tags": {"a": "b"}}})),
        ("/policyDefinitions", Method::PUT, POLICY.to_owned(), policy()),
        ("/policyAssignments", Method::PUT, POLICY_ASSIGNMENT.to_owned(), policy_assignment("westeurope")),
        ("/vaults", Method::PUT, VAULT.to_owned(), vault()),
        (
            "/checkNameAvailability",
            Method::POST,
            "/providers/Microsoft.KeyVault/checkNameAvailability?api-version=2023-07-01".to_owned(),
            json!({"name": "kv-free1", "type": "Microsoft.KeyVault/vaults"}),
        ),
        ("/regenerateKey", Method::POST, child(ACCOUNT, "regenerateKey"), json!({"keyName": "Key1"})),
        (
            "/checkDomainAvailability",
            Method::POST,
            "/providers/Microsoft.CognitiveServices/checkDomainAvailability?api-version=2024-10-01".to_owned(),
            json!({"subdomainName": "free", "type": "Microsoft.CognitiveServices/accounts"}),
        ),
        (
            "/checkSkuAvailability",
            Method::POST,
            "/providers/Microsoft.CognitiveServices/locations/westeurope/checkSkuAvailability?api-version=2024-10-01"
                .to_owned(),
            json!({"skus": ["S0"], "kind": "OpenAI", "type": "Microsoft.CognitiveServices/accounts"}),
        ),
        ("/runCommand", Method::POST, child(CLUSTER, "runCommand"), json!({"command": "kubectl get pods"})),
        (
            "ResourceGraph/resources",
            Method::POST,
            RESOURCE_GRAPH.to_owned(),
            json!({"query": "resources | project name"}),
        ),
        // Last, for what it lies on can no longer be deleted.
        ("/locks", Method::PUT, LOCK.to_owned(), json!({"properties": {"level": "CanNotDelete"}})),
    ];
    let all: Vec<_> = all.into_iter().map(|(name, method, path, body)| (facts(name), method, path, body)).collect();
    let tables = PROVIDERS.iter().map(|provider| provider.bodies().len()).sum::<usize>();
    assert_eq!(all.len(), tables, "every table has a body here");
    all
}

/// How much of a body a request has.
fn sent_by(method: &Method) -> Sent {
    if *method == Method::PATCH { Sent::Part } else { Sent::Whole }
}

/// `body` with `value` at the property; whatever it lies in is there, with what that needs.
pub(super) fn placed(facts: &Facts, body: &Value, place: &Place, value: Value) -> Value {
    let mut body = body.clone();
    let names: Vec<&str> = place.pointer.split('/').skip(1).collect();
    for end in 1..names.len() {
        let above = format!("/{}", names[..end].join("/"));
        if body.pointer(&above).is_some_and(|it| !it.is_null()) {
            continue;
        }
        let path: Vec<&str> = names[..end].iter().filter(|it| **it != "0" && **it != "some").copied().collect();
        let mut kind = &facts.at(&path).unwrap().kind;
        for _ in names[..end].iter().rev().take_while(|it| **it == "0" || **it == "some") {
            if let Kind::List(inner) | Kind::Map(inner) = kind {
                kind = inner;
            }
        }
        body = with(body, &above, right(kind));
    }
    with(body, &place.pointer, value)
}

/// `body` with a member that the type does not have, in the object at the property, or in those in its list or map.
fn unknown_below(facts: &Facts, body: &Value, place: &Place) -> Value {
    let mut kind = &place.fact.kind;
    let mut pointer = place.pointer.clone();
    let value = body.pointer(&pointer).filter(|it| !it.is_null()).cloned().unwrap_or_else(|| right(kind));
    while let Kind::List(inner) | Kind::Map(inner) = kind {
        pointer += if matches!(kind, Kind::List(_)) { "/0" } else { "/some" };
        kind = inner;
    }
    with(placed(facts, body, place, value), &format!("{pointer}/banana"), json!(1))
}

fn is_named(got: &Got, name: &str) -> bool {
    got.body.to_string().contains(name) || name == "osDiskSizeGB" && got.body.to_string().contains("OSDiskSize")
}

#[tokio::test(start_paused = true)]
async fn a_wrong_value_at_any_property_is_refused_by_its_name_and_nothing_is_made() {
    let (azure, principal) = lab().await;
    let (mut count, mut taken) = (0, Vec::new());
    for (facts, method, path, body) in subjects(&principal) {
        let mut all = Vec::new();
        places(&facts.members, "", &mut all);
        for place in &all {
            for value in wrong(&place.fact.kind) {
                let asked = placed(facts, &body, place, value.clone());
                let got = azure.send(method.clone(), &path, Some(asked)).await;
                count += 1;
                // `InvalidRequestContent`, `InvalidParameter`, `UnmarshalError`, and the providers' own.
                if got.status != 400 || got.code().is_empty() || !is_named(&got, &place.fact.name) {
                    let body = got.body.to_string();
                    taken.push(format!("{} {} = {value:.60}: {} {body:.200}", facts.name, place.pointer, got.status));
                }
            }
        }
        if facts.unknown_refused_from.is_some() {
            let objects = all.iter().filter(|place| place.fact.kind.members().is_some());
            for asked in std::iter::once(with(body.clone(), "/banana", json!(1)))
                .chain(objects.map(|place| unknown_below(facts, &body, place)))
            {
                let unknown = azure.send(method.clone(), &path, Some(asked.clone())).await;
                count += 1;
                if unknown.status != 400 || !is_named(&unknown, "banana") {
                    taken.push(format!("{}: an unknown property in {asked}: {}", facts.name, unknown.body));
                }
            }
        }
        if method == Method::PUT {
            assert_eq!(
                azure.get(&path).await.status,
                if facts.unknown_refused_from.is_some() { 404 } else { azure.get(&path).await.status.as_u16() }
            );
        }
    }
    assert!(taken.is_empty(), "{} of {count}:\n{}", taken.len(), taken.join("\n"));
    assert!(count > 1500, "{count}");
}

#[test]
fn a_right_value_at_any_property_fits() {
    let mut count = 0;
    for (facts, method, _, body) in subjects("6f9619ff-8b86-4d01-b42d-00cf4fc964ff") {
        let mut all = Vec::new();
        places(&facts.members, "", &mut all);
        let sent = sent_by(&method);
        for place in &all {
            let mut values = vec![right(&place.fact.kind), Value::Null];
            if let Kind::Text(text) = &place.fact.kind {
                values.extend(text.one_of.iter().map(|value| json!(value.to_uppercase())));
                values.extend(text.or_empty.then(|| json!("")));
            }
            if let Kind::Whole(whole) = &place.fact.kind {
                values.extend(whole.or.map(|it| json!(it)));
                values.extend(whole.range.map(|(_, most)| json!(most)));
            }
            for value in values.into_iter().filter(|value| !(value.is_null() && place.fact.required)) {
                let asked = placed(facts, &body, place, value.clone());
                let judged = facts.judge("2025-08-01", sent, &asked);
                assert_eq!(judged, Ok(()), "{} {} = {value}", facts.name, place.pointer);
                count += 1;
            }
        }
    }
    assert!(count > 500, "{count}");
}

#[test]
fn what_is_required_is_missed_by_its_name() {
    for (facts, _, _, body) in subjects("6f9619ff-8b86-4d01-b42d-00cf4fc964ff") {
        let mut all = Vec::new();
        places(&facts.members, "", &mut all);
        for place in all.iter().filter(|place| place.fact.required && !place.fact.worded) {
            let asked = placed(facts, &body, place, Value::Null);
            let finding = facts.judge("2025-08-01", Sent::Whole, &asked).unwrap_err();
            assert_eq!(finding.name(), place.fact.name, "{} {}", facts.name, place.pointer);
        }
    }
}

/// The pointers of the properties that the service says, at any depth.
fn said_by_the_service(facts: &[Fact], above: &str, found: &mut Vec<String>) {
    for fact in facts {
        let pointer = format!("{above}/{}", fact.name);
        match (&fact.kind, fact.written) {
            (_, Written::Never) => found.push(pointer),
            (Kind::Object(facts), _) => said_by_the_service(facts, &pointer, found),
            _ => {}
        }
    }
}

#[test]
fn what_the_service_says_counts_for_nothing_whatever_is_sent() {
    let mut count = 0;
    for (facts, method, _, body) in subjects("6f9619ff-8b86-4d01-b42d-00cf4fc964ff") {
        let sent = sent_by(&method);
        let mut all = Vec::new();
        said_by_the_service(&facts.members, "", &mut all);
        for pointer in all {
            for value in [json!("x"), json!(5), json!(true), json!(["x"]), json!({"x": 1})] {
                let asked = with(body.clone(), &pointer, value);
                let required = facts.judge("2025-08-01", sent, &asked);
                let is_missing = |finding: &Finding| finding.wrong == Wrong::Missing;
                assert!(required.as_ref().map_or_else(is_missing, |()| true), "{} {pointer}: {required:?}", facts.name);
                assert_eq!(facts.stays(&asked, &body), Ok(()), "{} {pointer}", facts.name);
                count += 1;
            }
        }
    }
    assert!(count > 200, "{count}");
}

#[test]
fn what_is_said_once_cannot_be_said_otherwise() {
    let mut count = 0;
    for (facts, _, _, body) in subjects("6f9619ff-8b86-4d01-b42d-00cf4fc964ff") {
        let mut all = Vec::new();
        places(&facts.members, "", &mut all);
        for place in all.iter().filter(|place| place.fact.written == Written::Once && !place.fact.worded) {
            let other = match &place.fact.kind {
                Kind::Switch => json!(false),
                Kind::Whole(whole) => json!(whole.range.map_or(8, |(_, most)| most)),
                Kind::Number => json!(2.5),
                Kind::Text(text) if text.one_of.len() > 1 => json!(text.one_of[1]),
                Kind::Text(text) if text.one_of.is_empty() => {
                    json!(format!("{}y", right(&place.fact.kind).as_str().unwrap()))
                }
                Kind::List(kind) => json!([right(kind), right(kind)]),
                _ => continue,
            };
            let (before, after) = (right(&place.fact.kind), other);
            // Where an entry of a list has no name, it is no other's.
            let before =
                with(placed(facts, &body, place, before), "/properties/agentPoolProfiles/0/name", json!("nodepool1"));
            let after = with(before.clone(), &place.pointer, after);
            assert_eq!(facts.stays(&before, &before), Ok(()), "{}", place.pointer);
            let finding = facts.stays(&after, &before).unwrap_err();
            assert_eq!(finding.name(), place.fact.name, "{} {}", facts.name, place.pointer);
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Several right values at once, and then one wrong one among them.
    #[test]
    fn of_several_values_the_wrong_one_is_named(which: Index, picked in proptest::collection::vec(any::<Index>(), 1..6), broken: Index, how: Index) {
        paused().block_on(async {
            let (azure, principal) = lab().await;
            let subjects = subjects(&principal);
            let (facts, method, path, body) = which.get(&subjects);
            let mut all = Vec::new();
            places(&facts.members, "", &mut all);
            let sent = sent_by(method);
            let mut asked = body.clone();
            for place in picked.iter().map(|index| index.get(&all)) {
                // What the valid body has stays: names of models, and the like.
                if body.pointer(&place.pointer).is_none() {
                    asked = placed(facts, &asked, place, right(&place.fact.kind));
                }
            }
            prop_assert_eq!(facts.judge("2025-08-01", sent, &asked), Ok(()));
            let breakable: Vec<&Place> = all.iter().filter(|place| !wrong(&place.fact.kind).is_empty()).collect();
            let place = broken.get(&breakable);
            let values = wrong(&place.fact.kind);
            let got = azure.send(method.clone(), path, Some(placed(facts, &asked, place, how.get(&values).clone()))).await;
            prop_assert!(got.status == 400 && is_named(&got, &place.fact.name), "{}: {} {}", place.pointer, got.status, got.body);
            Ok(())
        })?;
    }
}
