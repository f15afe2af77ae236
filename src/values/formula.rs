//! Texts that a spreadsheet would take for formulas, as cells of a CSV file that people open in one.
//!
//! Whoever signs up for a class writes their own name, and a cell that begins with `=` can send the rest of the sheet to
//! somebody else. Spreadsheets take a cell that begins with `'` for text (OWASP, "CSV Injection").

use std::borrow::Cow;

/// What a formula begins with, in ASCII or full width. A line break or a tabulator in front is skipped by some programs.
const SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet may take `text` for a formula. A sign alone is none: `-` is often written for nothing.
fn is_formula(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| SIGNS.contains(&first)) && letters.next().is_some()
}

/// Whether `text` is a formula behind any number of `'`.
fn is_formula_behind_quotes(text: &str) -> bool {
    is_formula(text.trim_start_matches('\''))
}

/// `text` as a cell that no spreadsheet takes for a formula: with a `'` in front, where it begins as one. What has `'` in front of
/// a formula gets one more, so that [`from_cell`] gives every text back.
pub(crate) fn to_cell(text: &str) -> Cow<'_, str> {
    if is_formula_behind_quotes(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text of a cell that [`to_cell`] made, or another program in the same way.
pub(crate) fn from_cell(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula_behind_quotes(rest)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_as_a_formula() {
        for text in ["=1+1", "+46 70 1", "-2", "@ada", "\t=1", "\r=1", "\n=1", "＝1+1", "＠ada"] {
            assert_eq!(to_cell(text), format!("'{text}"));
        }
        for text in ["", "-", "=", "Ada", "Ada-Lovelace", "a=b", "'t Hooft", "ada@contoso.com", " =1"] {
            assert_eq!(to_cell(text), text);
        }
    }

    #[test]
    fn every_text_comes_back_from_its_cell() {
        for text in ["=1", "'=1", "''=1", "'", "''", "'-", "'t Hooft", "-", "+46", "'＝1", "\t", "\t\t", ""] {
            assert_eq!(from_cell(&to_cell(text)), text);
        }
    }
}
