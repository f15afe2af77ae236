//! Questions to the person at the terminal.

use std::io::ErrorKind;
use std::sync::Arc;

use console::{Term, truncate_str};
use dialoguer::{Confirm as ConfirmPrompt, Input, Select, theme::ColorfulTheme};
use tokio_util::sync::CancellationToken;

use crate::lab::model::Offer;
use crate::preflight::model::describe;

/// Asks a person for a confirmation: what will happen, the question, and the word to type if yes or no is not enough.
pub(crate) type Confirm = Arc<dyn Fn(&str, &str, Option<&str>) -> bool + Send + Sync>;

/// Asks a person which of several models to take: the question and the offers, best first; `None` declines.
pub type Ask = Arc<dyn Fn(&str, &[Offer]) -> Option<usize> + Send + Sync>;

/// Asks for yes or no, or for a word to be typed. Escape, an empty answer and Ctrl-C decline; the latter cancels `stop`.
pub(crate) fn confirm_on_terminal(stop: CancellationToken) -> Confirm {
    Arc::new(move |what: &str, question: &str, word: Option<&str>| {
        let terminal = Term::stderr();
        let theme = ColorfulTheme::default();
        if terminal.write_line(what).is_err() {
            return false;
        }
        let answer = match word {
            None => ConfirmPrompt::with_theme(&theme)
                .with_prompt(question)
                .default(false)
                .interact_on_opt(&terminal)
                .map(Option::unwrap_or_default),
            Some(word) => Input::<String>::with_theme(&theme)
                .with_prompt(format!("{question} Type {word} to continue"))
                .allow_empty(true)
                .interact_text_on(&terminal)
                .map(|typed| typed.trim() == word),
        };
        answer.unwrap_or_else(|dialoguer::Error::IO(error)| {
            // It may have been hidden.
            let _ = terminal.show_cursor();
            if error.kind() == ErrorKind::Interrupted {
                stop.cancel();
            }
            false
        })
    })
}

/// Columns that the list needs for itself: the marker before an item, and the last one, where terminals wrap.
const MARGIN: usize = 3;

/// Asks with a list to move in; Escape declines. Ctrl-C, which does not arrive as a signal while the terminal is asked,
/// cancels `stop`.
pub(crate) fn on_terminal(stop: CancellationToken) -> Ask {
    Arc::new(move |question: &str, offers: &[Offer]| {
        let terminal = Term::stderr();
        let width = usize::from(terminal.size().1).saturating_sub(MARGIN);
        // The list counts a line for each item when it redraws itself, so none may wrap; the question stands above it.
        let items: Vec<String> =
            offers.iter().map(|offer| truncate_str(&describe(offer), width, "..").into_owned()).collect();
        terminal.write_line(question).ok()?;
        let picked = Select::with_theme(&ColorfulTheme::default())
            .with_prompt("arrow keys and Enter; Escape chooses none")
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
