//! The one place that turns typed errors into what people and scripts see: what to do about them (`table`, and
//! `shortage` for what is short), the report (`report`) and the exit code (`exit`).

mod blocked;
mod exit;
mod kubernetes;
mod report;
mod shortage;
mod table;

pub(crate) use exit::{exit_of, exit_of_azure};
pub(crate) use report::BUSY;
pub use report::{report, report_azure, report_sign_in};
pub use table::for_code;
