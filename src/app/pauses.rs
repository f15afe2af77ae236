//! How often a cluster is looked at.

use std::time::Duration;

/// The pauses between two looks: a second at first, five later.
pub(super) fn pauses() -> impl Iterator<Item = Duration> {
    (0..).map(|tried: u32| Duration::from_millis(1000 + 500 * u64::from(tried.min(8))))
}
