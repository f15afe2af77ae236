//! `azlab config`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::lab::overrides::LabOverrides;
use azlab_clock::parse_duration;

/// The file that says what the labs are.
#[derive(Clone, Debug, Args)]
pub struct ConfigArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What to do with the file.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Write a commented file that says what holds without any
    Init {
        /// Where [default: azlab.toml]
        file: Option<PathBuf>,
        /// Replace one that exists
        #[arg(long)]
        force: bool,
    },
    /// Show what holds for provision with these options, and where each value comes from
    Show(Box<ShowArgs>),
    /// Print the JSON schema of the file, for editors
    Schema,
}

/// The options of `provision` that say what a lab is.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// What the labs should be.
    #[command(flatten)]
    pub lab: LabOverrides,
    /// Tag the group with a time after which the lab may be deleted: 8h, 2d
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub ttl: Option<Duration>,
}
