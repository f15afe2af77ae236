//! Runs a command line in this process, against any session: what `run` does, without a terminal.
use std::pin::Pin;

use azlab::cli::Cli;
use azlab::commands::deadline;
use azlab::commands::dispatch::{Asked, dispatch};
use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Session;
use azlab::commands::subcommand::{OnLabs, Subcommand};
use azlab::settings::LabSource;
use azlab::values::Surroundings;

/// Runs a subcommand on labs in a session.
struct InSession<'a> {
    labs: &'a LabSource,
    session: &'a Session,
    options: &'a RunOptions,
}

impl<'a> OnLabs for InSession<'a> {
    type Output = Pin<Box<dyn Future<Output = Finished> + 'a>>;

    fn with<S: Subcommand>(self, args: &S::Args) -> Self::Output {
        let subcommand = S::from_args(args, self.labs, &Surroundings::default());
        let subcommand = subcommand.unwrap_or_else(|error| panic!("{}: {error}", S::NAME));
        let (session, options) = (self.session, self.options);
        Box::pin(async move { deadline::run(&subcommand, session, options).await })
    }
}

/// Runs the command that `cli` names on `labs`.
pub async fn run(cli: &Cli, labs: &LabSource, session: &Session, options: &RunOptions) -> Finished {
    match dispatch(&cli.command, InSession { labs, session, options }) {
        (_, Asked::OnLabs(running)) => running.await,
        (name, _) => panic!("{name} is no command on labs"),
    }
}
