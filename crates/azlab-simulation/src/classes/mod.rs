//! The family of classes: a roster that changes, over several subscriptions, with spares, pauses, and two hosts at once.

mod bodies;
mod command;
pub mod crash_points;
mod draw;
mod edits;
mod end;
pub mod file;
mod hosts;
mod judge;
pub mod plan;
mod setup;
mod told;
mod verdict;
mod world;
