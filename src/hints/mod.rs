//! The one place that turns typed errors into what people and scripts see: what to do about them (`table`; `shortage`
//! for what is short; `egress` for nodes whose network is closed), the report (`report`) and the exit code (`exit`).

mod blocked;
mod egress;
mod exit;
mod kubernetes;
mod report;
mod shortage;
mod table;

pub(crate) use exit::{exit_of, exit_of_azure};
pub(crate) use report::BUSY;
pub use report::{report, report_azure, report_sign_in};
pub use table::for_code;
