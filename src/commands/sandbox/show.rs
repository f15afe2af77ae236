//! `azlab sandbox show`

use std::path::Path;

use super::error::SandboxCommandError;
use crate::follow_up::{FollowUp, Place};
use crate::outcome::sandbox::SandboxOutcome;
use azlab_sandbox::Sandbox;

/// What is in it, and the scenario that is in force.
pub(super) fn run(dir: &Path, speed: f64, place: &Place) -> Result<SandboxOutcome, SandboxCommandError> {
    let sandbox = Sandbox::open(dir, speed)?;
    let (inventory, scenario) = (sandbox.inventory()?, sandbox.scenario()?);
    Ok(SandboxOutcome::Contents { inventory, scenario, make: place.line(&FollowUp::make()) })
}
