//! Which model can be deployed here and now, and which one to take.
//!
//! Retired models stay in the catalogue, even as default: only a sku's own deprecation date tells whether a new
//! deployment is taken. A sku's usage name cannot be derived; quota that is not listed is unknown, not zero
//! (azure-facts.md section 4, "Models and quota").

mod choosing;
mod offer;
mod ranking;
pub(crate) mod version;
mod wanted;

pub(crate) use choosing::choose_or_best;
pub(crate) use offer::quota_left;
pub use offer::{Choice, Offer, Reason, Refusal};
pub(crate) use ranking::{deployable, is_closed, is_pay_as_you_go};
pub(crate) use wanted::as_asked;
