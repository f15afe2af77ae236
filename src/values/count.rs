//! A count with its noun, and what agrees with it, as people write them.

use std::fmt::Display;

/// A number of things. One is the only count that takes the singular: "0 labs", "1 lab", "40 labs".
pub(crate) trait Count: Copy + Display + PartialEq + From<bool> {}

impl<N: Copy + Display + PartialEq + From<bool>> Count for N {}

/// `count` and `noun`, in the plural with an s unless there is one.
pub(crate) fn counted(count: impl Count, noun: &str) -> String {
    format!("{count} {noun}{}", agreeing(count, "", "s"))
}

/// `one` or `several`, whichever agrees with `count`: `agreeing(labs, "is", "are")`.
pub(crate) fn agreeing<'a, N: Count>(count: N, one: &'a str, several: &'a str) -> &'a str {
    if count == N::from(true) { one } else { several }
}

/// As many names as a sentence holds.
const NAMED: usize = 5;

/// `names` in a sentence, of many the first ones: "ada, ben and 38 more".
pub(crate) fn a_few<N: AsRef<str>>(names: &[N]) -> String {
    let shown = names.iter().take(NAMED).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_names_a_few_are_told_and_the_rest_counted() {
        assert_eq!(a_few(&["a", "b", "c", "d", "e"]), "a, b, c, d, e");
        assert_eq!(a_few(&["a", "b", "c", "d", "e", "f"]), "a, b, c, d, e and 1 more");
        assert_eq!(a_few::<&str>(&[]), "");
    }

    #[test]
    fn one_thing_is_told_in_the_singular_and_none_and_several_in_the_plural() {
        assert_eq!(counted(0, "lab"), "0 labs");
        assert_eq!(counted(1_usize, "lab"), "1 lab");
        assert_eq!(counted(1.0, "vCPU"), "1 vCPU");
        assert_eq!(counted(40_i64, "lab"), "40 labs");
        assert_eq!(agreeing(1_u32, "is", "are"), "is");
        assert_eq!(agreeing(0_u32, "is", "are"), "are");
    }
}
