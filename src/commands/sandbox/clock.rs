//! `azlab sandbox clock`

use std::path::Path;
use std::time::Duration;

use super::error::SandboxCommandError;
use crate::outcome::sandbox::SandboxOutcome;
use azlab_sandbox::Sandbox;

/// Its time, moved on by `advance`.
pub(super) fn run(advance: Option<Duration>, dir: &Path, speed: f64) -> Result<SandboxOutcome, SandboxCommandError> {
    let sandbox = Sandbox::open(dir, speed)?;
    if let Some(by) = advance {
        sandbox.control().advance(by)?;
    }
    let inventory = sandbox.inventory()?;
    Ok(SandboxOutcome::Clock { now: inventory.now, ahead: inventory.ahead, advanced: advance })
}
