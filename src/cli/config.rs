//! `azlab config`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::lab::overrides::LabOverrides;

/// The file that describes the labs.
#[derive(Clone, Debug, Args)]
pub struct ConfigArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// What to do with the file.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Write a commented file with the defaults
    Init {
        /// Where to write it [default: azlab.toml]
        file: Option<PathBuf>,
        /// Replace an existing file
        #[arg(long)]
        force: bool,
    },
    /// Show the values that provision would use with these options, and where each comes from
    Show(Box<ShowArgs>),
    /// Print the JSON schema of the file, for editors
    Schema,
}

/// The options of `provision` that say what a lab is.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// What the labs should be.
    #[command(flatten)]
    pub(crate) lab: LabOverrides,
    /// Tag the group with a time after which the lab may be deleted: 8h, 2d
    #[arg(long, value_name = "TIME", value_parser = super::global::duration)]
    pub(crate) ttl: Option<Duration>,
}
