//! Lists, a page at a time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::answer::{Answer, Outcome};
use super::call::Call;
use super::errors::Failure;
use super::store::{Resource, Wanted};

/// The page that the request asks for (`$top`, `$skiptoken`), with a `nextLink` if more follow.
pub(crate) fn page(call: &Call<'_>, wanted: Wanted<'_>, render: impl Fn(&Resource) -> Value) -> Outcome {
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
    let after = match call.query("$skiptoken") {
        None => None,
        Some(token) => Some(
            URL_SAFE_NO_PAD
                .decode(token.as_bytes())
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| Failure::bad_request("InvalidSkipToken", "The $skiptoken is invalid.").gateway())?,
        ),
    };
    let mut found = call.store.list(&Wanted { after: after.as_deref(), limit: Some(size + 1), ..wanted })?;
    let more = found.len() > size;
    found.truncate(size);
    let mut body = json!({ "value": found.iter().map(render).collect::<Vec<_>>() });
    if let Some(last) = found.last().filter(|_| more) {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in url::form_urlencoded::parse(call.raw_query.as_bytes()) {
            if !name.eq_ignore_ascii_case("$skiptoken") {
                query.append_pair(&name, &value);
            }
        }
        query.append_pair("$skiptoken", &URL_SAFE_NO_PAD.encode(last.key()));
        body["nextLink"] = format!("{}{}?{}", call.base, call.raw_path, query.finish()).into();
    }
    Ok(Answer::ok(body))
}
