//! The board of a small class while it is served: it changes by itself, and says when it does not.

use serde_json::Value;

use crate::checks::{asks_nobody, fits};
use crate::driver::{Page, SCREENS, browse};
use crate::made::{Home, Served};

/// A class of so many seats, which has eight hours.
fn class(home: &Home, count: usize) {
    let text = format!("version = 1\nttl = \"8h\"\n[[labs]]\nname = \"seat-{{n:03}}\"\ncount = {count}\n");
    home.write("azlab.toml", &text);
}

/// What each seat is at, in the order of the seats: `absent,ready,absent`.
const KINDS: &str = "[...document.querySelectorAll('#grid button')].map((seat) => seat.dataset.kind).join()";

async fn live(page: &Page, state: &str) {
    page.until(state, &format!("return document.getElementById('live').dataset.live === '{state}';")).await;
}

async fn text(page: &Page, id: &str) -> String {
    page.ask(&format!("return document.getElementById('{id}').textContent;")).await
}

#[test]
fn a_lab_that_is_created_elsewhere_shows_on_the_open_page_by_itself_and_its_time_goes_by() {
    browse(async |page| {
        let home = Home::new();
        class(&home, 3);
        let board = Served::board(&home);
        page.go(&board.url).await;
        page.on(SCREENS[1]).await;
        live(page, "live").await;
        assert_eq!(page.ask::<String>(&format!("return {KINDS};")).await, "absent,absent,absent");
        home.azlab(&["provision", "--sandbox", "-l", "seat-002"]);
        page.until("the second seat is ready", &format!("return {KINDS} === 'absent,ready,absent';")).await;
        let said: Value = page.ask("return document.getElementById('said').textContent;").await;
        assert!(said.as_str().is_some_and(|said| said.contains("1 ready")), "a reader is told: {said}");
        // An hour later, as far as the page knows.
        let before = text(page, "ends").await;
        assert!(before.starts_with("ends in 7h "), "{before}");
        page.ask::<()>("const now = performance.now.bind(performance); performance.now = () => now() + 3_600_000;")
            .await;
        page.until("the time goes by", "return document.getElementById('ends').textContent.startsWith('ends in 6h ');")
            .await;
        fits(page, SCREENS[1]).await;
        asks_nobody(page).await;
    });
}

#[test]
fn a_page_whose_board_is_gone_says_since_when_and_goes_on_with_the_next() {
    browse(async |page| {
        let home = Home::new();
        class(&home, 3);
        let board = Served::board(&home);
        let address = board.address();
        page.go(&board.url).await;
        page.on(SCREENS[1]).await;
        live(page, "live").await;
        // It is killed: nobody says goodbye.
        drop(board);
        live(page, "lost").await;
        let stale = text(page, "stale").await;
        assert!(stale.starts_with("Stale since ") && stale.contains("the connection to azlab is lost"), "{stale}");
        // Another run, at the same place, of a class that has grown.
        class(&home, 4);
        home.azlab(&["provision", "--sandbox", "-l", "seat-001"]);
        let board = Served::board_at(&home, &address);
        page.until("it is up to date", &format!("return {KINDS} === 'ready,absent,absent,absent';")).await;
        live(page, "live").await;
        assert_eq!(text(page, "stale").await, "");
        board.interrupt();
        live(page, "ended").await;
        let ended = text(page, "live").await;
        assert!(ended.starts_with("azlab board has ended; this was its last state, at "), "{ended}");
        assert_eq!(text(page, "stale").await, "", "an end is no loss");
    });
}
