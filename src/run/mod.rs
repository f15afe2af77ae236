//! One command from its arguments to its exit code: resolve, connect, report.

mod config;
mod print;
mod refusals;
mod runtime;
mod sandbox;
mod start;
mod timeline;

use std::sync::Arc;

use crate::cli::Cli;
use crate::cli::config::ConfigCommand;
use crate::commands::dispatch::{Asked, asked, dispatch};
use crate::config::Config;
use crate::outcome::Exit;
use crate::settings::{LabSource, Settings, SettingsError, config_file, place, sandbox_dir};
use crate::values::{ErrorReport, Surroundings};
use print::CannotWrite;
pub use refusals::refused;
use refusals::{fail, usage};
use runtime::on_runtime;
use start::Start;

/// Runs the command; everything that goes wrong has been told when it returns.
pub fn run(cli: &Cli, arguments: &[String]) -> Exit {
    let around = Surroundings::from_process();
    let resolved = file(cli).and_then(|file| {
        let place = place(cli, file.as_deref(), arguments);
        Settings::resolve(cli, file.as_deref(), &around, place).map(|settings| (file, settings))
    });
    let (file, settings) = match resolved {
        Ok(resolved) => resolved,
        Err(error) => return usage(cli, Err(&place(cli, None, arguments)), &error),
    };
    let labs = match LabSource::resolve(&cli.global, file) {
        Ok(labs) => labs.made_by(around.user()),
        Err(error) => return usage(cli, Ok(&settings), &error),
    };
    let start = Start { cli, settings: &settings, labs: &labs, around: &around };
    let (name, asked) = dispatch(&cli.command, start);
    let done = match asked {
        Asked::OnLabs(done) => Ok(done),
        Asked::Config(command) => config::run(cli, &settings, command, &labs),
        Asked::Sandbox(command) => {
            sandbox_dir(&cli.global).map(|dir| on_runtime(sandbox::run(cli, &settings, command, &dir)))
        }
        Asked::Timeline(args) => Ok(timeline::run(&settings, args, &cli.global.labs)),
        Asked::Completions(shell) => Ok(print::completions(shell)),
        Asked::Man(command) => Ok(match print::manual(command) {
            Some(printed) => printed,
            None => {
                let message = format!("there is no command '{}'", command.join(" "));
                let report = ErrorReport::new("InvalidArgument", message).hint("see the commands: azlab --help");
                Ok(fail(&settings, name, report, Exit::Usage))
            }
        }),
    };
    match done {
        Ok(Ok(exit)) => exit,
        Ok(Err(defect)) => {
            let report = match defect.downcast_ref::<CannotWrite>() {
                Some(error) => error.report(),
                None => ErrorReport::new("InternalError", format!("{defect:#}")),
            };
            fail(&settings, name, report, Exit::Internal)
        }
        Err(error) => usage(cli, Ok(&settings), &error),
    }
}

/// The file that says what the labs are, for the commands that go by it: a broken one is no hindrance to writing another.
fn file(cli: &Cli) -> Result<Option<Arc<Config>>, SettingsError> {
    match asked(&cli.command).1 {
        // Without a current directory there is none to look in.
        Asked::OnLabs(()) | Asked::Config(ConfigCommand::Show(_)) => {
            config_file(&cli.global, &std::env::current_dir().unwrap_or_default())
        }
        Asked::Config(_) | Asked::Sandbox(_) | Asked::Timeline(_) | Asked::Completions(_) | Asked::Man(_) => Ok(None),
    }
}
