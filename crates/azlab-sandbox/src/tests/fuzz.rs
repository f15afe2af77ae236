//! Requests that no client would send: whatever comes, the answer is one of the service's, and the state stays readable.
//!
//! `just fuzz-sandbox 1000000` hunts; what is found is kept in `proptest-regressions/`.

use proptest::prelude::*;
use proptest::sample::select;

use super::hostile::paused;
use super::*;

const POOL: &str = "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks/agentPools/two?api-version=2025-08-01";
const DEPLOYMENT: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1/deployments/d1?api-version=2024-10-01";
const CREDENTIAL: &str = "/resourceGroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ident/federatedIdentityCredentials/fic?api-version=2023-01-31";
const ROLE: &str = "/resourceGroups/lab/providers/Microsoft.Authorization/roleAssignments/5a9d0b0c-7d5e-4c1f-9a34-2f6b8e01c7d3?api-version=2022-04-01";
const LOCK: &str = "/resourceGroups/lab/providers/Microsoft.Authorization/locks/l?api-version=2020-05-01";
const DEFINITION: &str = "/providers/Microsoft.Authorization/policyDefinitions/d?api-version=2023-04-01";
const ASSIGNMENT: &str =
    "/resourceGroups/lab/providers/Microsoft.Authorization/policyAssignments/a?api-version=2023-04-01";
const POLICY: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1/raiPolicies/p?api-version=2024-10-01";
const REGENERATE: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1/regenerateKey?api-version=2024-10-01";
const DOMAIN: &str = "/providers/Microsoft.CognitiveServices/checkDomainAvailability?api-version=2024-10-01";
const SKU: &str =
    "/providers/Microsoft.CognitiveServices/locations/westeurope/checkSkuAvailability?api-version=2024-10-01";
const OWN_ROLE: &str =
    "/providers/Microsoft.Authorization/roleDefinitions/0c0ffee0-0000-4000-8000-000000000001?api-version=2022-04-01";
const QUERY: &str = "https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";
/// What the data plane's addresses begin with.
const DATA: &str = "https://openai1.openai.azure.com/";
const CHAT: &str = "https://openai1.openai.azure.com/openai/deployments/d1/chat/completions?api-version=2024-10-21";
const CHAT_V1: &str = "https://openai1.openai.azure.com/openai/v1/chat/completions";
const RESPONSES: &str = "https://openai1.openai.azure.com/openai/v1/responses";
const EMBEDDINGS: &str = "https://openai1.openai.azure.com/openai/v1/embeddings";
const RESPONDS: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1/deployments/d2?api-version=2024-10-01";
const EMBEDS: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1/deployments/d3?api-version=2024-10-01";

/// What is asked of models.
fn questions() -> Vec<(Method, &'static str, Value)> {
    let schema = json!({
        "type": "object",
        "properties": {"city": {"type": ["string", "null"], "maxLength": 9}, "days": {"type": "array", "items": {"$ref": "#/$defs/day"}}},
        "required": ["city", "days"],
        "additionalProperties": false,
        "$defs": {"day": {"anyOf": [{"type": "integer", "minimum": 1, "multipleOf": 2}, {"enum": ["a"]}]}},
    });
    let chat = json!({
        "messages": [
            {"role": "developer", "content": "JSON"},
            {"role": "user", "content": [{"type": "text", "text": "weather"}]},
            {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "rain"},
        ],
        "model": "d1", "max_tokens": 5, "n": 2, "stream": false, "temperature": 0.5, "stop": ["x"], "metadata": {"a": "b"},
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": schema, "strict": true}}],
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
    });
    let streamed = json!({
        "messages": [{"role": "user", "content": "x"}], "model": "d1", "stream": true, "stream_options": {"include_usage": true},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": schema}},
    });
    let responses = json!({
        "model": "d2", "instructions": "i", "max_output_tokens": 20, "stream": true, "truncation": "auto", "store": false,
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "weather"}]},
            {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "rain"},
        ],
        "tools": [{"type": "function", "name": "weather", "parameters": schema}],
        "tool_choice": {"type": "function", "name": "weather"},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": schema}, "verbosity": "low"},
    });
    let embeddings =
        json!({"model": "d3", "input": ["a", [1, 2]], "encoding_format": "float", "dimensions": 4, "user": "u"});
    vec![
        (Method::POST, CHAT, chat.clone()),
        (Method::POST, CHAT_V1, streamed),
        (Method::POST, RESPONSES, responses),
        (Method::POST, EMBEDDINGS, embeddings),
    ]
}

/// Every write that a provider takes, with a body that it would take.
fn writes() -> Vec<(Method, &'static str, Value)> {
    let group = || json!({"location": "westeurope", "tags": {"a": "b"}, "managedBy": null});
    let policy = json!({"properties": {
        "mode": "Indexed",
        "displayName": "d",
        "parameters": {"p": {"type": "Array", "defaultValue": ["x"], "allowedValues": [["x"]]}},
        "policyRule": {
            "if": {"allOf": [
                {"not": {"field": "location", "in": "[parameters('p')]"}},
                {"anyOf": [{"field": "type", "equals": "a"}, {"field": "tags['a']", "exists": "true"}]},
            ]},
            "then": {"effect": "deny", "details": {"actionNames": ["delete"], "cascadeBehaviors": {"resourceGroup": "deny"}}},
        },
    }});
    let policy_id = format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/policyDefinitions/d");
    let assigned = json!({"properties": {
        "policyDefinitionId": policy_id,
        "parameters": {"p": {"value": ["x"]}},
        "notScopes": ["/x"],
        "enforcementMode": "Default",
        "displayName": "a",
    }});
    let role = format!(
        "/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
    );
    let assignment = json!({"properties": {
        "roleDefinitionId": role,
        "principalId": "a21ab000-0000-4000-8000-000000000002",
        "principalType": "ServicePrincipal",
        "description": "d",
    }});
    let credential = json!({"properties": {
        "issuer": "https://issuer", "subject": "system:serviceaccount:a:b", "audiences": ["api://AzureADTokenExchange"],
    }});
    let own_role = json!({"properties": {
        "roleName": "own",
        "type": "CustomRole",
        "description": "d",
        "assignableScopes": [format!("/subscriptions/{SUBSCRIPTION_ID}")],
        "permissions": [{"actions": ["*/read"], "notActions": ["Microsoft.Storage/*"], "dataActions": [], "notDataActions": []}],
    }});
    let mut full_cluster = cluster();
    full_cluster["properties"]["networkProfile"] = json!({"loadBalancerProfile": {"managedOutboundIPs": {"count": 1}}});
    let mut full_account = account();
    full_account["properties"]["restore"] = false.into();
    full_account["properties"]["networkAcls"] = json!({"defaultAction": "Allow", "ipRules": []});
    full_account["properties"]["disableLocalAuth"] = false.into();
    full_account["identity"] = json!({"type": "SystemAssigned"});
    let sold = |model: &str, version: &str, sku: &str| {
        let mut body = deployment(model, version, json!(1));
        body["sku"]["name"] = sku.into();
        body
    };
    let managed = vec![
        (Method::PUT, GROUP, group()),
        (Method::PATCH, GROUP, group()),
        (Method::PUT, CLUSTER, full_cluster),
        (Method::PATCH, CLUSTER, json!({"tags": {"a": "b"}})),
        (Method::PUT, POOL, json!({"properties": {"count": 1, "mode": "User", "powerState": {"code": "Running"}}})),
        (Method::PUT, IDENTITY, json!({"location": "westeurope", "tags": {"a": "b"}})),
        (Method::PATCH, IDENTITY, json!({"tags": {"a": "b"}})),
        (Method::PUT, CREDENTIAL, credential),
        (Method::PUT, ACCOUNT, full_account.clone()),
        (Method::PATCH, ACCOUNT, full_account),
        (Method::PUT, DEPLOYMENT, deployment("gpt-35-turbo", "0125", json!(1))),
        (Method::PATCH, DEPLOYMENT, json!({"tags": {"a": "b"}, "sku": {"name": "Standard", "capacity": 1}})),
        (
            Method::PUT,
            POLICY,
            json!({"properties": {"basePolicyName": "Microsoft.Default", "contentFilters": [{"name": "Hate"}]}}),
        ),
        (Method::PUT, OWN_ROLE, own_role),
        (Method::POST, REGENERATE, json!({"keyName": "Key1"})),
        (
            Method::POST,
            DOMAIN,
            json!({"subdomainName": "a-name", "type": "Microsoft.CognitiveServices/accounts", "kind": "OpenAI"}),
        ),
        (Method::POST, SKU, json!({"skus": ["S0"], "kind": "OpenAI", "type": "Microsoft.CognitiveServices/accounts"})),
        (
            Method::POST,
            QUERY,
            json!({
                "subscriptions": [SUBSCRIPTION_ID],
                "query": "resources | where type =~ 'a' or tags['b'] has 'c' | summarize n = count() by name | order by n desc | take 3",
                "options": {"$top": 2, "$skip": 0, "resultFormat": "table"},
            }),
        ),
        (Method::PUT, ROLE, assignment),
        (Method::PUT, LOCK, json!({"properties": {"level": "CanNotDelete", "notes": "n"}})),
        (Method::PUT, DEFINITION, policy),
        (Method::PUT, ASSIGNMENT, assigned),
        (Method::PUT, RESPONDS, sold("gpt-4.1-mini", "2025-04-14", "GlobalStandard")),
        (Method::PUT, EMBEDS, sold("text-embedding-3-small", "1", "Standard")),
    ];
    [managed, questions()].concat()
}

/// Reads, deletions and actions, which need no body and may have one.
fn others() -> Vec<(Method, String)> {
    let mut others: Vec<(Method, String)> = Vec::new();
    for (_, path, _) in writes() {
        others.push((Method::GET, path.to_owned()));
        others.push((Method::DELETE, path.to_owned()));
    }
    for path in [
        "models",
        "models/x",
        "v1/models",
        "v1/models/x",
        "deployments",
        "v1/files",
        "v1/responses/r",
        "v1/chat/completions/c",
    ] {
        for version in ["", "?api-version=2023-03-15-preview", "?api-version=2024-10-21"] {
            others.extend([Method::GET, Method::POST].map(|method| (method, format!("{DATA}openai/{path}{version}"))));
        }
    }
    for (path, action) in [
        (ACCOUNT, "listKeys"),
        (ACCOUNT, "models"),
        (ACCOUNT, "deployments"),
        (ACCOUNT, "usages"),
        (ACCOUNT, "raiPolicies"),
        (ACCOUNT, "commitmentPlans"),
        (ACCOUNT, "providers/Microsoft.Insights/metrics"),
        (CLUSTER, "listClusterUserCredential"),
        (CLUSTER, "listClusterAdminCredential"),
        (CLUSTER, "start"),
        (CLUSTER, "stop"),
        (CLUSTER, "agentPools"),
        (CLUSTER, "abort"),
        (CLUSTER, "operations"),
        (CLUSTER, "operations/latest"),
        (CLUSTER, "availableAgentPoolVersions"),
        (CLUSTER, "rotateServiceAccountSigningKeys"),
        (CLUSTER, "outboundNetworkDependenciesEndpoints"),
        (CLUSTER, "accessProfiles/clusterUser/listCredential"),
        (CLUSTER, "runCommand"),
        (POOL, "upgradeNodeImageVersion"),
        (POOL, "upgradeProfiles/default"),
        (POOL, "abort"),
        (IDENTITY, "listAssociatedResources"),
        (IDENTITY, "federatedIdentityCredentials"),
        (GROUP, "resources"),
    ] {
        others.extend([Method::POST, Method::GET].map(|method| (method, child(path, action))));
    }
    for tail in [
        "/resources?api-version=2021-04-01",
        "/resourcegroups?api-version=2021-04-01",
        "/locations?api-version=2022-12-01",
        "/providers?api-version=2021-04-01",
        "/providers/Microsoft.CognitiveServices/deletedAccounts?api-version=2024-10-01",
        "/providers/Microsoft.CognitiveServices/locations/westeurope/usages?api-version=2024-10-01",
        "/providers/Microsoft.CognitiveServices/locations/westeurope/resourceGroups/lab/deletedAccounts/openai1?api-version=2024-10-01",
        "/providers/Microsoft.Compute/locations/westeurope/usages?api-version=2024-07-01",
        "/providers/Microsoft.Compute/locations/westeurope/vmSizes?api-version=2024-07-01",
        "/providers/Microsoft.Compute/skus?api-version=2021-07-01",
        "/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01",
        "/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01",
        "/providers/Microsoft.Authorization/permissions?api-version=2022-04-01",
        "/providers/Microsoft.Authorization/locks?api-version=2020-05-01",
        "/providers/Microsoft.ContainerService/locations/westeurope/kubernetesVersions?api-version=2025-08-01",
        "/providers/Microsoft.ContainerService/locations/westeurope/orchestrators?api-version=2019-04-01",
        "/providers/Microsoft.Network/virtualNetworks?api-version=2022-01-01",
        "/providers/Microsoft.Network/publicIPAddresses?api-version=2022-01-01",
        "/providers/Microsoft.Storage?api-version=2021-04-01",
        "/providers/Microsoft.Storage/storageAccounts?api-version=2023-01-01",
        "/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=eventTimestamp%20ge%202026-01-01",
    ] {
        others.extend([Method::GET, Method::DELETE].map(|method| (method, tail.to_owned())));
    }
    others
}

/// Values that no field takes, or that are at the edge of what one takes.
fn wrong() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1e308),
        json!(0.1),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}"),
        json!("é/../%00'\"<>"),
        json!("x".repeat(5_000)),
        json!("9999-12-31T23:59:59Z"),
        json!([]),
        json!({}),
        json!([null]),
        json!([[[]]]),
        json!({"": null}),
        json!({"name": {"name": {}}}),
    ]
}

fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![select(wrong()), any::<String>().prop_map(Value::from), any::<i64>().prop_map(Value::from)]
}

/// How one place of a body is changed.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Replace(Value),
    Remove,
    Wrap,
    Rename(String),
    Double,
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => junk().prop_map(Change::Replace),
        2 => Just(Change::Remove),
        1 => Just(Change::Wrap),
        1 => "[a-zA-Z$ ]{0,12}".prop_map(Change::Rename),
        1 => Just(Change::Double),
    ]
}

/// Applies `change` at the place that `left` counts down to, in the order of the text; the places that were passed.
pub(super) fn apply(value: &mut Value, left: &mut usize, change: &Change) {
    let here = |left: &mut usize| {
        let hit = *left == 0;
        *left = left.wrapping_sub(1);
        hit
    };
    match value {
        Value::Object(fields) => {
            for name in fields.keys().cloned().collect::<Vec<_>>() {
                if here(left) {
                    let Some(old) = fields.remove(&name) else { continue };
                    match change {
                        Change::Replace(new) => drop(fields.insert(name, new.clone())),
                        Change::Remove => {}
                        Change::Wrap => drop(fields.insert(name, json!([old]))),
                        Change::Rename(new) => drop(fields.insert(new.clone(), old)),
                        Change::Double => drop(fields.insert(name, json!([old.clone(), old]))),
                    }
                    return;
                }
                if let Some(inner) = fields.get_mut(&name) {
                    apply(inner, left, change);
                }
            }
        }
        Value::Array(items) => {
            for index in 0..items.len() {
                if here(left) {
                    match change {
                        Change::Replace(new) => items[index] = new.clone(),
                        Change::Remove => drop(items.remove(index)),
                        Change::Wrap | Change::Rename(_) => items[index] = json!([items[index]]),
                        Change::Double => items.push(items[index].clone()),
                    }
                    return;
                }
                apply(&mut items[index], left, change);
            }
        }
        _ => {}
    }
}

/// One request of a case, and how many seconds later the next one comes.
#[derive(Clone, Debug)]
struct Step {
    method: Method,
    path: String,
    body: Option<Vec<u8>>,
    /// On what it is conditional: headers.
    conditions: Vec<(&'static str, &'static [u8])>,
    wait: u64,
}

fn wait() -> impl Strategy<Value = u64> {
    select(vec![0, 0, 1, 20, 400, 200_000])
}

/// Mostly none.
fn conditions() -> impl Strategy<Value = Vec<(&'static str, &'static [u8])>> {
    let value = || select(vec![&b"*"[..], b"", b" ", b"x", b"W/\"x\", \"y\"", b"*, *", b"\xff\xfe"]);
    let one = prop_oneof![value().prop_map(|it| ("if-match", it)), value().prop_map(|it| ("if-none-match", it))];
    prop_oneof![3 => Just(Vec::new()), 1 => proptest::collection::vec(one, 1..3)]
}

fn mutated() -> impl Strategy<Value = Step> {
    let changes = proptest::collection::vec((0..40_usize, change()), 0..4);
    (select(writes()), changes, conditions(), wait()).prop_map(
        |((method, path, mut body), changes, conditions, wait)| {
            for (mut at, change) in changes {
                apply(&mut body, &mut at, &change);
            }
            Step { method, path: path.to_owned(), body: Some(body.to_string().into_bytes()), conditions, wait }
        },
    )
}

fn query() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => select(vec![
            "&$top=0", "&$top=1", "&$top=99999999999999999999", "&$skiptoken=%ff", "&$skiptoken=AAAA", "&$filter=",
            "&$filter=tagName%20eq%20'a'", "&$filter=atScope()", "&$filter=assignedTo('x')", "&$filter=a%20eq%20'",
            "&$expand=createdTime", "&api-version=banana", "&&&=&=", "&h=x&s=y", "&%00=%ff",
        ]).prop_map(str::to_owned),
        1 => "[ -~]{0,20}".prop_map(|text| format!("&$filter={}", text.replace(['#', ' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}'], "%27"))),
    ]
}

fn other() -> impl Strategy<Value = Step> {
    (select(others()), query(), conditions(), wait()).prop_map(|((method, path), query, conditions, wait)| Step {
        method,
        path: path + &query,
        body: None,
        conditions,
        wait,
    })
}

/// A path of words that the router knows and of some that mean harm; any method, any bytes.
fn wild() -> impl Strategy<Value = Step> {
    let words = vec![
        "subscriptions",
        SUBSCRIPTION_ID,
        "tenants",
        "resourceGroups",
        "resourcegroups",
        "lab",
        "providers",
        "resources",
        "Microsoft.CognitiveServices",
        "Microsoft.ContainerService",
        "Microsoft.ManagedIdentity",
        "Microsoft.Compute",
        "Microsoft.Authorization",
        "Microsoft.Resources",
        "accounts",
        "openai1",
        "deployments",
        "managedClusters",
        "aks",
        "userAssignedIdentities",
        "ident",
        "federatedIdentityCredentials",
        "roleAssignments",
        "roleDefinitions",
        "locks",
        "policyDefinitions",
        "policyAssignments",
        "permissions",
        "locations",
        "westeurope",
        "usages",
        "operations",
        "operationresults",
        "operationResults",
        "deletedAccounts",
        "register",
        "..",
        ".",
        "%2e%2e",
        "%252e%252e%252f",
        "%2f",
        "%5c",
        "%00",
        "%c0%af",
        "%ff",
        "%f0%28%8c%28",
        "%",
        "%zz",
        "%ef%bb%bf",
        "%e2%80%ae",
        "%0d%0a",
        "~",
        ":",
        "@",
        "'",
    ];
    let method = select(vec![
        "GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PURGE", "get", "A-B.C!",
    ]);
    let body = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..80));
    (method, proptest::collection::vec(select(words), 0..12), query(), body, wait(), any::<bool>()).prop_map(
        |(method, words, query, body, wait, below)| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let path = format!("/{}?api-version=2022-04-01{query}", words.join("/"));
            let path = if below { path } else { format!("https://management.azure.com{path}") };
            Step { method, path, body, conditions: Vec::new(), wait }
        },
    )
}

/// A success, or an error in the envelope of the service that refuses.
fn check_shape(step: &Step, response: &http::Response<Bytes>) -> Result<(), TestCaseError> {
    let status = response.status();
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let error = if body["error"].is_object() { &body["error"] } else { &body };
    // What is left out is refused by its name; what is answered is listed.
    let is_named = status == 501 && error["code"] != "OperationNotListed";
    prop_assert!(status.as_u16() < 500 || is_named, "{step:?}: {status} {:?}", response.body());
    if status.is_success() || step.method == Method::HEAD {
        return Ok(());
    }
    let told = |name: &str| error[name].as_str().is_some_and(|text| !text.is_empty());
    // Of the models' API a code may be null.
    let has_code = told("code") || (step.path.starts_with(DATA) && error.get("param").is_some());
    prop_assert!(has_code && told("message"), "{step:?}: {status} {:?}", response.body());
    Ok(())
}

/// The answer; `None` where the text is no URI, for then no client can send it.
async fn ask(azure: &Client, method: &Method, path: &str, body: Option<Vec<u8>>) -> Option<http::Response<Bytes>> {
    ask_if(azure, method, path, body, &[]).await
}

/// As [`ask`], with conditions.
async fn ask_if(
    azure: &Client,
    method: &Method,
    path: &str,
    body: Option<Vec<u8>>,
    conditions: &[(&str, &[u8])],
) -> Option<http::Response<Bytes>> {
    let url = match path.starts_with("https:") {
        true => path.to_owned(),
        false => format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{path}"),
    };
    let mut request = http::Request::builder().method(method).uri(url).header("content-type", "application/json");
    if path.starts_with(DATA) {
        let keys = azure.send(Method::POST, &child(ACCOUNT, "listKeys"), None).await;
        request = request.header("api-key", keys.body["key1"].as_str().unwrap_or("none"));
    } else {
        request = request.header("authorization", azure.bearer());
    }
    for (name, value) in conditions {
        request = request.header(*name, *value);
    }
    Some(azure.sandbox.handle(request.body(body.map_or_else(Bytes::new, Bytes::from)).ok()?).await)
}

async fn run(azure: &Client, step: &Step) -> Result<(), TestCaseError> {
    if let Some(response) = ask_if(azure, &step.method, &step.path, step.body.clone(), &step.conditions).await {
        check_shape(step, &response)?;
        azure.wait(step.wait).await;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn whatever_comes_the_answer_is_the_services_and_the_state_stays_readable(
        // So much is there beforehand, in the order of `writes`: a new thing is checked otherwise than one that is there.
        there in 0..9_usize,
        steps in proptest::collection::vec(prop_oneof![4 => mutated(), 2 => other(), 2 => wild()], 1..10),
    ) {
        paused().block_on(async {
            let azure = Client::new();
            azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
            azure.group().await;
            for (method, path, body) in writes().into_iter().filter(|(method, ..)| *method == Method::PUT).take(there) {
                azure.send(method, path, Some(body)).await;
                azure.wait(20).await;
            }
            for step in &steps {
                run(&azure, step).await?;
            }
            let whole = azure.sandbox.inventory();
            prop_assert!(whole.is_ok(), "{:?}", whole.err());
            for list in ["/resources?api-version=2021-04-01", "/resourcegroups?api-version=2021-04-01"] {
                prop_assert_eq!(azure.get(list).await.status, 200);
            }
            Ok(())
        })?;
    }
}

/// The bodies that the fuzzer begins with are real ones: otherwise it would try nothing but refusals.
#[tokio::test(start_paused = true)]
async fn what_is_mutated_is_taken_when_it_is_not() {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    for (method, path, body) in writes() {
        let got = ask(&azure, &method, path, Some(body.to_string().into_bytes())).await.unwrap();
        assert!(got.status().is_success(), "{method} {path}: {} {:?}", got.status(), got.body());
        azure.wait(400).await;
    }
}

/// A state in which the first `count` writes have been made.
async fn prepared(count: usize) -> Client {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    for (method, path, body) in writes().into_iter().take(count) {
        ask(&azure, &method, path, Some(body.to_string().into_bytes())).await;
        azure.wait(400).await;
    }
    azure
}

#[tokio::test(start_paused = true)]
async fn no_wrong_value_at_any_place_of_any_body_makes_a_handler_fail() {
    for (index, (method, path, body)) in writes().into_iter().enumerate() {
        for is_there in [false, true] {
            let mut azure = prepared(index + usize::from(is_there)).await;
            let values =
                [Value::Null, json!(true), json!(-1), json!(u64::MAX), json!(""), json!([]), json!({}), json!([null])];
            let changes: Vec<Change> = values.into_iter().map(Change::Replace).chain([Change::Remove]).collect();
            let places = (0..).take_while(|at| {
                let mut changed = body.clone();
                apply(&mut changed, &mut at.clone(), &Change::Replace(json!("elsewhere")));
                changed != body
            });
            for at in places {
                for change in &changes {
                    let mut changed = body.clone();
                    apply(&mut changed, &mut at.clone(), change);
                    let sent = changed.to_string().into_bytes();
                    let step = Step {
                        method: method.clone(),
                        path: path.to_owned(),
                        body: Some(sent),
                        conditions: Vec::new(),
                        wait: 0,
                    };
                    let answer = ask(&azure, &method, path, step.body.clone()).await.unwrap();
                    check_shape(&step, &answer).unwrap();
                    if !is_there && method == Method::PUT && answer.status().is_success() {
                        // What was taken is there now, and the next one is to be new again.
                        azure = prepared(index).await;
                    }
                }
            }
            azure.sandbox.inventory().unwrap();
        }
    }
}
