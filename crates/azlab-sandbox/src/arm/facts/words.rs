//! A finding as services on .NET word it, which deserialize a body before anything else.

use super::finding::{Finding, Wrong};
use crate::arm::failure::Failure;

/// 400 `InvalidRequestContent`.
pub(crate) fn deserialized(finding: &Finding) -> Failure {
    Failure::content(format!("{} Path '{}'.", sentence(finding), finding.place()))
}

/// What is wrong. The sentence about an unknown member is reported of Resource Manager; the others are inferred from it.
pub(crate) fn sentence(finding: &Finding) -> String {
    let (name, shown) = (finding.name(), finding.shown());
    match &finding.wrong {
        Wrong::Unknown => format!("Could not find member '{name}' on the object."),
        Wrong::Kind(wanted) => {
            format!("Could not convert the value '{shown}' of '{name}': it must be a JSON {}.", json(wanted))
        }
        Wrong::NotOneOf(values) => {
            format!("Error converting the value '{shown}' of '{name}': the values are '{}'.", values.join(", "))
        }
        Wrong::OutOfRange(least, most) => format!("The value {shown} of '{name}' is not between {least} and {most}."),
        Wrong::TooLong(most) => format!("The value of '{name}' has more than {most} characters."),
        Wrong::Malformed(what) => format!("The value '{shown}' of '{name}' is not {what}."),
        Wrong::Missing => format!("Required property '{name}' not found in JSON."),
        Wrong::Changed => format!("The property '{name}' cannot be changed after the creation."),
    }
}

/// The name of a kind in JSON.
fn json(kind: &str) -> &str {
    match kind {
        "switch" => "boolean",
        "text" => "string",
        "list" => "array",
        other => other,
    }
}
