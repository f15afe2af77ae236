//! `azlab provision`, whole: the real command against the embedded Azure, on paused time.
//!
//! What is asserted is what people and scripts rely on: the exit code, the result, the events, the requests that the
//! service saw, and what exists in the end.

mod adopted;
mod again;
pub mod broken;
mod busy;
mod checked;
mod crowded;
mod drifted;
pub mod fixture;
mod fresh;
mod killed;
mod limits;
mod lost;
mod models;
mod moved_on;
mod out_of_time;
mod overtaken;
pub mod ran;
mod refused_once;
mod slept;
mod soft_deleted;
mod stopped;
mod waited;
