//! What a lab is: names, tags, ids, desired state and its comparison with what exists. Pure: no I/O.
pub(crate) mod attendee;
pub(crate) mod claims;
pub mod comparison;
pub(crate) mod cost;
pub(crate) mod defaults;
pub(crate) mod filter;
pub mod ids;
pub mod lease;
pub(crate) mod limits;
pub mod model;
pub(crate) mod names;
pub(crate) mod overrides;
pub(crate) mod placement;
pub(crate) mod roles;
pub mod spec;
pub mod tags;
pub(crate) mod variables;
