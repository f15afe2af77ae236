//! The back of a card: free text in Markdown.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag};

/// Markdown as HTML. HTML in it is shown as text, and pictures are left out but for what they are called: a page asks no
/// other host for anything.
pub(crate) fn markdown(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events = Parser::new_ext(text, options).filter_map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(Event::Text(html)),
        Event::Start(Tag::Image { .. }) | Event::End(pulldown_cmark::TagEnd::Image) => None,
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            // A page on paper is handed out: a link may lead to a page, and nowhere else.
            let is_page = ["https://", "http://", "mailto:"].iter().any(|scheme| dest_url.starts_with(scheme));
            let dest_url = if is_page { dest_url } else { CowStr::Borrowed("#") };
            Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        event => Some(event),
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_stays_text_and_no_link_runs_anything() {
        let html = markdown(
            "# Wi-Fi\n\n<script>alert(1)</script>\n\nand <b>x</b> [y](javascript:alert(1)) ![z](https://evil/p.png)\n\n- **guest** / `pass`\n",
        );
        assert!(html.contains("<h1>Wi-Fi</h1>") && html.contains("<strong>guest</strong>"), "{html}");
        for evil in ["<script", "<b>", "javascript:", "<img", "evil"] {
            assert!(!html.contains(evil), "{evil}: {html}");
        }
    }
}
