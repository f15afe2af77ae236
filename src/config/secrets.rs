//! Secrets do not belong in the file, and one that stands there all the same is not shown.

/// Words in keys whose values are secret.
const WORDS: [&str; 9] =
    ["secret", "password", "passwd", "token", "apikey", "connectionstring", "privatekey", "accesskey", "assertion"];

/// Whether a key of this name holds a secret: `client_secret`, `api-key`.
pub(super) fn is_secret(key: &str) -> bool {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    plain.ends_with("key") || WORDS.iter().any(|word| plain.contains(word))
}

/// Whether anywhere in the text a key that holds a secret is set.
pub(super) fn has_secret(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "_-.\"'".contains(c);
    let mut before = text.split('=').collect::<Vec<_>>();
    before.pop();
    before.iter().any(|piece| {
        let piece = piece.trim_end();
        let start =
            piece.char_indices().rev().take_while(|(_, c)| is_part(*c)).last().map_or(piece.len(), |(at, _)| at);
        is_secret(piece.get(start..).unwrap_or_default())
    })
}
