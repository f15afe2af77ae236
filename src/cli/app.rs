//! `azlab app`

use std::time::Duration;

use clap::{Args, Subcommand};

use super::lab::{DryRunArgs, LabClusterArgs, LabModelArgs};
use super::watch::WatchArgs;
use crate::lab::chapter::{AppAuth, Chapter};

/// The workshop's application on a lab's cluster.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
It applies on the server's side, under the name azlab: what an attendee has made or
changed is told and kept, unless --force says otherwise. Nothing is written to a
kubeconfig. [app] in azlab.toml names other images, or manifests of your own.
  azlab app deploy                             the store demo
  azlab app connect --auth key                 the ai-service, with the account's key
  azlab app connect --auth workload-identity   the same without any key
  azlab app goto validate                      as the text begins that chapter")]
pub struct AppArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) command: AppCommand,
}

/// What to do with the application.
#[derive(Clone, Debug, Subcommand)]
pub enum AppCommand {
    /// Deploy the store demo, and wait until it takes requests
    Deploy(AppDeployArgs),
    /// Connect the ai-service to the lab's model, with a key or as the lab's managed identity
    Connect(AppConnectArgs),
    /// Show each part, its Pods, and why it does not run
    Status(AppStatusArgs),
    /// Print the URL of the store's admin page, once it has an address
    Url(AppUrlArgs),
    /// Print what a part has written; without its name the ai-service
    Logs(AppLogsArgs),
    /// Delete what azlab has put onto the cluster, and nothing else
    Remove(AppRemoveArgs),
    /// Bring the application to the state in which the workshop's text begins a chapter
    Goto(AppGotoArgs),
}

/// How objects are written.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct AppWriteArgs {
    /// Whether it only tells.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
    /// Take over what others have made or changed
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not wait until it takes requests
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// Deploy the store demo.
#[derive(Clone, Debug, Args)]
pub struct AppDeployArgs {
    /// How.
    #[command(flatten)]
    pub(crate) write: AppWriteArgs,
    /// Which lab's.
    #[command(flatten)]
    pub(crate) lab: LabClusterArgs,
}

/// Connect the ai-service to the lab's model.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
What the workshop's text has an attendee write with kubectl is taken over. A key is
in a Secret and never in a plain variable; workload-identity takes it away again,
and looks whether it is gone. Here --auth is the ai-service's; how azlab itself
signs in is said by AZLAB_AUTH, or before the command: azlab --auth cli app connect.")]
pub struct AppConnectArgs {
    /// What the ai-service signs in with
    #[arg(id = super::connect_auth::ID, long = "auth", value_name = "HOW", value_enum, required = true)]
    pub(crate) auth: AppAuth,
    /// How.
    #[command(flatten)]
    pub(crate) write: AppWriteArgs,
    /// Which lab's.
    #[command(flatten)]
    pub(crate) lab: LabClusterArgs,
    /// To what.
    #[command(flatten)]
    pub(crate) model: LabModelArgs,
}

/// Show each part of the application, and why it does not run.
#[derive(Clone, Debug, Args)]
pub struct AppStatusArgs {
    /// Whether it looks again and again.
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    /// End with exit code 7 if a part is not ready
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Which lab's.
    #[command(flatten)]
    pub(crate) lab: LabClusterArgs,
}

/// Print the URL of the store's admin page.
#[derive(Clone, Debug, Args)]
pub struct AppUrlArgs {
    /// How long to wait for the address
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = super::global::duration)]
    pub(crate) wait: Duration,
    /// Which lab's.
    #[command(flatten)]
    pub(crate) lab: LabClusterArgs,
}

/// Print what a part of the application has written.
#[derive(Clone, Debug, Args)]
pub struct AppLogsArgs {
    /// The Deployment or StatefulSet
    #[arg(value_name = "NAME", default_value = "ai-service")]
    pub(crate) name: String,
    /// And what it writes from now on, until Ctrl-C
    #[arg(short, long, conflicts_with = "previous")]
    pub(crate) follow: bool,
    /// What it had written before its last restart
    #[arg(long)]
    pub(crate) previous: bool,
    /// At most so many lines of each Pod
    #[arg(long, value_name = "LINES", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) tail: Option<u32>,
    /// Nothing older than that
    #[arg(long, value_name = "TIME", value_parser = super::global::duration)]
    pub(crate) since: Option<Duration>,
    /// Which lab's.
    #[command(flatten)]
    pub(crate) lab: LabClusterArgs,
}

/// Delete what azlab has put onto the cluster.
#[derive(Clone, Debug, Args)]
pub struct AppRemoveArgs {
    /// Whether it only tells.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
    /// Which lab's.
    #[command(flatten)]
    pub(crate) lab: LabClusterArgs,
}

/// Bring the application to the state in which the workshop's text begins a chapter.
#[derive(Clone, Debug, Args)]
pub struct AppGotoArgs {
    /// The chapter
    #[arg(value_name = "CHAPTER", value_enum)]
    pub(crate) chapter: Chapter,
    /// How.
    #[command(flatten)]
    pub(crate) write: AppWriteArgs,
    /// Which lab's.
    #[command(flatten)]
    pub(crate) lab: LabClusterArgs,
    /// To what the ai-service is connected.
    #[command(flatten)]
    pub(crate) model: LabModelArgs,
}
