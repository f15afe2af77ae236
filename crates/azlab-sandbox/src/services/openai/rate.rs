//! A deployment's rate limits: so many requests and tokens in a window, counted in the state, so that every client counts
//! against the same.
//!
//! The service counts a request when it arrives, by its prompt and the tokens that it allows the answer, and starts anew
//! with each window: <https://learn.microsoft.com/azure/ai-foundry/openai/how-to/quota>, "Understanding rate limits".

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::route::Route;
use crate::arm::failure::Failure;
use crate::state::pace::Pace;
use crate::state::store::{Resource, Store};
use crate::state::timestamps::Millis;

/// What the service asks of one who can never be served within the limit (seen in reports).
const A_DAY: i64 = 86_400;

/// A limit's window under way.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Window {
    since: Millis,
    used: i64,
}

/// One entry of `rateLimits`.
struct Limit<'a> {
    key: &'a str,
    seconds: i64,
    count: i64,
}

impl<'a> Limit<'a> {
    fn read(entry: &'a Value) -> Option<Self> {
        Some(Self {
            key: entry["key"].as_str()?,
            seconds: entry["renewalPeriod"].as_i64()?,
            count: entry["count"].as_i64()?,
        })
    }

    fn of_tokens(&self) -> bool {
        self.key == "token"
    }

    /// The headers that tell the limit, what is left of it, and when it is whole again.
    fn headers(&self) -> [&'static str; 3] {
        match self.of_tokens() {
            true => ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
            false => ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
        }
    }
}

/// Takes one request of `tokens` from the deployment's limits, and tells what is left as response headers.
///
/// A refusal takes nothing.
pub(super) fn take(
    store: &Store<'_>,
    (now, pace): (Millis, Pace),
    deployment: &Resource,
    tokens: i64,
    route: &Route,
) -> Result<Vec<(&'static str, i64)>, Failure> {
    let entries = deployment.body["properties"]["rateLimits"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (mut windows, mut headers) = (Vec::new(), Vec::new());
    for limit in entries.iter().filter_map(Limit::read) {
        let name = format!("rate/{}/{}", limit.key, deployment.key());
        let stored = store.meta(&name)?.and_then(|text| serde_json::from_str::<Window>(&text).ok());
        // A limit that was changed starts its window anew only when the old one is over.
        let running = stored.filter(|window| (0..limit.seconds * 1000).contains(&pace.served(now - window.since)));
        let mut window = running.unwrap_or(Window { since: now, used: 0 });
        let left = (limit.count - window.used).max(0);
        window.used = window.used.saturating_add(if limit.of_tokens() { tokens } else { 1 });
        let [whole, remaining, reset] = limit.headers();
        if window.used > limit.count {
            let rest = limit.seconds * 1000 - pace.served(now - window.since);
            let seconds = (rest + 999) / 1000;
            let never = limit.of_tokens() && tokens > limit.count;
            let refused = refusal(limit.key, route, if never { A_DAY } else { seconds });
            let told = [(whole, limit.count), (remaining, left), (reset, seconds)];
            return Err(told
                .into_iter()
                .fold(refused, |refused, (name, value)| refused.header(name, value.to_string())));
        }
        headers.extend([(whole, limit.count), (remaining, limit.count - window.used)]);
        windows.push((name, window));
    }
    for (name, window) in &windows {
        store.set_meta(name, &serde_json::json!(window).to_string())?;
    }
    Ok(headers)
}

/// The refusal for `seconds`, of the limit of a kind.
pub(super) fn refusal(key: &str, route: &Route, seconds: i64) -> Failure {
    let what = if key == "token" { "token" } else { "call" };
    let message = format!(
        "Requests to the {} Operation under Azure OpenAI API version {} have exceeded {what} rate limit of your current OpenAI \
         S0 pricing tier. Please retry after {seconds} seconds. Please go here: https://aka.ms/oai/quotaincrease if you would \
         like to further increase the default rate limit.",
        route.throttled_name(),
        route.version.text(),
    );
    Failure::new(StatusCode::TOO_MANY_REQUESTS, "429", message)
        .header("retry-after", seconds.to_string())
        .header("retry-after-ms", seconds.saturating_mul(1000).to_string())
}
