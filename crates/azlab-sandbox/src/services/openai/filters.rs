//! What the content filter says of a question and of an answer: "Content filtering" in Azure's docs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What the filter looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Hate.
    Hate,
    /// Self-harm.
    SelfHarm,
    /// Sexual content.
    Sexual,
    /// Violence.
    #[default]
    Violence,
    /// An attempt to talk the model out of its rules; of questions alone.
    Jailbreak,
}

/// How bad it is; what is `low` passes Azure's default filter, so it is not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The default.
    #[default]
    Medium,
    /// The worst.
    High,
}

/// The categories with a severity, by the names that answers have.
const BY_SEVERITY: [(&str, Category); 4] = [
    ("hate", Category::Hate),
    ("self_harm", Category::SelfHarm),
    ("sexual", Category::Sexual),
    ("violence", Category::Violence),
];

/// What is found in an answer, if anything.
pub(super) fn of_answer(found: Option<(Category, Severity)>) -> Value {
    let result = |(name, category): (&str, Category)| {
        let severity = found.filter(|(it, _)| *it == category).map(|(_, severity)| severity);
        (
            name.to_owned(),
            json!({"filtered": severity.is_some(), "severity": severity.map_or(json!("safe"), |it| json!(it))}),
        )
    };
    Value::Object(BY_SEVERITY.into_iter().map(result).collect::<Map<_, _>>())
}

/// What is found in a question, if anything.
pub(super) fn of_prompt(found: Option<(Category, Severity)>) -> Value {
    let mut results = of_answer(found);
    let jailbreak = found.is_some_and(|(category, _)| category == Category::Jailbreak);
    results["jailbreak"] = json!({"filtered": jailbreak, "detected": jailbreak});
    results
}

/// `prompt_filter_results` of a question that passed.
pub(super) fn prompt_passed() -> Value {
    json!([{"prompt_index": 0, "content_filter_results": of_prompt(None)}])
}
