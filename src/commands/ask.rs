//! Questions to the person at the terminal.

use std::io::ErrorKind;
use std::sync::Arc;

use console::{Key, Term, truncate_str};
use dialoguer::theme::{ColorfulTheme, Theme};
use dialoguer::{Input, Select};
use tokio_util::sync::CancellationToken;

use crate::lab::model::Offer;
use crate::preflight::model::describe;

/// Asks a person for a confirmation: what will happen, the question, and the word to type if yes or no is not enough.
pub(crate) type Confirm = Arc<dyn Fn(&str, &str, Option<&str>) -> bool + Send + Sync>;

/// Asks a person which of several models to take: the question and the offers, best first; `None` declines.
pub type Ask = Arc<dyn Fn(&str, &[Offer]) -> Option<usize> + Send + Sync>;

/// Asks for yes or no, or for a word to be typed. Escape, Ctrl-D, an empty answer and Ctrl-C decline; the last
/// cancels `stop`.
pub(crate) fn confirm_on_terminal(stop: CancellationToken) -> Confirm {
    Arc::new(move |what: &str, question: &str, word: Option<&str>| {
        let terminal = Term::stderr();
        let theme = ColorfulTheme::default();
        if terminal.write_line(what).is_err() {
            return false;
        }
        let answer = match word {
            None => yes_or_no(&terminal, &theme, question),
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

/// Asks for yes or no by one key. dialoguer's own question passes over Ctrl-D, which declines wherever else it is typed, and waits
/// on.
///
/// # Errors
/// The terminal has gone; `Interrupted` for Ctrl-C.
fn yes_or_no(terminal: &Term, theme: &dyn Theme, question: &str) -> dialoguer::Result<bool> {
    let shown = |write: &dyn Fn(&mut String) -> std::fmt::Result| {
        let mut text = String::new();
        write(&mut text).map(|()| text).map_err(|_| std::io::Error::other("the question cannot be shown"))
    };
    terminal.write_str(&shown(&|text| theme.format_confirm_prompt(text, question, Some(false)))?)?;
    let answer = loop {
        match terminal.read_key()? {
            Key::Char('y' | 'Y') => break true,
            Key::Char('n' | 'N' | 'q' | CTRL_D) | Key::Enter | Key::Escape => break false,
            _ => {}
        }
    };
    terminal.clear_line()?;
    let said = shown(&|text| theme.format_confirm_prompt_selection(text, question, Some(answer)))?;
    terminal.write_line(&said)?;
    Ok(answer)
}

/// What a terminal that reads key by key gets of Ctrl-D.
const CTRL_D: char = '\u{4}';

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
