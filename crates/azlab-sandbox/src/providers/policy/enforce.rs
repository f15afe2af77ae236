//! What the assigned policies refuse: writes by `deny`, deletions by `denyAction`.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::assignments::values;
use super::definitions;
use super::rule::{Effect, LOOKED_AT, Rule};
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::provider::Providers;
use crate::arm::regions;
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, kind, lies_in};

const GROUP_TYPE: &str = "Microsoft.Resources/subscriptions/resourceGroups";

/// A resource as policies see it.
struct Subject {
    /// Lower case.
    id: String,
    /// Whether it has tags and a location: the mode `Indexed` looks at no other.
    is_indexed: bool,
    fields: Value,
}

/// Refuses what an assigned policy forbids.
///
/// # Errors
/// 403 `RequestDisallowedByPolicy`, with a `PolicyViolation` for each policy.
pub(crate) fn enforce(call: &Call<'_>, providers: &Providers) -> Result<(), Failure> {
    if !matches!(*call.method, Method::PUT | Method::PATCH | Method::DELETE) {
        return Ok(());
    }
    let assignments =
        call.store.list(&ListQuery { kinds: Some(&[kind::POLICY_ASSIGNMENT]), ..ListQuery::default() })?;
    if assignments.is_empty() {
        return Ok(());
    }
    let Some(subject) = Subject::asked(call, providers)? else { return Ok(()) };
    let deletes = *call.method == Method::DELETE;
    let mut subjects = vec![subject];
    // Resources that go with their group are asked for too, where a policy says so.
    let is_group = subjects[0].fields["type"] == GROUP_TYPE;
    if deletes && is_group {
        let group = subjects[0].fields["name"].as_str().unwrap_or_default().to_owned();
        let inside = ListQuery { kinds: Some(providers.tracked()), group: Some(&group), ..ListQuery::default() };
        subjects.extend(call.store.list(&inside)?.into_iter().map(Subject::stored));
    }
    for (index, subject) in subjects.iter().enumerate() {
        let mut violations = Vec::new();
        for assignment in &assignments {
            if let Some(told) = violated(call, assignment, subject, deletes, index > 0)? {
                violations.push(told);
            }
        }
        if !violations.is_empty() {
            return Err(refusal(subject, &violations, deletes));
        }
    }
    Ok(())
}

/// The violation of one policy, as `additionalInfo` carries it.
fn violated(
    call: &Call<'_>,
    assignment: &Resource,
    subject: &Subject,
    deletes: bool,
    goes_with_group: bool,
) -> Result<Option<Value>, Failure> {
    let properties = &assignment.body["properties"];
    let excluded = properties["notScopes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if !lies_in(&subject.id, &assignment.parent)
        || properties["enforcementMode"].as_str().is_some_and(|mode| mode.eq_ignore_ascii_case("DoNotEnforce"))
        || excluded.into_iter().any(|scope| lies_in(&subject.id, &scope.to_lowercase()))
    {
        return Ok(None);
    }
    let definition = definitions::find(call, properties["policyDefinitionId"].as_str().unwrap_or_default())?;
    let is_for_indexed = definition["properties"]["mode"] == "Indexed";
    if is_for_indexed && !subject.is_indexed {
        return Ok(None);
    }
    let values = values(&assignment.name, &definition, &properties["parameters"])?;
    let rule = Rule::read(&definition["properties"]["policyRule"], &values)
        .map_err(|why| definitions::invalid(&assignment.name, &why))?;
    let effect = match rule.effect {
        Effect::Deny if !deletes => "Deny",
        Effect::DenyAction { cascades } if deletes && (!goes_with_group || (cascades && is_for_indexed)) => {
            "DenyAction"
        }
        _ => return Ok(None),
    };
    Ok(rule.fits(&subject.fields).map(|told| {
        json!({
            "type": "PolicyViolation",
            "info": {
                "policyDefinitionDisplayName": definition["properties"]["displayName"],
                "evaluationDetails": {"evaluatedExpressions": told},
                "policyDefinitionId": definition["id"],
                "policyDefinitionName": definition["name"],
                "policyDefinitionEffect": effect,
                "policyAssignmentId": assignment.id,
                "policyAssignmentName": assignment.name,
                "policyAssignmentDisplayName": properties["displayName"],
                "policyAssignmentScope": properties["scope"],
                "policyAssignmentParameters": properties["parameters"].as_object().cloned().unwrap_or_default(),
            },
        })
    }))
}

fn refusal(subject: &Subject, violations: &[Value], deletes: bool) -> Failure {
    let name = subject.fields["name"].as_str().unwrap_or_default();
    let identifiers: Vec<Value> = violations
        .iter()
        .map(|one| {
            let info = &one["info"];
            let shown = |display: &str, name: &str| {
                if info[display].is_null() { info[name].clone() } else { info[display].clone() }
            };
            json!({
                "policyAssignment": {
                    "name": shown("policyAssignmentDisplayName", "policyAssignmentName"),
                    "id": info["policyAssignmentId"],
                },
                "policyDefinition": {
                    "name": shown("policyDefinitionDisplayName", "policyDefinitionName"),
                    "id": info["policyDefinitionId"],
                },
            })
        })
        .collect();
    let what = if deletes { "Deletion of resource" } else { "Resource" };
    let message =
        format!("{what} '{name}' was disallowed by policy. Policy identifiers: '{}'.", Value::Array(identifiers));
    let refused = Failure::new(StatusCode::FORBIDDEN, "RequestDisallowedByPolicy", message).gateway().target(name);
    violations.iter().fold(refused, |refused, one| refused.additional_info(one.clone()))
}

impl Subject {
    /// The resource that a request is about; `None` if it is about none.
    fn asked(call: &Call<'_>, providers: &Providers) -> Result<Option<Self>, Failure> {
        let lower = call.path.lower();
        let (kind, at) = match lower.as_slice() {
            ["subscriptions", _, "resourcegroups", _] => (GROUP_TYPE.to_owned(), 3),
            ["subscriptions", _, "resourcegroups", _, "providers", _, rest @ ..]
                if !rest.is_empty() && rest.len() % 2 == 0 =>
            {
                let types = (0..rest.len() / 2).map(|index| call.path.raw(6 + 2 * index));
                let kind = types.fold(call.path.raw(5).to_owned(), |kind, one| format!("{kind}/{one}"));
                (kind, lower.len() - 1)
            }
            _ => return Ok(None),
        };
        let id = call.path.up_to(usize::MAX);
        let found = call.store.get(&id)?;
        if *call.method == Method::DELETE && found.is_none() {
            return Ok(None);
        }
        let mut fields = match &found {
            // A PUT says all that is to be; a PATCH and a DELETE are about what is there.
            Some(found) if *call.method != Method::PUT => found.body.clone(),
            _ => json!({}),
        };
        if *call.method != Method::DELETE
            && let Ok(Value::Object(sent)) = call.object()
        {
            for (name, value) in sent {
                if let Some(known) = LOOKED_AT.into_iter().find(|known| known.eq_ignore_ascii_case(&name)) {
                    fields[known] = value;
                }
            }
        }
        fields["id"] = id.clone().into();
        fields["name"] = call.path.raw(at).into();
        fields["type"] = kind.clone().into();
        if let Some(location) = fields["location"].as_str() {
            fields["location"] = regions::normal(location).into();
        }
        let is_indexed = providers.tracked().contains(&kind.to_lowercase().as_str());
        Ok(Some(Self { id: id.to_lowercase(), is_indexed, fields }))
    }

    fn stored(found: Resource) -> Self {
        Self { id: found.key(), is_indexed: true, fields: found.body }
    }
}
