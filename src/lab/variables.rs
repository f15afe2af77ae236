//! The workshop's shell variables of a lab, and how each shell wants them written.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::values::Secret;

/// The variables that the workshop's own commands use, in the order of `cli-contract.md`; the key only if it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(Vec<(&'static str, Value)>);

/// What a variable holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Anybody may see it.
    Open(String),
    /// A key.
    Secret(Secret),
}

impl Value {
    /// The text.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Open(text) => text,
            Self::Secret(secret) => secret.reveal(),
        }
    }
}

/// How variables are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// `export NAME='value'`, for any POSIX shell.
    #[default]
    Sh,
    /// `$env:NAME = 'value'`, for PowerShell.
    Pwsh,
    /// `NAME=value`, for what reads `.env` files.
    Dotenv,
    /// Lines for the file that `GITHUB_ENV` names in a step of GitHub Actions.
    Github,
    /// One JSON object on one line.
    Json,
}

/// A value that no shell can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value of {0} holds a NUL character, which no shell accepts")]
pub(crate) struct Unwritable(&'static str);

impl Variables {
    /// Adds a variable that anybody may see.
    pub(crate) fn set(&mut self, name: &'static str, text: impl Into<String>) {
        self.0.push((name, Value::Open(text.into())));
    }

    /// Adds a key.
    pub(crate) fn set_secret(&mut self, name: &'static str, secret: Secret) {
        self.0.push((name, Value::Secret(secret)));
    }

    /// Names and values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// The texts that anybody may see.
    pub(crate) fn open_texts(&mut self) -> impl Iterator<Item = &mut String> {
        self.0.iter_mut().filter_map(|(_, value)| match value {
            Value::Open(text) => Some(text),
            Value::Secret(_) => None,
        })
    }

    /// The lines that make a shell set them, each with a line break.
    ///
    /// # Errors
    /// [`Unwritable`]
    pub(crate) fn write(&self, format: Format) -> Result<Secret, Unwritable> {
        if let Some((name, _)) = self.iter().find(|(_, value)| value.text().contains('\0')) {
            return Err(Unwritable(name));
        }
        if format == Format::Json {
            // A map of texts is always JSON.
            let object = serde_json::to_string(self).unwrap_or_default();
            return Ok(Secret::new(format!("{object}\n")));
        }
        let line = |(name, value): (&str, &Value)| match format {
            Format::Sh => format!("export {name}={}\n", sh(value.text())),
            Format::Pwsh => format!("$env:{name} = {}\n", pwsh(value.text())),
            Format::Dotenv => format!("{name}={}\n", dotenv(value.text())),
            Format::Github | Format::Json => github(name, value.text()),
        };
        Ok(Secret::new(self.iter().map(line).collect()))
    }

    /// The workflow commands that make a runner of GitHub Actions mask the keys in its log, a line of a key each; empty
    /// without keys. The runner takes them out of a step's stdout and stderr, and shows neither.
    pub(crate) fn masks(&self) -> Secret {
        let keys = self.iter().filter_map(|(_, value)| match value {
            Value::Secret(secret) => Some(secret.reveal()),
            Value::Open(_) => None,
        });
        let lines = keys.flat_map(str::lines).filter(|line| !line.is_empty());
        // The runner undoes these three in a command's value.
        let escaped = |line: &str| line.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        Secret::new(lines.map(|line| format!("::add-mask::{}\n", escaped(line))).collect())
    }
}

impl Serialize for Variables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value.text())?;
        }
        map.end()
    }
}

/// In single quotes nothing is special to a POSIX shell but the single quote itself.
fn sh(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// In single quotes nothing is special to PowerShell but what it takes for a single quote, the typographic ones among
/// them; doubled, it stands for itself.
fn pwsh(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        quoted.push(character);
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(character);
        }
    }
    quoted.push('\'');
    quoted
}

/// Bare where all readers of `.env` files agree; in single quotes where nothing needs an escape; else in double quotes,
/// with the escapes that most know.
fn dotenv(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    if !text.contains(['\'', '\\', '\n', '\r']) {
        return format!("'{text}'");
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '"' | '\\' | '$' | '`' => quoted.extend(['\\', character]),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A value with line breaks stands between two lines that it cannot guess.
fn github(name: &str, text: &str) -> String {
    if !text.contains(['\n', '\r']) {
        return format!("{name}={text}\n");
    }
    let end = format!("azlab-{}", Uuid::new_v4().simple());
    format!("{name}<<{end}\n{text}\n{end}\n")
}

#[cfg(test)]
#[path = "variables_tests.rs"]
mod tests;
