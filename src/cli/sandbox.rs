//! `azlab sandbox`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::lab::defaults::{AUDIENCE, DEFAULT_SERVICE_ACCOUNT_PATH};

/// The embedded Azure.
#[derive(Clone, Debug, Args)]
pub struct SandboxArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) command: SandboxCommand,
}

/// What to do with the embedded Azure.
#[derive(Clone, Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve it to other tools on this machine until Ctrl-C
    Serve {
        /// The address; port 0 takes any free one
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443", value_parser = super::board::address)]
        listen: SocketAddr,
        /// Plain HTTP instead of HTTPS, for clients that do not sign in through an SDK
        #[arg(long)]
        http: bool,
        /// Where to write the certificate of its authority, for clients to trust [default: in the sandbox's directory]
        #[arg(long, value_name = "FILE", conflicts_with = "http")]
        ca_file: Option<PathBuf>,
        /// Let other machines reach it
        #[arg(long)]
        allow_remote: bool,
        /// Run a real Kubernetes control plane of this program for each cluster whose credentials are asked for; tests/kubernetes/install
        /// builds it [env: AZLAB_SANDBOX_KUBERNETES]
        #[arg(long, value_name = "PATH")]
        kubernetes: Option<PathBuf>,
        /// Print how to use it for these tools only: azlab, az, sdk, openai, terraform, curl, identity
        #[arg(long = "for", value_name = "TOOL", value_delimiter = ',', hide_possible_values = true)]
        tools: Vec<ServedTool>,
    },
    /// Show what it contains
    Show,
    /// Show its time, and move it on: expiries pass, soft-deleted accounts are purged, models retire
    Clock {
        /// By how much, such as 47h; it never goes back, but by `sandbox reset`
        #[arg(long, value_name = "TIME", value_parser = super::global::duration, allow_hyphen_values = true)]
        advance: Option<std::time::Duration>,
    },
    /// Delete its state, so that it is empty
    Reset,
    /// Change how it behaves and what it contains: a ready-made scenario by name, or a TOML file; without either, show the
    /// active one
    Scenario {
        /// A name (see --list) or a file
        scenario: Option<String>,
        /// List the ready-made scenarios
        #[arg(long, conflicts_with_all = ["scenario", "print", "fresh"])]
        list: bool,
        /// Print a ready-made scenario, as a start for your own
        #[arg(long, requires = "scenario")]
        print: bool,
        /// Print the JSON schema of scenario files, for editors
        #[arg(long, conflicts_with_all = ["scenario", "list", "print", "fresh"])]
        schema: bool,
        /// Empty the sandbox first
        #[arg(long, requires = "scenario", conflicts_with = "print")]
        fresh: bool,
    },
    /// Print a token of a cluster's service account, as `kubectl create token` does: what a pod with workload identity has
    Token(TokenArgs),
    /// Hand out what a cluster keeps
    Cluster {
        /// What to hand out.
        #[command(subcommand)]
        command: ClusterCommand,
    },
}

/// What a cluster of the sandbox hands out.
#[derive(Clone, Debug, Subcommand)]
pub enum ClusterCommand {
    /// The private key of a cluster's issuer, for an API server beside the sandbox: with it anybody makes tokens of the cluster's
    /// service accounts
    Key(KeyArgs),
}

/// Which cluster; `-l` names its lab.
#[derive(Clone, Debug, Args)]
pub struct ClusterArgs {
    /// The cluster's resource id [default: the only cluster]
    #[arg(long, value_name = "ID", conflicts_with_all = ["resource_group", "name"])]
    pub(crate) cluster: Option<String>,
    /// The cluster's resource group
    #[arg(short = 'g', long, value_name = "GROUP")]
    pub(crate) resource_group: Option<String>,
    /// The cluster's name
    #[arg(short = 'n', long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// A cluster's issuer key.
#[derive(Clone, Debug, Args)]
pub struct KeyArgs {
    /// Which cluster.
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    /// Write it to a file that only its owner can read, instead of printing it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

/// A service account's token.
#[derive(Clone, Debug, Args)]
pub struct TokenArgs {
    /// The service account
    #[arg(long, value_name = "NAMESPACE/NAME", default_value = DEFAULT_SERVICE_ACCOUNT_PATH)]
    pub(crate) service_account: String,
    /// Which cluster.
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    /// The audience
    #[arg(long, value_name = "AUDIENCE", default_value = AUDIENCE)]
    pub(crate) audience: String,
    /// How long it is valid
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = super::global::duration)]
    pub(crate) duration: std::time::Duration,
    /// Write it to a file that only its owner can read, instead of printing it
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// A tool that uses the served sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ServedTool {
    /// azlab itself
    Azlab,
    /// The Azure CLI
    Az,
    /// The Azure SDKs
    Sdk,
    /// The openai SDKs, and applications that use them
    Openai,
    /// Terraform's azurerm
    Terraform,
    /// curl
    Curl,
    /// Anything that signs in as a managed identity or as a pod
    Identity,
}

impl ServedTool {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Azlab => "azlab",
            Self::Az => "az",
            Self::Sdk => "sdk",
            Self::Openai => "openai",
            Self::Terraform => "terraform",
            Self::Curl => "curl",
            Self::Identity => "identity",
        }
    }
}
