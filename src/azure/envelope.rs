//! Error bodies of every shape that Azure sends, read into one.
//!
//! Shapes (azure-facts.md, "What changes the design" 4): ARM's `{"error":{…}}`; AKS's flat `{"code","message",…}`; Entra's
//! `{"error","error_description"}` (RFC 6749, section 5.2); the same inside a string, inside `message`, several levels deep (`DeploymentFailed`); plain text; HTML; nothing; cut off.

use serde_json::{Map, Value};

use super::quote::{self, cut};

/// How many levels of nesting are followed before the rest is taken as text.
const MAX_DEPTH: usize = 32;
/// How much of a body that is not an error envelope is shown, in characters.
const EXCERPT: usize = 200;
/// The largest body that is read as an envelope; the largest recorded one has 3 KB. Of more, the beginning is shown.
const LARGEST: usize = 1024 * 1024;
/// The most errors that are kept of one envelope.
const MOST_ERRORS: usize = 100;
/// The most bytes of [`Envelope::additional_info`] that are kept. A policy's evaluation details have some KB.
const MOST_INFO: usize = 64 * 1024;

/// One error as the service told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The code, if the body had one.
    pub code: Option<String>,
    /// The message; never empty for a body that says anything.
    pub message: String,
    /// What it is about.
    pub target: Option<String>,
    /// Errors below it, outermost first.
    pub details: Vec<Envelope>,
    /// What ARM adds, such as the policy that refused; as sent.
    pub additional_info: Vec<Value>,
}

impl Envelope {
    /// Reads an error body. Never fails: what cannot be read is shown as an excerpt.
    pub(crate) fn read(body: &[u8]) -> Self {
        let is_whole = body.len() <= LARGEST;
        let text = String::from_utf8_lossy(&body[..body.len().min(LARGEST)]);
        let text = text.trim().trim_start_matches('\u{feff}');
        if text.is_empty() {
            return Self { message: "the answer has no body".into(), ..Self::default() };
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) => match Self::from_error(&value) {
                Some(mut found) => {
                    if found.message.is_empty() {
                        let cause = &found.root_cause().message;
                        let silent = "the service gives no reason";
                        found.message = if cause.is_empty() { silent } else { cause }.to_owned();
                    }
                    found
                }
                None => Self { message: excerpt(&value.to_string()), ..Self::default() },
            },
            Err(_) if looks_like_html(text) => Self { message: html_title(text), ..Self::default() },
            Err(error) if text.starts_with(['{', '[']) => {
                let what = match error.is_eof() {
                    true if is_whole => "cut off",
                    true => "larger than any error",
                    false => "not valid JSON",
                };
                Self { message: format!("the answer is {what}: {}", excerpt(text)), ..Self::default() }
            }
            Err(_) => Self { message: excerpt(text), ..Self::default() },
        }
    }

    /// Whether an error body is JSON that ends before its end: what the service said did not arrive whole.
    pub fn is_cut_off(body: &[u8]) -> bool {
        let body = body.trim_ascii_start();
        body.starts_with(b"{")
            && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err_and(|error| error.is_eof())
    }

    /// Reads an `error` object, as polls of long-running operations carry it.
    pub fn from_error(value: &Value) -> Option<Self> {
        Self::from_value(value, 0, &mut Room { errors: MOST_ERRORS, info: MOST_INFO })
    }

    /// The innermost cause: the last error of the first chain of details.
    pub(crate) fn root_cause(&self) -> &Self {
        self.details.first().map_or(self, Self::root_cause)
    }

    /// What a token endpoint says: the description has the reason (`AADSTS700213: …`), and ids and a time below it.
    fn from_sign_in(fields: &Map<String, Value>) -> Option<Self> {
        let text = |name| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (code, description) = (text("error")?, text("error_description")?);
        let message = cut(description.lines().next().unwrap_or_default().trim(), quote::PROBLEM);
        Some(Self { code: Some(cut(code, quote::WORD)), message, ..Self::default() })
    }

    fn from_value(value: &Value, depth: usize, room: &mut Room) -> Option<Self> {
        if depth > MAX_DEPTH || room.errors == 0 {
            return None;
        }
        match value {
            Value::Object(fields) => {
                if let Some(found) = Self::from_sign_in(fields) {
                    room.errors = room.errors.checked_sub(1)?;
                    return Some(found);
                }
                let text = |name, limit| plain(field(fields, name)?, limit);
                // `{"error":"Forbidden","message":"…"}` of gateways.
                let word = text("error", quote::WORD).filter(|word| !word.contains(char::is_whitespace));
                let word = word.filter(|word| !word.starts_with(['{', '[', '"']) && field(fields, "message").is_some());
                for wrapper in ["error", "odata.error"] {
                    if word.is_none()
                        && let Some(inner) = field(fields, wrapper)
                        && let Some(found) = Self::from_value(inner, depth + 1, room)
                    {
                        return Some(found);
                    }
                }
                let code = text("code", quote::WORD).or(word);
                // Whole: it may have an envelope inside. `detail` and `title` are of problem details (RFC 9457).
                let message = ["message", "detail", "title"].into_iter().find_map(|name| text(name, LARGEST));
                let mut message = message.unwrap_or_default();
                if code.is_some() || !message.is_empty() {
                    // What a wrapper held may have used up the room.
                    room.errors = room.errors.checked_sub(1)?;
                }
                let mut details = Self::all_of(field(fields, "details"), depth + 1, room);
                if details.is_empty() {
                    details =
                        Self::all_of(field(fields, "innererror").filter(|inner| has_words(inner)), depth + 1, room);
                }
                // A deployment's message is often an error envelope inside a string.
                if let Some((before, inner)) = json_inside(&message)
                    && let Some(inner) = Self::from_value(&inner, depth + 1, room)
                {
                    message = if before.is_empty() { inner.message.clone() } else { before };
                    details.insert(0, inner);
                }
                if code.is_none() && message.is_empty() {
                    return None;
                }
                message = cut(&message, quote::MESSAGE);
                let target = text("target", quote::PROBLEM);
                let additional_info = field(fields, "additionalInfo")
                    .and_then(Value::as_array)
                    .map(|all| room.take(all))
                    .unwrap_or_default();
                Some(Self { code, message, target, details, additional_info })
            }
            Value::String(text) => match serde_json::from_str::<Value>(text) {
                Ok(inner @ (Value::Object(_) | Value::Array(_) | Value::String(_))) => {
                    Self::from_value(&inner, depth + 1, room)
                }
                _ if text.trim().is_empty() => None,
                _ => Some(Self { message: excerpt(text), ..Self::default() }),
            },
            Value::Array(list) => {
                let mut all = list.iter().filter(|one| one.is_object());
                let mut found = all.find_map(|one| Self::from_value(one, depth + 1, room))?;
                found.details.extend(all.filter_map(|one| Self::from_value(one, depth + 1, room)));
                Some(found)
            }
            _ => None,
        }
    }

    /// The errors of `details`: a list of them, one, or a string that is either.
    fn all_of(value: Option<&Value>, depth: usize, room: &mut Room) -> Vec<Self> {
        match value {
            Some(Value::Array(all)) => all.iter().filter_map(|one| Self::from_value(one, depth, room)).collect(),
            Some(one) => Self::from_value(one, depth, room).into_iter().collect(),
            None => Vec::new(),
        }
    }
}

/// A field by its name in any case: providers in .NET write `Code` and `Details`. As ARM writes it goes first.
pub(super) fn field<'a>(fields: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a Value> {
    let exact = fields.get(name).filter(|value| !value.is_null());
    exact.or_else(|| {
        let mut others = fields.iter().filter(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null());
        others.next().map(|(_, value)| value)
    })
}

/// Whether an inner error says something: many hold a stack trace or a type's name only.
fn has_words(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| field(fields, "message").is_some() || field(fields, "code").is_some())
}

/// The JSON that a message is, or ends with, and the words before it.
fn json_inside(message: &str) -> Option<(String, Value)> {
    let start = message.find(['{', '[', '"'])?;
    let (before, rest) = message.split_at(start);
    // Anything in brackets or quotes is found; an envelope is an object, maybe in a list or a string.
    let value: Value = serde_json::from_str(rest.trim()).ok()?;
    let is_envelope = match &value {
        Value::Object(_) | Value::Array(_) => true,
        Value::String(text) => text.trim_start().starts_with(['{', '[', '"']),
        _ => false,
    };
    is_envelope.then(|| (before.trim().to_owned(), value))
}

/// What may still be kept of an envelope.
struct Room {
    errors: usize,
    /// Bytes.
    info: usize,
}

impl Room {
    /// The first of `infos` that fit.
    fn take(&mut self, infos: &[Value]) -> Vec<Value> {
        let fits = |info: &&Value| {
            let left = self.info.checked_sub(info.to_string().len());
            self.info = left.unwrap_or_default();
            left.is_some()
        };
        infos.iter().take_while(fits).cloned().collect()
    }
}

fn plain(value: &Value, limit: usize) -> Option<String> {
    let text = match value {
        Value::String(text) => cut(text.trim(), limit),
        Value::Number(number) => number.to_string(),
        // OData wraps the message: {"lang":"en-US","value":"…"}.
        Value::Object(fields) => cut(fields.get("value")?.as_str()?.trim(), limit),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn looks_like_html(text: &str) -> bool {
    let start = text.get(..200).unwrap_or(text).to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html") || start.contains("<head")
}

fn html_title(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let title = lower
        .find("<title>")
        .and_then(|start| Some((start + 7, lower[start..].find("</title>")? + start)))
        .and_then(|(start, end)| text.get(start..end));
    match title.map(str::trim).filter(|title| !title.is_empty()) {
        Some(title) => format!("a gateway answered with a web page: {}", excerpt(title)),
        None => "a gateway answered with a web page".into(),
    }
}

fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> (Option<String>, String) {
        let envelope = Envelope::read(body.as_bytes());
        (envelope.code, envelope.message)
    }

    #[test]
    fn wrapped_and_flat_envelopes_give_the_same_error() {
        let expected = (Some("X".to_owned()), "why".to_owned());
        assert_eq!(read(r#"{"error":{"code":"X","message":"why"}}"#), expected);
        assert_eq!(read(r#"{"code":"X","details":null,"message":"why","subcode":""}"#), expected);
        assert_eq!(read(r#"{"odata.error":{"code":"X","message":{"lang":"en","value":"why"}}}"#), expected);
        assert_eq!(read("\u{feff}{\"error\":{\"code\":\"X\",\"message\":\"why\"}}"), expected);
    }

    #[test]
    fn what_gateways_send_in_the_place_of_an_envelope_keeps_its_words() {
        let expected = (Some("Forbidden".to_owned()), "not from here".to_owned());
        assert_eq!(read(r#"{"statusCode":403,"error":"Forbidden","message":"not from here"}"#), expected);
        assert_eq!(read(r#"{"error":"Not from here."}"#), (None, "Not from here.".to_owned()));
        assert_eq!(read(r#"{"message":"not from here"}"#), (None, "not from here".to_owned()));
        let problem = r#"{"type":"about:blank","title":"Forbidden","status":403,"detail":"not from here"}"#;
        assert_eq!(read(problem), (None, "not from here".to_owned()));
        assert_eq!(read(r#"{"title":"Forbidden","status":403}"#), (None, "Forbidden".to_owned()));
    }

    #[test]
    fn what_entra_says_of_a_token_is_told_without_the_ids_below_it() {
        let body = serde_json::json!({
            "error": "invalid_client",
            "error_description": "AADSTS700213: No matching federated identity record found.\r\nTrace ID: 1\r\nTimestamp: 2",
            "error_codes": [700_213],
        });
        let said = "AADSTS700213: No matching federated identity record found.";
        assert_eq!(read(&body.to_string()), (Some("invalid_client".to_owned()), said.to_owned()));
        assert_eq!(read(r#"{"error":"invalid_client","error_description":""}"#).1, "invalid_client");
    }

    #[test]
    fn errors_nested_in_strings_are_found_down_to_their_cause() {
        let inner = r#"{"error":{"code":"InsufficientQuota","message":"30 needed"}}"#;
        let body = serde_json::json!({"error":{"code":"DeploymentFailed","message":"At least one failed.",
            "details":[{"code":"Conflict","message": inner}]}});
        let envelope = Envelope::read(body.to_string().as_bytes());
        assert_eq!(envelope.code.as_deref(), Some("DeploymentFailed"));
        assert_eq!(envelope.root_cause().code.as_deref(), Some("InsufficientQuota"));
        assert_eq!(envelope.root_cause().message, "30 needed");
    }

    #[test]
    fn bodies_that_are_no_envelope_still_say_something() {
        assert_eq!(read(""), (None, "the answer has no body".into()));
        assert_eq!(read("upstream timed out"), (None, "upstream timed out".into()));
        assert_eq!(
            read("<html><head><title>502 Bad Gateway</title></head></html>").1,
            "a gateway answered with a web page: 502 Bad Gateway"
        );
        assert!(read(r#"{"error":{"code":"X","mess"#).1.starts_with("the answer is cut off"));
        assert!(Envelope::is_cut_off(br#" {"error":{"code":"X","mess"#));
        assert!(!Envelope::is_cut_off(b"{}") && !Envelope::is_cut_off(b"upstream") && !Envelope::is_cut_off(b""));
        assert_eq!(read("[1,2]").1, "[1,2]");
        assert_eq!(read(r#"{"error":null,"code":"Y","message":"z"}"#), (Some("Y".into()), "z".into()));
    }

    #[test]
    fn a_wrapper_that_uses_up_the_room_leaves_none_for_what_is_around_it() {
        let many = vec![serde_json::json!({"code": "a"}); MOST_ERRORS - 2];
        let inner = serde_json::json!({"message": "{\"code\":\"x\"}", "details": many});
        // The wrapper is an error of its own, or, with its depth used up, gives none.
        for body in [
            serde_json::json!({"error": inner, "code": "y"}),
            serde_json::json!({"error": {"details": vec![serde_json::json!({"code": "a"}); MOST_ERRORS]}, "code": "y"}),
        ] {
            let envelope = Envelope::read(body.to_string().as_bytes());
            assert!(!envelope.message.is_empty() || envelope.code.is_some(), "{envelope:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic_into_a_short_message(body in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
            let envelope = Envelope::read(&body);
            proptest::prop_assert!(!envelope.message.is_empty() || envelope.code.is_some());
        }

        #[test]
        fn any_json_is_read_without_panic(code in ".{0,40}", message in ".{0,400}", depth in 0usize..10) {
            let mut value = serde_json::json!({"code": code, "message": message});
            for _ in 0..depth {
                value = serde_json::json!({"error": {"code": "Outer", "message": value.to_string()}});
            }
            Envelope::read(value.to_string().as_bytes());
        }
    }
}
