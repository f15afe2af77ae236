//! Every recorded request is sent to the sandbox, in its place in its story, and every answer is laid beside the recorded one:
//! status, headers, each field and its type, the code of a refusal, and every value that was asked for.

mod asked;
pub(super) mod exceptions;
mod exchange;
mod headers;
mod shape;
mod story;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::asked::Asked;
use self::exceptions::{FIELDS, HEADERS, OMITTED, OTHERWISE, VALUES};
use self::exchange::{Exchange, Recording, recordings};
use self::story::Story;
use super::Got;
use crate::providers::PROVIDERS;

/// Fields that nobody asks for and that must say the same, once ids and names are the sandbox's.
const SAID: [&str; 9] = [
    "/id",
    "/name",
    "/type",
    "/kind",
    "/location",
    "/code",
    "/error/code",
    "/properties/provisioningState",
    "/sku/name",
];

/// What the comparison of an answer found, and which exceptions it made use of.
#[derive(Default)]
struct Findings {
    wrong: Vec<String>,
    used: BTreeSet<String>,
}

/// The last word of the type of what a path leads to: `managedclusters`.
fn kind_of(path: &str) -> String {
    let path = path.to_lowercase();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let back = |at: usize| parts.len().checked_sub(at).map_or("", |at| parts[at]);
    // Types and names alternate behind the provider; before it, behind the subscription.
    let start = parts.iter().rposition(|part| *part == "providers").map_or(0, |at| at + 2);
    if (parts.len() - start).is_multiple_of(2) { back(2) } else { back(1) }.to_owned()
}

impl Findings {
    fn compare(&mut self, story: &Story<'_>, asked: &Asked, file: &str, recorded: &Exchange, ours: &Got) {
        let place = format!("{file} {}: {} {}", recorded.seq, recorded.method(), recorded.path());
        let kind = kind_of(&recorded.path());
        if recorded.status() != ours.status {
            let body = ours.body.to_string();
            self.wrong.push(format!("{place}: {}; recorded: {}: {body:.300}", ours.status, recorded.status()));
            return;
        }
        for (name, what) in headers::differing(recorded, ours) {
            let excused = HEADERS
                .iter()
                .find(|one| one.file == file && one.name == name && one.exchanges.contains(&recorded.seq));
            match excused {
                Some(one) => drop(self.used.insert(format!("{file} {} {}", recorded.seq, one.name))),
                None => self.wrong.push(format!("{place}: header {name} {what}")),
            }
        }
        if !recorded.response_body.is_object() {
            if !ours.body.is_null() {
                self.wrong.push(format!("{place}: has a body; none was recorded: {}", ours.body));
            }
            return;
        }
        let lacking = shape::paired(&recorded.response_body, &ours.body)
            .into_iter()
            .flat_map(|(recorded, ours)| shape::lacking(&shape::shape(&recorded), &shape::shape(&ours)));
        for path in lacking {
            let below = |one: &str| path.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            match FIELDS.iter().find(|one| one.kind == kind && below(one.path)) {
                Some(one) => drop(self.used.insert(format!("{kind} {}", one.path))),
                None => self.wrong.push(format!("{kind} {path} ({place})")),
            }
        }
        for path in SAID {
            let Some(said) = recorded.response_body.pointer(path) else { continue };
            let ours = ours.body.pointer(path).unwrap_or(&Value::Null);
            // A recorder has put another id into the bodies of polls than into their URLs.
            if said.is_string() && !recorded.is_poll() && ours.as_str() != Some(&story.expected(said)) {
                self.wrong.push(format!("{place}: {path} is {ours}; recorded: {said}"));
            }
        }
        for (path, said) in asked.told_back(recorded) {
            let our = ours.body.pointer(&path).unwrap_or(&Value::Null);
            if story.same(&said, our) {
                continue;
            }
            match VALUES.iter().find(|one| one.file == file && one.path == path && said == one.recorded) {
                Some(one) => drop(self.used.insert(format!("{file} {} {}", one.path, one.recorded))),
                None => {
                    self.wrong.push(format!("{place}: {path} is {our}, although it was asked for; recorded: {said}"))
                }
            }
        }
        let ended =
            |body: &Value| ["Succeeded", "Failed", "Canceled"].contains(&body["status"].as_str().unwrap_or_default());
        if recorded.is_poll() && ended(&recorded.response_body) != ended(&ours.body) {
            self.wrong
                .push(format!("{place}: {}; recorded: {}", ours.body["status"], recorded.response_body["status"]));
        }
    }
}

async fn replay(recording: &Recording, findings: &mut Findings) {
    let mut story = Story::begin(recording).await;
    let mut asked = Asked::default();
    for (at, exchange) in recording.exchanges.iter().enumerate() {
        let got = story.go_on(&recording.exchanges[..at], exchange).await;
        asked.note(exchange);
        let omitted = |one: &&exceptions::Omitted| one.file == recording.file && one.exchanges.contains(&exchange.seq);
        match OMITTED.iter().find(omitted) {
            // An omission is for what the sandbox does not do; what it does is compared.
            Some(_) if got.status != exchange.status() => {
                findings.used.insert(format!("{} {}", recording.file, exchange.seq));
            }
            _ => findings.compare(&story, &asked, &recording.file, exchange, &got),
        }
    }
}

#[test]
fn every_recorded_exchange_is_counted_at_its_operation() {
    let Some(recordings) = recordings() else { return };
    let mut counted = BTreeMap::<_, BTreeMap<String, usize>>::new();
    for recording in &recordings {
        for exchange in &recording.exchanges {
            let path = exchange.path().to_lowercase();
            let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
            let row = PROVIDERS
                .coverage
                .find(&exchange.method(), &parts)
                .unwrap_or_else(|| panic!("{} {path}", exchange.method()));
            let files = counted.entry((row.0.clone(), row.1.clone())).or_default();
            *files.entry(recording.file.trim_end_matches(".jsonl").to_owned()).or_default() += 1;
        }
    }
    let rows = PROVIDERS.coverage.operations();
    let listed: BTreeMap<_, _> =
        rows.filter(|row| !row.5.is_empty()).map(|row| ((row.0.clone(), row.1.clone()), row.5.clone())).collect();
    assert_eq!(counted, listed, "src/sandbox/served.json");
}

#[tokio::test(start_paused = true)]
async fn every_recorded_request_is_answered_as_recorded() {
    let Some(recordings) = recordings() else { return };
    let mut findings = Findings::default();
    for recording in &recordings {
        replay(recording, &mut findings).await;
    }
    findings.wrong.sort();
    assert!(findings.wrong.is_empty(), "{} differences:\n{}", findings.wrong.len(), findings.wrong.join("\n"));
    let listed = FIELDS.iter().map(|one| format!("{} {}", one.kind, one.path));
    let listed = listed.chain(
        HEADERS
            .iter()
            .flat_map(|one| one.exchanges.iter().map(|exchange| format!("{} {exchange} {}", one.file, one.name))),
    );
    let listed = listed
        .chain(OMITTED.iter().flat_map(|one| one.exchanges.iter().map(|exchange| format!("{} {exchange}", one.file))));
    let listed = listed.chain(VALUES.iter().map(|one| format!("{} {} {}", one.file, one.path, one.recorded)));
    let listed: BTreeSet<String> = listed.collect();
    let idle: Vec<_> = listed.difference(&findings.used).collect();
    assert!(idle.is_empty(), "exceptions that no longer apply: {idle:#?}");
    for one in &OTHERWISE {
        let recording = recordings.iter().find(|recording| recording.file == one.file).expect(one.file);
        let holds = |exchange: &&Exchange| {
            exchange.url.contains(one.recorded) || exchange.request_body.to_string().contains(one.recorded)
        };
        assert!(recording.exchanges.iter().any(|it| holds(&it)), "{} does not say {}", one.file, one.recorded);
    }
}
