//! Values made for schemas.

use serde_json::{Map, Value, json};

use super::instance::of;

#[test]
fn a_value_fits_what_its_schema_says() {
    for (schema, made) in [
        (
            json!({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 3}},
            "required": ["city", "days"]}),
            json!({"city": "city", "days": 3}),
        ),
        (
            json!({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "uniqueItems": true}),
            json!(["a", "b"]),
        ),
        (json!({"anyOf": [{"type": "null"}, {"type": "string"}]}), Value::Null),
        (json!({"type": ["null", "boolean"]}), json!(true)),
        (json!({"type": "string", "minLength": 6, "maxLength": 6}), json!("textxx")),
        (json!({"type": "string", "maxLength": 2}), json!("te")),
        (json!({"type": "string", "pattern": "^[A-Z]{2}-\\d+$"}), json!("AA-0")),
        (json!({"type": "string", "format": "email"}), json!("someone@example.com")),
        (json!({"type": "integer", "exclusiveMinimum": 4, "multipleOf": 5}), json!(5)),
        (json!({"type": "integer", "maximum": -7}), json!(-7)),
        (json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}), json!(0.5)),
        (json!({"const": {"a": 1}}), json!({"a": 1})),
        (
            json!({"allOf": [{"type": "object", "properties": {"a": {"type": "null"}}}, {"required": ["a"]}]}),
            json!({"a": null}),
        ),
        (json!({"$ref": "#/$defs/x", "$defs": {"x": {"type": "boolean"}}}), json!(true)),
    ] {
        assert_eq!(of(&schema), Some(made), "{schema}");
    }
}

#[test]
fn what_leads_in_a_circle_ends_where_it_may_and_is_refused_where_it_may_not() {
    let node = |next: Value| {
        json!({"$ref": "#/$defs/node", "$defs": {"node": {
        "type": "object", "properties": {"next": next}, "required": ["next"]}}})
    };
    let list = of(&node(json!({"type": "array", "items": {"$ref": "#/$defs/node"}}))).unwrap();
    assert!(list["next"][0].is_object(), "{list}");
    assert!(of(&node(json!({"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}))).is_some());
    assert_eq!(of(&node(json!({"$ref": "#/$defs/node"}))), None);
    assert_eq!(of(&json!({"$ref": "#"})), None);
}

/// Ten references a level would be ten to the sixteenth values.
#[test]
fn a_schema_that_grows_without_end_costs_no_more_than_others() {
    let ten = |next: &str| {
        let items: Map<String, Value> = (0..10).map(|at| (at.to_string(), json!({"$ref": next}))).collect();
        json!({"type": "object", "properties": items, "required": (0..10).map(|at| at.to_string()).collect::<Vec<_>>()})
    };
    let defs: Map<String, Value> = (0..12).map(|at| (format!("l{at}"), ten(&format!("#/$defs/l{}", at + 1)))).collect();
    let mut schema = json!({"$ref": "#/$defs/l0", "$defs": defs});
    schema["$defs"]["l12"] = json!({"type": "string"});
    assert_eq!(of(&schema), None);
    assert_eq!(of(&json!({"type": "array", "minItems": u64::MAX})), None);
    assert_eq!(of(&json!({"type": "string", "minLength": u64::MAX})), None);
    let long = "x".repeat(100_000);
    assert_eq!(of(&json!({"type": "array", "minItems": 4_096, "items": {"const": long}})), None);
    let wide = json!({"enum": vec![0; 100_000]});
    assert_eq!(of(&json!({"allOf": vec![wide; 10]})), None);
    for endless in ["(a{1000}){1000}", "(|a){4000000000}", &"\\pL".repeat(100_000)] {
        assert_eq!(of(&json!({"type": "string", "pattern": endless})), None);
    }
}
