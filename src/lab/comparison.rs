//! How what exists compares with what should.

use std::fmt;

/// A field that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field, in the words of our flags and files: `node_count`.
    pub field: &'static str,
    /// What exists.
    pub have: String,
    /// What should be.
    pub want: String,
    /// Whether the service lets it be changed in place.
    pub changeable: bool,
}

impl Difference {
    /// The field by which a difference in tags is told.
    pub(crate) const TAGS: &str = "tags";

    /// A field that can be changed in place.
    pub fn changeable(field: &'static str, have: impl Into<String>, want: impl Into<String>) -> Self {
        Self { field, have: have.into(), want: want.into(), changeable: true }
    }

    /// A field that only a new resource can have otherwise.
    pub fn fixed(field: &'static str, have: impl Into<String>, want: impl Into<String>) -> Self {
        Self { changeable: false, ..Self::changeable(field, have, want) }
    }

    /// A tag that is not as it should be: its value, or nothing.
    pub(crate) fn of_tag(name: &str, have: Option<&str>, want: Option<&str>) -> Option<Self> {
        let text = |value: Option<&str>| value.map_or_else(String::new, |value| format!("{name}={value}"));
        (have != want).then(|| Self::changeable(Self::TAGS, text(have), text(want)))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| if text.is_empty() { "(none)".to_owned() } else { text.to_owned() };
        write!(f, "{}: {} -> {}", self.field, shown(&self.have), shown(&self.want))
    }
}

/// How a resource that exists compares with what should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// As it should be.
    Fits,
    /// Fields differ; never empty.
    Differs(Vec<Difference>),
    /// The service is still at work on it, in the service's own word.
    Busy(String),
    /// An earlier operation failed; writing it again repairs it. In the service's own word.
    Broken(String),
}

impl Comparison {
    /// [`Comparison::Fits`] if there are no differences.
    pub fn of(differences: Vec<Difference>) -> Self {
        if differences.is_empty() { Self::Fits } else { Self::Differs(differences) }
    }
}
