//! Plain values that every layer may know: what they are, how they are written and read, and nothing else of azlab.
//!
//! They stand at the bottom so that two layers can speak of the same thing without knowing each other: the command line
//! and the sign-in of [`AuthMode`], the work and its display of [`ResourceKind`].

pub mod cloud;
pub mod id;
pub mod kind;

mod auth;
mod count;
mod display;
mod environment;
mod moment;
mod secret;
mod surroundings;
mod terminal;
mod told;
mod zone;

pub(crate) use count::{a_few, agreeing, counted};

pub use auth::{AuthMode, UnknownAuthMode};
pub use cloud::{Cloud, CloudError};
pub use display::{ColorChoice, Output, Progress, ReportOptions, UnknownWord};
pub use environment::Environment;
pub use id::MalformedId;
pub use kind::ResourceKind;
pub(crate) use moment::both_clocks;
pub use moment::{Day, Moment, NotAMoment};
pub use secret::Secret;
pub use surroundings::Surroundings;
pub use terminal::TerminalEnvironment;
pub use told::{Action, CheckStatus, ErrorReport, LabState, RequestCounts};
pub use zone::Zone;
