//! The words of a query.

use super::QueryError;

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword, as it was written: `project-away`, `in~`, `!contains`.
    Word(String),
    /// A text in quotes.
    Text(String),
    Number(f64),
    /// `|`, `(`, `==`, `=~`, …
    Sign(&'static str),
}

/// The longest first, so that none hides another.
const SIGNS: [&str; 18] =
    ["==", "!=", "=~", "!~", ">=", "<=", "<", ">", "=", "|", "(", ")", "[", "]", ",", ".", "-", "*"];
/// Keywords that are more than letters.
const WORDS: [&str; 11] = [
    "project-away",
    "project-rename",
    "project-keep",
    "project-reorder",
    "!in~",
    "!in",
    "in~",
    "!contains",
    "!startswith",
    "!endswith",
    "!has",
];

/// Takes a query apart; comments (`//`) are left out.
pub(super) fn read(query: &str) -> Result<Vec<Token>, QueryError> {
    let mut found = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = if let Some(comment) = rest.strip_prefix("//") {
            (None, comment.find('\n').map_or("", |end| &comment[end..]))
        } else if matches!(first, '\'' | '"') {
            let (text, after) = text(rest, first)?;
            (Some(Token::Text(text)), after)
        } else if let Some(word) = WORDS.iter().find(|word| is_next(rest, word)) {
            (Some(Token::Word((*word).to_owned())), &rest[word.len()..])
        } else if first.is_alphabetic() || matches!(first, '_' | '$') {
            let end = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$')).unwrap_or(rest.len());
            (Some(Token::Word(rest[..end].to_owned())), &rest[end..])
        } else if first.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let number = rest[..end].parse().map_err(|_| unexpected(&rest[..end]))?;
            (Some(Token::Number(number)), &rest[end..])
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Some(Token::Sign(sign)), &rest[sign.len()..])
        } else {
            return Err(unexpected(&first.to_string()));
        };
        found.extend(token);
        rest = after.trim_start();
    }
    Ok(found)
}

/// Whether a keyword is next, and ends where it ends.
fn is_next(rest: &str, word: &str) -> bool {
    let Some((start, after)) = rest.split_at_checked(word.len()) else { return false };
    let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '~');
    start.eq_ignore_ascii_case(word) && !goes_on
}

/// A text in quotes at the beginning of `rest`, in which a backslash escapes, and what follows it.
fn text(rest: &str, quote: char) -> Result<(String, &str), QueryError> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => text.extend(chars.next().map(|(_, escaped)| escaped)),
            c if c == quote => return Ok((text, &rest[at + c.len_utf8()..])),
            c => text.push(c),
        }
    }
    Err(QueryError::Invalid("A text is not closed.".to_owned()))
}

pub(super) fn unexpected(what: &str) -> QueryError {
    QueryError::Invalid(format!("Unexpected '{what}'."))
}
