//! What holds for every page: it fits its screen, asks nobody for anything, and can be read and used without seeing it or
//! without a mouse.

use serde_json::Value;

use crate::driver::{Page, SCREENS, Screen};

/// The page, as it is now, on each screen, and dark.
pub(crate) async fn well_made(page: &Page) {
    for screen in SCREENS {
        page.on(screen).await;
        fits(page, screen).await;
        accessible(page, screen.name).await;
    }
    page.in_the_dark(true).await;
    accessible(page, "dark").await;
    page.in_the_dark(false).await;
    asks_nobody(page).await;
}

/// Nothing stands out of the screen sideways.
pub(crate) async fn fits(page: &Page, screen: Screen) {
    let wide: Vec<String> = page
        .ask(
            "const width = document.documentElement.clientWidth;
             const inside = (element) => element.closest('.scroll') && !element.matches('.scroll');
             return [...document.querySelectorAll('body *')]
               .filter((element) => !inside(element) && element.getBoundingClientRect().right > width + 0.5)
               .map((element) => element.outerHTML.slice(0, 120));",
        )
        .await;
    assert!(wide.is_empty(), "on the {}: {wide:#?}", screen.name);
    let scrolls: bool =
        page.ask("return document.documentElement.scrollWidth > document.documentElement.clientWidth;").await;
    assert!(!scrolls, "the whole page scrolls sideways on the {}", screen.name);
}

/// What axe-core finds, with its rules for good practice: names, roles, landmarks, headings, contrast and the like.
pub(crate) async fn accessible(page: &Page, how: &str) {
    if !page.ask::<bool>("return !!window.axe;").await {
        page.ask::<Value>(&format!("{}; return null;", page.axe)).await;
    }
    let found = page
        .ask_later(
            "axe.run(document, { resultTypes: ['violations'] }).then((result) => done(
               { version: axe.version,
                 checked: result.passes.length,
                 violations: result.violations.map((rule) => rule.id + ': ' + rule.help + ': '
                   + rule.nodes.slice(0, 5).map((node) => node.html.slice(0, 160) + ' ' + node.failureSummary).join(' | ')) }));",
        )
        .await;
    assert!(found["checked"].as_u64().is_some_and(|checked| checked > 10), "{how}: axe looked at nothing: {found}");
    assert_eq!(found["violations"], serde_json::json!([]), "{how}");
    // A placeholder is a name to axe; it is gone as soon as somebody types.
    let unnamed: Vec<String> = page
        .ask(
            "return [...document.querySelectorAll('input, select, textarea, button')]
               .filter((one) => !one.labels.length && !one.ariaLabel && !one.textContent.trim())
               .map((one) => one.outerHTML);",
        )
        .await;
    assert!(unnamed.is_empty(), "{how}: {unnamed:#?}");
}

/// All that was requested is the page itself, and the browser has nothing to say about it.
pub(crate) async fn asks_nobody(page: &Page) {
    let mut requested = Vec::new();
    for entry in page.log("performance").await {
        let entry: Value = serde_json::from_str(&entry).unwrap();
        let message = &entry["message"];
        if message["method"] == "Network.requestWillBeSent" {
            requested.push(message["params"]["request"]["url"].as_str().unwrap_or_default().to_owned());
        }
    }
    // A file has no origin, and asks for nothing else; a page that is served asks its own.
    let own: String = page.ask("return location.protocol === 'file:' ? location.href : location.origin + '/';").await;
    assert!(requested.iter().any(|url| url.starts_with(&own)), "the page itself: {requested:?}");
    requested.retain(|url| !url.starts_with(&own) && !url.starts_with("data:,"));
    assert!(requested.is_empty(), "{requested:#?}");
    let said = page.log("browser").await;
    assert!(said.is_empty(), "{said:#?}");
}

/// What has the focus: the page shows it. Gives what it is: `input#filter`.
pub(crate) async fn focused(page: &Page) -> String {
    let (what, is_shown): (String, bool) = page
        .ask(
            "const element = document.activeElement, style = getComputedStyle(element);
             const name = element.tagName.toLowerCase() + (element.id ? '#' + element.id : '');
             return [name, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];",
        )
        .await;
    assert!(is_shown || what == "body", "the focus of {what} is not to be seen");
    what
}
