//! What the families of stories have in common: a plan is run, and made smaller while it fails.

use std::fmt::Display;

use crate::world::Report;

/// A plan of a family.
pub trait Simulated: Clone + Display {
    /// What the command line that replays a seed has before `--replay`.
    const REPLAY: &'static str;

    /// Where it came from.
    fn seed(&self) -> u64;

    /// How many things happen: what a smaller plan has fewer of.
    fn size(&self) -> usize;

    /// Plans with one thing less.
    fn smaller(&self) -> Vec<Self>;

    /// Runs it, on tokio's clock.
    fn simulate(&self) -> impl Future<Output = Report>;
}
