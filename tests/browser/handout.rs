//! The handout: cards on a screen, and on paper.

use crate::checks::{fits, well_made};
use crate::driver::{SCREENS, browse};
use crate::made::{Home, handout};
use crate::paper::{Sheet, sheets};

/// Cards of a class that fills a page and half of another.
const CARDS: usize = 9;

#[test]
fn a_handout_is_well_made_on_every_screen_and_a_reader_finds_each_card() {
    browse(async |page| {
        let home = Home::new();
        page.open(&handout(&home, CARDS)).await;
        well_made(page).await;
        for screen in SCREENS {
            page.on(screen).await;
            fits(page, screen).await;
            // A card is cut where it ends: nothing of it may be longer than it.
            let cut: Vec<String> = page
                .ask(
                    "return [...document.querySelectorAll('.card, .behind')]
                       .filter((card) => card.scrollHeight > card.clientHeight + 1 || card.scrollWidth > card.clientWidth + 1)
                       .map((card) => card.innerText);",
                )
                .await;
            assert!(cut.is_empty(), "on the {}: {cut:#?}", screen.name);
        }
        // On a phone, which is the last, a card takes the whole width.
        let width: f64 = page.ask("return document.querySelector('.card').getBoundingClientRect().width;").await;
        assert!(width > 0.8 * f64::from(SCREENS[2].width), "{width}");
        let names: Vec<String> =
            page.ask("return [...document.querySelectorAll('article.card h2')].map((name) => name.textContent);").await;
        assert_eq!(names.len(), CARDS);
        // Who types a command from paper sees where its words end: none is broken in two.
        page.on(SCREENS[0]).await;
        let (commands, broken): (Vec<String>, Vec<String>) = page
            .ask(
                "const lines = (word) => word.getBoundingClientRect().height / parseFloat(getComputedStyle(word).lineHeight);
                 return [[...document.querySelectorAll('.card pre')].map((one) => one.textContent),
                         [...document.querySelectorAll('.card pre span')].filter((word) => lines(word) > 1.5).map((word) => word.textContent)];",
            )
            .await;
        assert!(broken.is_empty(), "{broken:?}");
        assert!(
            commands[0].ends_with("\naz aks get-credentials -g myResourceGroup-b-ben-b-co -n myAKSCluster\n"),
            "{commands:?}"
        );
        assert_eq!(names[0], "<b>Ben</b> & Co");
    });
}

#[test]
fn a_printed_handout_has_two_columns_of_cards_with_cut_marks_and_each_back_behind_its_front() {
    browse(async |page| {
        let home = Home::new();
        page.open(&handout(&home, CARDS)).await;
        let sheets = sheets(&page.print().await);
        // Printed on both sides, a front and its back are one sheet: the fronts begin one.
        let is_front = |sheet: &Sheet| sheet.all("cluster").next().is_some();
        let is_back = |sheet: &Sheet| sheet.all("Wi-Fi").next().is_some();
        let sides: Vec<_> = sheets.iter().map(|sheet| (is_front(sheet), is_back(sheet))).collect();
        assert_eq!(sides, [(true, false), (false, true), (true, false), (false, true), (false, false)]);
        assert!(sheets[4].all("signature").next().is_some(), "the claim sheet comes last");
        for (front, back, count) in [(&sheets[0], &sheets[1], 6), (&sheets[2], &sheets[3], 3)] {
            let fronts: Vec<(f64, f64)> = front.all("cluster").map(|word| (word.left, word.top)).collect();
            let backs: Vec<(f64, f64)> = back.all("Wi-Fi").map(|word| (word.left, word.top)).collect();
            assert_eq!((fronts.len(), backs.len()), (count, count));
            // Turned over the long edge, left is right.
            let is_left = |(left, _): &&(f64, f64)| *left < front.width / 2.0;
            let (left, right) = (fronts.iter().filter(is_left).count(), backs.iter().filter(|at| !is_left(at)).count());
            assert_eq!((left, right), (count.div_ceil(2), count.div_ceil(2)), "{backs:?}");
            marked(front, count);
        }
    });
}

/// Each card has marks in the corners that it has (upper left, lower right), where the grid says: 190 mm wide, 86 mm high.
fn marked(sheet: &Sheet, count: usize) {
    const MM: f64 = 72.0 / 25.4;
    for number in 0..count {
        let (column, row) = ((number % 2) as f64, (number / 2) as f64);
        let left = (sheet.width - 190.0 * MM) / 2.0 + column * 95.0 * MM;
        let top = (10.0 + row * 86.0) * MM;
        assert!(sheet.is_marked(left + 2.0 * MM, top), "card {number} has no mark at its upper left");
        let (right, bottom) = (left + 95.0 * MM, top + 86.0 * MM);
        assert!(sheet.is_marked(right - 2.0 * MM, bottom), "card {number} has no mark at its lower right");
    }
}
