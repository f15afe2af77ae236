//! What a scenario lets the models answer: `[[answers]]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::filters::{Category, Severity};
use crate::faults::pattern::wildcard;
use crate::scenario::entry_error::EntryError;

/// Longest answer, in bytes.
const LONGEST: usize = 64 * 1024;
/// Longest time that a token may take, in milliseconds.
const SLOWEST: f64 = 60_000.0;
/// Longest wait that a refusal may ask for: a day.
const LONGEST_WAIT: u32 = 86_400;

/// Answers questions to models. Which ones: `deployment`, `asks`. How: `answer`, `answer_file`, `call`, `refuse`; with an answer or
/// without, `output_filter` and `token_ms`. The first entry that fits is the one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerEntry {
    /// Only questions to deployments of this name; `*` stands for any text, without regard to case. Left out, to any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// Only questions whose last message of the user is this; `*` stands for any text, without regard to case. Left out, any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<String>,
    /// What is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The file with what is answered, from the place of the file that this stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_file: Option<String>,
    /// A function that is called, where the request offers it and its last message is not a tool's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallEntry>,
    /// How the question is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuse: Option<Refuse>,
    /// What the content filter finds in the question (`refuse = "content-filter"`); `violence` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// How bad it is, in the question or in the answer; `medium` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Seconds (of the service) after which to ask again (`refuse = "rate-limit"`); 10 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// What the content filter finds in the answer, which ends in its middle with `content_filter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_filter: Option<Category>,
    /// Milliseconds (of the service) that each token of the answer takes, in place of `settings.token_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_ms: Option<f64>,
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallEntry {
    /// The function's name.
    pub name: String,
    /// Its arguments.
    #[serde(default)]
    pub arguments: serde_json::Map<String, Value>,
}

/// How a question is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Refuse {
    /// 400 `content_filter`.
    ContentFilter,
    /// 429 with `Retry-After`, whatever the deployment's capacity.
    RateLimit,
}

impl AnswerEntry {
    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result<(), EntryError> {
        let wrong = |key: &'static str, reason: String| Err(EntryError { key: Some(key), reason });
        let ways = [
            ("answer", self.answer.is_some()),
            ("answer_file", self.answer_file.is_some()),
            ("call", self.call.is_some()),
            ("refuse", self.refuse.is_some()),
        ];
        let mut given = ways.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name);
        let how = given.next();
        if let Some(second) = given.next() {
            return wrong(second, format!("has `{}` and `{second}`; say one of them", how.unwrap_or_default()));
        }
        if how.is_none() && self.output_filter.is_none() && self.token_ms.is_none() {
            let reason =
                "must say how: one of `answer`, `answer_file`, `call` and `refuse`, or `output_filter` or `token_ms`";
            return Err(EntryError { key: None, reason: reason.into() });
        }
        if self.refuse.is_some() && (self.output_filter.is_some() || self.token_ms.is_some()) {
            return wrong("refuse", "refuses the question, and so has no `output_filter` and no `token_ms`".into());
        }
        if self.call.is_some() && self.output_filter.is_some() {
            return wrong("output_filter", "filters texts, and `call` makes none".into());
        }
        if self.category.is_some() && self.refuse != Some(Refuse::ContentFilter) {
            return wrong("category", "has `category`, which is for `refuse = \"content-filter\"`".into());
        }
        if self.severity.is_some() && self.refuse != Some(Refuse::ContentFilter) && self.output_filter.is_none() {
            return wrong(
                "severity",
                "has `severity`, which is for `refuse = \"content-filter\"` and `output_filter`".into(),
            );
        }
        if self.retry_after.is_some() && self.refuse != Some(Refuse::RateLimit) {
            return wrong("retry_after", "has `retry_after`, which is for `refuse = \"rate-limit\"`".into());
        }
        if self.retry_after.is_some_and(|seconds| !(1..=LONGEST_WAIT).contains(&seconds)) {
            return wrong("retry_after", format!("has a `retry_after` that is not 1 to {LONGEST_WAIT} seconds"));
        }
        if self.output_filter == Some(Category::Jailbreak) {
            return wrong("output_filter", "has `jailbreak`, which is looked for in questions alone".into());
        }
        if self.token_ms.is_some_and(|slow| !(0.0..=SLOWEST).contains(&slow)) {
            return wrong("token_ms", format!("has a `token_ms` that is not 0 to {SLOWEST} milliseconds"));
        }
        if self.answer.as_ref().is_some_and(|answer| answer.len() > LONGEST) {
            return wrong("answer", format!("has an answer of more than {LONGEST} bytes"));
        }
        Ok(())
    }

    /// Whether it is for a question to a deployment.
    fn means(&self, deployment: &str, question: &str, has_told: bool) -> bool {
        let fits = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| wildcard(&pattern.to_lowercase(), text))
        };
        // A call that was answered is not made again.
        (!has_told || self.call.is_none()) && fits(&self.deployment, deployment) && fits(&self.asks, question)
    }

    /// What the filter finds.
    pub(super) fn severity(&self) -> Severity {
        self.severity.unwrap_or_default()
    }
}

/// The entry that a question is answered by.
pub(super) fn find<'a>(
    entries: &'a [AnswerEntry],
    deployment: &str,
    question: &str,
    has_told: bool,
) -> Option<&'a AnswerEntry> {
    if entries.is_empty() {
        return None;
    }
    let (deployment, question) = (deployment.to_lowercase(), question.trim().to_lowercase());
    entries.iter().find(|entry| entry.means(&deployment, &question, has_told))
}
