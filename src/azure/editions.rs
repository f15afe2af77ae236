//! What the lists of subscriptions say at a look, as numbers: whoever looks again and again need not compare what is the same.

use std::collections::HashMap;

/// What the lists of each subscription say: a number that is another where one of them says something else, and `None` where one
/// cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Editions(HashMap<String, Option<u64>>);

impl Editions {
    /// What the lists of a subscription say; `None` where nobody can tell whether they still say it.
    pub(crate) fn of(&self, subscription: &str) -> Option<u64> {
        self.0.get(subscription).copied().flatten()
    }

    /// Whether all lists say what they said at `before`.
    pub(crate) fn are(&self, before: &Self) -> bool {
        self == before && self.0.values().all(Option::is_some)
    }
}

impl FromIterator<(String, Option<u64>)> for Editions {
    fn from_iter<T: IntoIterator<Item = (String, Option<u64>)>>(all: T) -> Self {
        Self(all.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn editions(all: &[(&str, Option<u64>)]) -> Editions {
        all.iter().map(|(id, edition)| ((*id).to_owned(), *edition)).collect()
    }

    #[test]
    fn lists_that_cannot_be_read_never_say_what_they_said() {
        let readable = editions(&[("a", Some(1)), ("b", Some(2))]);
        assert!(readable.are(&readable.clone()));
        for other in [&[("a", Some(1)), ("b", Some(3))][..], &[("a", Some(1))], &[("a", Some(1)), ("b", None)]] {
            assert!(!editions(other).are(&readable), "{other:?}");
        }
        let unreadable = editions(&[("a", Some(1)), ("b", None)]);
        assert!(!unreadable.are(&unreadable.clone()));
        assert_eq!((unreadable.of("a"), unreadable.of("b"), unreadable.of("c")), (Some(1), None, None));
    }
}
