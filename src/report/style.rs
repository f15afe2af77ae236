//! Colours and glyphs.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// What a text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// As any other.
    Normal,
    /// Done.
    Good,
    /// Wants a look.
    Warning,
    /// Failed.
    Error,
    /// Of less weight.
    Dim,
    /// A heading.
    Bold,
}

/// Colours, or none. Every text says by itself what its colour underlines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    color: bool,
}

impl Palette {
    pub(super) fn new(color: bool) -> Self {
        Self { color }
    }

    /// `text` in the colour of `tone`.
    pub(super) fn paint(self, tone: Tone, text: impl Display) -> String {
        let style = match tone {
            _ if !self.color => Style::new(),
            Tone::Normal => Style::new(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Warning => AnsiColor::Yellow.on_default(),
            Tone::Error => AnsiColor::Red.on_default().bold(),
            Tone::Dim => Style::new().dimmed(),
            Tone::Bold => Style::new().bold(),
        };
        format!("{style}{text}{style:#}")
    }
}

/// Characters beyond ASCII, and what stands for them. Each is one column wide, but for the ellipsis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyphs {
    /// Done.
    pub(super) done: &'static str,
    /// Failed.
    pub(super) failed: &'static str,
    /// No longer waited for.
    pub(super) left: &'static str,
    /// At work, one after the other.
    pub(super) spinner: &'static [&'static str],
    /// Stands for what was cut off.
    pub(super) ellipsis: &'static str,
}

impl Glyphs {
    pub(super) fn new(utf8: bool) -> Self {
        if utf8 {
            Self {
                done: "✓",
                failed: "✗",
                left: "·",
                spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
                ellipsis: "…",
            }
        } else {
            Self { done: "+", failed: "x", left: ".", spinner: &["|", "/", "-", "\\"], ellipsis: ".." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_nothing_is_added() {
        assert_eq!(Palette::new(false).paint(Tone::Error, "x"), "x");
        assert_eq!(Palette::new(true).paint(Tone::Good, "x"), "\u{1b}[32mx\u{1b}[0m");
    }
}
