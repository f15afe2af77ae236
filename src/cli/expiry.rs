//! `azlab extend`, `azlab sweep`

use std::time::Duration;

use clap::{ArgGroup, Args};

use super::lab::DryRunArgs;
use crate::lab::overrides::LabOverrides;
use crate::values::TimeSpec;

/// Change the time from which labs may be swept.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("when").required(true), after_help = "\
The expiry is the tag azlab-expires on the lab's resource group (a copy is on its
OpenAI account, for a sweep after the group is gone). All other tags stay. If a
lab would expire sooner than before, no lab is changed, unless --shorten says so.
Times without an offset are those of your time zone (TZ, or the system's).")]
pub struct ExtendArgs {
    /// The resource group
    #[arg(short = 'g', long, value_name = "NAME", help = LabOverrides::help("resource_group"))]
    pub(crate) resource_group: Option<String>,
    /// From now: 4h, 2d
    #[arg(long, value_name = "TIME", value_parser = super::global::duration, group = "when")]
    pub(crate) ttl: Option<Duration>,
    /// A time: 17:00, 'tomorrow 18:00', 2026-12-01 (its end), or with an offset: 2026-04-21T18:00:00Z
    #[arg(long, value_name = "TIME", group = "when")]
    pub(crate) until: Option<TimeSpec>,
    /// Remove the expiry
    #[arg(long, group = "when")]
    pub(crate) never: bool,
    /// Let it be sooner than before
    #[arg(long)]
    pub(crate) shorten: bool,
}

/// Delete the labs that have expired, with the same proof as teardown.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Deletes only resource groups with azlab's tags whose azlab-expires has passed, and
purges their accounts, also those that were soft-deleted before. A lab that is
extended in the meantime is left alone. Safe to run from cron, several at once:
  azlab sweep --expired --yes")]
pub struct SweepArgs {
    /// Only labs that have expired; nothing else is ever swept
    #[arg(long, required = true)]
    pub(crate) expired: bool,
    /// Only labs of this workshop (their tag azlab-workshop)
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) workshop: Option<String>,
    /// Whether it is only shown.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
}
