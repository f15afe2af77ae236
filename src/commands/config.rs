//! `azlab config`: write a first file, show what holds and where it comes from, print the schema.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::config::{self, FILE_NAME, InitError};
use crate::follow_up::{Advice, FollowUp, Place, Verb};
use crate::outcome::ErrorReport;
use crate::settings::{Setting, Shown};
use crate::values::Output;

/// The subcommand's name.
pub(crate) const COMMAND: &str = "config";

/// The `schema` of what these commands print with `-o json`.
const SCHEMA: &str = "azlab.config/v1";

/// Writes a first file.
///
/// # Errors
/// What to tell: one exists, or the system refuses.
pub(crate) fn init(file: Option<&Path>, force: bool, output: Output, place: &Place) -> Result<String, ErrorReport> {
    let path = file.unwrap_or(Path::new(FILE_NAME));
    let mut show = FollowUp::new(Verb::ConfigShow);
    if path != Path::new(FILE_NAME) && !place.names("--config") {
        show = show.with(["--config".to_owned(), path.display().to_string()]);
    }
    config::init(path, force).map_err(|error| {
        let (code, hint) = match &error {
            InitError::Exists { .. } => {
                ("FileExists", Advice::from("--force replaces it; to see its values: ").run(show.clone()))
            }
            InitError::Refused { .. } => {
                let init = FollowUp::new(Verb::ConfigInit).with(["example.toml"]);
                ("CannotWriteFile", Advice::from("name another file: ").run(init))
            }
        };
        ErrorReport::new(code, error.to_string()).hint(hint.at(place))
    })?;
    Ok(match output {
        Output::Text => format!("wrote {}; to see the values in use: {}\n", path.display(), place.line(&show)),
        Output::Json => format!("{}\n", json!({"schema": SCHEMA, "command": COMMAND, "file": path})),
    })
}

/// Everything that holds.
pub(crate) fn show(shown: &Shown, output: Output, place: &Place) -> String {
    if output == Output::Json {
        let object = json!({"schema": SCHEMA, "command": COMMAND, "file": shown.file, "settings": shown.settings,
                            "labs": shown.labs});
        return format!("{object}\n");
    }
    let mut text = match &shown.file {
        Some(file) => format!("file: {file}\n"),
        None => {
            format!("no {FILE_NAME} here or above; to write one: {}\n", place.line(&FollowUp::new(Verb::ConfigInit)))
        }
    };
    table(&mut text, &shown.settings);
    for lab in &shown.labs {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\nlab {}", lab.name);
        table(&mut text, &lab.settings);
    }
    text
}

/// The schema.
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
