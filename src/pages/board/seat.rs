//! What the board shows, as plain values. Moments are milliseconds since 1970 on the service's clock.

use serde::Serialize;

/// The board at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Board {
    /// What stands above the seats.
    pub(crate) head: Head,
    /// The seats, in the order of the roster.
    pub(crate) seats: Vec<Seat>,
}

/// What stands above the seats.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Head {
    /// What the class is called.
    pub(crate) title: String,
    /// Whether the labs are in the sandbox.
    pub(crate) is_sandbox: bool,
    /// Service seconds a real one.
    pub(crate) speed: f64,
    /// Whether changes follow.
    pub(crate) is_live: bool,
    /// Whether the checks of `verify` are made.
    pub(crate) verifies: bool,
    /// Since when Azure cannot be read; `None` while it can.
    pub(crate) stale: Option<Stale>,
}

/// Azure cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Stale {
    /// When it was last read.
    pub(crate) since: i64,
    /// Why, for people.
    pub(crate) why: String,
}

/// What a seat is at, which decides its colour and its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// It needs somebody.
    Stuck,
    /// It cannot be read.
    Unknown,
    /// Something differs, for now.
    Incomplete,
    /// A run or Azure is at work.
    Working,
    /// As it should be.
    Ready,
    /// Its cluster is stopped on purpose.
    Paused,
    /// It does not exist.
    Absent,
}

/// One seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Seat {
    /// What tells it from the others, and stays.
    pub(crate) key: String,
    /// The lab's name.
    pub(crate) lab: String,
    /// What the attendee is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// What it is at.
    pub(crate) kind: Kind,
    /// The same, in a word or two.
    pub(crate) word: String,
    /// Since when, as far as the board has seen it.
    pub(crate) since: i64,
    /// Why it is stuck or cannot be read, or what is being done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// The command that is at work on it, and since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<(String, i64)>,
    /// How the checks of `verify` ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checks: Option<Checks>,
    /// When it may be swept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<i64>,
    /// Its location.
    pub(crate) location: String,
    /// Its resources that are not as they should be.
    pub(crate) rows: Vec<Row>,
    /// What is hidden unless somebody asks: what it is, and its value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ids: Vec<(String, String)>,
}

/// How the checks of `verify` ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Checks {
    /// Since when they end so.
    pub(crate) since: i64,
    /// How many passed.
    pub(crate) passed: usize,
    /// Those that warn.
    pub(crate) warned: Vec<String>,
    /// Those that failed.
    pub(crate) failed: Vec<String>,
}

/// A resource that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    /// `cluster`
    pub(crate) what: String,
    /// `absent`, `busy (Creating)`, `differs: node_count`
    pub(crate) state: String,
}
