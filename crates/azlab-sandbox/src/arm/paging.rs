//! Lists, a page at a time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::call::Call;
use super::failure::Failure;
use super::failure::Outcome;
use super::response::Answer;
use crate::state::lists::ListQuery;
use crate::state::store::Resource;

/// The page that the request asks for (`$top`, `$skiptoken`), with a `nextLink` if more follow.
pub(crate) fn page(call: &Call<'_>, wanted: ListQuery<'_>, render: impl Fn(Resource) -> Value) -> Outcome {
    let size = match call.query("$top") {
        None => call.settings.page_size,
        Some(top) => top
            .parse::<usize>()
            .ok()
            .filter(|top| *top > 0)
            .ok_or_else(|| {
                Failure::bad_request("InvalidTopParameter", format!("The $top query parameter '{top}' is invalid."))
                    .gateway()
            })?
            .min(call.settings.page_size),
    }
    .max(1);
    let token = call.query("$skiptoken").map(|token| Token::read(&token)).transpose()?.unwrap_or_default();
    if token.empty_pages < call.settings.empty_pages {
        let next = Token { empty_pages: token.empty_pages + 1, ..token };
        return Ok(Answer::ok(json!({"value": [], "nextLink": next_link(call, &next)})));
    }
    let after = token.after;
    let mut found = call.store.list(&ListQuery { after: after.as_deref(), limit: Some(size + 1), ..wanted })?;
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more).map(Resource::key);
    let mut body = json!({ "value": found.into_iter().map(render).collect::<Vec<_>>() });
    if last.is_some() {
        body["nextLink"] = next_link(call, &Token { empty_pages: 0, after: last }).into();
    }
    Ok(Answer::ok(body))
}

/// Where a list goes on.
#[derive(Default)]
struct Token {
    /// Empty pages that have come before this one.
    empty_pages: usize,
    /// The key after which it goes on.
    after: Option<String>,
}

impl Token {
    fn read(text: &str) -> Result<Self, Failure> {
        let read = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text.as_bytes()).ok()?).ok()?;
            let (empty_pages, after) = text.split_once(' ')?;
            let after = (!after.is_empty()).then(|| after.to_owned());
            Some(Self { empty_pages: empty_pages.parse().ok()?, after })
        };
        read().ok_or_else(|| Failure::bad_request("InvalidSkipToken", "The $skiptoken is invalid.").gateway())
    }

    fn text(&self) -> String {
        let after = self.after.as_deref().unwrap_or_default();
        URL_SAFE_NO_PAD.encode(format!("{} {after}", self.empty_pages))
    }
}

fn next_link(call: &Call<'_>, token: &Token) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(call.raw_query.as_bytes()) {
        if !name.eq_ignore_ascii_case("$skiptoken") {
            query.append_pair(&name, &value);
        }
    }
    query.append_pair("$skiptoken", &token.text());
    format!("{}{}?{}", call.base, call.raw_path, query.finish())
}
