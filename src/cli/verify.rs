//! `azlab verify`

use clap::Args;

use crate::lab::defaults::DEFAULT_GROUP;

/// Run the workshop's own checks on labs, and name the command that repairs what fails.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// The lab's group
    #[arg(short = 'g', long, value_name = "NAME", help = format!("The lab's group [default: {DEFAULT_GROUP}]"))]
    pub(crate) resource_group: Option<String>,
    /// The OpenAI account [default: the lab's own]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Do not ask the model for an answer
    #[arg(long)]
    pub(crate) skip_chat: bool,
    /// Look at the application of several labs too
    #[arg(long, conflicts_with = "skip_app")]
    pub(crate) app: bool,
    /// Do not look at the application
    #[arg(long)]
    pub(crate) skip_app: bool,
}
