//! What a file is that is no TOML, where the parser's words lead astray.

/// Quotes that word processors and web pages put in the place of straight ones.
const TYPOGRAPHIC: [char; 9] =
    ['\u{201c}', '\u{201d}', '\u{201e}', '\u{ab}', '\u{bb}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{2033}'];
/// What git leaves of a merge that somebody has to decide.
const MARKS: [&str; 3] = ["<<<<<<<", "=======", ">>>>>>>"];

/// What helps with a file whose `line` (from 1) the parser does not understand.
pub(super) fn help(text: &str, line: usize) -> Option<String> {
    let wrong = text.lines().nth(line.checked_sub(1)?)?.trim();
    let code = wrong.split('#').next().unwrap_or_default();
    if MARKS.iter().any(|mark| wrong.starts_with(mark)) {
        return Some("git left these marks of a merge: keep one of the two sides, and delete the marks".to_owned());
    }
    if code.contains(TYPOGRAPHIC) {
        return Some("these quotes are typographic; TOML takes straight ones: \"".to_owned());
    }
    if text.trim_start().starts_with('{') {
        return Some("this looks like JSON; in TOML it is: key = value, a line each".to_owned());
    }
    let word = code.split(':').next().unwrap_or_default().trim_start_matches("- ");
    let is_key = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    (code.contains(':') && !code.contains('=') && is_key)
        .then(|| format!("this looks like YAML; in TOML it is: {word} = value"))
}
