//! `azlab swap`

use clap::{Args, ValueEnum};

use super::lab::DryRunArgs;

/// Give an attendee a spare in the place of a lab that is broken.
#[derive(Clone, Debug, Args)]
pub struct SwapArgs {
    /// The spare: of those that are ready, the first in the lab's location, else the first
    #[arg(long, value_name = "NAME")]
    pub(crate) spare: Option<String>,
    /// What becomes of the broken lab, which is the spare then
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub(crate) broken: Broken,
    /// Whether it only tells.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
}

/// What becomes of the lab that was broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Broken {
    /// It is repaired, as reset does
    #[default]
    Repair,
    /// It is deleted and purged, as teardown does
    Teardown,
    /// It stays as it is
    Keep,
}
