//! `azlab pause`: stops the clusters of labs.

use super::finished::Finished;
use super::power;
use super::run_options::RunOptions;
use super::session::Session;
use super::subcommand::Subcommand;
use crate::cli::power::PauseArgs;
use crate::follow_up::{Labs, Verb};
use crate::outcome::{LabOutcome, LabState, NextStep};
use crate::recipe::power::Power;
use crate::settings::{DryRun, LabSource, PauseSettings, SettingsError};
use crate::values::Surroundings;

/// The subcommand's name.
pub(crate) const COMMAND: &str = "pause";

impl Subcommand for PauseSettings {
    type Args = PauseArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &PauseArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        self.0.dry_run() != DryRun::Off
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        power::run(COMMAND, session, options, &self.0, Power::Off, next_steps).await
    }
}

fn next_steps(options: &RunOptions, labs: &[LabOutcome]) -> Vec<NextStep> {
    let paused: Labs = labs.iter().filter(|lab| lab.state == LabState::Paused).collect();
    vec![NextStep {
        command: options.place.line_on(Verb::Resume, paused),
        why: "start them again, well before the class".into(),
    }]
}
