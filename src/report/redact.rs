//! Takes out what nobody may see, wherever it came from.
//!
//! Nothing below should put a secret into an event; this is the second lock on the door. Patterns are ASCII
//! (`(?-u)`, or classes without tables), since the `regex` crate is built without its Unicode tables.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// What stands where a secret stood.
pub(super) const REDACTED: &str = "[redacted]";

/// One kind of thing to take out, and what is put there (`$1` keeps its name).
struct Rule {
    pattern: Regex,
    replacement: &'static str,
}

/// Names of parameters, headers and JSON keys whose values are secrets.
const SECRET_NAMES: &str = "sig|signature|token|access_?token|refresh_?token|id_?token|client_?secret|client_?assertion|\
     password|api[-_]?key|account_?key|key[12]|primary_?key|secondary_?key|client-key-data";

static RULES: LazyLock<[Rule; 7]> = LazyLock::new(|| {
    let named =
        format!(r#"(^|[^A-Za-z0-9_])((?i-u:{SECRET_NAMES})\\*["']?[ \t]*[=:][ \t]*\\*["']?)[^ \t\r\n"'&\\,;}}]+"#);
    // The parameters that sign a polling URL; its value is opaque and 3-5 KB long.
    let signature = r#"[tcsh]=[^ \t\r\n"'&#<>\\]*"#;
    [
        (r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)", REDACTED),
        (r"(?i-u:(bearer +)[a-z0-9._~+/=-]{16,})", "$1[redacted]"),
        // A JSON object in base64 begins with `eyJ`; the last part may have been cut off.
        (r"(?-u:eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?)", REDACTED),
        (&named, "$1$2[redacted]"),
        (&format!("&{signature}"), ""),
        (&format!(r"\?{signature}&"), "?"),
        (&format!(r"\?{signature}"), ""),
    ]
    .map(|(pattern, replacement)| Rule { pattern: Regex::new(pattern).expect("a constant pattern"), replacement })
});

/// Whether `text` has anything that one of the rules begins with or asks for. Most texts (names, states, ids) have not, and a class
/// tells of hundreds of thousands.
fn may_hold_secret(text: &str) -> bool {
    text.contains(['=', ':'])
        || text.contains("eyJ")
        || text.contains("-----BEGIN")
        || text.as_bytes().windows(BEARER.len()).any(|part| part.eq_ignore_ascii_case(BEARER))
}

const BEARER: &[u8] = b"bearer ";

/// `text` without tokens, keys, and signatures of polling URLs.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    if !may_hold_secret(text) {
        return clean;
    }
    for rule in RULES.iter() {
        if let Cow::Owned(changed) = rule.pattern.replace_all(&clean, rule.replacement) {
            clean = Cow::Owned(changed);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_keys_are_taken_out() {
        let jwt = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL21hbmFnZW1lbnQifQ.c2lnbmF0dXJl";
        for (text, clean) in [
            (format!("Authorization: Bearer {jwt}"), "Authorization: Bearer [redacted]"),
            (format!("refused {jwt}."), "refused [redacted]."),
            ("authorization: bearer abcdefghijklmnop0123".to_owned(), "authorization: bearer [redacted]"),
            (r#"{"key1":"abc123","key2":"def456"}"#.to_owned(), r#"{"key1":"[redacted]","key2":"[redacted]"}"#),
            (r#"{\"key1\":\"abc123\"}"#.to_owned(), r#"{\"key1\":\"[redacted]\"}"#),
            ("api-key: 0123abcd".to_owned(), "api-key: [redacted]"),
            ("https://x/y?sv=1&sig=a%2Bb%3D&se=2".to_owned(), "https://x/y?sv=1&sig=[redacted]&se=2"),
            ("client_secret=p~ss!word&scope=x".to_owned(), "client_secret=[redacted]&scope=x"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nend".to_owned(), "[redacted]\nend"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE".to_owned(), "[redacted]"),
        ] {
            assert_eq!(redact(&text), clean);
        }
    }

    #[test]
    fn the_signature_of_a_polling_url_is_left_out() {
        for (url, clean) in [
            ("/operations/1?api-version=2025-03-01&t=639&c=MII&s=ab_c&h=x-y", "/operations/1?api-version=2025-03-01"),
            ("/operations/1?t=639&c=MII&s=ab&h=x&api-version=2025", "/operations/1?api-version=2025"),
            ("/operations/1?t=639&c=MII&s=ab&h=x", "/operations/1"),
            ("GET /o?t=6&a=1 -> 200", "GET /o?a=1 -> 200"),
        ] {
            assert_eq!(redact(url), clean);
        }
    }

    #[test]
    fn ordinary_messages_stay_as_they_are() {
        for text in [
            "This operation require 30 new capacity in quota Tokens Per Minute (thousands) - GPT-4-Turbo",
            "The access token is from the wrong issuer. Bearer authentication is needed.",
            "ExpiredAuthenticationToken: the token has expired",
            "/subscriptions/s/operationresults/eyJqb2JJZCI6IlJFU09VUkNFR1JPVVAi?api-version=2021-04-01",
            "/subscriptions/s/resourcegroups?$skiptoken=abc&$top=5",
            "design=x: 5 keys",
        ] {
            assert!(matches!(redact(text), Cow::Borrowed(_)), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_a_rule_would_take_out_is_never_passed_by(
            text in "(eyJ[a-z]{4}\\.[a-z]{4}|[bB]earer [a-z]{16}|-----BEGIN PRIVATE KEY-----|(sig|key1)[=:][a-z]|[?&]t=[a-z]|[a-z ]{1,9}){0,3}",
        ) {
            let is_for_a_rule = RULES.iter().any(|rule| rule.pattern.is_match(&text));
            proptest::prop_assert!(may_hold_secret(&text) || !is_for_a_rule);
        }

        #[test]
        fn no_input_breaks_it_and_twice_is_as_good_as_once(text in "[?&tcsh=:a \"\\\\é]{0,40}") {
            let once = redact(&text).into_owned();
            proptest::prop_assert_eq!(redact(&once), once.as_str());
        }
    }
}
