//! The board of a class of 300: seen from the back row, and used with a mouse and without.

use azlab_sandbox::SUBSCRIPTION_ID;
use thirtyfour::prelude::Key;

use crate::at_work::board_of_300_at_work;
use crate::checks::{accessible, asks_nobody, focused, well_made};
use crate::driver::{Page, SCREENS, browse};
use crate::made::{Home, board_of_300, board_of_300_in_trouble};

/// Letters of a seat's name that the back row reads on a projector, in pixels: a sixty-seventh of the picture's height.
const BACK_ROW: f64 = 16.0;
/// Letters that are read on a laptop.
const NEAR: f64 = 10.0;

async fn shown(page: &Page) -> Vec<String> {
    page.ask(
        "return [...document.querySelectorAll('#grid > li')].filter((seat) => seat.checkVisibility())
           .map((seat) => seat.querySelector('.name').textContent);",
    )
    .await
}

#[test]
fn a_board_of_300_is_well_made_on_every_screen() {
    browse(async |page| {
        let home = Home::new();
        page.open(&board_of_300_at_work(&home)).await;
        well_made(page).await;
        assert_eq!(shown(page).await.len(), 300);
    });
}

#[test]
fn every_seat_of_300_is_on_one_projected_screen_in_letters_that_the_back_row_reads() {
    browse(async |page| {
        let home = Home::new();
        page.open(&board_of_300(&home)).await;
        for screen in &SCREENS[..2] {
            page.on(*screen).await;
            let least = if screen.width > 1_500 { BACK_ROW } else { NEAR };
            // The seats are laid out anew in the frame after the screen has changed.
            let readable = format!(
                "const names = [...document.querySelectorAll('#grid .name')];
                 return names.every((name) => parseFloat(getComputedStyle(name).fontSize) >= {least});"
            );
            page.until("the letters are large enough", &readable).await;
            let (scrolls, outside, cut): (bool, usize, usize) = page
                .ask(
                    "const seats = [...document.querySelectorAll('#grid > li')];
                     const at = (seat) => seat.getBoundingClientRect();
                     const names = seats.map((seat) => seat.querySelector('.name'));
                     return [document.documentElement.scrollHeight > innerHeight,
                             seats.filter((seat) => at(seat).bottom > innerHeight || at(seat).right > innerWidth).length,
                             names.filter((name) => name.scrollWidth > name.clientWidth + 1).length];",
                )
                .await;
            assert_eq!((scrolls, outside, cut), (false, 0, 0), "on the {}", screen.name);
        }
    });
}

#[test]
fn trouble_leaves_the_seats_room_and_a_seat_of_one_line_says_since_when() {
    browse(async |page| {
        let home = Home::new();
        page.open(&board_of_300_in_trouble(&home)).await;
        for screen in &SCREENS[..2] {
            page.on(*screen).await;
            // Names of people are longer than `seat-001`, and what is above the seats takes its part.
            let least = if screen.width > 1_500 { 0.9 * BACK_ROW } else { 0.8 * NEAR };
            let readable = format!(
                "return [...document.querySelectorAll('#grid .name, #grid button, #trouble-list b')]
                   .every((name) => parseFloat(getComputedStyle(name).fontSize) >= {least});"
            );
            page.until("the letters are large enough", &readable).await;
            let (outside, trouble): (usize, f64) = page
                .ask(
                    "return [[...document.querySelectorAll('#grid > li')].filter((seat) =>
                       seat.getBoundingClientRect().bottom > innerHeight).length,
                       document.getElementById('trouble').getBoundingClientRect().height / innerHeight];",
                )
                .await;
            assert!(outside == 0 && trouble < 0.25, "on the {}: {outside} outside, trouble {trouble}", screen.name);
            let told: Vec<(String, String, bool)> = page
                .ask(
                    "return ['stuck', 'working', 'ready', 'absent'].map((kind) => {
                       const seat = document.querySelector(`#grid button[data-kind=${kind}]`);
                       return [kind, getComputedStyle(seat, '::after').content, getComputedStyle(seat.querySelector('.told')).display === 'none'];
                     });",
                )
                .await;
            let one_line = ["\"25m\"", "\"4m\"", "none", "none"];
            for ((kind, behind, is_one_line), wanted) in told.iter().zip(one_line) {
                assert!(*is_one_line && behind == wanted, "on the {}: {kind} {behind}", screen.name);
            }
            let reasons: Vec<String> = page
                .ask("return [...document.querySelectorAll('#trouble-list .why')].map((why) => why.textContent);")
                .await;
            assert_eq!(reasons, ["nobody is at work: model deployment absent: "], "each reason once");
            accessible(page, screen.name).await;
        }
        // Who opens a seat from above is led to it.
        page.ask::<()>("document.querySelector('#trouble-list button').focus();").await;
        page.press(Key::Enter).await;
        page.until("the seat is open", "return !!document.querySelector('dialog[open]');").await;
        page.press(Key::Escape).await;
        let name: String = page.ask("return document.activeElement.querySelector('.name')?.textContent ?? '';").await;
        assert_eq!(name, page.ask::<String>("return document.querySelector('#trouble-list b').textContent;").await);
        focused(page).await;
    });
}

#[test]
fn without_a_mouse_a_seat_is_found_filtered_and_opened() {
    browse(async |page| {
        let home = Home::new();
        page.open(&board_of_300(&home)).await;
        page.on(SCREENS[1]).await;
        // The filter is a key away, and Enter goes to what it found.
        page.press("/").await;
        assert_eq!(focused(page).await, "input#filter");
        page.press("seat-01").await;
        assert_eq!(shown(page).await.len(), 10);
        accessible(page, "filtered").await;
        page.press(Key::Enter).await;
        let name = "return document.activeElement.querySelector('.name').textContent;";
        assert_eq!(page.ask::<String>(name).await, "seat-010");
        focused(page).await;
        page.press(Key::Right).await;
        assert_eq!(page.ask::<String>(name).await, "seat-011");
        page.press(Key::Left).await;
        assert_eq!(page.ask::<String>(name).await, "seat-010");
        page.press(Key::End).await;
        assert_eq!(page.ask::<String>(name).await, "seat-019");
        page.press(Key::Home).await;
        page.press(Key::Enter).await;
        let open: String =
            page.ask("return document.querySelector('dialog[open]').querySelector('h2').textContent;").await;
        assert_eq!(open, "seat-010");
        accessible(page, "a seat is open").await;
        page.press(Key::Escape).await;
        assert_eq!(page.ask::<String>(name).await, "seat-010", "the focus comes back");
        page.press(Key::Escape).await;
        assert_eq!(shown(page).await.len(), 300);
        // Down is a row: the seat below begins at the same left edge.
        let edge = "const at = document.activeElement.getBoundingClientRect(); return [at.left, at.top];";
        let (left, top): (f64, f64) = page.ask(edge).await;
        page.press(Key::Down).await;
        let (below_left, below_top): (f64, f64) = page.ask(edge).await;
        assert!((left - below_left).abs() < 1.0 && below_top > top, "{left},{top} -> {below_left},{below_top}");
        page.press(Key::Up).await;
        assert_eq!(page.ask::<(f64, f64)>(edge).await, (left, top));
        asks_nobody(page).await;
    });
}

#[test]
fn the_names_of_a_class_at_work_are_whole_whatever_stands_behind_them() {
    browse(async |page| {
        let home = Home::new();
        page.open(&board_of_300_at_work(&home)).await;
        for screen in &SCREENS[..2] {
            page.on(*screen).await;
            // The seats are laid out anew in the frame after the screen has changed.
            page.until(
                "every name is whole",
                "return [...document.querySelectorAll('#grid .name')].every((name) => name.scrollWidth <= name.clientWidth);",
            )
            .await;
            // What stands behind a name is beside it, and where that leaves no room on a second line, which is not seen.
            let seen: Vec<(bool, bool)> = page
                .ask(
                    "const seat = document.querySelector('#grid button[data-kind=stuck]'), name = seat.querySelector('.name');
                     const kept = name.textContent, of = (element) => element.getBoundingClientRect();
                     const seen = ['x', 'a name that is far too long for any seat'].map((text) => {
                       name.textContent = text;
                       return [of(name).top >= of(seat).top && of(name).bottom <= of(seat).bottom, seat.scrollHeight > seat.clientHeight + 4];
                     });
                     name.textContent = kept;
                     return seen;",
                )
                .await;
            assert_eq!(seen, [(true, false), (true, true)], "on the {}", screen.name);
        }
    });
}

#[test]
fn each_state_is_counted_and_shown_alone_when_its_count_is_clicked() {
    browse(async |page| {
        let home = Home::new();
        page.open(&board_of_300_at_work(&home)).await;
        page.on(SCREENS[1]).await;
        let counts: Vec<String> =
            page.ask("return [...document.querySelectorAll('#counts button')].map((one) => one.textContent);").await;
        assert_eq!(counts, ["✗ 4 stuck", "! 1 incomplete", "▸ 27 working", "✓ 259 ready", "· 9 absent"]);
        let ends: String = page.ask("return document.getElementById('ends').textContent;").await;
        assert!(ends.starts_with("first ends in 7h "), "{ends}");
        for (kind, count, first) in [("stuck", 4, "seat-017"), ("working", 27, "seat-265"), ("absent", 9, "seat-292")] {
            page.click(&format!("#counts button[data-kind={kind}]")).await;
            let names = shown(page).await;
            assert_eq!((names.len(), names[0].as_str()), (count, first));
            let pressed: Vec<String> = page
                .ask("return [...document.querySelectorAll('#counts [aria-pressed=true]')].map((one) => one.dataset.kind);")
                .await;
            assert_eq!(pressed, [kind]);
            let said: String = page.ask("return document.getElementById('said').textContent;").await;
            assert_eq!(said, format!("{count} {kind} shown"));
            let reached: usize = page.ask("return document.querySelectorAll('#grid [tabindex=\"0\"]').length;").await;
            assert_eq!(reached, 1, "one seat is reached by Tab, the others by arrows");
            accessible(page, kind).await;
        }
        // The same once more shows all.
        page.click("#counts button[data-kind=absent]").await;
        assert_eq!(shown(page).await.len(), 300);
        // Of a filter every word has to fit: the name of a hundred, the state of four.
        page.click("#filter").await;
        page.press("seat-0 stuck").await;
        assert_eq!(shown(page).await, ["seat-017", "seat-088"]);
    });
}

#[test]
fn a_seat_tells_why_it_is_stuck_who_works_on_it_and_its_checks_but_no_id() {
    browse(async |page| {
        let home = Home::new();
        page.open(&board_of_300_at_work(&home)).await;
        page.on(SCREENS[1]).await;
        let trouble: String = page.ask("return document.getElementById('trouble').innerText;").await;
        assert!(trouble.contains("cluster failed (Failed):") && trouble.contains("verify fails: "), "{trouble}");
        for (seat, told) in [
            ("seat-017", &["Why", "cluster failed (Failed)", "stuck"][..]),
            ("seat-088", &["verify fails: endpoint", "failed: endpoint", "passed"]),
            ("seat-201", &["model deployment", "absent"]),
            ("seat-270", &["At work", "provision since", "cluster"]),
            ("seat-001", &["✓ ready", "passed", "Location", "westeurope", "Ends"]),
        ] {
            page.click(&format!("#grid button[data-key={seat}]")).await;
            let facts: String = page.ask("return document.querySelector('dialog[open] dl').innerText;").await;
            assert!(told.iter().all(|told| facts.contains(told)), "{seat}: {facts}");
            page.press(Key::Escape).await;
        }
        let whole: String = page.ask("return document.documentElement.outerHTML;").await;
        for id in [SUBSCRIPTION_ID, "myResourceGroup", "myAKSCluster"] {
            assert!(!whole.contains(id), "{id}");
        }
    });
}

#[test]
fn the_page_is_dark_or_light_as_the_system_is_until_somebody_chooses() {
    browse(async |page| {
        let home = Home::new();
        page.open(&board_of_300_in_trouble(&home)).await;
        let back = "return getComputedStyle(document.body).backgroundColor;";
        const LIGHT: &str = "rgb(255, 255, 255)";
        page.in_the_dark(true).await;
        page.until(
            "it follows the system",
            &format!("const back = (() => {{ {back} }})(); return back !== '{LIGHT}';"),
        )
        .await;
        page.in_the_dark(false).await;
        page.until(
            "it follows the system",
            &format!("const back = (() => {{ {back} }})(); return back === '{LIGHT}';"),
        )
        .await;
        let theme = "return document.getElementById('theme').textContent;";
        page.press("t").await;
        assert_eq!(page.ask::<String>(theme).await, "Theme: dark");
        assert_ne!(page.ask::<String>(back).await, LIGHT);
        page.click("#theme").await;
        assert_eq!(
            (page.ask::<String>(theme).await, page.ask::<String>(back).await),
            ("Theme: light".into(), LIGHT.into())
        );
        // What was chosen holds against the system, and on the next day.
        page.in_the_dark(true).await;
        page.open(&home.file("trouble.html")).await;
        assert_eq!(
            (page.ask::<String>(theme).await, page.ask::<String>(back).await),
            ("Theme: light".into(), LIGHT.into())
        );
        page.in_the_dark(false).await;
    });
}
