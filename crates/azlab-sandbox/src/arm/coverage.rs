//! The operations of Resource Manager that the sandbox answers, and some that it does not: the `coverage.json` of each provider,
//! which docs/sandbox.md prints. What is not listed there is not answered, so that the page cannot keep quiet about anything.
//!
//! A row of a file is `[method, path, "yes" | "partly" | "no", what is missing or why, source, {recording: exchanges}]`. In
//! a path `{subscription}` stands for `/subscriptions/{subscriptionId}`, `{group}` for a resource group's, `{scope}` for any.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::Deserialize;

use super::failure::Failure;

/// A file: the operations of one service.
#[derive(Deserialize)]
struct Section {
    title: String,
    operations: Vec<Operation>,
}

/// A row of the file.
#[derive(Deserialize)]
#[cfg_attr(not(test), expect(dead_code, reason = "the last two are for the page"))]
pub(crate) struct Operation(pub String, pub String, pub Simulated, pub String, pub String, pub BTreeMap<String, usize>);

/// Whether an operation is answered.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Simulated {
    /// As Azure does.
    Yes,
    /// With something missing.
    Partly,
    /// Not at all.
    No,
}

/// A row, taken apart.
struct Row {
    operation: Operation,
    method: Method,
    at_any_scope: bool,
    /// Segments of the path, behind the scope, in lower case.
    path: Vec<String>,
}

/// A row's path, written out.
pub(crate) fn whole(path: &str) -> String {
    path.replace("{group}", "{subscription}/resourceGroups/{resourceGroupName}")
        .replace("{subscription}", "/subscriptions/{subscriptionId}")
}

impl Row {
    fn of(operation: Operation) -> Self {
        let path = whole(&operation.1).to_lowercase();
        let segments = path.trim_start_matches("{scope}").split('/').filter(|part| !part.is_empty());
        Self {
            method: operation.0.parse().unwrap_or_default(),
            at_any_scope: path.starts_with("{scope}"),
            path: segments.map(str::to_owned).collect(),
            operation,
        }
    }

    /// Whether the row is what is asked for; `asked` in lower case.
    fn fits(&self, asked: &[&str]) -> bool {
        let asked = match asked.len().checked_sub(self.path.len()) {
            Some(0) => asked,
            Some(scope) if self.at_any_scope => &asked[scope..],
            _ => return false,
        };
        self.path.iter().zip(asked).all(|(part, asked)| part.starts_with('{') || part == asked)
    }
}

/// All rows, by section.
pub(crate) struct Coverage(Vec<(String, Vec<Row>)>);

impl Coverage {
    /// Reads the texts of the files. A test does so, so that one that does not parse is never shipped.
    pub fn read(texts: impl Iterator<Item = &'static str>) -> Self {
        let section = |text| match serde_json::from_str::<Section>(text) {
            Ok(section) => (section.title, section.operations.into_iter().map(Row::of).collect()),
            Err(error) => unreachable!("coverage.json is part of the program: {error}"),
        };
        Self(texts.map(section).collect())
    }

    /// The sections of the page: title and operations.
    #[cfg(test)]
    pub fn sections(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &Operation>)> {
        self.0.iter().map(|(title, rows)| (title.as_str(), rows.iter().map(|row| &row.operation)))
    }

    /// All operations.
    #[cfg(test)]
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.sections().flat_map(|(_, operations)| operations)
    }

    /// The row of a request, whose path is given in lower case. A HEAD goes with its GET.
    pub fn find(&self, method: &Method, asked: &[&str]) -> Option<&Operation> {
        let of = |method: &Method| {
            let mut rows = self.0.iter().flat_map(|(_, rows)| rows);
            rows.find(|row| row.method == *method && row.fits(asked)).map(|row| &row.operation)
        };
        of(method).or_else(|| if *method == Method::HEAD { of(&Method::GET) } else { None })
    }

    /// Method and path, in whole, of the operations that are answered.
    pub fn answered(&self) -> impl Iterator<Item = (&Method, String)> {
        let rows = self.0.iter().flat_map(|(_, rows)| rows).filter(|row| row.operation.2 != Simulated::No);
        rows.map(|row| (&row.method, whole(&row.operation.1)))
    }
}

/// Refuses what was answered although it is not `listed`: whoever adds an operation adds its row.
pub(crate) fn check(listed: Option<&Operation>, method: &Method, asked: &[&str]) -> Result<(), Failure> {
    if listed.is_some_and(|row| row.2 != Simulated::No) {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::NOT_IMPLEMENTED,
        "OperationNotListed",
        format!(
            "The sandbox could answer {method} /{}, but no coverage.json in crates/azlab-sandbox/src lists it.",
            asked.join("/")
        ),
    ))
}
