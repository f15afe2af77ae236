//! `azlab board` on paused time: what it serves to whom, what it tells of a change, and what it keeps to itself.
mod client;
mod kept;
mod served;
mod watched;

use std::path::Path;
use std::sync::Arc;

use azlab::cli::{Cli, Command};
use azlab::commands::board;
use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::{Prepared, Session};
use azlab::config::Config;
use azlab::events::{Event, EventKind};
use azlab::settings::{BoardSettings, LabSource};
use azlab::values::Writer;
use azlab_sandbox::{Settings, UserEntry};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::provision::fixture::Azure;
use client::Client;

/// Two people, one of whom has a name that is HTML.
const ROSTER: &str = "name,email,lab\nAda Lovelace,ada@contoso.com,ada\n</script><b>Ben</b>,ben@contoso.com,ben\n";

fn settings(settings: &mut Settings) {
    settings.durations.account_create = 5.0;
    settings.durations.cluster_create = 8.0;
    let user = |address: &str| UserEntry { address: address.to_owned(), ..UserEntry::default() };
    settings.directory.users = vec![user("ada@contoso.com"), user("ben@contoso.com")];
}

/// A class of two that is ready.
struct Class {
    azure: Azure,
    /// Its azlab.toml.
    file: String,
    /// That of the board.
    watched: String,
    _roster: TempDir,
}

impl Class {
    async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let roster = directory.path().join("roster.csv");
        std::fs::write(&roster, ROSTER).unwrap();
        let roster = roster.display();
        Self::of(format!("version = 1\nworkshop = '<i>friday</i>'\nttl = '8h'\nroster = '{roster}'\n"), directory).await
    }

    /// A class with this file, which is ready.
    async fn of(file: String, roster: TempDir) -> Self {
        let class = Self { azure: Azure::with(settings), watched: file.clone(), file, _roster: roster };
        class.run("provision --all").await.ready();
        class
    }

    /// What is run elsewhere.
    async fn run(&self, line: &str) -> crate::provision::ran::Ran {
        self.azure.run_with(&self.file, line).await
    }

    /// Runs `azlab board` until whoever `looks` at it has seen enough, and Ctrl-C ends it.
    async fn while_served<T>(&self, line: &str, looks: impl AsyncFnOnce(Client) -> T) -> Ran<T> {
        let stop = CancellationToken::new();
        let (session, mut receiver) = Prepared::sandbox(&self.azure.sandbox).unwrap().begin(stop.clone()).unwrap();
        let mut events = Vec::new();
        let (looked, finished) = {
            let board = self.board(&session, line);
            let looks = async {
                let url = loop {
                    let event = receiver.recv().await.expect("it serves");
                    events.push(event.clone());
                    if let EventKind::BoardServing { url } = event.kind {
                        break url;
                    }
                };
                let looked = looks(Client::new(&url)).await;
                stop.cancel();
                looked
            };
            tokio::join!(looks, board)
        };
        drop(session);
        while let Ok(event) = receiver.try_recv() {
            events.push(event);
        }
        Ran { looked, finished, events }
    }

    /// Runs `azlab board` with these arguments on the class.
    async fn board(&self, session: &Session, line: &str) -> Finished {
        let line = format!("board --all {line}");
        let cli = Cli::read_from(std::iter::once("azlab").chain(line.split_whitespace())).unwrap();
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let file = Config::parse(Path::new("azlab.toml"), &self.watched).unwrap();
        let labs = LabSource::resolve(&cli.global, Some(Arc::new(file))).unwrap();
        let Command::Board(args) = &cli.command else { panic!("{line}") };
        let options = RunOptions {
            hide_ids: cli.global.hide_ids,
            // Beside whatever runs in these tests as a process of `laptop`.
            writer: Some(Writer::new("host@beamer", "beamer", 1, |_| true)),
            place: azlab::settings::place(&cli, None, &arguments),
            ..RunOptions::default()
        };
        board::run(session, &BoardSettings::resolve(args, &labs).unwrap(), &options).await
    }
}

/// A board that ran while somebody looked at it.
struct Ran<T> {
    looked: T,
    finished: Finished,
    events: Vec<Event>,
}
