//! Plain values that every layer may know: what they are, how they are written and read, and nothing else of azlab.
//!
//! They stand at the bottom so that two layers can speak of the same thing without knowing each other: the command line
//! and the sign-in of [`AuthMode`], the work and its display of [`ResourceKind`].

pub(crate) mod arm_id;
pub mod cloud;
pub(crate) mod duration;
pub(crate) mod id;
pub mod kind;

mod auth;
mod count;
mod display;
mod environment;
mod formula;
mod if_busy;
mod invisible;
mod model_selection;
mod money;
mod principal;
mod secret;
mod shell;
mod surroundings;
mod terminal;
mod time_spec;
mod told;
mod told_once;
mod warning;
mod words;
mod writer;
mod zone;

pub(crate) use count::{a_few, agreeing, counted};

pub use auth::{AuthMode, UnknownAuthMode};
pub(crate) use cloud::{Cloud, CloudError};
pub use display::{ColorChoice, Output, Progress, ReportOptions};
pub use environment::Environment;
pub(crate) use formula::{from_cell, to_cell};
pub(crate) use id::MalformedId;
pub use if_busy::IfBusy;
pub(crate) use invisible::{is_invisible, without_invisible};
pub use kind::ResourceKind;
pub use model_selection::{InsteadOf, ModelSelection};
pub use money::Money;
pub(crate) use principal::PrincipalKind;
pub(crate) use secret::Secret;
pub use shell::keeping_bytes;
pub(crate) use shell::{shell_path, shell_word, without_bytes};
pub use surroundings::Surroundings;
pub(crate) use terminal::TerminalEnvironment;
pub(crate) use time_spec::{TimeSpec, both_clocks, local_clock};
pub use told::{Action, CheckStatus, ErrorReport, LabState, RequestCounts};
pub(crate) use told_once::ToldOnce;
pub use warning::Warning;
pub use words::UnknownWord;
pub use writer::Writer;
pub(crate) use zone::Zone;
