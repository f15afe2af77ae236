//! Where labs may go, and who goes where.

pub(crate) mod solver;

/// Regions of a subscription that labs may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    /// The subscription's id or name; `None` is that of the run.
    pub(crate) subscription: Option<String>,
    /// The locations, in order of preference.
    pub(crate) locations: Vec<String>,
    /// At most so many labs in these locations together.
    pub(crate) max_labs: Option<u32>,
}

/// What happens to a lab whose region turns out full while it is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OnFull {
    /// It stays as it is, and the run says so.
    #[default]
    Stop,
    /// What there is of it is deleted, and it is made in the next place.
    Move,
}

impl OnFull {
    /// Both, the default first.
    pub(crate) const ALL: [Self; 2] = [Self::Stop, Self::Move];

    /// As it is written in the file.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Move => "move",
        }
    }

    /// The one of this name.
    pub(crate) fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}
