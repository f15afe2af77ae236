//! What a lab is: names, tags, ids, desired state and its comparison with what exists. Pure: no I/O.
pub mod kind;
