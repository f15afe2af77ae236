//! The rule of a policy definition: the simple forms are understood, everything else is refused, so that no policy counts
//! as in force that is not evaluated.
//!
//! Source: Microsoft Learn, "Azure Policy definition structure policy rule".

use serde_json::{Map, Value, json};

/// A rule with its parameters filled in.
#[derive(Debug, PartialEq)]
pub(super) struct Rule {
    condition: Condition,
    /// What happens to what fits.
    pub effect: Effect,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Deny,
    /// Refuses DELETE; `cascades`: also that of the resource group (`cascadeBehaviors.resourceGroup: deny`).
    DenyAction {
        cascades: bool,
    },
    /// Audit or Disabled: refuses nothing.
    Nothing,
}

#[derive(Debug, PartialEq)]
enum Condition {
    Field { field: Field, operator: &'static str, target: Value },
    Not(Box<Condition>),
    AllOf(Vec<Condition>),
    AnyOf(Vec<Condition>),
}

#[derive(Debug, PartialEq)]
enum Field {
    Own(&'static str),
    Tag(String),
}

const OWN: [&str; 5] = ["type", "name", "location", "kind", "id"];
/// The members of a body that rules look at.
pub(super) const LOOKED_AT: [&str; 6] = ["type", "name", "location", "kind", "id", "tags"];
const OPERATORS: [&str; 5] = ["equals", "notEquals", "in", "notIn", "exists"];
/// How deep conditions may nest.
const MOST_LEVELS: usize = 32;

impl Rule {
    /// Reads `policyRule` with the values of its parameters; what is not understood is named.
    pub fn read(rule: &Value, parameters: &Map<String, Value>) -> Result<Self, String> {
        only(rule, &["if", "then"], "policyRule")?;
        let then = member(rule, "then");
        only(then, &["effect", "details"], "then")?;
        let effect = resolve(member(then, "effect"), parameters)?;
        let effect = match effect.as_str().unwrap_or_default().to_lowercase().as_str() {
            "deny" => Effect::Deny,
            "denyaction" => {
                let details = member(then, "details");
                only(details, &["actionNames", "cascadeBehaviors"], "details")?;
                if *member(details, "actionNames") != json!(["delete"]) {
                    return Err("denyAction needs details.actionNames [\"delete\"]".into());
                }
                let cascade = member(member(details, "cascadeBehaviors"), "resourceGroup").as_str().unwrap_or("allow");
                Effect::DenyAction { cascades: cascade.eq_ignore_ascii_case("deny") }
            }
            "audit" | "disabled" => Effect::Nothing,
            other => return Err(format!("the sandbox does not evaluate the effect '{other}'")),
        };
        Ok(Self { condition: Condition::read(member(rule, "if"), parameters, 0)?, effect })
    }

    /// Whether it fits; the conditions that made it so, as Azure reports them.
    pub fn fits(&self, resource: &Value) -> Option<Vec<Value>> {
        let mut told = Vec::new();
        self.condition.holds(resource, &mut told).then_some(told)
    }
}

impl Condition {
    fn read(value: &Value, parameters: &Map<String, Value>, level: usize) -> Result<Self, String> {
        if level > MOST_LEVELS {
            return Err(format!("conditions nest deeper than {MOST_LEVELS} levels"));
        }
        let fields = value.as_object().ok_or("a condition must be an object")?;
        let inner = |value: &Value| Self::read(value, parameters, level + 1);
        let many = |value: &Value| {
            value.as_array().ok_or("allOf and anyOf take a list")?.iter().map(inner).collect::<Result<Vec<_>, String>>()
        };
        match fields.iter().collect::<Vec<_>>().as_slice() {
            [(name, of)] if name.eq_ignore_ascii_case("not") => Ok(Self::Not(Box::new(inner(of)?))),
            [(name, of)] if name.eq_ignore_ascii_case("allOf") => Ok(Self::AllOf(many(of)?)),
            [(name, of)] if name.eq_ignore_ascii_case("anyOf") => Ok(Self::AnyOf(many(of)?)),
            [one, two] => {
                let is_field = |name: &str| name.eq_ignore_ascii_case("field");
                let (field, (operator, target)) = match (is_field(one.0), is_field(two.0)) {
                    (true, _) => (one.1, two),
                    (_, true) => (two.1, one),
                    _ => return Err(format!("the sandbox does not evaluate the condition {value}")),
                };
                let known = OPERATORS.into_iter().find(|known| known.eq_ignore_ascii_case(operator));
                let operator =
                    known.ok_or_else(|| format!("the sandbox does not evaluate the operator '{operator}'"))?;
                let target = resolve(target, parameters)?;
                if matches!(operator, "in" | "notIn") != target.is_array() {
                    return Err(format!("the operator '{operator}' does not take {target}"));
                }
                Ok(Self::Field { field: Field::read(&resolve(field, parameters)?)?, operator, target })
            }
            _ => Err(format!("the sandbox does not evaluate the condition {value}")),
        }
    }

    fn holds(&self, resource: &Value, told: &mut Vec<Value>) -> bool {
        match self {
            Self::Not(inner) => !inner.holds(resource, &mut Vec::new()),
            Self::AllOf(all) => all.iter().all(|one| one.holds(resource, told)),
            Self::AnyOf(any) => any.iter().any(|one| one.holds(resource, told)),
            Self::Field { field, operator, target } => {
                let value = field.of(resource);
                let is = |target: &Value| text(target).eq_ignore_ascii_case(&value.map_or_else(String::new, text));
                let within = || target.as_array().is_some_and(|all| all.iter().any(is));
                let holds = match *operator {
                    "equals" => is(target),
                    "notEquals" => !is(target),
                    "in" => within(),
                    "notIn" => !within(),
                    _ => value.is_some() == text(target).eq_ignore_ascii_case("true"),
                };
                if holds {
                    let path = field.path();
                    told.push(json!({
                        "result": "True",
                        "expressionKind": "Field",
                        "expression": path,
                        "path": path,
                        "expressionValue": value,
                        "targetValue": target,
                        "operator": format!("{}{}", operator[..1].to_uppercase(), &operator[1..]),
                    }));
                }
                holds
            }
        }
    }
}

impl Field {
    fn read(value: &Value) -> Result<Self, String> {
        let name = value.as_str().unwrap_or_default();
        if let Some(own) = OWN.into_iter().find(|known| known.eq_ignore_ascii_case(name)) {
            return Ok(Self::Own(own));
        }
        let rest = name.get(..4).filter(|start| start.eq_ignore_ascii_case("tags")).map(|_| &name[4..]);
        let tag = match rest {
            Some(rest) if rest.starts_with('.') => rest.get(1..),
            Some(rest) => {
                rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(|tag| tag.trim_matches('\''))
            }
            None => None,
        };
        tag.filter(|tag| !tag.is_empty())
            .map(|tag| Self::Tag(tag.to_owned()))
            .ok_or_else(|| format!("the sandbox does not evaluate the field {value}"))
    }

    fn of<'a>(&self, resource: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Own(name) => resource.get(name).filter(|value| !value.is_null()),
            Self::Tag(name) => {
                let tags = resource.get("tags")?.as_object()?;
                tags.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
            }
        }
    }

    fn path(&self) -> String {
        match self {
            Self::Own(name) => (*name).to_owned(),
            Self::Tag(name) => format!("tags[{name}]"),
        }
    }
}

/// A member of an object, by its name without regard to case; `null` where it is missing.
fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    let found = value.as_object().and_then(|all| all.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)));
    found.map_or(&Value::Null, |(_, value)| value)
}

fn only(value: &Value, known: &[&str], what: &str) -> Result<(), String> {
    let fields = value.as_object().ok_or_else(|| format!("{what} must be an object"))?;
    match fields.keys().find(|name| !known.iter().any(|known| known.eq_ignore_ascii_case(name))) {
        Some(name) => Err(format!("the sandbox does not evaluate '{name}' in {what}")),
        None => Ok(()),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value with `[parameters('x')]` and `[concat(…)]` of parameters and literals filled in.
fn resolve(value: &Value, parameters: &Map<String, Value>) -> Result<Value, String> {
    let Some(text) = value.as_str() else { return Ok(value.clone()) };
    if let Some(literal) = text.strip_prefix("[[") {
        return Ok(format!("[{literal}").into());
    }
    match text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(expression) => call(expression.trim(), parameters),
        None => Ok(value.clone()),
    }
}

fn call(expression: &str, parameters: &Map<String, Value>) -> Result<Value, String> {
    let unknown = || format!("the sandbox does not evaluate the expression '[{expression}]'");
    let literal = |text: &str| Some(text.strip_prefix('\'')?.strip_suffix('\'')?.to_owned());
    let (function, arguments) =
        expression.strip_suffix(')').and_then(|inner| inner.split_once('(')).ok_or_else(unknown)?;
    let parameter = |name: &str| {
        let found = parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone()).ok_or_else(|| format!("the parameter '{name}' has no value"))
    };
    match function.trim().to_lowercase().as_str() {
        "parameters" => parameter(&literal(arguments.trim()).ok_or_else(unknown)?),
        "concat" => arguments
            .split(',')
            .map(str::trim)
            .map(|part| match literal(part) {
                Some(text) => Ok(text),
                None if part.starts_with("parameters(") => call(part, parameters).map(|value| text(&value)),
                None => Err(unknown()),
            })
            .collect::<Result<String, String>>()
            .map(Value::from),
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(condition: &Value) -> Result<Rule, String> {
        let parameters = json!({"places": ["westeurope"], "tagName": "cost"});
        let rule = json!({"if": condition, "then": {"effect": "deny"}});
        Rule::read(&rule, parameters.as_object().unwrap())
    }

    #[test]
    fn the_simple_forms_are_evaluated() {
        let resource = json!({"type": "A/b", "location": "westus", "tags": {"Cost": "1"}});
        for (condition, fits) in [
            (json!({"field": "location", "notIn": "[parameters('places')]"}), true),
            (json!({"field": "location", "in": ["WestUS"]}), true),
            (json!({"equals": "a/B", "field": "type"}), true),
            (json!({"field": "[concat('tags[', parameters('tagName'), ']')]", "exists": "false"}), false),
            (json!({"field": "tags.owner", "exists": false}), true),
            (json!({"field": "tags['cost']", "notEquals": "1"}), false),
            (json!({"field": "Tags['cost']", "notEquals": "1"}), false),
            (json!({"not": {"field": "kind", "exists": true}}), true),
            (json!({"Not": {"EXISTS": true, "Field": "Kind"}}), true),
            (json!({"allOf": [{"field": "type", "equals": "A/b"}, {"field": "name", "equals": "x"}]}), false),
            (json!({"anyOf": [{"field": "type", "equals": "A/b"}, {"field": "name", "equals": "x"}]}), true),
        ] {
            assert_eq!(rule(&condition).unwrap().fits(&resource).is_some(), fits, "{condition}");
        }
    }

    #[test]
    fn the_names_in_a_rule_have_any_casing() {
        let rule = json!({
            "IF": {"AllOf": [{"Field": "type", "Equals": "A/b"}]},
            "Then": {"Effect": "DenyAction", "DETAILS": {
                "ActionNames": ["delete"], "CascadeBehaviors": {"ResourceGroup": "Deny"}}},
        });
        let rule = Rule::read(&rule, &Map::new()).unwrap();
        assert_eq!(rule.effect, Effect::DenyAction { cascades: true });
        assert!(rule.fits(&json!({"type": "A/b"})).is_some());
    }

    #[test]
    fn what_is_not_understood_is_refused_and_not_guessed() {
        for (condition, says) in [
            (json!({"field": "type", "like": "A/*"}), "operator 'like'"),
            (json!({"value": "[field('type')]", "equals": "x"}), "condition"),
            (json!({"count": {"field": "x[*]"}, "equals": 1}), "condition"),
            (json!({"field": "Microsoft.X/y.z", "equals": "x"}), "field"),
            (json!({"field": "location", "equals": "[resourceGroup().location]"}), "expression"),
            (json!({"field": "location", "in": "[parameters('none')]"}), "'none' has no value"),
            (json!({"field": "location", "equals": ["a"]}), "does not take"),
            (json!([]), "an object"),
        ] {
            let error = rule(&condition).expect_err("refused");
            assert!(error.contains(says), "{condition}: {error}");
        }
        let modify =
            Rule::read(&json!({"if": {"field": "type", "equals": "x"}, "then": {"effect": "modify"}}), &Map::new());
        assert!(modify.expect_err("refused").contains("effect 'modify'"));
    }
}
