//! Questions to the person at the terminal.

use std::io::ErrorKind;
use std::sync::Arc;

use console::{Term, truncate_str};
use dialoguer::{Select, theme::ColorfulTheme};
use tokio_util::sync::CancellationToken;

use crate::lab::model::Offer;
use crate::preflight::model::describe;
use crate::preflight::survey::Ask;

/// Columns that the list needs for itself: the marker before an item, and the last one, where terminals wrap.
const MARGIN: usize = 3;

/// Asks with a list to move in; Escape declines. Ctrl-C, which does not arrive as a signal while the terminal is asked,
/// cancels `stop`.
pub fn on_terminal(stop: CancellationToken) -> Ask {
    Arc::new(move |question: &str, offers: &[Offer]| {
        let terminal = Term::stderr();
        let width = usize::from(terminal.size().1).saturating_sub(MARGIN);
        // The list counts a line for each item when it redraws itself, so none may wrap; the question stands above it.
        let items: Vec<String> =
            offers.iter().map(|offer| truncate_str(&describe(offer), width, "..").into_owned()).collect();
        terminal.write_line(question).ok()?;
        let picked = Select::with_theme(&ColorfulTheme::default())
            .with_prompt("arrow keys and Enter; Escape takes none")
            .items(&items)
            .default(0)
            .report(false)
            .interact_on_opt(&terminal);
        match picked {
            Ok(picked) => {
                if let Some(item) = picked.and_then(|index| items.get(index)) {
                    terminal.write_line(item).ok()?;
                }
                picked
            }
            Err(dialoguer::Error::IO(error)) => {
                // It was hidden while the list moved.
                let _ = terminal.show_cursor();
                if error.kind() == ErrorKind::Interrupted {
                    stop.cancel();
                }
                None
            }
        }
    })
}
