//! What the `config` subcommands did, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::config::{self, FILE_NAME};
use crate::outcome::config::{COMMAND, SCHEMA, WrittenFile};
use crate::settings::{FixedLab, Setting, Shown, WhoGoes};
use crate::values::{Output, a_few, counted};

/// A first file has been written.
pub(crate) fn written_file(written: &WrittenFile, output: Output) -> String {
    let WrittenFile { file, show } = written;
    match output {
        Output::Text => format!("wrote {}; to see the values in use: {show}\n", file.display()),
        Output::Json => format!("{}\n", json!({"schema": SCHEMA, "command": COMMAND, "file": file})),
    }
}

/// Everything that holds. `init` is the command that writes a first file; `who_goes` are those that read quotas, and tell who goes
/// where.
pub(crate) fn shown(shown: &Shown, (init, who_goes): (&str, [String; 2]), output: Output) -> String {
    if output == Output::Json {
        let mut object = json!({"schema": SCHEMA, "command": COMMAND, "file": shown.file, "settings": shown.settings,
                                "labs": shown.labs});
        if let Some(who) = &shown.who_goes {
            object["who_goes_where"] =
                json!({"fixed": who.fixed, "free": who.free, "places": who.places, "decided_by": who_goes[0]});
        }
        return format!("{object}\n");
    }
    let mut text = match &shown.file {
        Some(file) => format!("file: {file}\n"),
        None => format!("no {FILE_NAME} here or above; to write one: {init}\n"),
    };
    table(&mut text, &shown.settings);
    if let Some(who) = &shown.who_goes {
        text.push_str(&who_goes_where(who, &who_goes));
    }
    for lab in &shown.labs {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\nlab {}", lab.name);
        table(&mut text, &lab.settings);
    }
    text
}

/// Who goes where, as far as it can be told without asking Azure; the commands tell the rest.
fn who_goes_where(who: &WhoGoes, [dry_run, doctor]: &[String; 2]) -> String {
    let mut lines = vec!["\nwho goes where, as far as the file says it".to_owned()];
    for FixedLab { lab, location, from } in &who.fixed {
        let from = from.as_deref().unwrap_or("default");
        lines
            .push(format!("  {lab}: {location} and nowhere else, in the first subscription with quota for it  {from}"));
    }
    if !who.free.is_empty() {
        let names: Vec<&str> = who.free.iter().map(String::as_str).collect();
        let count = counted(names.len(), "lab");
        lines.push(format!(
            "  {count} ({}): each goes to the first of these places with quota for it, as long as all fit that way",
            a_few(&names)
        ));
        for (index, place) in who.places.iter().enumerate() {
            let subscription = place.subscription.as_deref().unwrap_or("of the run");
            let is_alone = who.places.iter().filter(|other| other.from == place.from).count() < 2;
            let whole = if is_alone { "" } else { " in all locations of the entry" };
            let most = |most: u32| format!(", at most {}{whole}", counted(most as usize, "lab"));
            let most = place.max_labs.map_or_else(String::new, most);
            let from = place.from.as_deref().unwrap_or("default");
            lines.push(format!("    {}. {} (subscription {subscription}{most})  {from}", index + 1, place.location));
        }
    }
    lines.push("  a lab that exists stays where it is".to_owned());
    lines.push("  nothing was read from Azure here: what exists and the quotas decide the rest".to_owned());
    lines.push(format!("  to read those, and see who goes where, and why: {dry_run}; or: {doctor}\n"));
    lines.join("\n")
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
