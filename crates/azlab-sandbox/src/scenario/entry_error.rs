//! What is wrong with an entry of a scenario, and where.

/// What is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryError {
    /// The entry's key that is wrong (`status`, `operation.at`); `None` if it is the entry as a whole.
    pub key: Option<&'static str>,
    /// For people.
    pub reason: String,
}

impl EntryError {
    /// At the value of a key.
    pub(crate) fn at(key: &'static str, reason: impl Into<String>) -> Self {
        Self { key: Some(key), reason: reason.into() }
    }

    /// In the entry as a whole: what it lacks, or what does not go together.
    pub(crate) fn whole(reason: impl Into<String>) -> Self {
        Self { key: None, reason: reason.into() }
    }
}

impl From<EntryError> for String {
    fn from(slip: EntryError) -> Self {
        slip.reason
    }
}
