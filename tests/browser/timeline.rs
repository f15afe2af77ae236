//! The timeline of a class of 300: found, sorted, zoomed and read, by mouse and by keyboard.

use crate::checks::{accessible, asks_nobody, fits, focused, well_made};
use crate::driver::{Page, SCREENS, browse};
use crate::made::{Home, timeline_of_300};
use thirtyfour::prelude::Key;

/// The marks of the axis stand where a bar that begins then would.
async fn marks_are_where_their_times_are(page: &Page) {
    let (marks, end): (Vec<(String, f64)>, f64) = page
        .ask(
            "const ticks = document.getElementById('ticks'), at = ticks.getBoundingClientRect();
             return [[...ticks.children].map((tick) => [tick.textContent, (tick.getBoundingClientRect().left - at.left) / at.width]),
                     +document.querySelector('.axis').dataset.end];",
        )
        .await;
    let unit = |part: &str| match part.split_at(part.len() - 1) {
        (number, "h") => number.parse::<f64>().unwrap() * 3600.0,
        (number, "m") => number.parse::<f64>().unwrap() * 60.0,
        (number, _) => number.parse().unwrap(),
    };
    for (text, place) in &marks {
        let seconds: f64 = text.split(' ').map(unit).sum();
        assert!((place - seconds / end).abs() < 0.002, "{text} stands at {place} of {end} s");
    }
    assert!(marks.len() > 5, "{marks:?}");
}

/// Zooming keeps the time that is seen in the middle.
async fn middle_stays(page: &Page) {
    let middle = "const scroll = document.getElementById('scroll'); return (scroll.scrollLeft + scroll.clientWidth / 2) / scroll.scrollWidth;";
    page.ask::<()>("const scroll = document.getElementById('scroll'); scroll.scrollLeft = 0.7 * scroll.scrollWidth;")
        .await;
    let before = number(page, middle).await;
    page.ask::<()>(
        "const zoom = document.getElementById('zoom'); zoom.value = 20; zoom.dispatchEvent(new Event('input'));",
    )
    .await;
    let after = number(page, middle).await;
    assert!(before > 0.6 && (before - after).abs() < 0.01, "{before} -> {after}");
}

/// The names of the labs that are shown, from the top.
async fn shown(page: &Page) -> Vec<String> {
    page.ask(
        "return [...document.querySelectorAll('#labs > li')].filter((lab) => lab.checkVisibility())
           .map((lab) => lab.dataset.name);",
    )
    .await
}

async fn number(page: &Page, script: &str) -> f64 {
    page.ask(script).await
}

#[test]
fn a_timeline_of_300_is_well_made_on_every_screen() {
    browse(async |page| {
        let home = Home::new();
        page.open(&timeline_of_300(&home)).await;
        well_made(page).await;
    });
}

#[test]
fn the_slowest_lab_comes_first_and_each_order_is_what_it_says() {
    browse(async |page| {
        let home = Home::new();
        page.open(&timeline_of_300(&home)).await;
        page.on(SCREENS[0]).await;
        let order = async |key: &str| -> Vec<f64> {
            page.ask(&format!("return [...document.querySelectorAll('#labs > li')].map((lab) => +lab.dataset.{key});"))
                .await
        };
        let falls = |values: &[f64]| values.len() == 300 && values.is_sorted_by(|one, other| one >= other);
        assert!(falls(&order("took").await));
        let choose = async |text: &str| {
            page.click(&format!("#order option[value={text}]")).await;
        };
        choose("waited").await;
        let waited = order("waited").await;
        assert!(falls(&waited) && waited[0] > 100.0 && waited[299] < waited[0], "{waited:?}");
        choose("trouble").await;
        assert_eq!(shown(page).await[0], "seat-007");
        choose("name").await;
        let names = shown(page).await;
        assert!(names.is_sorted() && names[0] == "seat-001");
        choose("took").await;
        assert!(falls(&order("took").await), "and the slowest first again");
    });
}

#[test]
fn a_filter_shows_what_fits_and_says_how_many() {
    browse(async |page| {
        let home = Home::new();
        page.open(&timeline_of_300(&home)).await;
        for screen in SCREENS {
            page.on(screen).await;
            page.click("#filter").await;
            page.press("QUOTA").await;
            assert_eq!(shown(page).await, ["seat-007"]);
            assert_eq!(page.ask::<String>("return document.getElementById('shown').textContent;").await, "1 shown");
            fits(page, screen).await;
            page.press(Key::Escape).await;
            // Where a search field is not emptied by Escape, the test empties it as a person would.
            while page.ask::<bool>("return document.getElementById('filter').value !== '';").await {
                page.press(Key::Backspace).await;
            }
            assert_eq!(shown(page).await.len(), 300);
        }
        // Every word has to fit: the place of all, and the name of ten.
        page.click("#filter").await;
        page.press("westeurope seat-01").await;
        assert_eq!(shown(page).await.len(), 10);
    });
}

#[test]
fn zoom_makes_bars_wider_within_the_chart_and_names_and_times_stay_in_sight() {
    browse(async |page| {
        let home = Home::new();
        page.open(&timeline_of_300(&home)).await;
        for screen in SCREENS {
            page.on(screen).await;
            let width = "return document.querySelector('#labs .bar.cluster').getBoundingClientRect().width;";
            let before = number(page, width).await;
            page.ask::<()>(
                "const zoom = document.getElementById('zoom'); zoom.value = 10; zoom.dispatchEvent(new Event('input'));",
            )
            .await;
            let after = number(page, width).await;
            assert!(after > 5.0 * before, "on the {}: {before} -> {after}", screen.name);
            let ticks: Vec<f64> = page
                .ask("return [...document.querySelectorAll('#ticks span')].map((tick) => tick.getBoundingClientRect().left);")
                .await;
            assert!(ticks.windows(2).all(|two| (80.0..400.0).contains(&(two[1] - two[0]))), "{ticks:?}");
            marks_are_where_their_times_are(page).await;
            middle_stays(page).await;
            fits(page, screen).await;
            // To the middle of the chart, and down to the hundredth lab.
            page.ask::<()>(
                "const scroll = document.querySelector('.scroll');
                 scroll.scrollLeft = scroll.scrollWidth / 2; document.querySelectorAll('#labs > li')[100].scrollIntoView({ block: 'center' });",
            )
            .await;
            let (name, axis): (bool, bool) = page
                .ask(
                    "const left = document.querySelector('.scroll').getBoundingClientRect().left + 8;
                     const on = (element) => { const at = element.getBoundingClientRect();
                       return element.contains(document.elementFromPoint(left, at.top + at.height / 2)); };
                     return [on(document.querySelectorAll('#labs > li')[100].querySelector('.who')), on(document.querySelector('.axis'))];",
                )
                .await;
            assert!(name && axis, "on the {}: name {name}, times {axis}", screen.name);
            page.ask::<()>("document.getElementById('zoom').value = 1; document.getElementById('zoom').dispatchEvent(new Event('input')); scrollTo(0, 0);").await;
        }
    });
}

#[test]
fn without_a_mouse_everything_is_reached_and_the_focus_is_seen() {
    browse(async |page| {
        let home = Home::new();
        page.open(&timeline_of_300(&home)).await;
        page.on(SCREENS[0]).await;
        page.press(Key::Tab).await;
        assert_eq!(focused(page).await, "input#filter");
        page.press("seat-007").await;
        assert_eq!(shown(page).await, ["seat-007"]);
        page.press(Key::Tab).await;
        assert_eq!(focused(page).await, "select#order");
        page.press("by").await;
        assert_eq!(page.ask::<String>("return document.getElementById('order').value;").await, "name");
        page.press(Key::Tab).await;
        assert_eq!(focused(page).await, "input#zoom");
        page.press(Key::Right).await;
        page.press(Key::Right).await;
        assert_eq!(number(page, "return +document.getElementById('zoom').value;").await, 2.0);
        page.press(Key::Tab).await;
        assert_eq!(focused(page).await, "input#critical");
        page.press(" ").await;
        let (decided, rest): (f64, f64) = page
            .ask(
                "const look = (bar) => +getComputedStyle(bar).opacity;
                 return [look(document.querySelector('#labs .bar.critical')), look(document.querySelector('#labs .bar:not(.critical)'))];",
            )
            .await;
        assert!(decided == 1.0 && rest < 0.5, "what decided the end stands out: {decided}, {rest}");
        page.press(Key::Tab).await;
        assert_eq!(focused(page).await, "div#scroll");
        page.press(Key::Tab).await;
        assert_eq!(focused(page).await, "summary");
        page.press(Key::Enter).await;
        let (rows, text): (usize, String) = page
            .ask(
                "const table = document.querySelector('details[open] table');
                 return [table.tBodies[0].rows.length, table.innerText];",
            )
            .await;
        assert_eq!(rows, 7, "a row a resource: {text}");
        assert!(text.contains("for a limit: ") && text.contains("decided the end"), "{text}");
        accessible(page, "opened").await;
        asks_nobody(page).await;
    });
}

#[test]
fn what_waited_for_a_limit_is_told_by_a_pattern_in_the_legend_by_sums_and_beside_the_bound() {
    browse(async |page| {
        let home = Home::new();
        page.open(&timeline_of_300(&home)).await;
        let (patterns, same): (usize, bool) = page
            .ask(
                "const look = (element) => getComputedStyle(element).backgroundImage;
                 const all = [...document.querySelectorAll('#labs .wait.limit')].map(look);
                 return [all.filter((one) => one.includes('repeating-linear-gradient')).length,
                         look(document.querySelector('.legend .wait.limit')) === all[0]];",
            )
            .await;
        assert!(patterns > 300 && same, "{patterns}, {same}");
        let head: String = page.ask("return document.querySelector('header').innerText;").await;
        assert!(head.contains("waited for the limit 'identity writes'") && head.contains("in 300 labs"), "{head}");
        assert!(head.contains("critical path: ") && head.contains("the bound is "), "{head}");
    });
}
