//! Who owns which field of an object, and server-side apply, which goes by that.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/>; what an update takes into ownership was seen
//! on a real API server.

mod compare;
mod fields;
mod managers;
mod merge;
mod paths;
mod prune;
mod server_side;

pub(super) use managers::{Manager, updated};
pub(super) use server_side::{Applied, apply};
