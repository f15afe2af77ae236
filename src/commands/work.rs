//! One lab under way.

use crate::lab::spec::LabSpec;
use crate::recipe::context::Context;

/// One lab under way.
#[derive(Clone, Debug)]
pub struct Work {
    /// What should be.
    pub lab: LabSpec,
    /// What its steps need.
    pub ctx: Context,
}
