//! `azlab resume`: starts the clusters of labs that are paused.

use super::finished::Finished;
use super::power;
use super::run_options::RunOptions;
use super::session::Session;
use super::subcommand::Subcommand;
use crate::cli::power::ResumeArgs;
use crate::follow_up::{Labs, Verb};
use crate::outcome::{LabOutcome, NextStep};
use crate::recipe::power::Power;
use crate::settings::{DryRun, LabSource, ResumeSettings, SettingsError};
use crate::values::Surroundings;

/// The subcommand's name.
pub(crate) const COMMAND: &str = "resume";

impl Subcommand for ResumeSettings {
    type Args = ResumeArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &ResumeArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        self.0.dry_run() != DryRun::Off
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        power::run(COMMAND, session, options, &self.0, Power::On, next_steps).await
    }
}

fn next_steps(options: &RunOptions, labs: &[LabOutcome]) -> Vec<NextStep> {
    vec![NextStep {
        command: options.place.line_on(Verb::Verify, labs.iter().collect::<Labs>()),
        why: "run the workshop's own checks".into(),
    }]
}
