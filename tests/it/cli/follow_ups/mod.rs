//! The commands that azlab recommends: collected by pattern from whatever a run prints, so that a new message is covered by
//! being there.
mod lines;
#[cfg(unix)]
mod pasted;
mod places;
mod same_cure;
mod source;
