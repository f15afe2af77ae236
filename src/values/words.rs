//! Options that take one of a few words.

/// A word given to an option that takes one of a few.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be one of {}", expected.join(", "))]
pub struct UnknownWord {
    expected: &'static [&'static str],
}

impl UnknownWord {
    /// None of these.
    pub(super) fn of(expected: &'static [&'static str]) -> Self {
        Self { expected }
    }
}

/// Gives an enum its words: what is parsed, what is displayed, and the list of them.
macro_rules! words {
    ($type:ident, $($variant:ident = $word:literal),+) => {
        impl $type {
            /// Every word that is understood.
            pub(crate) const WORDS: &'static [&'static str] = &[$($word),+];
        }

        impl std::str::FromStr for $type {
            type Err = $crate::values::UnknownWord;

            fn from_str(given: &str) -> Result<Self, $crate::values::UnknownWord> {
                match given {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::values::UnknownWord::of(Self::WORDS)),
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $word,)+
                })
            }
        }
    };
}

pub(super) use words;
