//! A fault as a scenario file writes it, checked: `[[faults]]`.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fault::{FaultKind, OperationFault};
use super::pattern::PathPattern;
use crate::scenario::entry_error::EntryError;
use crate::scenario::random::random;
use crate::state::operation_end::OperationEnd;

/// Lets requests go wrong. Which ones: `method`, `path`, `skip`, `times`, `every`, `probability`. How: `delay`, and at most one
/// of `status`, `answer`, `operation`, `polling_expires` and `late`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultEntry {
    /// Only requests of this method; left out, of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only requests whose path fits: segments with `*`, and `**` for any number of them; from anywhere in the path to its
    /// end, or with a leading `/` from its beginning. Without regard to case, without the query. Left out, any path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Fitting requests that pass first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip: u32,
    /// How many then go wrong; left out, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times: Option<u32>,
    /// Of the fitting requests only every so manyth goes wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<u32>,
    /// The part of the fitting requests that goes wrong, above 0 and up to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// What `probability` is drawn with: the same seed, the same draws.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seed: u32,
    /// Seconds (of the service) that the request waits before anything else happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<f64>,
    /// Refused with this status (400-599), in the error envelope of the service that is addressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 400, max = 599))]
    pub status: Option<u16>,
    /// Code of that error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Message of that error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The whole body of that answer, in place of an error envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Headers of that answer, such as `retry-after`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Answered otherwise than the service would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerFault>,
    /// With `status`, `reset` and `html-502`: the request takes effect before its answer is lost. The other answers come
    /// after the effect anyway (`expired-token` and `claims-challenge` never).
    #[serde(default, skip_serializing_if = "is_false")]
    pub takes_effect: bool,
    /// The request takes effect; the operation that it begins ends otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationEntry>,
    /// The request takes effect; so many seconds after its answer its polling URLs are 404.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polling_expires: Option<f64>,
    /// The request takes effect; what it has created is 404 to reads for so many seconds after its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<f64>,
}

/// An answer that is not the service's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerFault {
    /// The connection is lost.
    Reset,
    /// A proxy's 502 with an HTML page.
    #[serde(rename = "html-502")]
    Html502,
    /// The body is cut off in the middle.
    Truncated,
    /// The body is neither JSON nor text.
    Garbage,
    /// 401 `ExpiredAuthenticationToken`.
    ExpiredToken,
    /// 401 with a claims challenge: somebody must sign in again with more proof (azure-facts.md section 10).
    ClaimsChallenge,
}

/// How an operation ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationEntry {
    /// Its last status; `Succeeded` lets it take its course and show the error all along.
    pub ends: OperationEnd,
    /// When it ends, as a part of the time that it would have taken, 0 to 1.
    #[serde(default = "half")]
    pub at: f64,
    /// Code of its error.
    pub code: String,
    /// Message of its error.
    #[serde(default)]
    pub message: String,
}

fn half() -> f64 {
    0.5
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// A fault that is in force.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    pub entry: FaultEntry,
    method: Option<Method>,
    path: Option<PathPattern>,
    /// Seconds.
    pub delay: f64,
    pub kind: Option<FaultKind>,
}

impl Rule {
    /// Checks an entry.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn of(entry: &FaultEntry) -> Result<Self, EntryError> {
        let method = entry.method.as_deref().map(method).transpose()?;
        let path = entry.path.clone().map(PathPattern::try_from).transpose();
        let path = path.map_err(|reason| EntryError::at("path", reason))?;
        if entry.times == Some(0) || entry.every == Some(0) {
            let key = if entry.times == Some(0) { "times" } else { "every" };
            return Err(EntryError::at(key, "`times` and `every` are 1 or more; leave `times` out for no end"));
        }
        if entry.probability.is_some_and(|part| !(part > 0.0 && part <= 1.0)) {
            return Err(EntryError::at("probability", "`probability` is above 0 and at most 1"));
        }
        for (name, seconds) in
            [("delay", entry.delay), ("polling_expires", entry.polling_expires), ("late", entry.late)]
        {
            if seconds.is_some_and(|seconds| !(0.0..=86_400.0).contains(&seconds)) {
                return Err(EntryError::at(name, format!("`{name}` is a number of seconds from 0 to 86400")));
            }
        }
        let kind = kind(entry)?;
        if kind.is_none() && entry.delay.is_none() {
            return Err(EntryError::whole(
                "nothing goes wrong: say how with `delay`, `status`, `answer`, `operation`, `polling_expires` or `late`",
            ));
        }
        Ok(Self { method, path, delay: entry.delay.unwrap_or_default(), kind, entry: entry.clone() })
    }

    /// Whether a request with this path (lower case, without query) is meant.
    pub fn fits(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|only| only == method)
            && self.path.as_ref().is_none_or(|pattern| pattern.matches(path))
    }

    /// Whether the fitting request after `seen` earlier ones goes wrong, when `met` of those did.
    pub fn strikes(&self, seen: u32, met: u32) -> bool {
        let entry = &self.entry;
        let Some(after) = seen.checked_sub(entry.skip) else { return false };
        let left = entry.times.is_none_or(|times| met < times);
        let due = entry.every.is_none_or(|every| (after + 1).is_multiple_of(every));
        left && due && entry.probability.is_none_or(|part| random(&format!("{}/{seen}", entry.seed)) < part)
    }

    /// Whether it can strike no more after `met` times.
    pub fn is_spent(&self, met: u32) -> bool {
        self.entry.times.is_some_and(|times| met >= times)
    }
}

fn method(name: &str) -> Result<Method, EntryError> {
    let known = [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::POST, Method::DELETE];
    known.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(name)).ok_or_else(|| {
        let takes = "a fault takes GET, HEAD, PUT, PATCH, POST or DELETE, or all without `method`";
        EntryError::at("method", format!("there is no method '{name}'; {takes}"))
    })
}

fn kind(entry: &FaultEntry) -> Result<Option<FaultKind>, EntryError> {
    let given = [
        ("status", entry.status.is_some()),
        ("answer", entry.answer.is_some()),
        ("operation", entry.operation.is_some()),
        ("polling_expires", entry.polling_expires.is_some()),
        ("late", entry.late.is_some()),
    ];
    let given: Vec<&str> = given.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
    if given.len() > 1 {
        return Err(EntryError::at(
            given[1],
            format!("`{}` exclude each other: write two faults", given.join("` and `")),
        ));
    }
    let of_status = [
        ("code", entry.code.is_some()),
        ("message", entry.message.is_some()),
        ("body", entry.body.is_some()),
        ("headers", !entry.headers.is_empty()),
    ];
    if let Some((key, _)) = of_status.into_iter().find(|(_, is)| *is && entry.status.is_none()) {
        return Err(EntryError::at(key, "`code`, `message`, `body` and `headers` belong to a `status`"));
    }
    if entry.body.is_some() && (entry.code.is_some() || entry.message.is_some() || entry.takes_effect) {
        return Err(EntryError::at(
            "body",
            "`body` is the whole answer: leave out `code`, `message` and `takes_effect`",
        ));
    }
    let answer_lost = matches!(entry.answer, Some(AnswerFault::Reset | AnswerFault::Html502));
    if entry.takes_effect && entry.status.is_none() && !answer_lost {
        let reason = "`takes_effect` belongs to `status`, `answer = \"reset\"` or `answer = \"html-502\"`";
        return Err(EntryError::at("takes_effect", reason));
    }
    if let Some(status) = entry.status {
        return refuse(entry, status).map(Some);
    }
    if let Some(operation) = &entry.operation {
        if !(0.0..=1.0).contains(&operation.at) {
            return Err(EntryError::at("operation.at", "`at` of an operation is a part of its time, 0 to 1"));
        }
        return Ok(Some(FaultKind::Operation(OperationFault {
            ends: operation.ends,
            at: operation.at,
            code: operation.code.clone(),
            message: operation.message.clone(),
        })));
    }
    if let Some(after) = entry.polling_expires {
        return Ok(Some(FaultKind::PollingExpires { after }));
    }
    if let Some(seconds) = entry.late {
        return Ok(Some(FaultKind::Late { seconds }));
    }
    Ok(entry.answer.map(|answer| match (answer, entry.takes_effect) {
        (AnswerFault::Reset, false) => FaultKind::Drop,
        (AnswerFault::Reset, true) => FaultKind::HandleThenDrop,
        (AnswerFault::Html502, false) => FaultKind::Html502,
        (AnswerFault::Html502, true) => FaultKind::HandleThenHtml502,
        (AnswerFault::Truncated, _) => FaultKind::Truncate,
        (AnswerFault::Garbage, _) => FaultKind::Garbage,
        (AnswerFault::ExpiredToken, _) => FaultKind::ExpiredToken,
        (AnswerFault::ClaimsChallenge, _) => FaultKind::ClaimsChallenge,
    }))
}

fn refuse(entry: &FaultEntry, status: u16) -> Result<FaultKind, EntryError> {
    let status = StatusCode::from_u16(status)
        .ok()
        .filter(|status| status.is_client_error() || status.is_server_error())
        .ok_or_else(|| {
            EntryError::at("status", format!("`status` is that of an error, 400 to 599, and not {status}"))
        })?;
    for (name, value) in &entry.headers {
        if HeaderName::try_from(name).is_err() || HeaderValue::try_from(value).is_err() {
            return Err(EntryError::at("headers", format!("HTTP does not allow the header '{name}: {value}'")));
        }
    }
    if let Some(body) = &entry.body {
        let headers = entry.headers.clone().into_iter().collect();
        return Ok(FaultKind::Respond { status, headers, body: body.clone().into() });
    }
    let reason = status.canonical_reason().unwrap_or("Error");
    Ok(FaultKind::Refuse {
        status,
        code: entry.code.clone().unwrap_or_else(|| reason.chars().filter(char::is_ascii_alphabetic).collect()),
        message: entry.message.clone().unwrap_or_else(|| format!("{reason}.")),
        headers: entry.headers.clone().into_iter().collect(),
        handled: entry.takes_effect,
    })
}
