//! The commands that azlab recommends: in hints, notes and next steps, and as what continues an interrupted run.
//!
//! A message says which command it means as data ([`FollowUp`], in a text: [`Advice`]). The run's [`Place`] alone turns it
//! into a line to paste, so no line leaves the Azure on which its run was (docs/architecture.md, "Follow-up commands").

mod advice;
mod labs;
mod place;
mod verb;

pub(crate) use advice::Advice;
pub(crate) use labs::Labs;
pub use place::{Place, Placed};
pub(crate) use verb::{Reach, Verb};

/// A command of azlab, without where it is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FollowUp {
    verb: Verb,
    words: Vec<String>,
    labs: Option<Labs>,
}

impl FollowUp {
    /// The command `verb`, on no lab in particular.
    pub(crate) fn new(verb: Verb) -> Self {
        Self { verb, words: Vec::new(), labs: None }
    }

    /// What makes a lab of which nothing is there.
    pub(crate) fn make() -> Self {
        Self::new(Verb::Provision)
    }

    /// What makes azlab answer for a resource group that it has not made.
    pub(crate) fn take_over() -> Self {
        Self::make().with(["--adopt"])
    }

    /// What shows when a lab on which the service is at work is ready.
    pub(crate) fn wait() -> Self {
        Self::new(Verb::Status).with(["--watch"])
    }

    /// What puts a lab right that is there, and not as it should be.
    pub(crate) fn repair() -> Self {
        Self::new(Verb::Reset)
    }

    /// What starts the cluster of a lab that is paused.
    pub(crate) fn resume() -> Self {
        Self::new(Verb::Resume)
    }

    /// With words of its own behind everything else.
    #[must_use]
    pub(crate) fn with<W: Into<String>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    /// For `labs`.
    #[must_use]
    pub(crate) fn on(self, labs: impl Into<Labs>) -> Self {
        Self { labs: Some(labs.into()), ..self }
    }
}
