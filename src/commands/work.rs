//! One lab under way.

use crate::lab::spec::LabSpec;
use crate::recipe::context::Context;

/// One lab under way.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// What should be.
    pub(crate) lab: LabSpec,
    /// What its steps need.
    pub(crate) ctx: Context,
}
