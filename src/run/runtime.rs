//! The asynchronous runtime.

use anyhow::Context as _;

use crate::outcome::Exit;

/// One thread: a lab is waiting, not computing.
pub(super) fn on_runtime(work: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("the asynchronous runtime cannot start")?.block_on(work)
}
