//! A roster's rows: records of CSV, each checked on its own and against the others.

use std::collections::BTreeMap;
use std::ops::Range;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::super::error::{MOST, Problem};
use super::super::source::Source;
use super::header::{self, Column, Header, KEYS};
use crate::lab::attendee::{Attendee, is_address};
use crate::lab::names;
use crate::values::id::is_guid;
use crate::values::{from_cell, without_invisible};

/// Whether the attendees are to be found in Entra.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Key {
    /// Each row says who it is there.
    Needed,
    /// Nobody is given access, and nobody is looked up.
    Unused,
}

/// A row of a roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Row {
    /// Its line, from 1.
    pub(in super::super) line: usize,
    /// The name of the lab: what the row says, else what its name gives.
    pub(in super::super) lab: String,
    /// Where the lab is to be.
    pub(in super::super) location: Option<String>,
    /// Who it is for.
    pub(in super::super) attendee: Attendee,
}

/// What separates fields, as spreadsheets of several countries have it.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// A record, and where it stands.
struct Record {
    fields: StringRecord,
    line: usize,
    range: Range<usize>,
}

/// The rows, or all that is wrong with them.
pub(super) fn read(source: &Source, key: Key) -> Result<Vec<Row>, Vec<Problem>> {
    let whole = |message: &str, help: &str| vec![source.problem(&(0..0), message.to_owned(), Some(help.to_owned()))];
    let (start, separator) = separator(source.text());
    let records = records(source, start, separator)?;
    let Some((first, rest)) = records.split_first() else {
        return Err(whole("the roster is empty", "write as the first line: name,email, and a line for each attendee"));
    };
    let names: Vec<&str> = first.fields.iter().collect();
    let header = Header::read(&names, key == Key::Needed)
        .map_err(|(message, help)| vec![source.problem(&first.range, message, Some(help))])?;
    if rest.is_empty() {
        let help = "write a line for each attendee below the names of the columns";
        return Err(vec![source.problem(&first.range, "the roster has no rows".into(), Some(help.into()))]);
    }
    let mut rows = Rows { source, header, key, problems: Vec::new(), people: BTreeMap::new(), labs: BTreeMap::new() };
    let read: Vec<Row> = rest.iter().filter_map(|record| rows.row(record)).collect();
    if rows.problems.is_empty() { Ok(read) } else { Err(rows.problems) }
}

/// Where the first record begins, and what separates its fields: what Excel's own first line says (`sep=;`), else what makes
/// the most of its names known.
fn separator(text: &str) -> (usize, u8) {
    let first = text.lines().next().unwrap_or_default();
    if let Some(&[separator]) = first.trim_end().strip_prefix("sep=").map(str::as_bytes)
        && SEPARATORS.contains(&separator)
    {
        return (text.find('\n').map_or(text.len(), |end| end + 1), separator);
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let fits = |separator: &u8| {
        let fields: Vec<&str> = first.split(char::from(*separator)).collect();
        let known = fields.iter().filter(|field| header::column(field).is_some()).count();
        // Of those that make as many known, the first that occurs; none occurs in a file of one column.
        (known, fields.len() > 1)
    };
    let best = SEPARATORS.into_iter().rev().max_by_key(fits).unwrap_or(b',');
    (0, best)
}

/// The records that are not empty.
fn records(source: &Source, start: usize, separator: u8) -> Result<Vec<Record>, Vec<Problem>> {
    let text = source.text().get(start..).unwrap_or_default();
    let skipped = source.position(start).0 - 1;
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    let mut fields = StringRecord::new();
    loop {
        // Where the reader stands before a record may be an empty line above it.
        let more = reader
            .read_record(&mut fields)
            .map_err(|error| vec![source.problem(&(start..start), format!("this is not CSV: {error}"), None)])?;
        if !more {
            return Ok(records);
        }
        let Some(position) = fields.position() else { continue };
        let begin = start + usize::try_from(position.byte()).unwrap_or_default();
        let end = start + usize::try_from(reader.position().byte()).unwrap_or_default();
        let raw = source.text().get(begin..end).unwrap_or_default();
        let begin = begin + (raw.len() - raw.trim_start_matches(['\r', '\n']).len());
        let raw = raw.trim_matches(['\r', '\n']);
        let range = begin..begin + raw.lines().next().unwrap_or_default().len();
        if raw.contains('\n') && raw.matches('"').count() % 2 == 1 {
            let message = "a quote that begins on this line does not end";
            let help = "write \" at both ends of the text, and \"\" for one inside it";
            return Err(vec![source.problem(&range, message.into(), Some(help.into()))]);
        }
        // Mails and chats put characters into addresses that nobody sees: the directory would not know them.
        let cells: Vec<String> = fields.iter().map(without_invisible).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let line = skipped + text.get(..begin - start).unwrap_or_default().matches('\n').count() + 1;
        records.push(Record { fields: cells.iter().map(|cell| from_cell(cell)).collect(), line, range });
    }
}

struct Rows<'a> {
    source: &'a Source,
    header: Header,
    key: Key,
    problems: Vec<Problem>,
    /// The lines of those who are known by an address or an id.
    people: BTreeMap<String, usize>,
    /// The lines of the labs, and whether the row says its name.
    labs: BTreeMap<String, usize>,
}

impl Rows<'_> {
    fn tell(&mut self, record: &Record, message: impl Into<String>, help: impl Into<String>) {
        if self.problems.len() < MOST {
            self.problems.push(self.source.problem(&record.range, message.into(), Some(help.into())));
        }
    }

    /// The row that a record is; `None` if it says what cannot be, which has been told.
    fn row(&mut self, record: &Record) -> Option<Row> {
        let known = self.problems.len();
        let fields = &record.fields;
        let width = self.header.width;
        if fields.iter().skip(width).any(|field| !field.is_empty()) {
            let message = format!("this row has {} fields, and the first line names {width}", fields.len());
            self.tell(record, message, "put text that holds a separator in quotes: \"Lovelace, Ada\"");
            return None;
        }
        let of = |column: Column| self.header.field(fields, column).map(str::to_owned);
        let parts = [of(Column::GivenName), of(Column::FamilyName)];
        let name = of(Column::Name).or_else(|| {
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        });
        let attendee = Attendee {
            name,
            email: of(Column::Email),
            user_principal_name: of(Column::UserPrincipalName),
            object_id: of(Column::ObjectId),
            more: self.header.others(fields),
            place: format!("{}:{}", self.source.name(), record.line),
        };
        let (lab, location) = (of(Column::Lab), of(Column::Location));
        self.attendee(record, &attendee);
        self.once(record, &attendee);
        let lab = self.lab(record, &attendee, lab);
        if let Some(location) = &location
            && let Err(error) = names::location(location)
        {
            self.tell(record, error.to_string(), "write it as Azure does: westeurope");
        }
        if self.problems.len() > known {
            return None;
        }
        Some(Row { line: record.line, lab: lab?, location, attendee })
    }

    /// Whether it says who somebody is.
    fn attendee(&mut self, record: &Record, attendee: &Attendee) {
        let Attendee { name, email, user_principal_name, object_id, .. } = attendee;
        match name {
            None => self.tell(record, "this row has no name", "write the attendee's name, or delete the row"),
            Some(name) if name.contains(char::is_control) || name.chars().count() > 256 => {
                self.tell(record, "a name is some text in one line, of at most 256 characters", "is a quote missing?");
            }
            Some(_) => {}
        }
        for (column, value) in [(Column::Email, email), (Column::UserPrincipalName, user_principal_name)] {
            if let Some(value) = value.as_ref().filter(|value| !is_address(value)) {
                let message = format!("'{value}' is not an address, and the column is {}", column.name());
                self.tell(record, message, "write it as ada@contoso.com, without a name or brackets around it");
            }
        }
        if let Some(id) = object_id.as_ref().filter(|id| !is_guid(id)) {
            let help = "an object id is 32 hexadecimal digits: az ad user show --id ADDRESS --query id";
            self.tell(record, format!("'{id}' is not an object id"), help);
        }
        if attendee.keys().next().is_none() && self.key == Key::Needed {
            let names: Vec<&str> = KEYS.into_iter().map(Column::name).collect();
            let message = "this row does not say who its attendee is in Entra";
            self.tell(record, message, format!("write one of {}", names.join(", ")));
        }
    }

    /// Nobody is in it twice.
    fn once(&mut self, record: &Record, attendee: &Attendee) {
        let mut first = None;
        for key in attendee.keys().map(str::to_lowercase) {
            first = first.or(self.people.insert(key, record.line).filter(|line| *line != record.line));
        }
        if let Some(line) = first {
            let message = format!("{} is on line {line} too", attendee.label());
            self.tell(record, message, "an attendee has one lab: delete one of the rows");
        }
    }

    /// The name of its lab, which no other row has.
    fn lab(&mut self, record: &Record, attendee: &Attendee, given: Option<String>) -> Option<String> {
        let called = attendee.name.as_deref().unwrap_or_default();
        let lab = match &given {
            Some(lab) => {
                if let Err(error) = names::lab(lab) {
                    let help = error.suggestion.as_ref().map(|name| format!("such as: {name}"));
                    self.tell(record, error.to_string(), help.unwrap_or_else(|| "letters, digits and '-'".into()));
                    return None;
                }
                lab.clone()
            }
            None if called.is_empty() => return None,
            None => match names::lab_called(called) {
                Some(lab) => lab,
                None => {
                    let message = format!("no lab can be named after '{called}'");
                    self.tell(record, message, "add a column lab, and write a name there: letters, digits and '-'");
                    return None;
                }
            },
        };
        if let Some(line) = self.labs.insert(lab.to_lowercase(), record.line) {
            let (message, help) = match given {
                Some(_) => (format!("a second lab '{lab}'; the first is on line {line}"), "two labs need two names"),
                None => (
                    format!("the lab of {called} would be '{lab}', as that on line {line}"),
                    "add a column lab, and write another name there for one of them",
                ),
            };
            self.tell(record, message, help);
        }
        Some(lab)
    }
}
