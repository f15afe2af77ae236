//! The pages in headless Chromium, by WebDriver: what a person clicks and types, what a screen reader would read, and what
//! comes out on paper.
//!
//! They need Chromium with its driver, poppler's programs and axe-core, which `tests/browser/install` brings; where one of
//! them is missing, these tests say so and skip. With `AZLAB_BROWSER_REQUIRED` set, that is a failure.

#[cfg(unix)]
mod at_work;
#[cfg(unix)]
mod board;
#[cfg(unix)]
mod board_live;
#[cfg(unix)]
mod checks;
#[cfg(unix)]
mod driver;
#[cfg(unix)]
mod handout;
#[cfg(unix)]
mod made;
#[cfg(unix)]
mod paper;
#[cfg(unix)]
mod pictures;
#[cfg(unix)]
#[path = "../it/support/pseudo_terminal.rs"]
mod pseudo_terminal;
#[cfg(unix)]
mod recording;
#[cfg(unix)]
mod timeline;
#[cfg(unix)]
mod tools;
