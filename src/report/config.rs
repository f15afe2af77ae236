//! What the `config` subcommands did, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::config::{self, FILE_NAME};
use crate::outcome::config::{COMMAND, SCHEMA, WrittenFile};
use crate::settings::{Setting, Shown};
use crate::values::Output;

/// A first file has been written.
pub(crate) fn written_file(written: &WrittenFile, output: Output) -> String {
    let WrittenFile { file, show } = written;
    match output {
        Output::Text => format!("wrote {}; to see the values in use: {show}\n", file.display()),
        Output::Json => format!("{}\n", json!({"schema": SCHEMA, "command": COMMAND, "file": file})),
    }
}

/// Everything that holds. `init` is the command that writes a first file, `who_goes` the one that tells who goes where.
pub(crate) fn shown(shown: &Shown, (init, who_goes): (&str, String), output: Output) -> String {
    if output == Output::Json {
        let object = json!({"schema": SCHEMA, "command": COMMAND, "file": shown.file, "settings": shown.settings,
                            "labs": shown.labs});
        return format!("{object}\n");
    }
    let mut text = match &shown.file {
        Some(file) => format!("file: {file}\n"),
        None => format!("no {FILE_NAME} here or above; to write one: {init}\n"),
    };
    table(&mut text, &shown.settings);
    if shown.has_places {
        // As below.
        let _ = writeln!(text, "who goes where, and why, depends on the quotas: {who_goes}");
    }
    for lab in &shown.labs {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\nlab {}", lab.name);
        table(&mut text, &lab.settings);
    }
    text
}

/// The schema of `azlab.toml`.
pub(crate) fn schema(output: Output) -> String {
    match output {
        Output::Text => config::schema_text(),
        Output::Json => format!("{}\n", config::schema()),
    }
}

fn table(text: &mut String, settings: &[Setting]) {
    let rows: Vec<_> = settings.iter().map(|one| (one.key.as_str(), plain(&one.value), one)).collect();
    let width = |of: fn(&(&str, String, &Setting)) -> usize| rows.iter().map(of).max().unwrap_or_default();
    let (keys, values) = (width(|row| row.0.len()), width(|row| row.1.chars().count()));
    for (key, value, setting) in rows {
        // As above.
        let _ = writeln!(text, "  {key:keys$}  {value:values$}  {}", setting.from.as_deref().unwrap_or("default"));
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
