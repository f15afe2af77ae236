//! Words of a command that somebody pastes into a shell.

/// A word for a shell; what no shell could take is shown as it is.
pub(crate) fn shell_word(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}
