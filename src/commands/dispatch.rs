//! Which code is behind which subcommand: the one list of them.

use super::sandbox;
use super::subcommand::{OnLabs, Subcommand};
use crate::cli::Command;
use crate::cli::config::ConfigCommand;
use crate::cli::sandbox::SandboxCommand;
use crate::cli::timeline::TimelineArgs;
use crate::settings::{
    AppSettings, BoardSettings, CostSettings, DeployModelSettings, DoctorSettings, EnvSettings, ExtendSettings,
    HandoutSettings, KubeconfigSettings, PauseSettings, ProvisionSettings, ResetSettings, ResumeSettings,
    StatusSettings, SwapSettings, SweepSettings, TeardownSettings, VerifySettings,
};

/// The name of `timeline`.
pub(crate) const TIMELINE: &str = "timeline";

/// What a command line asks for.
#[derive(Debug)]
pub enum Asked<'a, T> {
    /// A subcommand on labs, with what came of it.
    OnLabs(T),
    /// `config`
    Config(&'a ConfigCommand),
    /// `sandbox`
    Sandbox(&'a SandboxCommand),
    /// `timeline`
    Timeline(&'a TimelineArgs),
    /// `completions`
    Completions(clap_complete::Shell),
    /// `man`, with the words of the command that is meant
    Man(&'a [String]),
}

/// The subcommand's name, and what it asks for; `work` is done with those on labs.
pub fn dispatch<W: OnLabs>(command: &Command, work: W) -> (&'static str, Asked<'_, W::Output>) {
    match command {
        Command::Provision(args) => on_labs::<ProvisionSettings, W>(args, work),
        Command::Doctor(args) => on_labs::<DoctorSettings, W>(args, work),
        Command::DeployModel(args) => on_labs::<DeployModelSettings, W>(args, work),
        Command::Status(args) => on_labs::<StatusSettings, W>(args, work),
        Command::Reset(args) => on_labs::<ResetSettings, W>(args, work),
        Command::Swap(args) => on_labs::<SwapSettings, W>(args, work),
        Command::Teardown(args) => on_labs::<TeardownSettings, W>(args, work),
        Command::Extend(args) => on_labs::<ExtendSettings, W>(args, work),
        Command::Sweep(args) => on_labs::<SweepSettings, W>(args, work),
        Command::Cost(args) => on_labs::<CostSettings, W>(args, work),
        Command::Pause(args) => on_labs::<PauseSettings, W>(args, work),
        Command::Resume(args) => on_labs::<ResumeSettings, W>(args, work),
        Command::Verify(args) => on_labs::<VerifySettings, W>(args, work),
        Command::Env(args) => on_labs::<EnvSettings, W>(args, work),
        Command::Kubeconfig(args) => on_labs::<KubeconfigSettings, W>(args, work),
        Command::App(args) => on_labs::<AppSettings, W>(args, work),
        Command::Board(args) => on_labs::<BoardSettings, W>(args, work),
        Command::Handout(args) => on_labs::<HandoutSettings, W>(args, work),
        Command::Config(args) => (crate::outcome::config::COMMAND, Asked::Config(&args.command)),
        Command::Sandbox(args) => (sandbox::COMMAND, Asked::Sandbox(&args.command)),
        Command::Timeline(args) => (TIMELINE, Asked::Timeline(args)),
        Command::Completions { shell } => ("completions", Asked::Completions(*shell)),
        Command::Man { command } => ("man", Asked::Man(command)),
    }
}

fn on_labs<'a, S: Subcommand, W: OnLabs>(args: &S::Args, work: W) -> (&'static str, Asked<'a, W::Output>) {
    (S::NAME, Asked::OnLabs(work.with::<S>(args)))
}

/// What a command line asks for, without doing any of it.
pub(crate) fn asked(command: &Command) -> (&'static str, Asked<'_, ()>) {
    struct Nothing;

    impl OnLabs for Nothing {
        type Output = ();

        fn with<S: Subcommand>(self, _: &S::Args) {}
    }

    dispatch(command, Nothing)
}
