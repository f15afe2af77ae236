//! Words of a command that somebody pastes into a shell.
//!
//! Paths need not be text, and commands are kept as text. [`keeping_bytes`] makes text of a path without a loss: a byte that is
//! not UTF-8 becomes two noncharacters of Unicode, which no text has. [`shell_word`] writes them as bash, zsh and ksh read them.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;

/// The noncharacters for the upper and the lower four bits of a byte.
const UPPER: u32 = 0xFDD0;
const LOWER: u32 = 0xFDE0;

/// A word for a shell; what no shell could take is shown as it is.
pub(crate) fn shell_word(text: &str) -> String {
    if text.contains(is_half_a_byte) {
        return in_escapes(text);
    }
    shlex::try_quote(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

/// The same of a path, whatever bytes it has.
pub(crate) fn shell_path(path: &Path) -> String {
    shell_word(&keeping_bytes(path.as_os_str()))
}

/// A path or an argument as text, from which [`shell_word`] makes the same bytes.
pub fn keeping_bytes(text: &OsStr) -> String {
    let mut kept = String::with_capacity(text.len());
    for chunk in text.as_encoded_bytes().utf8_chunks() {
        for letter in chunk.valid().chars() {
            if is_half_a_byte(letter) {
                letter.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| keep(byte, &mut kept));
            } else {
                kept.push(letter);
            }
        }
        chunk.invalid().iter().for_each(|byte| keep(*byte, &mut kept));
    }
    kept
}

/// A text of [`keeping_bytes`] for people and for JSON, which have no way to write such bytes.
pub(crate) fn without_bytes(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !is_lower(*letter)) {
        shown.push(if is_half_a_byte(letter) { char::REPLACEMENT_CHARACTER } else { letter });
    }
    shown
}

fn is_half_a_byte(letter: char) -> bool {
    (UPPER..LOWER + 16).contains(&u32::from(letter))
}

fn is_lower(letter: char) -> bool {
    is_half_a_byte(letter) && u32::from(letter) >= LOWER
}

fn keep(byte: u8, kept: &mut String) {
    kept.extend([UPPER + u32::from(byte >> 4), LOWER + u32::from(byte & 15)].into_iter().filter_map(char::from_u32));
}

/// The word in `$'…'`.
fn in_escapes(text: &str) -> String {
    let mut word = "$'".to_owned();
    for letter in text.chars() {
        match letter {
            '\\' | '\'' => word.extend(['\\', letter]),
            // Each half is a digit.
            letter if is_half_a_byte(letter) => {
                let is_upper = !is_lower(letter);
                // Writing to a String cannot fail.
                let _ = write!(word, "{}{:x}", if is_upper { "\\x" } else { "" }, u32::from(letter) & 15);
            }
            letter if letter.is_ascii_control() => {
                let _ = write!(word, "\\x{:02x}", u32::from(letter));
            }
            letter => word.push(letter),
        }
    }
    word.push('\'');
    word
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    /// The bytes that bash makes of a word.
    fn in_bash(word: &str) -> Vec<u8> {
        let said = std::process::Command::new("bash").args(["-c", &format!("printf %s {word}")]).output();
        said.expect("bash").stdout
    }

    #[test]
    fn a_path_that_is_not_text_is_the_same_path_to_bash() {
        for path in [
            &b"caf\xe9"[..],
            b"it's caf\xe9 \\ $HOME `x` !",
            b"\xff1\xe9a\n\t.toml",
            "a\u{fdd3}b\u{fde4}".as_bytes(),
            b"plain name",
            b"\xc3",
        ] {
            let word = shell_path(Path::new(OsStr::from_bytes(path)));
            assert_eq!(in_bash(&word), path, "{word}");
            assert!(!word.contains(|c: char| is_half_a_byte(c) || c.is_control()), "{word}");
        }
    }

    #[test]
    fn what_is_shown_of_it_has_a_mark_for_each_byte() {
        let kept = keeping_bytes(OsStr::from_bytes(b"caf\xe9s"));
        assert_eq!(without_bytes(&kept), "caf\u{fffd}s");
    }
}
