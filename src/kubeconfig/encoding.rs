//! The bytes of a kubeconfig as text: UTF-8, or what a byte order mark at the beginning says, as kubectl's parser takes them.
//! PowerShell's `>` writes UTF-16 with a mark.

use zeroize::Zeroizing;

use super::malformed::Malformed;

/// Decodes `bytes`; the mark is left out.
///
/// # Errors
/// [`Malformed`] for bytes that are not text in the encoding they claim.
pub(super) fn decode(bytes: &[u8]) -> Result<Zeroizing<String>, Malformed> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let text = std::str::from_utf8(bytes).map_err(|_| Malformed("it is not valid UTF-8 text".to_owned()))?;
            Ok(Zeroizing::new(text.to_owned()))
        }
    }
}

fn utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Result<Zeroizing<String>, Malformed> {
    let malformed = || Malformed("it begins like UTF-16 text and is not valid UTF-16".to_owned());
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(malformed());
    }
    let units = pairs.iter().map(|pair| unit(*pair));
    // Reserved at once: a text that grows leaves copies behind that nobody wipes.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() / 2 * 3));
    for character in char::decode_utf16(units) {
        text.push(character.map_err(|_| malformed())?);
    }
    Ok(text)
}
