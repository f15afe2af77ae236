use super::*;

const LOCATIONS: &str = "e56962a6-4747-49cd-b67b-bf8b01975c4c";
const TAG_ON_GROUPS: &str = "96670d01-0a4d-4649-9c89-2d3abc0a5025";
const TYPES: &str = "6c112d4e-5bc7-47ae-a041-ea2d9dccd749";

fn assignment(scope: &str, name: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/policyAssignments/{name}?api-version=2023-04-01")
}

fn definition(name: &str) -> String {
    format!("/providers/Microsoft.Authorization/policyDefinitions/{name}?api-version=2021-06-01")
}

fn built_in(guid: &str, parameters: Value) -> Value {
    json!({"properties": {
        "displayName": "the school's rule",
        "policyDefinitionId": format!("/providers/Microsoft.Authorization/policyDefinitions/{guid}"),
        "parameters": parameters,
    }})
}

#[tokio::test(start_paused = true)]
async fn allowed_locations_refuse_resources_elsewhere_in_the_real_form() {
    let azure = Client::new();
    azure.group().await;
    let allowed = json!({"listOfAllowedLocations": {"value": ["swedencentral"]}});
    assert_eq!(azure.put(&assignment("", "eu"), built_in(LOCATIONS, allowed)).await.status, 201);
    let refused = azure.put(IDENTITY, json!({"location": "West Europe"})).await;
    assert_eq!(refused.outcome(), (403, "RequestDisallowedByPolicy"));
    let error = &refused.body["error"];
    assert_eq!(error["target"], "ident");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("Resource 'ident' was disallowed by policy. Policy identifiers: '[{"), "{message}");
    let violation = &error["additionalInfo"][0];
    assert_eq!(violation["type"], "PolicyViolation");
    let info = &violation["info"];
    assert_eq!(info["policyAssignmentDisplayName"], "the school's rule");
    assert_eq!(info["policyDefinitionDisplayName"], "Allowed locations");
    assert_eq!(info["policyDefinitionEffect"], "Deny");
    assert_eq!(info["evaluationDetails"]["evaluatedExpressions"][0]["operator"], "NotIn");
    azure.wait(10).await;
    assert_eq!(azure.put(IDENTITY, json!({"location": "swedencentral"})).await.status, 201);
    let other = GROUP.replace("lab", "other");
    let made = azure.put(&other, json!({"location": "westeurope"})).await;
    assert_eq!(made.status, 201, "the mode Indexed does not look at groups");
}

#[tokio::test(start_paused = true)]
async fn a_required_tag_and_a_forbidden_type_refuse_and_a_policy_that_is_not_enforced_does_not() {
    let azure = Client::new();
    let mut tag = built_in(TAG_ON_GROUPS, json!({"tagName": {"value": "costCenter"}}));
    azure.put(&assignment("", "tag"), tag.clone()).await;
    let group = |tags: Value| json!({"location": "westeurope", "tags": tags});
    assert_eq!(azure.put(GROUP, group(json!({}))).await.code(), "RequestDisallowedByPolicy");
    assert_eq!(azure.put(GROUP, group(json!({"CostCenter": "1"}))).await.status, 201);
    tag["properties"]["enforcementMode"] = "DoNotEnforce".into();
    azure.put(&assignment("", "tag"), tag).await;
    assert_eq!(azure.put(GROUP, group(json!({}))).await.status, 200);
    let types = json!({"listOfResourceTypesNotAllowed": {"value": ["Microsoft.CognitiveServices/accounts"]}});
    azure.put(&assignment("/resourceGroups/lab", "types"), built_in(TYPES, types)).await;
    assert_eq!(azure.put(ACCOUNT, account()).await.code(), "RequestDisallowedByPolicy");
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.status, 201);
    azure.delete(&assignment("/resourceGroups/lab", "types")).await;
    assert_eq!(azure.put(ACCOUNT, account()).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn deny_action_refuses_deletion_and_that_of_the_group_only_where_it_cascades() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let custom = |cascades: &str| {
        json!({"properties": {"displayName": "keep accounts", "mode": "Indexed", "policyRule": {
            "if": {"field": "type", "equals": "Microsoft.CognitiveServices/accounts"},
            "then": {"effect": "denyAction", "details": {
                "actionNames": ["delete"], "cascadeBehaviors": {"resourceGroup": cascades}}},
        }}})
    };
    let id = format!("/subscriptions/{SUBSCRIPTION_ID}{}", definition("keep").split('?').next().unwrap());
    assert_eq!(azure.put(&definition("keep"), custom("deny")).await.status, 201);
    azure.put(&assignment("", "keep"), json!({"properties": {"policyDefinitionId": id}})).await;
    for path in [ACCOUNT, GROUP] {
        let refused = azure.delete(path).await;
        assert_eq!(refused.outcome(), (403, "RequestDisallowedByPolicy"), "{path}");
        assert_eq!(refused.body["error"]["additionalInfo"][0]["info"]["policyDefinitionEffect"], "DenyAction");
    }
    assert_eq!(azure.get(GROUP).await.body["properties"]["provisioningState"], "Succeeded");
    assert_eq!(azure.delete(&definition("keep")).await.code(), "PolicyDefinitionInUse");
    azure.put(&definition("keep"), custom("allow")).await;
    assert_eq!(azure.delete(ACCOUNT).await.status, 403);
    assert_eq!(azure.delete(GROUP).await.status, 202, "cascadeBehaviors allow");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_evaluated_cannot_be_put_in_force() {
    let azure = Client::new();
    let rule = json!({"if": {"field": "type", "like": "*"}, "then": {"effect": "deny"}});
    let refused = azure.put(&definition("x"), json!({"properties": {"policyRule": rule}})).await;
    assert_eq!(refused.outcome(), (400, "InvalidPolicyRule"));
    let assign = async |body: Value| azure.put(&assignment("", "x"), body).await.code().to_owned();
    assert_eq!(assign(built_in("none", json!({}))).await, "PolicyDefinitionNotFound");
    assert_eq!(assign(built_in(LOCATIONS, json!({}))).await, "MissingPolicyParameter");
    assert_eq!(assign(built_in(TYPES, json!({"slip": {"value": []}}))).await, "UndefinedPolicyParameter");
    let set =
        json!({"properties": {"policyDefinitionId": "/providers/Microsoft.Authorization/policySetDefinitions/x"}});
    assert_eq!(assign(set).await, "InvalidPolicyAssignment");
}

#[tokio::test(start_paused = true)]
async fn a_policy_sees_what_is_written_in_any_casing() {
    let azure = Client::new();
    azure.group().await;
    let allowed = json!({"listOfAllowedLocations": {"value": ["swedencentral"]}});
    assert_eq!(azure.put(&assignment("", "eu"), built_in(LOCATIONS, allowed)).await.status, 201);
    let refused = azure.put(IDENTITY, json!({"LOCATION": "West Europe"})).await;
    assert_eq!(refused.outcome(), (403, "RequestDisallowedByPolicy"), "another casing evades no policy");
    azure.delete(&assignment("", "eu")).await;
    azure.put(&assignment("", "tag"), built_in(TAG_ON_GROUPS, json!({"tagName": {"value": "cost"}}))).await;
    let patch = async |body: Value| azure.send(Method::PATCH, GROUP, Some(body)).await;
    assert_eq!(patch(json!({"TAGS": {"other": "1"}})).await.code(), "RequestDisallowedByPolicy");
    assert_eq!(patch(json!({"Tags": {"Cost": "1"}})).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn definitions_and_assignments_are_read_in_any_casing_enforced_and_told_as_azure_writes_them() {
    let azure = Client::new();
    azure.group().await;
    let own = json!({"PROPERTIES": {
        "DisplayName": "regions", "MODE": "indexed", "Metadata": {"Category": "Mine"},
        "Parameters": {"Allowed": {"TYPE": "array", "DefaultValue": ["swedencentral"]}},
        "PolicyRule": {
            "If": {"Field": "location", "NotIn": "[parameters('allowed')]"},
            "THEN": {"EFFECT": "Deny"},
        },
    }});
    let made = azure.put(&definition("own"), own).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let told = azure.get(&definition("own")).await.body["properties"].take();
    assert_eq!(told["parameters"], json!({"Allowed": {"type": "Array", "defaultValue": ["swedencentral"]}}));
    assert_eq!((&told["displayName"], &told["mode"]), (&json!("regions"), &json!("Indexed")));
    assert_eq!(told["policyRule"]["then"], json!({"effect": "Deny"}), "the rule's frame is the table's");
    assert_eq!(told["policyRule"]["if"]["NotIn"], "[parameters('allowed')]", "a condition is told as it was written");
    assert_eq!(told["metadata"], json!({"Category": "Mine"}));
    let id = format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/policyDefinitions/own");
    let assigned = json!({"Properties": {
        "POLICYDEFINITIONID": id, "EnforcementMode": "default", "NotScopes": [], "Location": "ignored",
        "NonComplianceMessages": [{"MESSAGE": "ask the school"}],
    }});
    assert_eq!(azure.put(&assignment("", "own"), assigned.clone()).await.status, 201);
    let told = azure.get(&assignment("", "own")).await.body["properties"].take();
    assert_eq!((&told["policyDefinitionId"], &told["enforcementMode"]), (&json!(id), &json!("Default")));
    assert_eq!(told["nonComplianceMessages"], json!([{"message": "ask the school"}]));
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.code(), "RequestDisallowedByPolicy");
    let lenient = json!({"PROPERTIES": {"policydefinitionid": id, "ENFORCEMENTMODE": "DONOTENFORCE"}});
    assert_eq!(azure.put(&assignment("", "own"), lenient).await.status, 201);
    azure.wait(10).await;
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.status, 201);
    for (part, value) in [("Overrides", json!([{}])), ("RESOURCESELECTORS", json!([{}]))] {
        let refused =
            azure.put(&assignment("", "x"), json!({"properties": {"policyDefinitionId": id, part: value}})).await;
        assert_eq!(refused.outcome(), (400, "InvalidPolicyAssignment"), "{part}");
    }
    let with_identity = json!({"Identity": {"Type": "systemAssigned"}, "properties": {"policyDefinitionId": id}});
    assert_eq!(azure.put(&assignment("", "x"), with_identity).await.outcome(), (400, "InvalidPolicyAssignment"));
}
