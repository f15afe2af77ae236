//! The parts of docs/sandbox.md that are generated from what the code says.
//!
//! `AZLAB_WRITE_DOCS=1 cargo test -p azlab-sandbox documented` writes them again.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::arm::coverage::Simulated;
use crate::arm::elsewhere;
use crate::arm::facts::{Fact, Kind, Written};
use crate::providers::PROVIDERS;
use crate::services::openai::coverage::{ROWS, Served};

use super::recorded::exceptions::{BEFORE, FIELDS, HEADERS, OMITTED, OTHERWISE, VALUES};

/// Tests run side by side, and several parts are of one page.
static PAGES: Mutex<()> = Mutex::new(());

/// Holds the part of docs/sandbox.md between the marks of `name` against `text`, or writes it.
fn hold(name: &str, text: &str) {
    hold_in("sandbox.md", name, text);
}

/// Holds the part of a page between the marks of `name` against `text`, or writes it.
fn hold_in(file: &str, name: &str, text: &str) {
    let _page = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
    let page = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {name}: generated -->\n"), format!("<!-- {name}: end -->"));
    let (before, rest) = page.split_once(&begin).expect("the mark at which it begins");
    let (there, after) = rest.split_once(&end).expect("the mark at which it ends");
    let text = format!("\n{}\n\n", text.trim());
    if std::env::var_os("AZLAB_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{text}{end}{after}")).unwrap();
    } else {
        assert!(there == text, "docs/{file}, {name}: run AZLAB_WRITE_DOCS=1 cargo test -p azlab-sandbox documented");
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
    for one in VALUES {
        let where_ = one.file.trim_end_matches(".jsonl");
        text +=
            &format!("| {where_} | `{}`: `{}` | {} |\n", one.path.trim_start_matches('/'), one.recorded, one.reason);
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

#[test]
fn the_page_says_what_bodies_may_hold() {
    let mut text = String::new();
    for facts in PROVIDERS.iter().flat_map(|provider| provider.bodies()) {
        let unknown = match facts.unknown_refused_from.as_deref() {
            Some(from) if from < "2020" => "An unknown property is refused.".to_owned(),
            Some(from) => format!("An unknown property is refused from `api-version` {from} on, and ignored before."),
            None => "An unknown property is ignored.".to_owned(),
        };
        text += &format!("### {}\n\nSource: `{}`. {unknown}\n\n", facts.name, facts.source);
        text += "| property | what it takes | when |\n|---|---|---|\n";
        rows(&facts.members, "", &mut text);
        text += "\n";
    }
    hold_in("bodies.md", "bodies", &text);
}

/// The rows of `facts`, which lie below the property `above`.
fn rows(facts: &[Fact], above: &str, text: &mut String) {
    for fact in facts {
        let name = format!("{above}{}", fact.name);
        let when = match (fact.required, fact.written) {
            (_, Written::Never) => "read-only",
            (true, Written::Once) => "required, at the creation alone",
            (false, Written::Once) => "at the creation alone",
            (true, Written::Always) => "required",
            (false, Written::Always) if fact.secret => "a secret: never told",
            (false, Written::Always) => "",
        };
        *text += &format!("| `{name}` | {} | {when} |\n", takes(&fact.kind));
        let (mut kind, mut below) = (&fact.kind, name);
        while let Kind::List(inner) | Kind::Map(inner) = kind {
            below += if matches!(kind, Kind::List(_)) { "[]" } else { ".*" };
            kind = inner;
        }
        if let (Kind::Object(facts), false) = (kind, fact.written == Written::Never) {
            rows(facts, &format!("{below}."), text);
        }
    }
}

/// What a kind takes, for a cell.
fn takes(kind: &Kind) -> String {
    match kind {
        Kind::Any => "anything".to_owned(),
        Kind::Switch => "true or false".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Object(_) => "object".to_owned(),
        Kind::List(kind) => format!("list of {}", takes(kind)),
        Kind::Map(kind) => format!("object of {}", takes(kind)),
        Kind::Whole(whole) => {
            let range = whole.range.map(|(least, most)| format!(", {least} to {most}"));
            let or = whole.or.map(|or| format!(", or {or}"));
            let digits = whole.or_digits.then(|| ", or the digits as text".to_owned());
            let parts = [range, or, digits].into_iter().flatten();
            parts.fold("whole number".to_owned(), |text, part| text + &part)
        }
        Kind::Text(known) => {
            let values = known.one_of.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>();
            match (values.is_empty(), known.format, known.up_to) {
                (false, ..) => values.join(", "),
                (true, Some(format), _) => format!("text: {}", format.what),
                (true, None, Some(most)) => format!("text, up to {most} characters"),
                (true, None, None) => "text".to_owned(),
            }
        }
    }
}
