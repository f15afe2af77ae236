//! What becomes of a lab after `provision`: `deploy-model` and `teardown`, the real commands against the embedded Azure on
//! paused time.
use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::{Prepared, Session};
use azlab::events::{Event, EventKind};
use azlab::outcome::{Action, Exit, LabState};
use azlab::settings::LabSource;
use azlab_clock::Clock;
use azlab_sandbox::{Fault, FaultKind, Sandbox};
use clap::Parser as _;
use http::Method;
use time::macros::datetime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use azlab::cli::Cli;

use azlab_simulation::dispatch;

use crate::provision::fixture::selling_the_workshops_model;

pub(crate) struct Azure(pub(crate) Sandbox);

impl Azure {
    pub(crate) fn new() -> Self {
        Self(selling_the_workshops_model(
            Sandbox::in_memory(Clock::scaled(datetime!(2026-04-20 08:00 UTC), 1.0)).unwrap(),
        ))
    }

    pub(crate) fn session(&self) -> (Session, UnboundedReceiver<Event>) {
        Prepared::sandbox(&self.0).unwrap().begin(CancellationToken::new()).unwrap()
    }

    /// Runs a command line, without a person to ask.
    pub(crate) async fn run(&self, line: &str) -> Finished {
        let cli = Cli::try_parse_from(["azlab"].into_iter().chain(line.split_whitespace())).unwrap();
        let options = RunOptions { yes: cli.global.yes, ..RunOptions::default() };
        self.run_with(line, options).await.0
    }

    /// Runs a command line; tells what was said on the way, too.
    pub(crate) async fn run_with(&self, line: &str, options: RunOptions) -> (Finished, Vec<String>) {
        let cli = Cli::try_parse_from(["azlab"].into_iter().chain(line.split_whitespace())).unwrap();
        let (session, mut events) = self.session();
        let labs = LabSource::named(&cli.global.labs).made_by(Some("somebody".into()));
        let finished = dispatch::run(&cli, &labs, &session, &options).await;
        drop(session);
        let mut notes = Vec::new();
        while let Ok(event) = events.try_recv() {
            if let EventKind::Note { message, .. } = event.kind {
                notes.push(message);
            }
        }
        (finished, notes)
    }

    pub(crate) async fn lab(&self) -> Finished {
        let made = self.run("provision").await;
        assert_eq!(made.exit, Exit::Done, "{:?}", made.result);
        made
    }

    /// Ids of everything there is, soft-deleted accounts included.
    pub(crate) fn everything(&self) -> Vec<String> {
        let inventory = self.0.inventory().unwrap();
        inventory.resources.into_iter().chain(inventory.soft_deleted).map(|item| item.id).collect()
    }

    /// The methods of the requests so far that change something.
    pub(crate) fn changes(&self) -> usize {
        let log = self.0.request_log();
        log.iter().filter(|one| one.method == Method::PUT || one.method == Method::DELETE).count()
    }
}

pub(crate) fn state(finished: &Finished) -> LabState {
    finished.result.labs.as_ref().unwrap()[0].state
}

pub(crate) fn actions(finished: &Finished) -> Vec<Action> {
    finished.result.labs.as_ref().unwrap()[0].changes.iter().map(|change| change.action).collect()
}

pub(crate) fn code(finished: &Finished) -> String {
    let labs = finished.result.labs.iter().flatten().filter_map(|lab| lab.error.as_ref());
    labs.chain(&finished.result.error).map(|error| error.code.clone()).next().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn teardown_leaves_nothing_that_bills_or_holds_a_name() {
    let azure = Azure::new();
    azure.lab().await;
    let gone = azure.run("teardown --yes").await;
    assert_eq!((gone.exit, state(&gone)), (Exit::Done, LabState::Deleted), "{:?}", gone.result);
    assert_eq!(actions(&gone), [Action::Deleted, Action::Purged]);
    assert_eq!(azure.everything(), Vec::<String>::new());
    let again = azure.run("teardown --yes").await;
    assert_eq!((again.exit, state(&again)), (Exit::Done, LabState::Absent));
    azure.lab().await;
}

#[tokio::test(start_paused = true)]
async fn teardown_deletes_nothing_that_was_not_confirmed() {
    let azure = Azure::new();
    azure.lab().await;
    let before = azure.changes();
    let refused = azure.run("teardown").await;
    assert_eq!((refused.exit, code(&refused).as_str()), (Exit::NeedsConfirmation, "NotConfirmed"));
    assert_eq!(azure.changes(), before);
}

#[tokio::test(start_paused = true)]
async fn teardown_never_touches_a_group_without_our_tag() {
    let azure = Azure::new();
    azure.run("provision --lab theirs -g shared").await;
    let before = azure.changes();
    let refused = azure.run("teardown --yes -g shared").await;
    assert_eq!((refused.exit, code(&refused).as_str()), (Exit::NotOurs, "NotOurs"), "another lab's");
    assert_eq!(azure.changes(), before);
}

#[tokio::test(start_paused = true)]
async fn azd_down_cannot_purge_once_the_group_is_gone_but_teardown_can() {
    let azure = Azure::new();
    azure.lab().await;
    let kept = azure.run("teardown --yes --no-purge").await;
    assert_eq!((kept.exit, state(&kept)), (Exit::Done, LabState::Deleted), "{:?}", kept.result);
    assert_eq!(azure.everything().len(), 1, "the soft-deleted account is kept");
    let purged = azure.run("teardown --yes").await;
    assert_eq!((purged.exit, actions(&purged)), (Exit::Done, vec![Action::Purged]));
    assert_eq!(azure.everything(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_purge_that_is_refused_for_a_while_is_tried_until_it_is_taken() {
    let azure = Azure::new();
    azure.lab().await;
    azure.run("teardown --yes --no-purge").await;
    azure.0.control().inject(Fault {
        method: Some(Method::DELETE),
        path_contains: "deletedAccounts".into(),
        skip: 0,
        times: 5,
        kind: FaultKind::Respond {
            status: http::StatusCode::CONFLICT,
            headers: Vec::new(),
            body: r#"{"error":{"code":"RequestConflict","message":"Please try again later."}}"#.into(),
        },
    });
    let purged = azure.run("teardown --yes").await;
    assert_eq!((purged.exit, actions(&purged)), (Exit::Done, vec![Action::Purged]), "{:?}", purged.result);
}

#[tokio::test(start_paused = true)]
async fn teardown_works_after_a_provision_that_was_cut_off_anywhere() {
    for moment in [1.0, 4.0, 9.0, 20.0, 40.0, 200.0] {
        let azure = Azure::new();
        let clock = azure.0.clock();
        let cut = clock.timeout(std::time::Duration::from_secs_f64(moment), azure.run("provision")).await;
        assert!(cut.is_err());
        let gone = azure.run("teardown --yes").await;
        assert_eq!(gone.exit, Exit::Done, "cut off after {moment} s: {:?}", gone.result);
        assert_eq!(azure.everything(), Vec::<String>::new(), "cut off after {moment} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_teardown_that_was_cut_off_anywhere_is_finished_by_the_next() {
    for moment in [0.2, 1.5, 100.0, 240.0, 242.0] {
        let azure = Azure::new();
        azure.lab().await;
        let clock = azure.0.clock();
        let cut = clock.timeout(std::time::Duration::from_secs_f64(moment), azure.run("teardown --yes")).await;
        assert!(cut.is_err(), "{moment}");
        let gone = azure.run("teardown --yes").await;
        assert_eq!(gone.exit, Exit::Done, "cut off after {moment} s: {:?}", gone.result);
        assert_eq!(azure.everything(), Vec::<String>::new(), "cut off after {moment} s");
    }
}

#[tokio::test(start_paused = true)]
async fn deploy_model_writes_nothing_when_nothing_differs() {
    let azure = Azure::new();
    azure.lab().await;
    let before = azure.changes();
    let same = azure.run("deploy-model").await;
    assert_eq!((same.exit, actions(&same)), (Exit::Done, vec![Action::Unchanged]));
    assert_eq!(azure.changes(), before);
}

#[tokio::test(start_paused = true)]
async fn deploy_model_never_changes_model_and_capacity_in_one_put() {
    let azure = Azure::new();
    azure.lab().await;
    let before = azure.changes();
    let changed = azure.run("deploy-model --model gpt-5-mini --capacity 30").await;
    assert_eq!((changed.exit, actions(&changed)), (Exit::Done, vec![Action::Updated]), "{:?}", changed.result);
    assert_eq!(azure.changes() - before, 2, "the sandbox refuses both in one");
}

#[tokio::test(start_paused = true)]
async fn deploy_model_adds_removes_and_lists() {
    let azure = Azure::new();
    let absent = azure.run("deploy-model").await;
    assert_eq!(absent.exit, Exit::NotFound, "there is no lab yet: {:?}", absent.result);
    azure.lab().await;
    let added = azure.run("deploy-model --name second --model auto").await;
    assert_eq!((added.exit, actions(&added)), (Exit::Done, vec![Action::Created]));
    let removed = azure.run("deploy-model --remove second").await;
    assert_eq!((removed.exit, actions(&removed)), (Exit::Done, vec![Action::Deleted]));
    let slip = azure.run("deploy-model --remove second").await;
    assert_eq!((slip.exit, code(&slip).as_str()), (Exit::NotFound, "NotFound"));
    let before = azure.changes();
    let listed = azure.run("deploy-model --list").await;
    let models = listed.result.models.unwrap();
    assert!(models.iter().any(|model| model.model == "gpt-35-turbo" && model.free.is_some()), "{models:?}");
    assert_eq!(azure.changes(), before);
}

#[tokio::test(start_paused = true)]
async fn deploy_model_refuses_what_is_closed_or_over_quota_before_it_writes() {
    let azure = Azure::new();
    azure.lab().await;
    azure.0.control().retire_model("gpt-35-turbo", None).unwrap();
    let before = azure.changes();
    for (line, expected) in [
        ("deploy-model --name other --model gpt-35-turbo", "ServiceModelDeprecated"),
        ("deploy-model --name other --model gpt-5-mini --capacity 100000", "InsufficientQuota"),
        ("deploy-model --name other --model gpt-99", "DeploymentModelNotSupported"),
    ] {
        let refused = azure.run(line).await;
        assert_eq!((refused.exit, code(&refused).as_str()), (Exit::Preflight, expected), "{line}");
    }
    assert_eq!(azure.changes(), before);
}

#[tokio::test]
async fn the_time_at_a_question_is_not_the_runs() {
    // At 2,000 service seconds a real one, the person takes 1,000 s, and the limit is 900 s.
    let sandbox = selling_the_workshops_model(
        Sandbox::in_memory(Clock::scaled(datetime!(2026-04-20 08:00 UTC), 2000.0)).unwrap(),
    );
    let azure = Azure(sandbox);
    azure.lab().await;
    let confirm = |_: &str, _: &str, _: Option<&str>| {
        std::thread::sleep(std::time::Duration::from_millis(500));
        true
    };
    let limit = std::time::Duration::from_secs(900);
    let options =
        RunOptions { confirm: Some(std::sync::Arc::new(confirm)), timeout: Some(limit), ..RunOptions::default() };
    let (finished, _) = azure.run_with("teardown", options).await;
    assert_eq!((finished.exit, state(&finished)), (Exit::Done, LabState::Deleted), "{:?}", finished.result);
    let elapsed_s = finished.result.elapsed_s.unwrap_or_default();
    assert!((200.0..900.0).contains(&elapsed_s), "{elapsed_s} s");
}
