//! The pictures in docs/images (`just screenshots`): not a test, but all that it needs is here.

use std::path::{Path, PathBuf};

use crate::at_work::board_of_300_at_work;
use crate::driver::{Page, SCREENS, Screen, browse};
use crate::made::{Home, handout_of, timeline_of_300};

/// Who has a card.
const NAMES: [&str; 6] =
    ["Ada Lovelace", "Zoë Müller", "Grace Hopper", "José García", "Katherine Johnson", "Alan Turing"];
/// No picture is larger, in bytes.
const MOST: u64 = 200_000;

async fn picture(page: &Page, name: &str) {
    let file = images().join(name);
    let png = page.picture().await;
    std::fs::write(&file, png).unwrap();
    let size = std::fs::metadata(&file).unwrap().len();
    assert!(size < MOST, "{name} has {size} bytes");
}

/// Where they are put.
pub(crate) fn images() -> PathBuf {
    std::env::var_os("AZLAB_IMAGES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images"), PathBuf::from)
}

#[test]
#[ignore = "writes docs/images"]
fn screenshots() {
    std::fs::create_dir_all(images()).unwrap();
    browse(async |page| {
        let home = Home::new();
        page.open(&handout_of(&home, &NAMES)).await;
        page.on(Screen { name: "a sheet", width: 760, height: 740 }).await;
        picture(page, "handout.png").await;
        page.open(&timeline_of_300(&home)).await;
        page.on(SCREENS[0]).await;
        picture(page, "timeline.png").await;
        page.in_the_dark(true).await;
        page.open(&board_of_300_at_work(&home)).await;
        picture(page, "board.png").await;
    });
}
