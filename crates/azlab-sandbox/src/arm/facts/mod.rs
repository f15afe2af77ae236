//! What the bodies of a type may hold: one table of facts a type, in its provider's `facts.txt`.
//!
//! Bodies are judged by it ([`judge`]), and so are changes of what exists ([`changes`]). docs/bodies.md is made from it, and so
//! are the wrong bodies of the tests.

pub(crate) mod changes;
pub(crate) mod finding;
pub(crate) mod formats;
pub(crate) mod judge;
pub(crate) mod parse;
pub(crate) mod spelling;
pub(crate) mod told;
pub(crate) mod words;

use self::formats::Format;

/// The table of one type.
#[derive(Debug)]
pub(crate) struct Facts {
    /// `Microsoft.ContainerService/managedClusters`
    pub name: String,
    /// The file of Azure/azure-rest-api-specs that it follows.
    pub source: String,
    /// The first `api-version` that refuses a property which the table does not have; `None`: all ignore it.
    pub unknown_refused_from: Option<String>,
    /// The members of a body.
    pub members: Vec<Fact>,
}

/// What is known of one property.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    /// As Azure writes it.
    pub name: String,
    pub kind: Kind,
    /// Whether a PUT has to have it, where the object has it that it is a member of.
    pub required: bool,
    /// When it can be written.
    pub written: Written,
    /// Whether its absence, or its change, is refused in words of the provider's own instead of those for every property.
    pub worded: bool,
    /// Whether no look ever tells it.
    pub secret: bool,
}

/// When a property can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Always,
    /// Not after the creation.
    Once,
    /// Never: the service says it, and what is sent counts for nothing.
    Never,
}

/// What values a property takes. `null` stands for a property that is not sent.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Any,
    /// `true` or `false`.
    Switch,
    Whole(Whole),
    Number,
    Text(Text),
    Object(Vec<Fact>),
    List(Box<Kind>),
    /// An object whose members' names are data.
    Map(Box<Kind>),
}

/// A whole number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Whole {
    /// The least and the most.
    pub range: Option<(i64, i64)>,
    /// A number that is taken although the range lacks it: it stands for the default.
    pub or: Option<i64>,
    /// Whether digits in a text are taken as well.
    pub or_digits: bool,
}

/// A text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    /// The values that there are, if they are counted; cases do not matter.
    pub one_of: Vec<String>,
    /// The most characters.
    pub up_to: Option<usize>,
    pub format: Option<&'static Format>,
    /// Whether an empty text stands for one that is not sent.
    pub or_empty: bool,
}

impl Facts {
    /// The property at a path of names from the body's root; lists and maps are passed through.
    pub fn at(&self, path: &[&str]) -> Option<&Fact> {
        let (first, rest) = path.split_first()?;
        let mut fact = member(&self.members, first)?;
        for name in rest {
            fact = member(fact.kind.members()?, name)?;
        }
        Some(fact)
    }
}

impl Kind {
    /// The members of an object, or of the objects in a list or a map.
    pub fn members(&self) -> Option<&[Fact]> {
        match self {
            Self::Object(members) => Some(members),
            Self::List(kind) | Self::Map(kind) => kind.members(),
            _ => None,
        }
    }
}

/// The fact of that name; Go and .NET both read names without regard to case.
pub(crate) fn member<'a>(facts: &'a [Fact], name: &str) -> Option<&'a Fact> {
    facts.iter().find(|fact| fact.name.eq_ignore_ascii_case(name))
}
