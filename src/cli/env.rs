//! `azlab env`

use clap::{Args, ValueEnum};

use crate::lab::defaults::DEFAULT_DEPLOYMENT;
use crate::lab::overrides::LabOverrides;

/// Print the workshop's shell variables for a lab.
#[derive(Clone, Debug, Args)]
pub struct EnvArgs {
    /// The format [default: sh; with -o json, in the result object]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<EnvFormat>,
    /// Print the account's key too, as AOAI_OPENAI_API_KEY
    #[arg(long)]
    pub(crate) show_keys: bool,
    /// The resource group
    #[arg(short = 'g', long, value_name = "NAME", help = LabOverrides::help("resource_group"))]
    pub(crate) resource_group: Option<String>,
    /// The AKS cluster
    #[arg(long, value_name = "NAME", help = LabOverrides::help("cluster.name"))]
    pub(crate) cluster: Option<String>,
    /// The managed identity
    #[arg(long, value_name = "NAME", help = LabOverrides::help("identity.name"))]
    pub(crate) identity: Option<String>,
    /// The OpenAI account [default: the lab's own]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// The model deployment
    #[arg(long, value_name = "NAME", help = format!("The model deployment [default: {DEFAULT_DEPLOYMENT}, or the only one there is]"))]
    pub(crate) deployment: Option<String>,
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
