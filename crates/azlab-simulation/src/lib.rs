//! The whole program, its Azure and what goes wrong between them, in one process, under a simulated clock, from a seed.
//!
//! docs/reliability.md says what is simulated, what must hold, and how to use it.

mod class;
pub mod classes;
pub mod crash_points;
pub mod dispatch;
mod drive;
mod faults;
mod field_faults;
mod hands;
pub mod large;
mod matched_fault;
mod oracle;
pub mod plan;
pub mod process;
pub mod shrink;
pub mod simulated;
mod story;
mod trace;
pub mod world;

pub use oracle::lease::is_write_of_lease;
use simulated::Simulated;
use world::Report;

/// Runs a plan on a clock of its own.
pub fn run<S: Simulated>(plan: &S) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(Box::pin(plan.simulate()))
}
