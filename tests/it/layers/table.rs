//! The table of docs/architecture.md, "Layers".

use std::fs;
use std::path::Path;

/// One row: the layer's modules, and what they may not name.
#[derive(Debug)]
pub struct Layer {
    pub modules: Vec<String>,
    /// Modules of `src/`, or crates.
    pub knows_nothing_of: Vec<String>,
}

/// The rows, from the top down.
pub fn layers(root: &Path) -> Vec<Layer> {
    let text = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let (_, section) = text.split_once("\n## Layers\n").expect("a section \"Layers\"");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let [modules, _, knows_nothing_of] = cells[..] else { panic!("three columns, not: {row}") };
        Layer { modules: quoted(modules), knows_nothing_of: quoted(knows_nothing_of) }
    })
    .collect()
}

/// What stands in backquotes.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
