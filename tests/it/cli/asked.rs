//! A person at the terminal, asked which model to take. The terminal itself is left out: its keys are in
//! teardown_asked.rs.
use std::sync::Arc;

use azlab::commands::provision::run;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Prepared;
use azlab::lab::model::Offer;
use azlab::outcome::Exit;
use azlab::settings::{LabSource, ProvisionSettings};
use azlab_clock::Clock;
use azlab_sandbox::Sandbox;
use azlab_sandbox::scenario::Scenario;
use clap::Parser as _;
use tokio_util::sync::CancellationToken;

/// Provisions with the workshop's model by its name, where it is retired; `answer` is the person.
async fn asked(answer: impl Fn(&CancellationToken, &[Offer]) -> Option<usize> + Send + Sync + 'static) -> Exit {
    let cli = azlab::cli::Cli::try_parse_from(["azlab", "provision", "--model", "gpt-35-turbo"]).unwrap();
    let azlab::cli::Command::Provision(args) = &cli.command else { panic!("another command") };
    let settings = ProvisionSettings::resolve(args, &LabSource::default()).unwrap();
    let sandbox = Sandbox::in_memory(Clock::real()).unwrap();
    sandbox.play(&Scenario::load("retired-model").unwrap()).unwrap();
    let stop = CancellationToken::new();
    let (session, _events) = Prepared::sandbox(&sandbox).unwrap().begin(stop.clone()).unwrap();
    let ask = Arc::new(move |_: &str, offers: &[Offer]| answer(&stop, offers));
    let options = RunOptions { ask: Some(ask), ..RunOptions::default() };
    let finished = run(&session, &settings, &options).await;
    assert_eq!(session.azure.arm().counts().writes, 0);
    finished.exit
}

#[tokio::test(start_paused = true)]
async fn escape_leaves_the_check_failed() {
    assert_eq!(asked(|_, _| None).await, Exit::Preflight);
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_at_the_question_is_an_interrupt() {
    let pressed = |stop: &CancellationToken, offers: &[Offer]| {
        assert!(!offers.is_empty());
        stop.cancel();
        None
    };
    assert_eq!(asked(pressed).await, Exit::Interrupted);
}
