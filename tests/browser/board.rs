//! The board of a class of 300: seen from the back row, used without a mouse, and live.

use serde_json::Value;
use thirtyfour::prelude::Key;

use crate::checks::{accessible, asks_nobody, fits, focused, well_made};
use crate::driver::{Page, SCREENS, browse};
use crate::made::{Home, Served, board_of_300, board_of_300_in_trouble};

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
        page.open(&board_of_300(&home)).await;
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
            // Names of people are longer than `seat-001`: a tenth smaller.
            let least = if screen.width > 1_500 { BACK_ROW } else { NEAR } * 0.9;
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
            let one_line = ["\"25m\"", "\"4m\"", "\"\"", "\"\""];
            for ((kind, behind, is_one_line), wanted) in told.iter().zip(one_line) {
                assert!(*is_one_line && behind == wanted, "on the {}: {kind} {behind}", screen.name);
            }
            let reasons: Vec<String> = page
                .ask("return [...document.querySelectorAll('#trouble-list .why')].map((why) => why.textContent);")
                .await;
            assert_eq!(reasons, ["nobody is at work: model deployment absent: "], "each reason once");
            accessible(page, screen.name).await;
        }
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
        asks_nobody(page).await;
    });
}

#[test]
fn a_lab_that_is_created_elsewhere_shows_on_the_open_page_by_itself() {
    browse(async |page| {
        let home = Home::new();
        home.write("azlab.toml", "version = 1\n[[labs]]\nname = \"seat-{n:03}\"\ncount = 3\n");
        let board = Served::board(&home);
        page.go(&board.url).await;
        page.on(SCREENS[1]).await;
        let kinds = "return [...document.querySelectorAll('#grid button')].map((seat) => seat.dataset.kind).join();";
        page.until("it is live", "return document.getElementById('live').dataset.live === 'live';").await;
        assert_eq!(page.ask::<String>(kinds).await, "absent,absent,absent");
        home.azlab(&["provision", "--sandbox", "-l", "seat-002"]);
        let ready = format!("const kinds = (() => {{ {kinds} }})(); return kinds === 'absent,ready,absent';");
        page.until("the second seat is ready", &ready).await;
        let said: Value = page.ask("return document.getElementById('said').textContent;").await;
        assert!(said.as_str().is_some_and(|said| said.contains("1 ready")), "a reader is told: {said}");
        fits(page, SCREENS[1]).await;
        asks_nobody(page).await;
    });
}
