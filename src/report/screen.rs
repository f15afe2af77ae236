//! A text that stays on one screen.

use console::{measure_text_width, truncate_str};

use crate::values::counted;

/// As much of `text` as fits on a screen of `rows` lines and `columns` columns, and how many lines are left out. The last line
/// stays free for the cursor.
pub(super) fn fitted(text: &str, rows: usize, columns: usize) -> String {
    let room = rows.saturating_sub(1).max(2);
    let lines: Vec<&str> = text.lines().collect();
    let height = |line: &&str| measure_text_width(line).div_ceil(columns.max(1)).max(1);
    if lines.iter().map(height).sum::<usize>() <= room {
        return text.to_owned();
    }
    // Of lines that must be cut, each takes one row.
    let kept = if lines.len() <= room { lines.len() } else { room - 1 };
    let mut shown: Vec<String> =
        lines.iter().take(kept).map(|line| truncate_str(line, columns, "…").into_owned()).collect();
    if lines.len() > kept {
        shown.push(format!("and {}", counted(lines.len() - kept, "more line")));
    }
    shown.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let forty: String = (1..=40).map(|number| format!("lab-{number}\n")).collect();
        let shown = fitted(&forty, 24, 80);
        assert_eq!(shown.lines().count(), 23);
        assert!(shown.ends_with("lab-22\nand 18 more lines\n"), "{shown}");
        assert_eq!(fitted(&forty, 41, 80), forty);
    }

    #[test]
    fn a_line_that_is_too_wide_takes_one_row_where_room_is_short() {
        let wide = "x".repeat(100);
        let text = format!("{wide}\n{wide}\n{wide}\n");
        assert_eq!(fitted(&text, 24, 80), text, "it has room to wrap");
        let shown = fitted(&text, 5, 80);
        assert_eq!(shown.lines().count(), 3);
        assert!(shown.lines().all(|line| measure_text_width(line) == 80), "{shown}");
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_taller_than_the_screen(text in "(\\PC{0,60}\n){0,60}", rows in 3_usize..60, columns in 1_usize..100) {
            let shown = fitted(&text, rows, columns);
            let height = |line: &str| measure_text_width(line).div_ceil(columns).max(1);
            let last = shown.lines().last().map_or(0, height);
            proptest::prop_assert!(shown.lines().map(height).sum::<usize>() <= rows - 1 + last);
        }
    }
}
