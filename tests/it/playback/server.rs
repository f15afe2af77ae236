//! The recorded creates, assembled into one lab and played back as a server.
//!
//! What was recorded is answered as recorded, under the lab's names: a write of a resource gets its recorded writes in
//! turn, up to the one that was granted; a poll gets the recorded polls in turn. Where the recorder did not ask what the
//! recipe asks, these rules fill in, and nothing else does:
//! - A GET of a resource that was not created yet gets the 404 recorded for that resource (before the create or, the same
//!   to the service, after its deletion).
//! - A GET while polls of its operation are left gets the body of the answer to the PUT. After them it gets the recorded
//!   GET that followed the create or, where there is none, that body still.
//! - A list below a parent holds the body of the resource that was created below it, in the envelope of a recorded list.
//! - What the recorded answer had taken from the recorded request, it takes from ours: tags, location, issuer, model.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use azlab::azure::transport::{Transport, TransportError};
use azlab::lab::ids;
use azlab::lab::spec::LabSpec;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::exchange::{Asked, Exchange, Recording, SUBSCRIPTION, recordings};

/// Where the recorded clusters and identities are.
pub const LOCATION: &str = "westus2";
/// The principal of the recorded identity.
pub const PRINCIPAL: &str = "fb25ca0a-e028-430c-8099-5b17b40521fe";

/// One resource's recorded create.
#[derive(Debug)]
struct Tape {
    /// Its path, in lower case.
    path: String,
    absent: Option<Exchange>,
    writes: VecDeque<Exchange>,
    polls: VecDeque<Exchange>,
    after: Option<Exchange>,
    /// The answer to the PUT that was granted, and what to answer in its stead.
    granted: Option<(Exchange, Value)>,
}

impl Tape {
    /// The create of the resource at `path` (an ARM id), from `file` with `names` replaced.
    fn new(all: &[Recording], file: &str, path: &str, names: &[(&str, &str)]) -> Self {
        let recording = all.iter().find(|one| one.name == file).unwrap_or_else(|| panic!("{file} is missing"));
        let renamed = recording.lines.iter().map(|line| {
            let line = names.iter().fold(line.clone(), |line, (recorded, ours)| line.replace(recorded, ours));
            serde_json::from_str::<Exchange>(&line).expect("an exchange")
        });
        let exchanges: Vec<Exchange> = renamed.collect();
        let path = path.to_ascii_lowercase();
        let mut of_it = exchanges.iter().filter(|one| one.path() == path);
        let absent = of_it.clone().find(|one| one.method == "GET" && one.status() == 404).cloned();
        let mut writes = VecDeque::new();
        for write in of_it.by_ref().filter(|one| one.method == "PUT") {
            writes.push_back(write.clone());
            if write.status().is_success() {
                break;
            }
        }
        let granted = writes.back().unwrap_or_else(|| panic!("{file} does not create {path}"));
        let url = granted.header("azure-asyncoperation").unwrap_or_default();
        let polls = exchanges.iter().filter(|one| one.method == "GET" && one.url == url).cloned().collect();
        let after = of_it.find(|one| one.method == "GET").cloned();
        Self { path, absent, writes, polls, after, granted: None }
    }

    fn write(&mut self, asked: &Asked) -> Result<http::Response<Bytes>, TransportError> {
        let write = self.writes.pop_front().ok_or_else(|| unrecorded(asked, "one more write"))?;
        if !write.status().is_success() {
            return Ok(write.response());
        }
        let ours: Value = serde_json::from_slice(&asked.body).map_err(|error| unrecorded(asked, &error.to_string()))?;
        let body = echo(&write.response_body, &write.request_body, &ours);
        let response = write.response_with(&body);
        self.granted = Some((write, ours));
        Ok(response)
    }

    /// The resource as it is now.
    fn body(&self) -> Option<Value> {
        let (write, ours) = self.granted.as_ref()?;
        let shown = self.after.as_ref().filter(|_| self.polls.is_empty()).unwrap_or(write);
        Some(echo(&shown.response_body, &write.request_body, ours))
    }

    fn read(&self, asked: &Asked) -> Result<http::Response<Bytes>, TransportError> {
        match (self.body(), &self.absent) {
            (Some(body), _) => Ok(http::Response::new(Bytes::from(body.to_string()))),
            (None, Some(absent)) => Ok(absent.response()),
            (None, None) => Err(unrecorded(asked, "its absence")),
        }
    }
}

fn unrecorded(asked: &Asked, what: &str) -> TransportError {
    TransportError::Invalid(format!("not recorded for {} {}: {what}", asked.method, asked.uri))
}

/// `answer`, with what it had taken from `request` taken from `ours`.
fn echo(answer: &Value, request: &Value, ours: &Value) -> Value {
    match (answer, request, ours) {
        (answer, request, ours) if answer == request => ours.clone(),
        (Value::Object(answer), Value::Object(request), Value::Object(ours)) => {
            let field = |(name, value): (&String, &Value)| {
                let echoed = match (request.get(name), ours.get(name)) {
                    (Some(request), Some(ours)) => echo(value, request, ours),
                    _ => value.clone(),
                };
                (name.clone(), echoed)
            };
            answer.iter().map(field).collect()
        }
        (Value::Array(answer), Value::Array(request), Value::Array(ours))
            if answer.len() == request.len() && answer.len() == ours.len() =>
        {
            answer
                .iter()
                .zip(request.iter().zip(ours))
                .map(|(answer, (request, ours))| echo(answer, request, ours))
                .collect()
        }
        (answer, ..) => answer.clone(),
    }
}

/// The server.
#[derive(Debug)]
pub struct Playback {
    tapes: Mutex<Vec<Tape>>,
    deleted_accounts: Exchange,
    asked: Mutex<Vec<Asked>>,
}

impl Playback {
    /// A server that `lab` with the account `account` can be created on; `None` where there are no recordings.
    pub fn of(lab: &LabSpec, account: &str) -> Option<Arc<Self>> {
        let all = recordings()?;
        let group = lab.group.as_str();
        let account_id = ids::account(SUBSCRIPTION, group, account);
        let deployment = &lab.deployments[0].name;
        let role = ids::role_assignment_name(&account_id, PRINCIPAL, ids::OPENAI_USER_ROLE);
        let credential = &lab.federated_credentials[0].name;
        let (in_identity, in_quotes) = (format!("/{}", lab.identity), format!("\"{}\"", lab.identity));
        let (after_slash, quoted) = (format!("/{credential}"), format!("\"{credential}\""));
        let openai = "openai_account_and_deployment_crud.jsonl";
        let in_account =
            [("asotest-rg-hdctow", group), ("asotestcogsvcacczytcvb", account), ("asotestcogsvcdephvibss", deployment)];
        let tapes = vec![
            Tape::new(&all, "resource_group_crud.jsonl", &lab.group_id(), &[("asotest-rg-xrwsgc", group)]),
            Tape::new(
                &all,
                "managed_cluster_workload_identity_create.jsonl",
                &lab.cluster_id(),
                &[("clitest000001", group), ("cliakstest000001", &lab.cluster.name)],
            ),
            Tape::new(
                &all,
                "managed_identity_crud.jsonl",
                &lab.identity_id(),
                &[("asotest-rg-ecobit", group), ("asotest-mi-ouwbhh", &lab.identity)],
            ),
            Tape::new(
                &all,
                "federated_credential_crud.jsonl",
                &ids::federated_credential(&lab.identity_id(), credential),
                &[
                    ("cli_test_federated_identity_credential_000001", group),
                    ("/ide", &in_identity),
                    ("\"ide\"", &in_quotes),
                    ("/fic1", &after_slash),
                    ("\"fic1\"", &quoted),
                ],
            ),
            Tape::new(&all, openai, &account_id, &in_account),
            Tape::new(&all, openai, &ids::deployment(&account_id, deployment), &in_account),
            Tape::new(
                &all,
                "role_assignment_crud.jsonl",
                &ids::role_assignment(&account_id, &role),
                &[
                    // It was recorded on the group.
                    (&format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/asotest-rg-mnlufu"), &account_id),
                    ("ed3c9f84-ae20-5aea-8602-58ed2eeffef1", &role),
                ],
            ),
        ];
        let soft_deleted = all.iter().find(|one| one.name == "account_soft_delete_purge_restore.jsonl")?.exchanges();
        let deleted_accounts = soft_deleted.into_iter().find(|one| one.path().ends_with("/deletedaccounts"))?;
        Some(Arc::new(Self { tapes: Mutex::new(tapes), deleted_accounts, asked: Mutex::default() }))
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The writes so far of what has `words` in its path, as JSON.
    pub fn written(&self, words: &str) -> Vec<Value> {
        let written = |one: &Asked| one.method == Method::PUT && one.path().contains(&words.to_ascii_lowercase());
        self.asked().iter().filter(|one| written(one)).map(|one| serde_json::from_slice(&one.body).unwrap()).collect()
    }

    /// Polls that nobody asked for yet, by resource.
    pub fn polls_left(&self) -> usize {
        self.tapes.lock().unwrap().iter().map(|tape| tape.polls.len()).sum()
    }

    fn answer(&self, asked: &Asked) -> Result<http::Response<Bytes>, TransportError> {
        let path = asked.path();
        let mut tapes = self.tapes.lock().unwrap();
        let polled = |tape: &&mut Tape| tape.polls.front().is_some_and(|poll| poll.url == asked.uri);
        if let Some(tape) = tapes.iter_mut().find(polled) {
            return tape.polls.pop_front().map(|poll| poll.response()).ok_or_else(|| unrecorded(asked, "a poll"));
        }
        if let Some(tape) = tapes.iter_mut().find(|tape| tape.path == path) {
            return match asked.method {
                Method::GET => tape.read(asked),
                Method::PUT => tape.write(asked),
                _ => Err(unrecorded(asked, "this method")),
            };
        }
        if asked.method == Method::GET && path == self.deleted_accounts.path() {
            return Ok(self.deleted_accounts.response());
        }
        let below = |tape: &&Tape| tape.path.rsplit_once('/').is_some_and(|(parent, _)| parent == path);
        if asked.method == Method::GET && tapes.iter().any(|tape| below(&tape)) {
            let all: Vec<Value> = tapes.iter().filter(below).filter_map(Tape::body).collect();
            return Ok(http::Response::new(Bytes::from(json!({ "value": all }).to_string())));
        }
        Err(unrecorded(asked, "anything"))
    }
}

#[async_trait]
impl Transport for Playback {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let asked = Asked::of(&request);
        self.asked.lock().unwrap().push(asked.clone());
        self.answer(&asked)
    }
}
