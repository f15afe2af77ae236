//! How much of what the service sent is kept and shown. A body may have megabytes, and so may each text in it: an error is
//! quoted in events, results, logs and on the terminal.

/// The most bytes of one message. The longest that is known, AKS's list of VM sizes ("The available VM sizes are '…'"),
/// has about 12 KB.
pub(super) const MESSAGE: usize = 16 * 1024;
/// The most bytes of a code, a status, an id of a request: words, not sentences.
pub(super) const WORD: usize = 256;
/// The most bytes of a path: an ARM id has at most 2,048, but a link to the next page may have anything.
pub(super) const PATH: usize = 4 * 1024;
/// The most bytes of what a parser says about a body; it quotes what it found.
pub(super) const PROBLEM: usize = 512;

/// `text`, at most `limit` bytes of it, with a mark where it was cut.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = (0..=limit).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", &text[..end])
}
