//! Questions that are answered key by key: yes or no, a word, one of a list. Ctrl-D and Escape decline each of them, as they do
//! wherever else they are typed. dialoguer's own prompts pass over Ctrl-D and wait on; only its looks are taken.

use std::fmt;
use std::io;
use std::ops::Range;

use console::{Key, Term, measure_text_width};
use dialoguer::theme::Theme;

/// What a terminal that reads key by key gets of Ctrl-D.
const CTRL_D: char = '\u{4}';

/// What stands where an answer would, if there is none.
const CANCELLED: &str = "cancelled";

/// Lines of a screen that a list leaves free: its heading, and the line of the cursor.
const BESIDE_A_LIST: usize = 2;

/// A terminal that asks.
pub(super) struct Asking<'a> {
    pub(super) terminal: &'a Term,
    pub(super) theme: &'a dyn Theme,
    /// Whether what stands on the terminal can be taken back.
    pub(super) redraws: bool,
}

impl Asking<'_> {
    /// Asks for yes or no by one key.
    ///
    /// # Errors
    /// The terminal has gone; `Interrupted` for Ctrl-C. The other questions likewise.
    pub(super) fn yes_or_no(&self, question: &str) -> io::Result<bool> {
        forget_what_was_typed();
        self.terminal.write_str(&shown(|text| self.theme.format_confirm_prompt(text, question, Some(false)))?)?;
        let answer = loop {
            match self.terminal.read_key()? {
                Key::Char('y' | 'Y') => break true,
                Key::Char('n' | 'N' | 'q' | CTRL_D) | Key::Enter | Key::Escape => break false,
                _ => {}
            }
        };
        let said = shown(|text| self.theme.format_confirm_prompt_selection(text, question, Some(answer)))?;
        self.replace_line(&said)?;
        Ok(answer)
    }

    /// Asks for a word; `None` if it is declined.
    pub(super) fn word(&self, question: &str) -> io::Result<Option<String>> {
        forget_what_was_typed();
        self.terminal.write_str(&shown(|text| self.theme.format_input_prompt(text, question, None))?)?;
        let mut typed = Some(String::new());
        while let Some(text) = &mut typed {
            match self.terminal.read_key()? {
                Key::Enter => break,
                Key::Escape | Key::Char(CTRL_D) => typed = None,
                Key::Backspace => {
                    let gone = text.pop().map_or(0, |gone| measure_text_width(&gone.to_string()));
                    self.terminal.clear_chars(gone)?;
                }
                Key::Char(letter) if !letter.is_control() => {
                    text.push(letter);
                    self.terminal.write_str(&letter.to_string())?;
                }
                _ => {}
            }
        }
        let answer = typed.as_deref().unwrap_or(CANCELLED);
        let said = shown(|text| self.theme.format_input_prompt_selection(text, question, answer))?;
        self.replace_line(&said)?;
        Ok(typed)
    }

    /// Asks for one of `items`, none of which is wider than the terminal; `None` if all are declined.
    pub(super) fn one_of(&self, heading: &str, items: &[String]) -> io::Result<Option<usize>> {
        forget_what_was_typed();
        self.terminal.write_line(&shown(|text| self.theme.format_select_prompt(text, heading))?)?;
        if self.redraws {
            self.terminal.hide_cursor()?;
        }
        let picked = self.moved_in(items);
        if self.redraws {
            self.terminal.show_cursor()?;
        }
        let picked = picked?;
        // The heading.
        self.wipe(1)?;
        let said = picked.and_then(|at| items.get(at)).map_or(CANCELLED, String::as_str);
        self.terminal.write_line(said)?;
        Ok(picked)
    }

    /// Puts a line in the place of the one that stands there; below it, where nothing can be taken back.
    fn replace_line(&self, said: &str) -> io::Result<()> {
        match self.redraws {
            true => self.terminal.clear_line()?,
            false => self.terminal.write_line("")?,
        }
        self.terminal.write_line(said)
    }

    /// Takes the last lines back, where that can be.
    fn wipe(&self, lines: usize) -> io::Result<()> {
        if self.redraws { self.terminal.clear_last_lines(lines) } else { Ok(()) }
    }

    /// Moves in the list until an item is taken; nothing of the list is left on the screen then.
    fn moved_in(&self, items: &[String]) -> io::Result<Option<usize>> {
        let rows = usize::from(self.terminal.size().0).saturating_sub(BESIDE_A_LIST).max(1);
        let mut at = 0;
        while !items.is_empty() {
            let window = window(at, items.len(), rows);
            for (index, item) in items.iter().enumerate().take(window.end).skip(window.start) {
                let line = shown(|text| self.theme.format_select_prompt_item(text, item, index == at))?;
                self.terminal.write_line(&line)?;
            }
            let key = self.terminal.read_key()?;
            self.wipe(window.len())?;
            match key {
                Key::ArrowDown | Key::Tab | Key::Char('j') => at = (at + 1) % items.len(),
                Key::ArrowUp | Key::BackTab | Key::Char('k') => at = at.checked_sub(1).unwrap_or(items.len() - 1),
                Key::Enter | Key::Char(' ') => return Ok(Some(at)),
                Key::Escape | Key::Char('q' | CTRL_D) => break,
                _ => {}
            }
        }
        Ok(None)
    }
}

/// Which of `all` items are shown on `rows` lines, so that item `at` is among them.
fn window(at: usize, all: usize, rows: usize) -> Range<usize> {
    let first = at.saturating_sub(rows.saturating_sub(1));
    first..all.min(first + rows)
}

/// Keys that were typed before the question stood there are no answer to it.
fn forget_what_was_typed() {
    // Where there is no such terminal, nothing was typed.
    #[cfg(unix)]
    let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
}

/// A text of the theme's.
fn shown(write: impl FnOnce(&mut String) -> fmt::Result) -> io::Result<String> {
    let mut text = String::new();
    write(&mut text).map(|()| text).map_err(|_| io::Error::other("the question cannot be shown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_list_that_is_longer_than_the_screen_what_is_chosen_is_shown() {
        assert_eq!([window(0, 3, 9), window(2, 3, 9)], [0..3, 0..3]);
        assert_eq!([window(0, 9, 3), window(2, 9, 3), window(3, 9, 3), window(8, 9, 3)], [0..3, 0..3, 1..4, 6..9]);
        for at in 0..9 {
            assert_eq!(window(at, 9, 1), at..at + 1);
        }
    }
}
