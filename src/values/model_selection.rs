//! The model that azlab chose for a deployment, where nobody named one or the choice was left to it.

use serde::Serialize;

/// A choice of azlab's own, as events and results tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelSelection {
    /// The deployment's name.
    pub deployment: String,
    /// The model that it gets.
    pub model: String,
    /// Its version.
    pub version: String,
    /// The sku.
    pub sku: String,
    /// The capacity, in the sku's units: 1 is 1,000 tokens a minute.
    pub capacity: u32,
    /// What it takes the place of; `None` for `auto`, which asks for the best.
    pub instead_of: Option<InsteadOf>,
}

/// The workshop's own model, which cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InsteadOf {
    /// The model: `gpt-35-turbo`.
    pub model: String,
    /// The code that the service would refuse it with: `ServiceModelDeprecated`.
    pub code: String,
    /// Why, in one sentence.
    pub reason: String,
}
