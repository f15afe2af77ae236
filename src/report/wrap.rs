//! Lines that are wider than the terminal, broken between words.

use console::{measure_text_width, strip_ansi_codes};

/// Columns that a line which continues another has at least.
const LEAST: usize = 30;

/// Programs whose command lines are pasted as they stand.
const PASTED: [&str; 4] = ["azlab", "az", "kubectl", "eval"];

/// `text` in lines of at most `width` columns, broken between words; a longer word has a line of its own.
pub(super) fn wrap(text: &str, width: usize) -> String {
    text.lines().map(|line| broken(line, width, line.len() - line.trim_start().len())).collect::<Vec<_>>().join("\n")
}

/// The same for what a terminal shows: the rows of a table continue below their last column, and a line that holds a command stays
/// whole, since it is pasted. A line break at the end stays.
pub(super) fn shown(text: &str, width: usize) -> String {
    let line = |line: &str| {
        let is_wide = measure_text_width(line) > width;
        if !is_wide || holds_a_command(line) { line.to_owned() } else { broken(line, width, hang(line, width)) }
    };
    let end = if text.ends_with('\n') { "\n" } else { "" };
    format!("{}{end}", text.lines().map(line).collect::<Vec<_>>().join("\n"))
}

/// One line, whose continuations are indented by `hang` blanks.
fn broken(line: &str, width: usize, hang: usize) -> String {
    let words = line.trim_start();
    let mut lines = Vec::new();
    let (mut current, mut is_first) = (line[..line.len() - words.len()].to_owned(), true);
    for word in words.split(' ') {
        if !is_first && measure_text_width(&current) + 1 + measure_text_width(word) > width {
            let next = format!("{:hang$}{word}", "");
            // Blanks before a word that begins the next line belong to neither.
            lines.push(std::mem::replace(&mut current, next).trim_end().to_owned());
            continue;
        }
        if !is_first {
            current.push(' ');
        }
        current.push_str(word);
        is_first = false;
    }
    lines.push(current);
    lines.join("\n")
}

/// Where a line continues: below its last column, as columns have two blanks between them; of what has no columns, below its
/// beginning.
fn hang(line: &str, width: usize) -> usize {
    let line = strip_ansi_codes(line);
    let indent = line.len() - line.trim_start().len();
    let words = line.trim();
    let column = words.rfind("  ").map(|at| indent + measure_text_width(&words[..at + 2]));
    column.filter(|column| column + LEAST <= width).unwrap_or(indent + 2)
}

fn holds_a_command(line: &str) -> bool {
    let line = strip_ansi_codes(line);
    let mut words = line.split_whitespace().map(|word| word.trim_start_matches(['(', '"', '\'', '`', '$']));
    words.any(|word| PASTED.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_row_continues_below_its_last_column_and_prose_below_its_beginning() {
        let row = "  WARN  model  the model has been closed to new deployments in westeurope since 2025-11-14\n";
        let told = shown(row, 60);
        assert_eq!(
            told,
            "  WARN  model  the model has been closed to new deployments\n               in westeurope since 2025-11-14\n"
        );
        let prose = "taking gpt-5.4-mini 2026-03-17, DataZoneStandard, capacity 1 for 40 labs";
        assert_eq!(shown(prose, 40), "taking gpt-5.4-mini 2026-03-17,\n  DataZoneStandard, capacity 1 for 40\n  labs");
    }

    #[test]
    fn a_last_column_that_leaves_too_little_room_is_given_up() {
        let row = "  WARN  a_check_with_a_long_name (a lab with a name)  the message of it goes on";
        let told = shown(row, 60);
        assert_eq!(told.lines().nth(1), Some("    message of it goes on"), "{told}");
    }

    #[test]
    fn a_line_with_a_command_stays_whole() {
        for line in [
            "for every resource, and what becomes of it: azlab teardown --all --sandbox --dry-run",
            "  eval \"$(azlab env --sandbox --lab a-name-that-is-long)\"  set the workshop's shell variables",
            "or remove it: az lock delete --ids /subscriptions/s/providers/Microsoft.Authorization/locks/keep",
        ] {
            assert_eq!(shown(line, 40), line);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_word_is_lost_or_broken(text in "([l-zé/]{1,12}[ \n]{1,3}){0,20}", width in 0_usize..80) {
            for wrapped in [wrap(&text, width), shown(&text, width)] {
                proptest::prop_assert_eq!(words(&wrapped), words(&text));
            }
        }

        #[test]
        fn no_line_is_wider_but_for_one_word(text in "([l-zé/]{1,12} {1,3}){0,20}", width in 13_usize..80) {
            for line in shown(&text, width).lines() {
                proptest::prop_assert!(measure_text_width(line.trim_end()) <= width || words(line).len() == 1, "{}", line);
            }
        }
    }
}
