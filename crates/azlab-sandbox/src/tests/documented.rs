//! The parts of docs/sandbox.md that are generated from what the code says.
//!
//! `AZLAB_WRITE_DOCS=1 cargo test -p azlab-sandbox documented` writes them again.

use std::path::Path;

use crate::arm::coverage::Simulated;
use crate::arm::elsewhere;
use crate::providers::PROVIDERS;
use crate::services::openai::coverage::{ROWS, Served};

use super::recorded::exceptions::{BEFORE, FIELDS, HEADERS, OMITTED, OTHERWISE};

/// Holds the part of the page between the marks of `name` against `text`, or writes it.
fn hold(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/sandbox.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {name}: generated -->\n"), format!("<!-- {name}: end -->"));
    let (before, rest) = page.split_once(&begin).expect("the mark at which it begins");
    let (there, after) = rest.split_once(&end).expect("the mark at which it ends");
    let text = format!("\n{}\n\n", text.trim());
    if std::env::var_os("AZLAB_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{text}{end}{after}")).unwrap();
    } else {
        assert!(
            there == text,
            "docs/sandbox.md, {name}: run AZLAB_WRITE_DOCS=1 cargo test -p azlab-sandbox documented"
        );
    }
}

#[test]
fn the_page_says_what_is_simulated_as_it_is() {
    let mut text = String::new();
    for (title, operations) in PROVIDERS.coverage.sections() {
        text += &format!("### {}\n\n| operation | simulated | source |\n|---|---|---|\n", title);
        for row in operations {
            let simulated = match row.2 {
                Simulated::Yes => "yes".to_owned(),
                Simulated::Partly => format!("partly: {}", row.3),
                Simulated::No => format!("no: {}", row.3),
            };
            let recorded = row.5.iter().map(|(file, count)| format!("{file} ({count})"));
            let source = recorded.chain((!row.4.is_empty()).then(|| row.4.clone())).collect::<Vec<_>>().join(", ");
            text += &format!("| `{} {}` | {simulated} | {source} |\n", row.0, row.1);
        }
        text += "\n";
    }
    hold("operations", &text);
}

/// The types of a namespace of which no operation is answered.
fn missing(namespace: &str) -> Vec<&'static str> {
    let answered: Vec<String> = PROVIDERS
        .coverage
        .answered()
        .filter_map(|(_, path)| {
            let (_, inner) = path.rsplit_once(&format!("/providers/{namespace}/"))?;
            let literal = inner.split('/').filter(|part| !part.starts_with('{'));
            Some(literal.collect::<Vec<_>>().join("/").to_lowercase())
        })
        .collect();
    let is_answered = |kind: &str| {
        let kind = kind.to_lowercase();
        answered.iter().any(|one| *one == kind || one.starts_with(&format!("{kind}/")))
    };
    elsewhere::types(namespace).iter().map(String::as_str).filter(|kind| !is_answered(kind)).collect()
}

#[test]
fn the_page_names_every_type_that_is_not_simulated() {
    let mut text =
        String::from("| namespace | types of Azure of which no operation is answered: 501 by name |\n|---|---|\n");
    for provider in PROVIDERS.iter() {
        let namespace = provider.namespace();
        let types: Vec<String> = missing(namespace).iter().map(|kind| format!("`{kind}`")).collect();
        assert!(!types.is_empty(), "{namespace}");
        text += &format!("| {namespace} | {} |\n", types.join(", "));
    }
    let others: Vec<String> = elsewhere::namespaces().iter().map(|name| name.replace("Microsoft.", "")).collect();
    text += &format!(
        "\nNamespaces of which nothing is simulated; they are registered and unregistered, and all else is a 501 (those without \
         another publisher are Microsoft's): {}.\n",
        others.join(", ")
    );
    hold("types", &text);
}

#[test]
fn the_page_says_what_the_data_plane_serves() {
    let mut text = "| operation, below `/openai` | served | source |\n|---|---|---|\n".to_owned();
    for row in ROWS {
        let served = match row.served {
            Served::Yes(_) => "yes".to_owned(),
            Served::Partly(_, what) => format!("partly: {what}"),
            Served::No(why) => format!("no: {why}"),
        };
        let method = if row.method == "*" { "any" } else { row.method };
        text += &format!("| `{method} /{}` | {served} | {} |\n", row.path, row.source);
    }
    hold("data plane", &text);
}

#[test]
fn the_page_says_what_is_not_as_recorded() {
    let mut text = "| resource | what Azure sends and the sandbox does not | why |\n|---|---|---|\n".to_owned();
    for one in FIELDS {
        text += &format!("| {} | `{}` | {} |\n", one.kind, one.path.trim_start_matches('/'), one.reason);
    }
    let exchanges = |all: &[u32]| all.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    for one in HEADERS {
        let where_ = format!("{} {}", one.file, exchanges(one.exchanges));
        text += &format!("| {where_} | header `{}` | {} |\n", one.name, one.reason);
    }
    for one in OMITTED {
        text += &format!("| {} {} | the whole answer | {} |\n", one.file, exchanges(one.exchanges), one.reason);
    }
    text += "\n| recording | asked | instead of | why |\n|---|---|---|---|\n";
    for one in &OTHERWISE {
        text += &format!("| {} | `{}` | `{}` | {} |\n", one.file, one.asked, one.recorded, one.reason);
    }
    for (file, group, location) in BEFORE {
        text +=
            &format!("| {file} | group `{group}` in {location}, made first | | the recording begins with it there |\n");
    }
    hold("recorded", &text);
}
