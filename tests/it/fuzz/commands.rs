//! Whole commands against an Azure that answers well, but for one thing.
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use azlab::azure::transport::{SharedTransport, Transport, TransportError};
use azlab::cli::Cli;
use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Prepared;
use azlab::events::EventKind;
use azlab::kubeconfig::Document;
use azlab::outcome::{Exit, LabState};
use azlab::settings::LabSource;
use bytes::Bytes;
use clap::Parser as _;
use http::{Method, StatusCode};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::mutation::Mutation;
use super::{QUOTED, body, ends_within, hold, runtime};
use crate::provision::fixture::Azure;
use azlab_simulation::dispatch;

/// Longer than any command waits for one thing after the other.
const LIMIT: Duration = Duration::from_secs(6 * 3600);
/// More than a command that waits as long as it may sends.
const MOST_REQUESTS: usize = 5_000;

/// What is wrong with an answer.
#[derive(Clone, Debug)]
enum Wrong {
    /// One place of its JSON.
    Place(Mutation, Index),
    /// The whole body.
    Body(Vec<u8>),
    /// Its end is missing.
    Cut(Index),
    /// The status alone.
    Status(u16),
}

impl Wrong {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            8 => (Mutation::any(), any::<Index>()).prop_map(|(mutation, at)| Self::Place(mutation, at)),
            2 => body().prop_map(Self::Body),
            1 => any::<Index>().prop_map(Self::Cut),
            1 => prop::sample::select(vec![200_u16, 201, 202, 204, 301, 307, 400, 401, 403, 404, 409, 410, 418, 500])
                .prop_map(Self::Status),
        ]
    }

    fn apply(&self, response: &mut http::Response<Bytes>) {
        match self {
            Self::Place(mutation, at) => {
                if let Ok(mut tree) = serde_json::from_slice::<Value>(response.body()) {
                    mutation.apply(&mut tree, *at);
                    *response.body_mut() = Bytes::from(tree.to_string());
                }
            }
            Self::Body(bytes) => *response.body_mut() = Bytes::from(bytes.clone()),
            Self::Cut(at) => {
                let end = at.index(response.body().len() + 1);
                response.body_mut().truncate(end);
            }
            Self::Status(status) => *response.status_mut() = StatusCode::from_u16(*status).unwrap(),
        }
    }
}

type Change = Box<dyn FnMut(usize, &Method, &str, &mut http::Response<Bytes>) + Send>;

/// Stands between the client and the sandbox.
struct Between {
    service: SharedTransport,
    /// How many answers there were, and what becomes of the next.
    state: Mutex<(usize, Change)>,
}

impl std::fmt::Debug for Between {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Between")
    }
}

#[async_trait]
impl Transport for Between {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let (method, path) = (request.method().clone(), request.uri().path().to_lowercase());
        let mut response = self.service.send(request).await?;
        let mut state = self.state.lock().unwrap();
        let (count, change) = &mut *state;
        change(*count, &method, &path, &mut response);
        *count += 1;
        Ok(response)
    }
}

/// A command that has ended.
struct Ended {
    finished: Finished,
    requests: usize,
    /// Everything that was told and printed.
    told: String,
    longest: usize,
}

impl Ended {
    fn is_ready(&self) -> bool {
        let labs = self.finished.result.labs.as_deref().unwrap_or_default();
        self.finished.exit == Exit::Done && labs.iter().any(|lab| lab.state == LabState::Ready)
    }
}

async fn run(azure: &Azure, line: &str, change: Change) -> Result<Ended, TestCaseError> {
    let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let cli = Cli::try_parse_from(format!("azlab {line}").split_whitespace()).unwrap();
    let place = azlab::settings::place(&cli, None, &arguments);
    let mut between = None;
    let prepared = Prepared::sandbox(&azure.sandbox).unwrap().through(|service| {
        let made = Arc::new(Between { service, state: Mutex::new((0, change)) });
        between = Some(made.clone());
        made
    });
    let (session, mut receiver) = prepared.begin(CancellationToken::new()).unwrap();
    let options = RunOptions { yes: true, place, ..RunOptions::default() };
    let labs = LabSource::named(&cli.global.labs).made_by(Some("somebody".into()));
    let finished = ends_within(LIMIT, dispatch::run(&cli, &labs, &session, &options)).await?;
    let requests = between.unwrap().state.lock().unwrap().0;
    let (mut told, mut longest) = (serde_json::to_string(&finished.result).unwrap(), 0);
    while let Ok(event) = receiver.try_recv() {
        if matches!(event.kind, EventKind::Request { .. }) {
            continue;
        }
        let text = serde_json::to_string(&event).unwrap();
        longest = longest.max(text.len());
        told.push_str(&text);
    }
    Ok(Ended { finished, requests, told, longest })
}

fn nothing() -> Change {
    Box::new(|_, _, _, _| {})
}

/// Makes the answer number `at` wrong, and if `always` all later ones to the same request.
fn one(at: usize, wrong: Wrong, always: bool) -> Change {
    let mut target = None;
    Box::new(move |count, method, path, response| {
        let this = (method.clone(), path.to_owned());
        if count == at || (always && target.as_ref() == Some(&this)) {
            wrong.apply(response);
            target = Some(this);
        }
    })
}

/// What holds for every command and every answer.
fn well(line: &str, ended: &Ended) -> Result<(), TestCaseError> {
    prop_assert!(ended.finished.exit != Exit::Internal, "{line}: {}", ended.told);
    prop_assert!(ended.requests <= MOST_REQUESTS, "{line}: {} requests", ended.requests);
    prop_assert!(ended.longest <= 2 * QUOTED, "{line}: an event of {} bytes", ended.longest);
    prop_assert!(ended.told.len() <= 1024 * 1024, "{line}: {} bytes are told", ended.told.len());
    let failed = ended.finished.exit == Exit::LabFailed;
    let result = &ended.finished.result;
    let errors = result.labs.iter().flatten().filter_map(|lab| lab.error.as_ref()).chain(&result.error);
    let errors: Vec<_> = errors.collect();
    prop_assert!(!failed || !errors.is_empty(), "{line}: it failed and does not say why");
    prop_assert!(errors.iter().all(|error| !error.message.trim().is_empty() && !error.code.is_empty()), "{errors:?}");
    Ok(())
}

/// A run of `line` on `azure` with one wrong answer.
fn corrupted(
    azure: &Azure,
    line: &str,
    at: &Index,
    wrong: Wrong,
    always: bool,
) -> impl Future<Output = Result<Ended, TestCaseError>> {
    let (azure, line, at) = (azure.clone(), line.to_owned(), *at);
    async move {
        // Of a run of this kind; what follows the wrong answer may go another way.
        let usual = run(&azure, &line, nothing()).await?.requests;
        let ended = run(&azure, &line, one(at.index(usual.max(1)), wrong, always)).await?;
        well(&line, &ended)?;
        Ok(ended)
    }
}

#[test]
fn a_command_that_looks_survives_any_wrong_answer() {
    let lines = vec![
        "status",
        "status --exit-code",
        "provision --dry-run",
        "provision --lab anna ben --dry-run",
        "teardown --dry-run",
        "sweep --expired --dry-run",
        "reset --dry-run",
        "verify",
        "kubeconfig --file -",
        "env",
        "doctor",
        "deploy-model --list",
    ];
    let runtime = runtime();
    let azure = runtime.block_on(Azure::with_lab());
    let case = (prop::sample::select(lines), any::<Index>(), Wrong::any(), any::<bool>());
    hold(120, case, |(line, at, wrong, always)| {
        runtime.block_on(async {
            let ended = corrupted(&azure, line, &at, wrong, always).await?;
            if let (true, Some(data)) = (line.starts_with("kubeconfig"), &ended.finished.data) {
                prop_assert!(Document::parse(data.reveal()).is_ok(), "what is printed is no kubeconfig");
            }
            Ok(())
        })
    });
}

#[test]
fn a_provision_that_says_ready_after_a_wrong_answer_is_right() {
    let runtime = runtime();
    let case = (any::<Index>(), Wrong::any(), any::<bool>());
    hold(16, case, |(at, wrong, always)| {
        runtime.block_on(async {
            let azure = Azure::new();
            let usual = 60;
            let ended = run(&azure, "provision", one(at.index(usual), wrong, always)).await?;
            well("provision", &ended)?;
            if ended.is_ready() {
                let looked = run(&azure, "verify", nothing()).await?;
                prop_assert_eq!(looked.finished.exit, Exit::Done, "{}", looked.told);
            }
            // Whatever happened, the same command finishes it.
            let again = run(&azure, "provision", nothing()).await?;
            prop_assert!(again.is_ready(), "{}", again.told);
            Ok(())
        })
    });
}

#[test]
fn a_teardown_that_says_deleted_after_a_wrong_answer_left_nothing() {
    let runtime = runtime();
    let case = (any::<Index>(), Wrong::any(), any::<bool>());
    hold(16, case, |(at, wrong, always)| {
        runtime.block_on(async {
            let azure = Azure::with_lab().await;
            let ended = run(&azure, "teardown", one(at.index(30), wrong, always)).await?;
            well("teardown", &ended)?;
            if ended.finished.exit == Exit::Done {
                prop_assert!(azure.census().is_empty(), "{:?} is left: {}", azure.census(), ended.told);
            }
            Ok(())
        })
    });
}

/// What makes a lab a lab: a request (its path ends so), a place in its answer, and whether its absence is wrong too.
const ESSENTIAL: [(&str, &str, bool); 13] = [
    ("/managedclusters/myakscluster", "/properties/provisioningState", false),
    ("/managedclusters/myakscluster", "/properties/oidcIssuerProfile/enabled", true),
    ("/managedclusters/myakscluster", "/properties/oidcIssuerProfile/issuerURL", true),
    ("/managedclusters/myakscluster", "/properties/securityProfile/workloadIdentity/enabled", true),
    ("/userassignedidentities/myidentity", "/properties/principalId", true),
    ("/federatedidentitycredentials", "/value/0/properties/issuer", true),
    ("/federatedidentitycredentials", "/value/0/properties/subject", true),
    ("/federatedidentitycredentials", "/value/0/properties/audiences", true),
    ("/accounts", "/properties/provisioningState", false),
    ("/accounts", "/properties/customSubDomainName", true),
    ("/deployments", "/properties/provisioningState", false),
    ("/roleassignments", "/properties/roleDefinitionId", true),
    ("/roleassignments", "/properties/principalId", true),
];

#[tokio::test(start_paused = true)]
async fn a_dry_run_calls_no_lab_ready_in_which_something_is_still_being_made() {
    let azure = Azure::with_lab().await;
    let change: Change = Box::new(|_, _, path, response| {
        if path.ends_with("/managedclusters/myakscluster") {
            let mut tree: Value = serde_json::from_slice(response.body()).unwrap();
            tree["properties"]["provisioningState"] = json!("Updating");
            *response.body_mut() = Bytes::from(tree.to_string());
        }
    });
    let ended = run(&azure, "provision --dry-run", change).await.unwrap();
    assert_eq!(ended.finished.result.labs.unwrap()[0].state, LabState::Incomplete);
}

/// Of these, one alone is read too.
const ESSENTIAL_LISTS: [&str; 2] = ["/accounts", "/deployments"];

/// Changes the place in an answer, or in each entry of one that is a list.
fn change_at(tree: &mut Value, place: &str, how: &Mutation) -> usize {
    if tree.pointer(place).is_some() {
        how.apply_at(tree, place);
        return 1;
    }
    let entries = tree.get_mut("value").and_then(Value::as_array_mut);
    entries
        .into_iter()
        .flatten()
        .map(|entry| {
            if entry.pointer(place).is_some() {
                how.apply_at(entry, place);
                1
            } else {
                0
            }
        })
        .sum()
}

#[test]
fn a_lab_whose_fields_are_wrong_is_never_called_ready() {
    let runtime = runtime();
    let azure = runtime.block_on(Azure::with_lab());
    let values = prop_oneof![
        Just(json!("something else")),
        Just(json!("Failed")),
        Just(json!(7)),
        Just(json!([])),
        Just(json!({})),
        Just(json!(false)),
        Just(json!([["api://AzureADTokenExchange"]])),
    ];
    let how = prop_oneof![1 => Just(Mutation::Remove), 1 => Just(Mutation::Replace(Value::Null)), 4 => values.prop_map(Mutation::Replace)];
    let commands = prop::sample::select(vec!["status --exit-code", "verify", "provision --dry-run --exit-code"]);
    hold(150, (prop::sample::select(&ESSENTIAL[..]), how, commands), |((path, place, or_absent), how, line)| {
        let is_absence =
            matches!(&how, Mutation::Remove) || matches!(&how, Mutation::Replace(value) if value.is_null());
        // A subdomain is needed; any will do.
        let is_another = matches!(&how, Mutation::Replace(Value::String(_))) && place.ends_with("customSubDomainName");
        if (is_absence && !or_absent) || is_another {
            return Ok(());
        }
        let hits = Arc::new(Mutex::new(0));
        let counted = hits.clone();
        let change: Change = Box::new(move |_, method, at, response| {
            // A list, or one of it: accounts have names of their own.
            let rest = at.rsplit_once(path).map(|(_, rest)| rest);
            let is_meant = rest
                .is_some_and(|rest| rest.is_empty() || (ESSENTIAL_LISTS.contains(&path) && rest.rfind('/') == Some(0)));
            if method == Method::GET
                && is_meant
                && let Ok(mut tree) = serde_json::from_slice::<Value>(response.body())
            {
                *counted.lock().unwrap() += change_at(&mut tree, place, &how);
                *response.body_mut() = Bytes::from(tree.to_string());
            }
        });
        runtime.block_on(async {
            let ended = run(&azure, line, change).await?;
            well(line, &ended)?;
            prop_assert!(*hits.lock().unwrap() > 0, "{line} does not read {path}");
            prop_assert!(!ended.is_ready(), "{line} calls it ready: {}", ended.told);
            // Of a dry run the code says whether there is something to do; what is under way is waited for.
            prop_assert!(line.contains("dry-run") || ended.finished.exit != Exit::Done, "{line} calls it good");
            Ok(())
        })
    });
}
