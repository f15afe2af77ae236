//! Answers in a form.

use super::*;

fn asked(format: Value) -> Value {
    json!({"messages": [{"role": "user", "content": "as JSON, please"}], "response_format": format})
}

fn schema(strict: bool, schema: Value) -> Value {
    asked(json!({"type": "json_schema", "json_schema": {"name": "event", "strict": strict, "schema": schema}}))
}

fn parsed(got: &Got) -> Value {
    serde_json::from_str(got.body["choices"][0]["message"]["content"].as_str().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_json_object_is_one() {
    let client = client(10).await;
    let got = client.ask(URL, asked(json!({"type": "json_object"}))).await;
    assert!(parsed(&got)["answer"].as_str().unwrap().contains("as JSON, please"), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn an_answer_fits_its_schema() {
    let client = client(10).await;
    let event = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "day": {"type": "string", "format": "date"},
            "guests": {"type": "array", "items": {"$ref": "#/$defs/guest"}},
            "paid": {"anyOf": [{"type": "number", "minimum": 10}, {"type": "null"}]},
        },
        "required": ["name", "day", "guests", "paid"],
        "additionalProperties": false,
        "$defs": {"guest": {
            "type": "object",
            "properties": {"age": {"type": "integer", "minimum": 18}},
            "required": ["age"],
            "additionalProperties": false,
        }},
    });
    let got = client.ask(URL, schema(true, event)).await;
    assert_eq!(parsed(&got), json!({"name": "name", "day": "2026-01-01", "guests": [{"age": 18}], "paid": 10.0}));
}

#[tokio::test(start_paused = true)]
async fn a_strict_schema_has_its_rules_and_an_old_version_has_none() {
    let client = client(10).await;
    let open = json!({"type": "object", "properties": {"a": {"type": "object", "properties": {}}}, "required": ["a"]});
    let mut closed = open.clone();
    closed["additionalProperties"] = false.into();
    let mut lacking = closed.clone();
    lacking["required"] = json!([]);
    for (schema_of, says) in [
        (open.clone(), "In context=(), 'additionalProperties' is required to be supplied and to be false."),
        (closed, "In context=('properties', 'a'), 'additionalProperties' is required"),
        (lacking, "Missing 'a'."),
        (json!({"type": "string"}), "got 'type: \"string\"'"),
    ] {
        let got = client.ask(URL, schema(true, schema_of)).await;
        let message = got.body["error"]["message"].as_str().unwrap();
        assert!(
            message.starts_with("Invalid schema for response_format 'event': ") && message.contains(says),
            "{message}"
        );
        assert_eq!(got.body["error"]["param"], "response_format");
    }
    assert_eq!(client.ask(URL, schema(false, open.clone())).await.status, 200);
    let old = client.ask(&URL.replace("2024-10-21", "2024-06-01"), schema(false, open)).await;
    assert_eq!(old.outcome(), (400, "BadRequest"));
}

#[tokio::test(start_paused = true)]
async fn a_schema_that_nothing_fits_is_not_served_and_costs_little() {
    let client = client(10).await;
    let endless = json!({"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"], "additionalProperties": false});
    assert_eq!(client.ask(URL, schema(true, endless)).await.outcome(), (501, "NotImplemented"));
    let mut deep = json!({"type": "string"});
    for _ in 0..50 {
        deep = json!({"type": "array", "items": deep});
    }
    let got = client.ask(URL, schema(false, json!({"type": "object", "properties": {"a": deep}}))).await;
    assert_eq!(got.status, 200, "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn a_text_ends_before_what_stops_it() {
    let client = client(10).await;
    let mut body = question();
    body["stop"] = json!([" answers", "sandbox"]);
    let got = client.ask(URL, body).await.body;
    let choice = &got["choices"][0];
    assert_eq!(
        (&choice["message"]["content"], &choice["finish_reason"]),
        (&"gpt-35-turbo of the ".into(), &"stop".into())
    );
    assert_eq!(got["usage"]["completion_tokens"], 5);
}
