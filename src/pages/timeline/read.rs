//! An events file (`--events FILE`): its lines, read by the keys that are promised (`report`, "JSON lines").

use serde::Deserialize;
use time::OffsetDateTime;

/// The schema that is read.
const SCHEMA: &str = crate::events::SCHEMA;

/// Why an events file cannot be read.
#[derive(Debug, thiserror::Error, PartialEq)]
pub(crate) enum ReadError {
    /// It holds no run.
    #[error("it holds no event of azlab")]
    Empty,
    /// A line is not an event.
    #[error("line {line} is not an event of azlab: {problem}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// Why.
        problem: String,
    },
    /// A line is of a schema that is not known.
    #[error("line {line} is of the schema '{schema}', and this azlab reads '{SCHEMA}'")]
    Schema {
        /// The line, from 1.
        line: usize,
        /// Its schema.
        schema: String,
    },
}

/// An event, as far as a timeline needs it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Line {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    pub(super) elapsed_s: f64,
    #[serde(default)]
    pub(super) lab: Option<String>,
    #[serde(flatten)]
    pub(super) what: What,
}

/// What happened; what a timeline does not show is `Other`. Words are texts: a later version may have more of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum What {
    RunStarted {
        command: String,
        sandbox: bool,
        subscription: String,
    },
    LabStarted {
        resource_group: String,
        location: String,
    },
    ResourceStarted {
        resource: String,
        name: String,
    },
    ResourceWriting {
        resource: String,
        name: String,
    },
    ResourceStatus {
        resource: String,
        name: String,
        status: String,
    },
    ResourceWaiting {
        resource: String,
        name: String,
        reason: String,
        retry_in_s: f64,
    },
    ResourceFinished {
        resource: String,
        name: String,
        action: String,
        #[serde(default)]
        limits: Vec<LimitWait>,
    },
    ResourceFailed {
        resource: String,
        name: String,
        error: Code,
        #[serde(default)]
        limits: Vec<LimitWait>,
    },
    Retrying {
        reason: String,
    },
    LabFinished {
        state: String,
        error: Option<Code>,
    },
    RunFinished {
        exit_code: u8,
        #[serde(default)]
        bound_s: Option<f64>,
    },
    #[serde(other)]
    Other,
}

/// A wait for a limit of the service.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LimitWait {
    pub(super) limit: String,
    pub(super) from_s: f64,
    pub(super) waited_ms: f64,
}

/// An error, as far as a timeline needs it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Code {
    pub(super) code: String,
}

/// What is wrong, and in which column: the text that was read has one line.
fn without_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column", " at column")
}

/// What every line has.
#[derive(Deserialize)]
struct Head {
    schema: String,
}

/// What an events file holds.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    pub(super) lines: Vec<Line>,
    /// The last line is cut off: the run was killed, or is still writing.
    pub(crate) is_cut_off: bool,
}

/// Reads the text of an events file.
///
/// # Errors
/// [`ReadError`]; a last line that is cut off is none.
pub(crate) fn read(text: &str) -> Result<Events, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (count, is_whole) = (text.lines().count(), text.ends_with('\n'));
    let (mut lines, mut is_cut_off) = (Vec::new(), false);
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match one(line) {
            Ok(line) => lines.push(line),
            Err(Wrong::Schema(schema)) => return Err(ReadError::Schema { line: index + 1, schema }),
            // An end without a line break is not whole yet.
            Err(Wrong::Shape(_)) if index + 1 == count && !is_whole && !lines.is_empty() => is_cut_off = true,
            Err(Wrong::Shape(error)) => {
                return Err(ReadError::Line { line: index + 1, problem: without_line(&error) });
            }
        }
    }
    if lines.is_empty() { Err(ReadError::Empty) } else { Ok(Events { lines, is_cut_off }) }
}

enum Wrong {
    Schema(String),
    Shape(serde_json::Error),
}

fn one(line: &str) -> Result<Line, Wrong> {
    let head: Head = serde_json::from_str(line).map_err(Wrong::Shape)?;
    if head.schema != SCHEMA {
        return Err(Wrong::Schema(head.schema));
    }
    serde_json::from_str(line).map_err(Wrong::Shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTED: &str = r#"{"schema":"azlab.event/v1","at":"2026-11-29T12:00:00Z","elapsed_s":0.0,"event":"run_started","command":"provision","sandbox":true,"speed":60.0,"subscription":"s","credential":null}"#;

    #[test]
    fn an_end_that_is_cut_off_is_no_error_and_a_broken_line_is_told_with_its_number() {
        let read_ends = |end: &str| read(&format!("{STARTED}\n{end}"));
        let cut = read_ends(&STARTED[..60]).unwrap();
        assert!(cut.is_cut_off && cut.lines.len() == 1);
        assert!(!read_ends("").unwrap().is_cut_off);
        let told = |text: &str| read(text).unwrap_err().to_string();
        assert!(told(&format!("{STARTED}\nhello\n{STARTED}")).starts_with("line 2 is not an event of azlab"));
        assert!(told(&format!("{}\n{STARTED}", &STARTED[..60])).starts_with("line 1 is not an event"));
        assert_eq!(read("\n").unwrap_err(), ReadError::Empty);
    }

    #[test]
    fn an_event_that_is_not_known_is_skipped_and_a_schema_that_is_not_known_refused() {
        let newer = STARTED.replace("run_started", "run_dreamt");
        assert_eq!(read(&format!("{newer}\n{STARTED}")).unwrap().lines.len(), 2);
        let other = STARTED.replace("event/v1", "event/v2");
        let told = read(&format!("{STARTED}\n{other}")).unwrap_err();
        assert_eq!(told, ReadError::Schema { line: 2, schema: "azlab.event/v2".to_owned() });
        assert!(read("{\"schema\":\"azlab.result/v1\"}").unwrap_err().to_string().contains("azlab.result/v1"));
    }
}
