//! Which Azure Policy refused a request, read from its error.

use serde_json::Value;

use super::envelope::{Envelope, field};

/// A policy that refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violation {
    /// The assignment's ARM id.
    pub(crate) assignment_id: String,
    /// The assignment's display name, or its name.
    pub(crate) assignment: String,
    /// The definition's display name, or its name.
    pub(crate) definition: String,
}

impl Violation {
    /// The assignment's name and scope, as az wants them.
    pub(crate) fn name_and_scope(&self) -> Option<(&str, &str)> {
        const TYPE: &str = "/providers/microsoft.authorization/policyassignments/";
        let at = self.assignment_id.to_ascii_lowercase().rfind(TYPE)?;
        Some((self.assignment_id.get(at + TYPE.len()..)?, self.assignment_id.get(..at)?))
    }
}

/// The policies that an error names, each assignment once: from its `additionalInfo`, or from the identifiers in its
/// message, which is all that some providers pass on.
pub fn violations(error: &Envelope) -> Vec<Violation> {
    let mut found = Vec::new();
    collect(error, &mut found);
    found
}

fn collect(error: &Envelope, found: &mut Vec<Violation>) {
    let infos = error
        .additional_info
        .iter()
        .filter(|one| named(one, "type").as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("PolicyViolation")));
    let told: Vec<Violation> = infos.filter_map(|one| from_info(named(one, "info"))).collect();
    let told = if told.is_empty() { from_message(&error.message) } else { told };
    for one in told {
        if !found.iter().any(|known| known.assignment_id.eq_ignore_ascii_case(&one.assignment_id)) {
            found.push(one);
        }
    }
    for detail in &error.details {
        collect(detail, found);
    }
}

/// A field, in whichever case the provider writes it.
fn named<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.as_object().and_then(|fields| field(fields, name)).unwrap_or(&Value::Null)
}

fn from_info(info: &Value) -> Option<Violation> {
    let text = |names: [&str; 2]| {
        let texts = names.iter().filter_map(|name| named(info, name).as_str());
        texts.into_iter().find(|text| !text.trim().is_empty()).unwrap_or_default().to_owned()
    };
    let assignment_id = named(info, "policyAssignmentId").as_str()?.to_owned();
    Some(Violation {
        assignment_id,
        assignment: text(["policyAssignmentDisplayName", "policyAssignmentName"]),
        definition: text(["policyDefinitionDisplayName", "policyDefinitionName"]),
    })
}

/// `… Policy identifiers: '[{"policyAssignment":{"name","id"},"policyDefinition":{"name","id"}}]'.`
fn from_message(message: &str) -> Vec<Violation> {
    let Some((_, rest)) = message.split_once("Policy identifiers: '") else { return Vec::new() };
    // What follows the list is not JSON; a reader of a stream stops at the list's end.
    let list = serde_json::Deserializer::from_str(rest).into_iter::<Value>().next();
    let Some(Ok(Value::Array(list))) = list else { return Vec::new() };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let read = |one: &Value| {
        Some(Violation {
            assignment_id: text(&one["policyAssignment"]["id"])?,
            assignment: text(&one["policyAssignment"]["name"]).unwrap_or_default(),
            definition: text(&one["policyDefinition"]["name"]).unwrap_or_default(),
        })
    };
    list.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/eu";

    fn expected() -> Vec<Violation> {
        vec![Violation {
            assignment_id: ID.into(),
            assignment: "EU only".into(),
            definition: "Allowed locations".into(),
        }]
    }

    #[test]
    fn policies_are_named_by_what_the_error_adds_or_by_its_message() {
        let info = json!({"policyAssignmentId": ID, "policyAssignmentName": "eu", "policyAssignmentDisplayName": "EU only",
            "policyDefinitionDisplayName": "Allowed locations"});
        let full = json!({"error": {"code": "RequestDisallowedByPolicy", "message": "no",
            "additionalInfo": [{"type": "PolicyViolation", "info": info}, {"type": "Other", "info": {}}]}});
        let list = json!([{"policyAssignment": {"name": "EU only", "id": ID}, "policyDefinition": {"name": "Allowed locations"}}]);
        let message =
            format!("Resource 'x' was disallowed by policy. Policy identifiers: '{list}'. See https://aka.ms/x.");
        let inside = json!({"code": "BadRequest", "message": "outer", "details": [{"code": "X", "message": message}]});
        for body in [full, inside] {
            assert_eq!(violations(&Envelope::read(body.to_string().as_bytes())), expected(), "{body}");
        }
        assert_eq!(expected()[0].name_and_scope(), Some(("eu", "/subscriptions/s")));
    }

    #[test]
    fn a_message_in_another_form_names_none() {
        for message in ["", "Policy identifiers: '", "Policy identifiers: '[{]'", "Policy identifiers: '{}'"] {
            assert_eq!(from_message(message), Vec::new(), "{message}");
        }
    }
}
