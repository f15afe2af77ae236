//! The timeline of a run, from its events file: what took how long, what was waited for, and which of it decided the end.

mod page;
mod read;
mod rows;
mod scale;
mod story;
mod sums;

pub(crate) use page::{html, svg};
pub(crate) use read::{ReadError, read};
pub(crate) use story::{Run, runs};
