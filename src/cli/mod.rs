//! The command line: argument types only. What they mean is in settings.rs, what they do in commands/.
pub(crate) mod app;
pub(crate) mod board;
mod brief;
pub(crate) mod config;
mod connect_auth;
pub(crate) mod cost;
pub(crate) mod deploy_model;
pub(crate) mod doctor;
pub(crate) mod env;
pub(crate) mod expiry;
pub(crate) mod given;
pub(crate) mod global;
pub(crate) mod handout;
pub(crate) mod kubeconfig;
pub(crate) mod lab;
pub(crate) mod other_words;
mod paths;
pub(crate) mod power;
pub(crate) mod provision;
pub(crate) mod reset;
pub(crate) mod sandbox;
pub(crate) mod status;
pub(crate) mod swap;
pub(crate) mod teardown;
pub(crate) mod timeline;
mod variables;
pub(crate) mod verify;
mod watch;

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub(crate) use given::Given;
pub(crate) use global::GlobalArgs;
use paths::without_tilde;
use variables::{named, without_empty};

/// Sets up, repairs and removes Azure labs for the workshop "Build intelligent apps with Azure OpenAI and AKS".
#[derive(Debug, Parser)]
#[command(name = "azlab", version, propagate_version = true, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Which options were given, and how.
    #[arg(skip)]
    pub given: Given,
}

impl Cli {
    /// Reads the command line and the environment, in which an empty variable counts as unset, as it does for az: CI
    /// systems hand over empty what nobody has filled in.
    ///
    /// # Errors
    /// clap's, which is also how help and version come out.
    pub fn read() -> Result<Self, clap::Error> {
        Self::read_from(std::env::args_os())
    }

    /// The same from other arguments, of which the first is the program.
    ///
    /// # Errors
    /// clap's.
    pub fn read_from<T: Into<OsString> + Clone>(arguments: impl IntoIterator<Item = T>) -> Result<Self, clap::Error> {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let mut command = without_tilde(without_empty(Self::command()));
        let mut matches = match command.try_get_matches_from_mut(&arguments) {
            Ok(matches) => matches,
            Err(error) if error.kind() == ErrorKind::DisplayHelp && brief::is_asked(&arguments) => {
                let brief = without_empty(brief::brief(Self::command())).try_get_matches_from_mut(&arguments);
                return Err(brief.err().unwrap_or(error));
            }
            Err(error) => {
                command.build();
                let error = named(error, &command, &arguments);
                return Err(other_words::explained(with_whole_usage(error, &mut command)));
            }
        };
        let mut given = Given::read(&command, &matches);
        let own_auth = connect_auth::own(&mut matches, &arguments);
        let mut cli = Self::from_arg_matches_mut(&mut matches)?;
        if let Some(auth) = own_auth {
            given.forget(connect_auth::ID);
            cli.global.auth = auth;
        }
        Ok(Self { given, ..cli })
    }
}

/// clap's usage line of an error has the options that were given, as if they were needed, those from the environment among
/// them. Here it is the line that `--help` has.
fn with_whole_usage(mut error: clap::Error, command: &mut clap::Command) -> clap::Error {
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else { return error };
    let usage = usage.to_string();
    command.build();
    let mut at = command;
    // Behind `Usage: azlab` come the subcommands, and then what they take.
    for word in usage.split_whitespace().skip(2) {
        if at.find_subcommand(word).is_none() {
            break;
        }
        let Some(below) = at.find_subcommand_mut(word) else { unreachable!("it was found") };
        at = below;
    }
    error.insert(ContextKind::Usage, ContextValue::StyledStr(at.render_usage()));
    error
}

const AFTER_HELP: &str = "\
Try it without Azure:  azlab provision --sandbox
Exit codes: 0 done, 1 defect, 2 usage, 3 not signed in, 4 preflight failed,
5 a lab failed, 6 not found, 7 differs, 8 not confirmed, 9 timed out,
10 not ours to change, 130 interrupted.";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create labs, or finish them: run it again to continue or repair.
    Provision(Box<provision::ProvisionArgs>),
    /// Check everything that a lab needs before it is created: sign-in, permissions, quota, models.
    Doctor(Box<doctor::DoctorArgs>),
    /// Add or change a model deployment on a lab's OpenAI account, or list what can be deployed.
    DeployModel(deploy_model::DeployModelArgs),
    /// Show the state of each lab, and what differs from what it should be.
    #[command(visible_alias = "list")]
    Status(Box<status::StatusArgs>),
    /// Repair a lab: change what differs, and only that.
    Reset(Box<reset::ResetArgs>),
    /// Give an attendee a spare in the place of a lab that is broken, and repair the broken one as the spare.
    Swap(swap::SwapArgs),
    /// Delete labs, purge their soft-deleted accounts, and prove that nothing is left.
    Teardown(teardown::TeardownArgs),
    /// Change the time from which labs may be swept.
    Extend(expiry::ExtendArgs),
    /// Delete the labs that have expired, with the same proof as teardown.
    Sweep(expiry::SweepArgs),
    /// Show what labs cost an hour and until they expire, and what a pause saves.
    Cost(cost::CostArgs),
    /// Stop the clusters of labs, so that their nodes cost nothing.
    Pause(power::PauseArgs),
    /// Start the clusters of labs that are paused.
    Resume(power::ResumeArgs),
    /// Run the workshop's own checks on labs, and name the command that repairs what fails.
    Verify(verify::VerifyArgs),
    /// Print the workshop's shell variables for a lab: eval "$(azlab env)".
    Env(env::EnvArgs),
    /// Merge a lab's cluster credentials into a kubeconfig, as az aks get-credentials does.
    Kubeconfig(kubeconfig::KubeconfigArgs),
    /// The workshop's application on a lab's cluster: deploy it, connect it to the model, see why it does not run.
    App(Box<app::AppArgs>),
    /// The file that describes the labs: write a first one, show the values in use, print its schema.
    Config(config::ConfigArgs),
    /// Serve a page for the projector: a seat for each attendee, its state, who is stuck, and the time that is left.
    Board(board::BoardArgs),
    /// Make a card for each attendee: what is theirs, how to sign in, and when it ends.
    Handout(handout::HandoutArgs),
    /// Show what took how long in a run, from its events file: a page for a browser.
    Timeline(timeline::TimelineArgs),
    /// The embedded Azure: serve it to other tools, show what it contains, reset it.
    Sandbox(sandbox::SandboxArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff), or that of a command.
    Man {
        /// The command: provision, sandbox serve.
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
}
