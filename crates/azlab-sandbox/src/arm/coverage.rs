//! The operations of Resource Manager that the sandbox answers, and some that it does not: `coverage.json`, which docs/sandbox.md
//! prints. What is not listed there is not answered, so that the page cannot keep quiet about anything.
//!
//! A row of the file is `[method, path, "yes" | "partly" | "no", what is missing or why, source, {recording: exchanges}]`. In
//! a path `{subscription}` stands for `/subscriptions/{subscriptionId}`, `{group}` for a resource group's, `{scope}` for any.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::{Method, StatusCode};
use serde::Deserialize;

use super::failure::Failure;

/// The operations of one service.
#[derive(Deserialize)]
pub(crate) struct Section {
    #[cfg_attr(not(test), expect(dead_code, reason = "for the page"))]
    pub title: String,
    pub operations: Vec<Operation>,
}

/// A row of the file.
#[derive(Deserialize)]
#[cfg_attr(not(test), expect(dead_code, reason = "the last three are for the page"))]
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

/// The file. A test reads it, so that one that does not parse is never shipped.
pub(crate) static SECTIONS: LazyLock<Vec<Section>> =
    LazyLock::new(|| match serde_json::from_str(include_str!("coverage.json")) {
        Ok(sections) => sections,
        Err(error) => unreachable!("coverage.json is part of the program: {error}"),
    });

/// A row, taken apart.
struct Row {
    operation: &'static Operation,
    method: Method,
    at_any_scope: bool,
    /// Segments of the path, behind the scope, in lower case.
    path: Vec<String>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let operations = SECTIONS.iter().flat_map(|section| &section.operations);
    operations
        .map(|operation| {
            let path = whole(&operation.1).to_lowercase();
            let segments = path.trim_start_matches("{scope}").split('/').filter(|part| !part.is_empty());
            Row {
                operation,
                method: operation.0.parse().unwrap_or_default(),
                at_any_scope: path.starts_with("{scope}"),
                path: segments.map(str::to_owned).collect(),
            }
        })
        .collect()
});

/// A row's path, written out.
pub(crate) fn whole(path: &str) -> String {
    path.replace("{group}", "{subscription}/resourceGroups/{resourceGroupName}")
        .replace("{subscription}", "/subscriptions/{subscriptionId}")
}

impl Row {
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

/// The row of a request, whose path is given in lower case. A HEAD goes with its GET.
pub(crate) fn find(method: &Method, asked: &[&str]) -> Option<&'static Operation> {
    let of =
        |method: &Method| ROWS.iter().find(|row| row.method == *method && row.fits(asked)).map(|row| row.operation);
    of(method).or_else(|| if *method == Method::HEAD { of(&Method::GET) } else { None })
}

/// Refuses what was answered although it is not listed: whoever adds an operation adds its row.
pub(crate) fn check(method: &Method, asked: &[&str]) -> Result<(), Failure> {
    if find(method, asked).is_some_and(|row| row.2 != Simulated::No) {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::NOT_IMPLEMENTED,
        "OperationNotListed",
        format!(
            "The sandbox could answer {method} /{}, but crates/azlab-sandbox/src/arm/coverage.json does not list it.",
            asked.join("/")
        ),
    ))
}
