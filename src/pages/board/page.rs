//! The page: one file with its style, its script and the board of the moment, which asks no other host for anything.

use serde::Serialize;
use serde_json::json;

use super::seat::Board;
use crate::pages::engine::{inline_source, render};

const TEMPLATE: &str = include_str!("board.html");
const STYLE: &str = include_str!("board.css");
const SCRIPT: &str = include_str!("board.js");

/// What the template sees.
#[derive(Serialize)]
struct Context<'a> {
    title: &'a str,
    policy: String,
    style: &'a str,
    script: &'a str,
    data: String,
}

/// What the browser lets the page do: its own style and script, and, while it is served, its own stream. Nothing else, and
/// nothing of another host.
pub(crate) fn policy(is_live: bool) -> String {
    let (script, style) = (inline_source(SCRIPT), inline_source(STYLE));
    let connect = if is_live { "'self'" } else { "'none'" };
    format!(
        "default-src 'none'; script-src {script}; style-src {style}; connect-src {connect}; img-src data:; \
         base-uri 'none'; form-action 'none'"
    )
}

/// The page of `board` at the moment `at`; `id` is the state by which the stream continues.
///
/// # Errors
/// A defect of the template.
pub(crate) fn page(board: &Board, at: i64, id: &str) -> Result<String, minijinja::Error> {
    let data = json!({"id": id, "at": at, "head": board.head, "seats": board.seats}).to_string();
    // Inside a script element only this ends it, or hides its end.
    let data = data.replace('<', "\\u003c");
    let policy = policy(board.head.is_live);
    let context = Context { title: &board.head.title, policy, style: STYLE, script: SCRIPT, data };
    render("board.html", TEMPLATE, &context)
}

/// The page as a file that stands by itself.
///
/// # Errors
/// A defect of the template.
pub(crate) fn text(board: &Board, at: i64) -> Result<String, minijinja::Error> {
    page(board, at, "")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::super::seat::{Head, Kind, Seat};
    use super::*;

    #[test]
    fn names_that_are_html_stay_names_and_the_data_is_read_back() {
        let name = "</script><img src=x onerror=alert(1)><!-- \u{2028}";
        let seat = Seat {
            key: "a".to_owned(),
            lab: "a".to_owned(),
            name: Some(name.to_owned()),
            kind: Kind::Ready,
            word: "ready".to_owned(),
            since: 0,
            why: None,
            run: None,
            checks: None,
            expires: None,
            location: "westeurope".to_owned(),
            rows: Vec::new(),
            ids: Vec::new(),
        };
        let head = Head { title: "<b>friday</b>".to_owned(), ..Head::default() };
        let page = text(&Board { head, seats: vec![seat] }, 5).unwrap();
        assert!(!page.contains("<img") && !page.contains("<b>friday") && !page.contains("<!--"), "{page}");
        let data = page.split_once("type=\"application/json\">").unwrap().1.split_once("</script>").unwrap().0;
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["seats"][0]["name"], name);
    }

    #[test]
    fn the_policy_allows_exactly_what_stands_in_the_page() {
        // In an attribute a slash is escaped too.
        let page = text(&Board::default(), 0).unwrap().replace("&#x2f;", "/");
        for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
            assert_eq!(page.matches(open).count(), 1);
            let inside = page.split_once(open).unwrap().1.split_once(close).unwrap().0;
            let hash = STANDARD.encode(Sha256::digest(inside));
            assert!(page.contains(&format!("&#x27;sha256-{hash}&#x27;")), "{open} {hash}");
        }
        for outside in ["http://", "https://", "src=", "@import", "url(", " style=", " onclick="] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
