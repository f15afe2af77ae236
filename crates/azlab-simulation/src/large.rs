//! A large class on a clock that does not wait: what a command takes of the service's time and of its limits, whatever else
//! this machine does.

use std::path::Path;
use std::sync::Arc;

use azlab::cli::Cli;
use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Prepared;
use azlab::config::Config;
use azlab::events::Event;
use azlab::settings::LabSource;
use azlab::values::Writer;
use azlab_clock::Clock;
use azlab_sandbox::{OtherSubscription, SUBSCRIPTION_ID, Sandbox, Settings};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use crate::dispatch;

/// A day on which the workshop's model is kept open.
const TODAY: OffsetDateTime = datetime!(2026-04-20 08:00 UTC);

/// The quotas that a class of hundreds meets; `benches/class.toml` raises the same.
const QUOTAS: [&str; 7] = [
    "cores",
    "standarddsv5family",
    "managedclusters",
    "openai.s0.accountcount",
    "ipv4standardskupublicipaddresses",
    "openai.standard.gpt-35-turbo",
    "resourcegroups",
];

/// Raises every quota that a class of hundreds meets.
pub fn raise_quotas(settings: &mut Settings) {
    settings.quota.extend(QUOTAS.map(|usage| (format!("*/{usage}"), 1_000_000)));
}

/// A class and its Azure.
pub struct Class {
    /// The Azure.
    pub sandbox: Sandbox,
    file: Arc<Config>,
}

impl Class {
    /// A class of `count` labs on an Azure as recorded, with quota for all of them, spread evenly over so many subscriptions;
    /// nothing of it exists.
    ///
    /// # Panics
    /// Where SQLite cannot make a database in memory, or there is no subscription.
    pub fn new(count: usize, subscriptions: usize) -> Self {
        let others: Vec<String> = (2..=subscriptions).map(|n| format!("{n:08}-0000-4000-8000-000000000000")).collect();
        let mut text = format!("version = 1\n[[labs]]\nname = \"seat-{{n:03}}\"\ncount = {count}\n");
        if subscriptions > 1 {
            let most = count.div_ceil(subscriptions);
            for id in std::iter::once(SUBSCRIPTION_ID).chain(others.iter().map(String::as_str)) {
                text += &format!(
                    "[[placement]]\nsubscription = \"{id}\"\nlocations = [\"westeurope\"]\nmax_labs = {most}\n"
                );
            }
        }
        let class = Self::described(&text, 1.0);
        let settings = |settings: &mut Settings| {
            let other = |id: &String| {
                let mut other = OtherSubscription::new(id, id);
                other.quota.extend(settings.quota.clone());
                other
            };
            settings.subscriptions = others.iter().map(other).collect();
        };
        class.sandbox.control().change_settings(settings).expect("settings");
        class
    }

    /// The class that an azlab.toml describes, on an Azure as recorded with quota for all of it, on a clock of so many service
    /// seconds a real one; nothing of it exists.
    ///
    /// # Panics
    /// Where SQLite cannot make a database in memory, or the text is no azlab.toml.
    pub fn described(file: &str, speed: f64) -> Self {
        let sandbox = Sandbox::in_memory(Clock::scaled(TODAY, speed)).expect("a sandbox");
        sandbox.control().keep_model_open("gpt-35-turbo", "0125").expect("the catalogue has it");
        sandbox.control().change_settings(raise_quotas).expect("settings");
        let file = Config::parse(Path::new("azlab.toml"), file).expect("a file");
        Self { sandbox, file: Arc::new(file) }
    }

    /// Runs a command line where the class's azlab.toml is.
    ///
    /// # Panics
    /// Where the line is none.
    pub async fn run(&self, line: &str) -> Finished {
        self.run_heard(line).await.0
    }

    /// [`Self::run`], and the events of it.
    ///
    /// # Panics
    /// Where the line is none.
    pub async fn run_heard(&self, line: &str) -> (Finished, Vec<Event>) {
        self.run_by(None, line).await
    }

    /// [`Self::run_heard`] by somebody who takes leases, so that others see who is at work; by nobody, it takes none.
    ///
    /// # Panics
    /// Where the line is none.
    pub async fn run_by(&self, writer: Option<Writer>, line: &str) -> (Finished, Vec<Event>) {
        let words = std::iter::once("azlab").chain(line.split_whitespace());
        let cli = Cli::read_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let prepared = Prepared::sandbox(&self.sandbox).expect("a connection to the sandbox");
        let (session, mut heard) = prepared.begin(CancellationToken::new()).expect("a session");
        let options = RunOptions {
            timeout: cli.global.timeout,
            yes: cli.global.yes,
            writer,
            place: azlab::settings::place(&cli, Some(&self.file), &arguments),
            ..RunOptions::default()
        };
        let labs = LabSource::resolve(&cli.global, Some(Arc::clone(&self.file))).expect("labs");
        let labs = labs.made_by(Some("somebody".into()));
        let finished = Box::pin(dispatch::run(&cli, &labs, &session, &options)).await;
        // The stream ends with the last of those who tell.
        heard.close();
        let mut events = Vec::new();
        while let Some(event) = heard.recv().await {
            events.push(event);
        }
        (finished, events)
    }
}

/// Runs `work` on a clock that jumps from one wait to the next.
///
/// # Panics
/// Where there is no runtime.
pub fn simulated<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(work)
}
