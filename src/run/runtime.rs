//! The asynchronous runtime.

use std::time::Duration;

use anyhow::Context as _;

use crate::outcome::Exit;

/// How long the end waits for what cannot be cut off, such as a name that the system is looking up.
const LAST_WAIT: Duration = Duration::from_millis(500);

/// Names that the system looks up at the same time, a thread each: a class that opens hundreds of connections at once would have as
/// many.
const MOST_LOOKUPS: usize = 64;

/// One thread: a lab is waiting, not computing.
pub(super) fn on_runtime(work: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(MOST_LOOKUPS).enable_all().build();
    let runtime = runtime.context("the asynchronous runtime cannot start")?;
    let ended = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_WAIT);
    ended
}
