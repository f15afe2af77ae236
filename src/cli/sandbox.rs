//! `azlab sandbox`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The embedded Azure.
#[derive(Clone, Debug, Args)]
pub struct SandboxArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: SandboxCommand,
}

/// What to do with the embedded Azure.
#[derive(Clone, Debug, Subcommand)]
pub enum SandboxCommand {
    /// Offer it to other tools on this machine until Ctrl-C
    Serve {
        /// The address; port 0 takes any free one
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
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
    },
    /// Show what is in it
    Show,
    /// Delete its state and start anew
    Reset,
    /// Change how it behaves: a ready-made scenario by name, or a TOML file
    Scenario {
        /// A name (see --list) or a file
        #[arg(required_unless_present = "list")]
        scenario: Option<String>,
        /// List the ready-made scenarios
        #[arg(long)]
        list: bool,
    },
}
