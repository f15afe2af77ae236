//! Cards on paper: two columns a page with cut marks, their backs, and a sheet to sign on.

use std::num::NonZero;
use std::panic::resume_unwind;

use minijinja::value::Serde;
use minijinja::{ErrorKind, Value};
use qrcode::{Color, QrCode};
use serde::Serialize;

use super::card::{Card, GROUP_PAGE};
use crate::pages::engine::{policy, render};

const TEMPLATE: &str = include_str!("handout.html");

/// Cards of a sheet of A4 or Letter: two columns of three.
const CARDS_A_PAGE: usize = 6;

/// What is printed.
#[derive(Clone, Debug)]
pub(crate) struct Handout {
    /// What the class is called.
    pub(crate) title: String,
    /// Whether the labs are in the sandbox.
    pub(crate) is_sandbox: bool,
    /// The cards, in the order of the roster.
    pub(crate) cards: Vec<Card>,
    /// The text of the backs, as HTML.
    pub(crate) back: Option<String>,
}

/// A template that a host brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    /// What messages call it.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
}

/// What is wrong with a template.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{place}: {problem}")]
pub(crate) struct TemplateError {
    /// `cards.html:12:7`
    pub(crate) place: String,
    /// What is wrong there.
    pub(crate) problem: String,
}

/// A card, as templates see it.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    card: &'a Card,
    /// A QR code of the resource group's page in the portal: SVG, black on white.
    qr: Option<String>,
    /// From 1, in the order of the cards.
    number: usize,
}

/// What templates see.
#[derive(Serialize)]
struct Context<'a> {
    title: &'a str,
    is_sandbox: bool,
    /// The Content-Security-Policy of a page without scripts.
    policy: String,
    /// Each a [`Shown`].
    cards: &'a [Value],
    /// The same, as many as fit on a page.
    pages: Vec<&'a [Value]>,
    back: Option<&'a str>,
}

/// The handout as a page to print, by `template` if the host brings one.
///
/// # Errors
/// [`TemplateError`]
pub(crate) fn html(handout: &Handout, template: Option<&Template>) -> Result<String, TemplateError> {
    let shown = |(index, (card, qr))| Value::from(Serde(Shown { card, qr, number: index + 1 }));
    let cards: Vec<Value> = handout.cards.iter().zip(codes(&handout.cards)).enumerate().map(shown).collect();
    let context = Context {
        title: &handout.title,
        is_sandbox: handout.is_sandbox,
        policy: policy(""),
        pages: cards.chunks(CARDS_A_PAGE).collect(),
        cards: &cards,
        back: handout.back.as_deref(),
    };
    let (name, text) = template.map_or(("handout.html", TEMPLATE), |own| (&own.name, &own.text));
    render(name, text, &context).map_err(|error| explained(name, text, &error))
}

/// The codes of all cards. A code takes most of a card's time, so every processor draws some.
fn codes(cards: &[Card]) -> Vec<Option<String>> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let code = |card: &Card| card.portal.get(GROUP_PAGE).and_then(|page| qr(page));
    std::thread::scope(|scope| {
        let a_part = cards.len().div_ceil(processors).max(1);
        let parts: Vec<_> =
            cards.chunks(a_part).map(|part| scope.spawn(move || part.iter().map(code).collect::<Vec<_>>())).collect();
        // A part that panics is a fault of the program, and ends it as it would here.
        parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// A QR code as SVG; `None` for a text that is too long for one.
fn qr(text: &str) -> Option<String> {
    let code = QrCode::new(text.as_bytes()).ok()?;
    let (width, colours) = (code.width(), code.to_colors());
    // One stroke through the middle of each line, in relative steps: a quarter of what qrcode's own SVG takes, which counts for a
    // thousand cards.
    let mut path = String::new();
    for (line, modules) in colours.chunks(width).enumerate() {
        path.push_str(&format!("M0 {line}.5"));
        for run in modules.chunk_by(|one, other| one == other) {
            path.push_str(&match run[0] {
                Color::Dark => format!("h{}", run.len()),
                Color::Light => format!("m{} 0", run.len()),
            });
        }
    }
    Some(format!(
        "<svg viewBox=\"0 0 {width} {width}\" shape-rendering=\"crispEdges\"><path d=\"{path}\" stroke=\"#000\"/></svg>"
    ))
}

fn explained(name: &str, text: &str, error: &minijinja::Error) -> TemplateError {
    let place = match (error.range(), error.line()) {
        (Some(range), _) => {
            let before = text.get(..range.start).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            format!("{name}:{line}:{column}")
        }
        (None, Some(line)) => format!("{name}:{line}"),
        (None, None) => name.to_owned(),
    };
    let problem = match (error.kind(), error.detail()) {
        // The detail says the same in other words.
        (ErrorKind::UndefinedError, _) => {
            let asked = error.range().and_then(|range| text.get(range)).map(|asked| format!("'{}' is ", asked.trim()));
            format!(
                "{}not defined; a template has title, cards, pages and back, a card has lab, name, sign_in and more",
                asked.unwrap_or_default()
            )
        }
        (ErrorKind::OutOfFuel, _) => "too much work: are there loops inside loops?".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    TemplateError { place, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handout(count: usize) -> Handout {
        let card = |number: usize| Card {
            lab: format!("lab-{number}"),
            name: Some("<b>Ada & Ben</b>".to_owned()),
            resource_group: "rg".to_owned(),
            subscription: "s".to_owned(),
            portal: [(GROUP_PAGE, "https://portal.azure.com/#resource/x".to_owned())].into(),
            ..Card::default()
        };
        Handout { title: "Class".to_owned(), is_sandbox: false, cards: (1..=count).map(card).collect(), back: None }
    }

    #[test]
    fn a_name_that_is_html_stays_a_name_and_each_card_is_there() {
        let page = html(&handout(9), None).unwrap();
        assert!(!page.contains("<b>Ada") && page.contains("&lt;b&gt;Ada &amp; Ben"), "{page}");
        assert_eq!(page.matches("<article class=\"card\"").count(), 9);
        assert_eq!(page.matches("<section class=\"page front\"").count(), 2);
        assert_eq!(page.matches("<svg").count(), 9, "a code each");
    }

    #[test]
    fn what_is_somebodys_leads_to_its_page_in_the_portal() {
        let mut handout = handout(1);
        handout.cards[0].cluster = Some("aks".to_owned());
        handout.cards[0].portal.insert("cluster", "https://portal.azure.com/#\"<x>".to_owned());
        handout.cards[0].endpoint = Some("https://a.openai.azure.com/".to_owned());
        let page = html(&handout, None).unwrap().replace("&#x2f;", "/");
        assert!(page.contains(">group</dt><dd><a href=\"https://portal.azure.com/#resource/x\">rg</a>"), "{page}");
        assert!(page.contains("<a href=\"https://portal.azure.com/#&quot;&lt;x&gt;\">aks</a>"), "{page}");
        assert!(page.contains("<dd>https://a.openai.azure.com/</dd>"), "a page that is not known is no link: {page}");
    }

    #[test]
    fn a_code_is_drawn_module_by_module() {
        let text = "https://portal.azure.com/#@t/resource/x";
        let picture = qr(text).unwrap();
        let code = QrCode::new(text).unwrap();
        let path = picture.split_once("d=\"M0 ").unwrap().1.split_once('"').unwrap().0;
        let mut drawn = Vec::new();
        for line in path.split("M0 ") {
            let steps = line.split_once(".5").unwrap().1;
            for step in steps.split_inclusive(['h', 'm']).collect::<Vec<_>>().windows(2) {
                let count: usize = step[1].trim_end_matches(['h', 'm']).split(' ').next().unwrap().parse().unwrap();
                drawn.extend(std::iter::repeat_n(step[0].ends_with('h'), count));
            }
        }
        let dark: Vec<bool> = code.to_colors().into_iter().map(|colour| colour == Color::Dark).collect();
        assert_eq!(drawn, dark);
    }

    #[test]
    fn a_back_stands_behind_every_front() {
        let page =
            html(&Handout { back: Some(super::super::markdown("Wi-Fi: **guest**")), ..handout(9) }, None).unwrap();
        assert_eq!(page.matches("<section class=\"page back\"").count(), 2);
        assert_eq!(page.matches("<strong>guest</strong>").count(), 9);
    }

    #[test]
    fn a_mistake_in_a_template_is_told_with_line_and_column() {
        let told = |text: &str| {
            let template = Template { name: "cards.html".to_owned(), text: text.to_owned() };
            html(&handout(1), Some(&template)).unwrap_err().to_string()
        };
        assert!(
            told("<p>\n  {{ card.nmae }}").starts_with("cards.html:2:6: 'card.nmae' is not defined"),
            "{}",
            told("<p>\n  {{ card.nmae }}")
        );
        let nested = told("{% for card in cards %}\n{{ card.nmae }}\n{% endfor %}");
        assert!(nested.starts_with("cards.html:2:"), "{nested}");
        assert!(told("{% for card in cards %}\n").starts_with("cards.html:"));
        assert!(told("{{ title | shout }}").contains("shout"));
        let unknown = told("a\n{{ workshop }}");
        assert!(
            unknown.contains(":2:4: 'workshop' is not defined; a template has title, cards, pages and back"),
            "{unknown}"
        );
    }

    #[test]
    fn a_template_of_the_hosts_own_sees_every_card() {
        let template = Template {
            name: "t".to_owned(),
            text: "{% for card in cards %}{{ card.number }} {{ card.lab }};{% endfor %}".to_owned(),
        };
        assert_eq!(html(&handout(2), Some(&template)).unwrap(), "1 lab-1;2 lab-2;");
    }
}
