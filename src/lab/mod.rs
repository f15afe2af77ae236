//! What a lab is: names, tags, ids, desired state and its comparison with what exists. Pure: no I/O.
pub mod comparison;
pub mod defaults;
pub mod filter;
pub mod ids;
pub mod limits;
pub mod model;
pub mod names;
pub mod overrides;
pub mod spec;
pub mod tags;
pub mod variables;

pub use crate::values::kind;
