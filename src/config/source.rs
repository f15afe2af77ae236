//! A file's text, and the places in it.

use std::io::Read as _;
use std::ops::Range;
use std::path::Path;

use super::error::{ConfigError, Problem};
use super::secrets::has_secret;

/// Far more than a subscription's labs need.
const LIMIT: u64 = 256 << 10;
/// What of a line is shown on either side of the mark.
const SIDE: usize = 60;

/// A file's text.
#[derive(Clone, Debug)]
pub(super) struct Source {
    name: String,
    text: String,
    has_secret: bool,
}

impl Source {
    /// A text that messages call `path`.
    pub(super) fn new(path: &Path, text: String) -> Self {
        let has_secret = has_secret(&text);
        Self { name: shown_path(path), text, has_secret }
    }

    /// Reads a file.
    pub(super) fn load(path: &Path) -> Result<Self, ConfigError> {
        let file = shown_path(path);
        let refused = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => ConfigError::Missing { file: file.clone() },
            _ => ConfigError::Unreadable { file: file.clone(), reason: error.to_string() },
        };
        if std::fs::metadata(path).map_err(refused)?.is_dir() {
            return Err(ConfigError::Directory { file });
        }
        let mut bytes = Vec::new();
        std::fs::File::open(path).map_err(refused)?.take(LIMIT + 1).read_to_end(&mut bytes).map_err(refused)?;
        if bytes.len() as u64 > LIMIT {
            return Err(ConfigError::TooLarge { file, limit: LIMIT });
        }
        let text = decode(&bytes).map_err(|(at, guess)| {
            let (line, column) = position(&String::from_utf8_lossy(bytes.get(..at).unwrap_or_default()));
            ConfigError::Encoding { file, line, column, guess }
        })?;
        Ok(Self::new(path, text.to_owned()))
    }

    /// What messages call it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text of a range.
    pub(super) fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// The text of a range, to be shown; `None` where a secret may be in it.
    pub(super) fn shown(&self, range: &Range<usize>) -> Option<&str> {
        (!self.has_secret).then(|| self.slice(range))
    }

    /// Line and column of a place in the text, both from 1.
    pub(super) fn position(&self, at: usize) -> (usize, usize) {
        position(self.text.get(..at).unwrap_or(&self.text))
    }

    /// What is wrong at `range`.
    pub(super) fn problem(&self, range: &Range<usize>, message: String, help: Option<String>) -> Problem {
        let (line, column) = self.position(range.start);
        let excerpt = if self.has_secret { None } else { self.excerpt(range, line, column) };
        Problem { file: self.name.clone(), line, column, message, help, excerpt }
    }

    /// All that is wrong, in the order of the file, each once.
    pub(super) fn invalid(&self, mut problems: Vec<Problem>) -> ConfigError {
        problems.sort_by(|a, b| (a.line, a.column, &a.message).cmp(&(b.line, b.column, &b.message)));
        problems.dedup();
        ConfigError::Invalid { file: self.name.clone(), problems }
    }

    fn excerpt(&self, range: &Range<usize>, line: usize, column: usize) -> Option<String> {
        let text = self.text.lines().nth(line - 1).filter(|text| !text.trim().is_empty())?;
        let skipped = (column - 1).saturating_sub(SIDE);
        let show = |c: char| if c.is_control() { ' ' } else { c };
        let shown: String = text.chars().skip(skipped).take(2 * SIDE).map(show).collect();
        let length = self.slice(range).lines().next().map_or(1, |marked| marked.chars().count());
        let left = shown.chars().count().saturating_sub(column - 1 - skipped);
        let marks = "^".repeat(length.min(left).max(1));
        let number = line.to_string();
        let indent = " ".repeat(number.len());
        let before = console::measure_text_width(&shown.chars().take(column - 1 - skipped).collect::<String>());
        Some(format!("    {number} | {shown}\n    {indent} | {}{marks}", " ".repeat(before)))
    }
}

/// The path, or, for a file below the current directory, how to get there from it.
pub(super) fn shown_path(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    // The current directory itself is no name to show.
    let relative = relative.filter(|relative| !relative.as_os_str().is_empty());
    relative.unwrap_or_else(|| path.to_owned()).display().to_string()
}

/// Where a text that has been read so far ends.
fn position(before: &str) -> (usize, usize) {
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The bytes as text, without the mark that Windows' editors set in front; or where it goes wrong.
fn decode(bytes: &[u8]) -> Result<&str, (usize, Option<&'static str>)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let guess = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("it looks like UTF-16"),
        _ => None,
    };
    std::str::from_utf8(bytes).map_err(|error| (error.valid_up_to(), guess))
}
