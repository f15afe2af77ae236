//! The built-in definitions that a workshop's subscription is likely to have in force.

use serde_json::{Value, json};

/// A built-in definition by its guid.
pub(super) fn find(name: &str) -> Option<Value> {
    all().into_iter().find(|one| one["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)))
}

/// Every built-in definition that the sandbox has.
pub(super) fn all() -> Vec<Value> {
    let list = |text: &str| json!({"type": "Array", "metadata": {"displayName": text}});
    let tag = json!({"tagName": {"type": "String", "metadata": {"displayName": "Tag Name"}}});
    let tag_field = "[concat('tags[', parameters('tagName'), ']')]";
    vec![
        definition(
            "e56962a6-4747-49cd-b67b-bf8b01975c4c",
            "Allowed locations",
            "Indexed",
            json!({"listOfAllowedLocations": list("Allowed locations")}),
            json!({
                "if": {"allOf": [
                    {"field": "location", "notIn": "[parameters('listOfAllowedLocations')]"},
                    {"field": "location", "notEquals": "global"},
                    {"field": "type", "notEquals": "Microsoft.AzureActiveDirectory/b2cDirectories"},
                ]},
                "then": {"effect": "deny"},
            }),
        ),
        definition(
            "e765b5de-1225-4ba3-bd56-1ac6695af988",
            "Allowed locations for resource groups",
            "All",
            json!({"listOfAllowedLocations": list("Allowed locations")}),
            json!({
                "if": {"allOf": [
                    {"field": "type", "equals": "Microsoft.Resources/subscriptions/resourceGroups"},
                    {"field": "location", "notIn": "[parameters('listOfAllowedLocations')]"},
                ]},
                "then": {"effect": "deny"},
            }),
        ),
        definition(
            "871b6d14-10aa-478d-b590-94f262ecfa99",
            "Require a tag on resources",
            "Indexed",
            tag.clone(),
            json!({"if": {"field": tag_field, "exists": "false"}, "then": {"effect": "deny"}}),
        ),
        definition(
            "96670d01-0a4d-4649-9c89-2d3abc0a5025",
            "Require a tag on resource groups",
            "All",
            tag,
            json!({
                "if": {"allOf": [
                    {"field": "type", "equals": "Microsoft.Resources/subscriptions/resourceGroups"},
                    {"field": tag_field, "exists": "false"},
                ]},
                "then": {"effect": "deny"},
            }),
        ),
        definition(
            "6c112d4e-5bc7-47ae-a041-ea2d9dccd749",
            "Not allowed resource types",
            "All",
            json!({"listOfResourceTypesNotAllowed": list("Not allowed resource types")}),
            json!({
                "if": {"field": "type", "in": "[parameters('listOfResourceTypesNotAllowed')]"},
                "then": {"effect": "deny"},
            }),
        ),
    ]
}

fn definition(name: &str, display_name: &str, mode: &str, parameters: Value, rule: Value) -> Value {
    json!({
        "properties": {
            "displayName": display_name,
            "policyType": "BuiltIn",
            "mode": mode,
            "parameters": parameters,
            "policyRule": rule,
        },
        "id": format!("/providers/Microsoft.Authorization/policyDefinitions/{name}"),
        "type": "Microsoft.Authorization/policyDefinitions",
        "name": name,
    })
}
