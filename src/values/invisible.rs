//! Characters that nobody sees, and that text copied from a web page, a chat or a mail brings along.

/// Whether nobody sees a character, and no script needs it: soft hyphens, marks of direction, spaces without a width, the mark at the
/// beginning of a file. (Joiners are not among them: Persian names have them.)
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

/// A text without them, and without the spaces around it.
pub(crate) fn without_invisible(text: &str) -> String {
    text.replace(is_invisible, "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_left_out_and_joiners_stay() {
        assert_eq!(without_invisible("\u{feff} ada\u{200b}@contoso.com\u{a0}\u{200e}"), "ada@contoso.com");
        assert_eq!(without_invisible("\u{202a}+46 70\u{202c}"), "+46 70");
        assert_eq!(without_invisible("می\u{200c}خواهم"), "می\u{200c}خواهم");
    }
}
