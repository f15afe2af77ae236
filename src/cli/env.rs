//! `azlab env`

use clap::{Args, ValueEnum};

use super::lab::{LabClusterArgs, LabModelArgs};

/// Print the workshop's shell variables for a lab.
#[derive(Clone, Debug, Args)]
pub struct EnvArgs {
    /// The format [default: sh; with -o json, in the result object]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<EnvFormat>,
    /// Print the account's key too, as AOAI_OPENAI_API_KEY
    #[arg(long)]
    pub(crate) show_keys: bool,
    /// Which lab.
    #[command(flatten)]
    pub(crate) lab: LabClusterArgs,
    /// What of it.
    #[command(flatten)]
    pub(crate) model: LabModelArgs,
}

/// How variables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvFormat {
    /// eval "$(azlab env)"
    Sh,
    /// azlab env --format pwsh | Out-String | Invoke-Expression
    Pwsh,
    /// A .env file
    Dotenv,
    /// azlab env --format github >> "$GITHUB_ENV"
    Github,
    /// One JSON object
    Json,
}
