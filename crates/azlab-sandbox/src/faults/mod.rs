//! Requests that go wrong: what can go wrong with one ([`FaultKind`]), which requests ([`Fault`]), and how often.
//!
//! Tests put faults into a sandbox of their own ([`inject`](crate::control::Control::inject)); scenarios keep theirs in the
//! state file, for all processes. Both are met in the [`router`](crate::arm::router), and what happens within the service's
//! own work is done in [`effect`], in the transaction of the request.
//!
//! [`Fault`]: fault::Fault
//! [`FaultKind`]: fault::FaultKind

pub(crate) mod effect;
pub(crate) mod entry;
pub(crate) mod fault;
pub(crate) mod log;
pub(crate) mod matched;
pub(crate) mod pattern;
pub(crate) mod responses;
