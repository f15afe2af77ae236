//! The body of an answer, read into a type.

use serde::de::DeserializeOwned;

use super::error::Error;

/// Reads the body of an answer.
///
/// # Errors
/// [`Error::Answer`] with the path at which the body does not fit the model.
pub fn parse<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, Error> {
    // Windows' programs write a byte order mark, and so do gateways.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if let Some(problem) = no_json(body) {
        return Err(Error::answer(what, problem));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| match error.path().to_string().as_str() {
        "." => Error::answer(what, error.inner()),
        path => Error::answer(what, format!("at {path}: {}", error.inner())),
    })
}

/// How gzip, zstd and zlib begin.
const COMPRESSED: [&[u8]; 4] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x78\x9c", b"\x78\x01"];

/// What a body is that cannot be JSON: a parser would tell of its first letter.
fn no_json(body: &[u8]) -> Option<&'static str> {
    match body.trim_ascii_start().first() {
        None => Some("it is empty"),
        Some(b'<') => Some("it is a web page, which a proxy or the network's sign-in page may have put there"),
        _ if COMPRESSED.iter().any(|magic| body.starts_with(magic)) => {
            Some("it is compressed, which azlab does not ask for, so a proxy may have done that")
        }
        // What begins JSON: the rest is a parser's to tell.
        Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => None,
        Some(_) => Some("it is not JSON, so something else than Azure may have answered"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_page_and_nothing_are_told_as_such_and_not_in_the_words_of_a_parser() {
        for (body, says) in [
            (&b"<html><title>Sign in</title></html>"[..], "web page"),
            (b" \n", "it is empty"),
            (b"\x1f\x8b\x08\x00\x00", "it is compressed"),
            (b"SSH-2.0-OpenSSH_9.6\r\n", "not JSON"),
            (b"\xff\xfe{\x00}\x00", "not JSON"),
        ] {
            let error = parse::<serde_json::Value>("/r", body).expect_err("no JSON").to_string();
            assert!(error.contains(says) && !error.contains("line 1"), "{error}");
        }
        assert!(
            parse::<serde_json::Value>("/r", b" {}").is_ok()
                && parse::<serde_json::Value>("/r", b"\xef\xbb\xbf{}").is_ok()
        );
    }
}
