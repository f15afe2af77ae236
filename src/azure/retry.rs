//! Which tries are worth another, and after how long.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use http::{HeaderMap, Method, StatusCode};
use time::OffsetDateTime;
use uuid::Uuid;

use super::code::Code;
use super::error::{Error, ServiceError, header};
use super::shortage::{self, Shortage};
use super::transport::TransportError;

/// A shorter `Retry-After` (0, or a date gone by) says "at once", which a loop must not take literally: backoff instead.
const SHORTEST_RETRY_AFTER: Duration = Duration::from_secs(1);

/// For how long a connection that does not stand is tried again: a machine that wakes up has its network back within a
/// minute. Longer than that it is a wrong name, a closed port or a network that is gone, and people want to know.
const CONNECTING: Duration = Duration::from_secs(120);

/// The same for a proxy that answers, and does not reach the host: one that has too much to do does after some seconds.
const PASSING_PROXY: Duration = Duration::from_secs(15);

/// How tries are repeated.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Stops repeating a request when this much service time has gone by since its first try.
    pub give_up_after: Duration,
    /// The limit of one try, in service time.
    pub try_limit: Duration,
    /// Makes the jitter the same every time, for simulations.
    pub jitter_seed: Option<u64>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        // The slowest recorded call (a cluster's PUT) takes 9 s; a throttle's window is 5 minutes.
        Self { give_up_after: Duration::from_secs(420), try_limit: Duration::from_secs(120), jitter_seed: None }
    }
}

impl RetryPolicy {
    /// The waits between tries: from 0.5 s, doubling, with jitter, to 30 s; without end.
    pub(crate) fn backoff(&self) -> ExponentialBackoff {
        let builder = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(500))
            .with_max_delay(Duration::from_secs(30))
            .with_factor(2.0)
            .without_max_times();
        // Without std, backon's own seed is the same in every process: clients that failed together would come again together.
        let seed = self.jitter_seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
        builder.with_jitter_seed(seed).with_jitter().build()
    }
}

impl RetryPolicy {
    /// The policy for what failed with `error`: connections that do not stand are given up sooner.
    #[must_use]
    pub(crate) fn after(&self, error: &Error) -> Self {
        match error {
            Error::Transport { source: TransportError::Connect(_), .. } => {
                Self { give_up_after: self.give_up_after.min(CONNECTING), ..*self }
            }
            Error::Transport { source: TransportError::Barred(_), .. } => {
                Self { give_up_after: self.give_up_after.min(PASSING_PROXY), ..*self }
            }
            _ => *self,
        }
    }

    /// The wait before the next try, when the last was sent `gone` after the first; `None` when there is none: the wait, the
    /// service's own (`asked`) or the backoff's, would end past [`Self::give_up_after`].
    pub(crate) fn wait(
        &self,
        gone: Duration,
        asked: Option<Duration>,
        backoff: &mut ExponentialBackoff,
    ) -> Option<Duration> {
        let wait = asked.filter(|asked| *asked >= SHORTEST_RETRY_AFTER).or_else(|| backoff.next())?;
        gone.checked_add(wait).filter(|end| *end <= self.give_up_after).map(|_| wait)
    }
}

/// Whether repeating the request cannot do harm, whatever became of the first try.
///
/// PUT is not in here although HTTP calls it idempotent: a repeated create can meet the first one in progress, or recreate
/// what somebody has just deleted. Whoever writes looks first (recipe/ensure.rs).
pub(crate) fn is_safe_to_repeat(method: &Method, path: &str) -> bool {
    match *method {
        Method::GET | Method::HEAD | Method::DELETE => true,
        Method::POST => {
            let action = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            // Reads in a POST's clothes, and registration, which only ever registers.
            action.starts_with("list") || action == "register"
        }
        _ => false,
    }
}

/// A refusal in words: `429 TooManyRequests`. Managed Identity's code is the status itself (azure-facts.md section 3).
fn in_words(status: StatusCode, code: &Code) -> String {
    match code.as_str() {
        same if same == status.as_str() => status.to_string(),
        other => format!("{} {other}", status.as_str()),
    }
}

/// Why a failed try may be repeated, in words; `None` if it may not.
pub(crate) fn reason_to_retry(error: &Error, method: &Method, path: &str) -> Option<String> {
    match error {
        Error::Service(error) => match error.status {
            // A quota or a full region that comes as a throttle: it is as small the next time.
            _ if is_refused_for_want(error, method) => None,
            // Refused at the door: it was not carried out.
            status @ StatusCode::TOO_MANY_REQUESTS => Some(in_words(status, &error.code)),
            status if status == StatusCode::REQUEST_TIMEOUT || is_passing_failure(status) => {
                is_safe_to_repeat(method, path).then(|| in_words(status, &error.code))
            }
            _ => None,
        },
        Error::Transport { source, .. } => match source {
            TransportError::Connect(_) => Some(source.to_string()),
            TransportError::Barred(obstacle) => obstacle.may_pass.then(|| source.to_string()),
            TransportError::Broken(_) | TransportError::NoAnswer(_) => {
                is_safe_to_repeat(method, path).then(|| source.to_string())
            }
            TransportError::Invalid(_) => None,
        },
        _ => None,
    }
}

/// Whether a write was refused for want of a quota or of room, whatever its status. One of which the words alone tell a quota, and
/// that is told when to come again, is throttled.
pub(crate) fn is_refused_for_want(error: &ServiceError, method: &Method) -> bool {
    *method != Method::GET
        && match shortage::of(error) {
            None => false,
            Some(Shortage::Region | Shortage::Named) => true,
            Some(Shortage::Quota(_)) => error.retry_after.is_none(),
        }
}

/// 5xx, but for the three that no repetition cures.
pub(crate) fn is_passing_failure(status: StatusCode) -> bool {
    status.is_server_error()
        && ![
            StatusCode::NOT_IMPLEMENTED,
            StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            // Of a network that wants somebody to sign in to it first.
            StatusCode::NETWORK_AUTHENTICATION_REQUIRED,
        ]
        .contains(&status)
}

/// Reads `Retry-After` (seconds or a date) and Azure's millisecond variants.
pub fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"]
        .into_iter()
        .find_map(|name| header(headers, name)?.parse::<u64>().ok())
        .map(Duration::from_millis);
    milliseconds.or_else(|| {
        let text = header(headers, "retry-after")?;
        if let Ok(seconds) = text.parse::<f64>() {
            // A number too large for a Duration is still a number: longer than anyone waits.
            return seconds.is_finite().then(|| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
        }
        let date = OffsetDateTime::from(httpdate::parse_http_date(text).ok()?);
        Some(Duration::try_from(date - now).unwrap_or(Duration::ZERO))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().expect("a header value"));
        retry_after(&headers, OffsetDateTime::UNIX_EPOCH + Duration::from_secs(60))
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        assert_eq!(parsed("retry-after", "15"), Some(Duration::from_secs(15)));
        assert_eq!(parsed("retry-after", "Thu, 01 Jan 1970 00:01:10 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(parsed("retry-after", "Thu, 01 Jan 1970 00:00:10 GMT"), Some(Duration::ZERO));
        assert_eq!(parsed("x-ms-retry-after-ms", "1500"), Some(Duration::from_millis(1500)));
        assert_eq!(parsed("retry-after", "86400"), Some(Duration::from_secs(86_400)));
        assert_eq!(parsed("retry-after", "99999999999999999999"), Some(Duration::MAX));
        assert_eq!(parsed("retry-after", "-3"), Some(Duration::ZERO));
        assert_eq!(parsed("retry-after", "soon"), None);
        assert_eq!(parsed("retry-after", "NaN"), None);
    }

    #[test]
    fn a_refusal_whose_code_is_its_status_is_told_once() {
        let told = |code: &str| in_words(StatusCode::TOO_MANY_REQUESTS, &Code::from(code));
        assert_eq!(told("429"), "429 Too Many Requests");
        assert_eq!(told("TooManyRequests"), "429 TooManyRequests");
    }

    proptest::proptest! {
        #[test]
        fn any_retry_after_is_read_without_panic_and_never_waited_past_the_deadline(text in "[ -~]{0,40}|[0-9]{1,30}") {
            let policy = RetryPolicy::default();
            let wait = policy.wait(Duration::from_secs(60), parsed("retry-after", &text), &mut policy.backoff());
            proptest::prop_assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(360)));
        }
    }

    #[test]
    fn a_lost_create_is_never_repeated_blindly() {
        let lost = Error::Transport {
            method: "PUT".into(),
            resource: "/x".into(),
            source: TransportError::Broken("reset".into()),
        };
        assert!(reason_to_retry(&lost, &Method::PUT, "/x").is_none());
        assert!(reason_to_retry(&lost, &Method::PATCH, "/x").is_none());
        assert!(reason_to_retry(&lost, &Method::POST, "/x/deploy").is_none());
        assert!(reason_to_retry(&lost, &Method::GET, "/x").is_some());
        assert!(reason_to_retry(&lost, &Method::POST, "/x/listKeys").is_some());
        let unsent = Error::Transport {
            method: "PUT".into(),
            resource: "/x".into(),
            source: TransportError::Connect("refused".into()),
        };
        assert!(reason_to_retry(&unsent, &Method::PUT, "/x").is_some());
    }

    #[test]
    fn backoff_grows_to_its_ceiling_and_never_ends() {
        let waits: Vec<_> = RetryPolicy { jitter_seed: Some(7), ..RetryPolicy::default() }.backoff().take(50).collect();
        assert_eq!(waits.len(), 50);
        assert!(waits[0] >= Duration::from_millis(500) && waits[0] <= Duration::from_secs(1));
        assert!(waits[49] >= Duration::from_secs(30) && waits[49] <= Duration::from_secs(60));
    }
}
