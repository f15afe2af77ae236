//! A text for people with commands in it.

use super::{FollowUp, Place};

/// A text whose commands are complete once the place of the run is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Command(FollowUp),
}

impl Advice {
    /// With a text behind it.
    #[must_use]
    pub(crate) fn say(mut self, text: impl Into<String>) -> Self {
        self.0.push(Part::Text(text.into()));
        self
    }

    /// With a command behind it.
    #[must_use]
    pub(crate) fn run(mut self, command: FollowUp) -> Self {
        self.0.push(Part::Command(command));
        self
    }

    /// The text, as it is right for a run at `place`.
    pub fn at(&self, place: &Place) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Command(command) => place.line(command),
        };
        self.0.iter().map(part).collect()
    }
}

impl<T: Into<String>> From<T> for Advice {
    fn from(text: T) -> Self {
        Self::default().say(text)
    }
}
