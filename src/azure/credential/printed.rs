//! What az and azd print around what is meant: colour codes, byte order marks, warnings and notices before and behind.

use std::borrow::Cow;

use serde_json::Value;

/// The text of an output: UTF-8, or UTF-16 where a mark says so (a wrapper in PowerShell), without colour codes.
pub(super) fn text(bytes: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
        Cow::Owned(String::from_utf16_lossy(&units))
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes),
    };
    console::strip_ansi_codes(&text).replace('\u{feff}', "")
}

/// The JSON object in `text` that has a field of `names`, whatever stands around it.
pub(super) fn object_with<'a>(text: &'a str, names: &[&str]) -> Option<&'a str> {
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        rest = &rest[start..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let read = values.next();
        let end = values.byte_offset();
        match read {
            Some(Ok(value)) if names.iter().any(|name| value.get(name).is_some()) => return Some(&rest[..end]),
            Some(Ok(_)) => rest = &rest[end..],
            _ => rest = &rest[1..],
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_is_found_among_whatever_stands_around_it() {
        let object = "{\n  \"accessToken\": \"a{b\"\n}";
        for noise in ["", "WARNING: {not json}\n", "{\"other\": {\"x\": 1}}\n", "\u{1b}[33mhint\u{1b}[0m {\n", "[1] "] {
            let printed = format!("\u{feff}{noise}\u{1b}[0m{object}\u{1b}[0m\n{noise}");
            let text = text(printed.as_bytes());
            assert_eq!(object_with(&text, &["accessToken"]), Some(object), "{noise}");
        }
        assert_eq!(object_with("{\"token\": 1", &["token"]), None);
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("{\"token\":1}".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(object_with(&text(&wide), &["token"]), Some("{\"token\":1}"));
    }
}
