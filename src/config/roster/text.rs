//! A roster's bytes as text: what spreadsheets write, or why that cannot be read.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

/// Far more than the rows of a class: 2 KB for each of 490.
const LIMIT: u64 = 1 << 20;
/// How a spreadsheet's file becomes one that can be read.
const AS_CSV: &str = "save it from the spreadsheet as CSV UTF-8 (Excel: Save As, \"CSV UTF-8\")";

/// Why a roster is not text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotText {
    /// What is wrong; it follows the file's name.
    pub(super) problem: String,
    /// What to do.
    pub(super) hint: String,
    /// The line and the column of the byte that is not text, from 1.
    pub(super) at: Option<(usize, usize)>,
}

fn refused(problem: impl Into<String>, hint: impl Into<String>) -> NotText {
    NotText { problem: problem.into(), hint: hint.into(), at: None }
}

/// Reads a file.
pub(super) fn load(path: &Path) -> Result<String, NotText> {
    let system = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => refused(
            "does not exist",
            "roster = \"…\" in azlab.toml names a CSV file; its path is relative to azlab.toml",
        ),
        _ => refused(format!("cannot be read: {error}"), "name another file with roster = \"…\" in azlab.toml"),
    };
    if std::fs::metadata(path).map_err(system)?.is_dir() {
        return Err(refused("is a directory", "name the CSV file in it: roster = \"…\" in azlab.toml"));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(system)?.take(LIMIT + 1).read_to_end(&mut bytes).map_err(system)?;
    decode(&bytes)
}

/// The bytes as text: UTF-8, or UTF-16 with its mark, as Excel's "Unicode Text" is.
pub(super) fn decode(bytes: &[u8]) -> Result<String, NotText> {
    match bytes {
        // A ZIP archive, which .xlsx and .ods are; the older .xls; a PDF.
        [b'P', b'K', 3 | 5, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            return Err(refused("is a spreadsheet's own file (.xlsx, .xls, .ods), not CSV", AS_CSV));
        }
        [b'%', b'P', b'D', b'F', ..] => return Err(refused("is a PDF, not CSV", AS_CSV)),
        _ if bytes.len() as u64 > LIMIT => {
            return Err(refused(
                format!("is larger than {LIMIT} bytes: this is not the roster of a class"),
                "name another file with roster = \"…\" in azlab.toml",
            ));
        }
        [0xff, 0xfe, units @ ..] => return utf16(units, u16::from_le_bytes),
        [0xfe, 0xff, units @ ..] => return utf16(units, u16::from_be_bytes),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
        NotText {
            at: Some(position(&before)),
            ..refused("this is not UTF-8; it looks like Latin-1 or Windows-1252", AS_CSV)
        }
    })?;
    match text.find('\0') {
        None => Ok(text.to_owned()),
        Some(at) => Err(NotText {
            at: Some(position(text.get(..at).unwrap_or_default())),
            ..refused("this is not text: it has NUL characters", AS_CSV)
        }),
    }
}

fn utf16(units: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotText> {
    let (pairs, rest) = units.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err(refused("begins as UTF-16 and is not: it is damaged", AS_CSV)),
    }
}

/// Line and column of what follows a text.
fn position(before: &str) -> (usize, usize) {
    let line = before.matches('\n').count() + 1;
    (line, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        let text = "name\temail\r\nZoë\tzoe@contoso.com\r\n";
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            in_utf16(text, u16::to_le_bytes),
            in_utf16(text, u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_no_text_is_told_with_what_it_is() {
        let latin = b"name,email\nAda,ada@x.y\nZo\xeb,zoe@x.y\n";
        let large = vec![b'a'; LIMIT as usize + 1];
        for (bytes, says, at) in [
            (&b"PK\x03\x04xlsx"[..], ".xlsx", None),
            (b"\xd0\xcf\x11\xe0\xa1", ".xls", None),
            (b"%PDF-1.7", "PDF", None),
            (latin, "Latin-1", Some((3, 3))),
            (b"name\0email", "NUL", Some((1, 5))),
            (b"\xff\xfea", "damaged", None),
            (b"\xff\xfe\x00\xd8", "damaged", None),
            (&large, "larger than 1048576 bytes", None),
        ] {
            let refused = decode(bytes).expect_err(says);
            assert!(refused.problem.contains(says), "{refused:?}");
            assert_eq!(refused.at, at, "{says}");
        }
    }
}
