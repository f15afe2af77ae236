//! Options of what looks again and again.

use std::time::Duration;

use clap::Args;

/// Whether it looks again and again.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct WatchArgs {
    /// Refresh until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    /// The time between two refreshes
    #[arg(long, value_name = "TIME", default_value = "5s", requires = "watch", value_parser = super::global::duration)]
    pub(crate) interval: Duration,
}

impl WatchArgs {
    /// The time between two looks, if there is more than one.
    pub(crate) fn every(self) -> Option<Duration> {
        self.watch.then_some(self.interval)
    }
}
