//! Questions to the person at the terminal.

use std::io::{Error, ErrorKind};
use std::sync::Arc;

use console::{Term, truncate_str};
use dialoguer::theme::ColorfulTheme;
use tokio_util::sync::CancellationToken;

use super::keys::Asking;
use crate::lab::model::Offer;
use crate::preflight::model::describe;
use crate::values::TerminalEnvironment;

/// Asks a person for a confirmation: what will happen, the question, and the word to type if yes or no is not enough.
pub(crate) type Confirm = Arc<dyn Fn(&str, &str, Option<&str>) -> bool + Send + Sync>;

/// Asks a person which of several models to take: the question and the offers, best first; `None` declines.
pub type Ask = Arc<dyn Fn(&str, &[Offer]) -> Option<usize> + Send + Sync>;

/// Asks for yes or no, or for a word to be typed. Escape, Ctrl-D, an empty answer and Ctrl-C decline; the last
/// cancels `stop`.
pub(crate) fn confirm_on_terminal(stop: CancellationToken) -> Confirm {
    Arc::new(move |what: &str, question: &str, word: Option<&str>| {
        let (terminal, theme) = (Term::stderr(), ColorfulTheme::default());
        let redraws = !TerminalEnvironment::from_process().dumb;
        let asking = Asking { terminal: &terminal, theme: &theme, redraws };
        if terminal.write_line(what).is_err() {
            return false;
        }
        let answer = match word {
            None => asking.yes_or_no(question),
            // The line that is typed in stays short, for what wraps cannot be taken back.
            Some(word) => terminal
                .write_line(question)
                .and_then(|()| asking.word(&format!("Type {word} to continue")))
                .map(|typed| typed.is_some_and(|typed| typed.trim() == word)),
        };
        answer.unwrap_or_else(|error| {
            interrupted(&terminal, &stop, &error);
            false
        })
    })
}

/// Columns that the list needs for itself: the marker before an item, and the last one, where terminals wrap.
const MARGIN: usize = 3;

/// Asks with a list to move in; Escape and Ctrl-D decline. Ctrl-C, which does not arrive as a signal while the terminal is
/// asked, cancels `stop`.
pub(crate) fn on_terminal(stop: CancellationToken) -> Ask {
    Arc::new(move |question: &str, offers: &[Offer]| {
        let (terminal, theme) = (Term::stderr(), ColorfulTheme::default());
        let redraws = !TerminalEnvironment::from_process().dumb;
        let asking = Asking { terminal: &terminal, theme: &theme, redraws };
        let width = usize::from(terminal.size().1).saturating_sub(MARGIN);
        // A list that is drawn again counts a line for each item, so none may wrap; the question stands above it.
        let items: Vec<String> =
            offers.iter().map(|offer| truncate_str(&describe(offer), width, "..").into_owned()).collect();
        let picked = terminal
            .write_line(question)
            .and_then(|()| asking.one_of("arrow keys and Enter; Escape chooses none", &items));
        picked.unwrap_or_else(|error| {
            interrupted(&terminal, &stop, &error);
            None
        })
    })
}

/// After a question that was not answered.
fn interrupted(terminal: &Term, stop: &CancellationToken, error: &Error) {
    // It may have been hidden.
    let _ = terminal.show_cursor();
    if error.kind() == ErrorKind::Interrupted {
        stop.cancel();
    }
}
