//! `azlab app`: the workshop's application on labs' clusters.

mod access;
mod ended;
mod follow;
mod logs;
mod look;
mod materials;
mod write;

use super::finished::Finished;
use super::run_options::RunOptions;
use super::session::Session;
use super::subcommand::Subcommand;
use crate::cli::app::AppArgs;
use crate::settings::{AppDoing, AppSettings, LabSource, SettingsError};
use crate::values::Surroundings;

pub(super) use write::{Goal, bring};

/// The subcommand's name.
pub(crate) const COMMAND: &str = "app";

impl Subcommand for AppSettings {
    type Args = Box<AppArgs>;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &Box<AppArgs>, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        Self::only_looks(self)
    }

    fn watches(&self) -> bool {
        matches!(self.doing(), AppDoing::Status(Some(_), _))
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Does what is asked for.
pub async fn run(session: &Session, settings: &AppSettings, options: &RunOptions) -> Finished {
    match settings.doing() {
        AppDoing::Deploy(how) => write::run("app deploy", session, settings, options, *how, Goal::Store).await,
        AppDoing::Connect(auth, how) => {
            write::run("app connect", session, settings, options, *how, Goal::Connected(*auth)).await
        }
        AppDoing::Goto(chapter, how) => {
            write::run("app goto", session, settings, options, *how, Goal::Chapter(*chapter)).await
        }
        AppDoing::Remove(how) => write::remove("app remove", session, settings, options, *how).await,
        AppDoing::Status(watch, exit_code) => look::status(session, settings, options, *watch, *exit_code).await,
        AppDoing::Url(wait) => look::url(session, settings, options, *wait).await,
        AppDoing::Logs(asked) if asked.follow => follow::follow(session, settings, options, asked).await,
        AppDoing::Logs(asked) => logs::logs(session, settings, options, asked).await,
    }
}
