//! Bodies that Azure refuses.

use super::*;

const REASONS: &str =
    "https://openai1.openai.azure.com/openai/deployments/reasons/chat/completions?api-version=2024-12-01-preview";

const LONG_KEY: &str = "metadata.kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

/// Status, param, code and message.
async fn refused(client: &Client, url: &str, body: &str) -> (u16, Value, Value, String) {
    client.wait(60).await;
    let token = client.token(AUDIENCE, SIGNED_IN_OBJECT_ID);
    let got = client.ask_with(url, ("authorization", &token), body).await;
    let error = &got.body["error"];
    let message = error["message"].as_str().unwrap_or_default().to_owned();
    (got.status.as_u16(), error["param"].clone(), error["code"].clone(), message)
}

fn with(name: &str, value: Value) -> String {
    let mut body = json!({"messages": [{"role": "user", "content": "x"}]});
    body[name] = value;
    body.to_string()
}

fn said(messages: Value) -> String {
    json!({ "messages": messages }).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_object_is_not_parsed() {
    let client = client(10).await;
    for body in ["", "[]", "null", "{", "{\"messages\":", "7"] {
        let (status, param, code, message) = refused(&client, URL, body).await;
        assert_eq!((status, param, code), (400, Value::Null, Value::Null), "{body}");
        assert!(message.starts_with("We could not parse the JSON body of your request"), "{message}");
    }
    let huge = vec![b' '; 4 * 1024 * 1024 + 1];
    let request = http::Request::post(URL).body(Bytes::from(huge)).unwrap();
    assert_eq!(client.sandbox.handle(request).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(start_paused = true)]
async fn bad_questions_are_refused_with_code_parameter_and_message() {
    let client = client(10).await;
    let tool = json!([{"type": "function", "function": {"name": "f"}}]);
    let cases: Vec<(String, &str, &str, &str)> = vec![
        ("{}".into(), "messages", "missing_required_parameter", "Missing required parameter: 'messages'."),
        (said(json!("hi")), "messages", "invalid_type", "expected an array of objects, but got a string instead."),
        (said(json!([])), "messages", "empty_array", "Expected an array with minimum length 1"),
        (said(json!([7])), "messages[0]", "invalid_type", "expected an object, but got an integer instead."),
        (said(json!([{"content": "x"}])), "messages[0].role", "missing_required_parameter", "'messages[0].role'"),
        (
            said(json!([{"role": "robot", "content": "x"}])),
            "messages[0].role",
            "invalid_value",
            "Invalid value: 'robot'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
        ),
        (
            said(json!([{"role": "user", "content": "x"}, {"role": "user", "content": "x", "id": 1}])),
            "",
            "",
            "Additional properties are not allowed ('id' was unexpected) - 'messages.1'",
        ),
        (
            said(json!([{"role": "assistant", "content": "x", "refusal": null, "parsed": null, "id": "m"}])),
            "",
            "",
            "Additional properties are not allowed ('id', 'parsed' were unexpected) - 'messages.0'",
        ),
        (said(json!([{"role": "user"}])), "messages.[0].content", "", "expected a string, got null."),
        (
            said(json!([{"role": "user", "content": 7}])),
            "messages[0].content",
            "invalid_type",
            "expected one of a string or array of objects, but got an integer instead.",
        ),
        (
            said(json!([{"role": "user", "content": [{"type": "text"}]}])),
            "messages[0].content[0].text",
            "missing_required_parameter",
            "Missing",
        ),
        (
            said(json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}])),
            "messages.[0].content.[0].type",
            "",
            "image_url is only supported by certain models",
        ),
        (
            said(json!([{"role": "tool", "tool_call_id": "c1", "content": "x"}])),
            "messages.[0].role",
            "",
            "must be a response to a preceeding message with 'tool_calls'",
        ),
        (
            said(json!([{"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                {"role": "user", "content": "x"}])),
            "messages.[1].role",
            "",
            "did not have response messages: c1",
        ),
        (with("max_tokens", json!(0)), "max_tokens", "integer_below_min_value", "Expected a value >= 1, but got 0 instead."),
        (with("max_tokens", json!("many")), "max_tokens", "invalid_type", "expected an integer, but got a string instead."),
        (with("max_tokens", json!(1.5)), "max_tokens", "invalid_type", "but got a decimal number instead."),
        (with("max_tokens", json!(5000)), "max_tokens", "invalid_value", "This model supports at most 4096 completion tokens"),
        (with("n", json!(129)), "n", "integer_above_max_value", "Expected a value <= 128, but got 129 instead."),
        (with("stream", json!("yes")), "stream", "invalid_type", "expected a boolean, but got a string instead."),
        (with("temperature", json!("warm")), "temperature", "invalid_type", "expected a decimal, but got a string instead."),
        (
            with("temperature", json!(9)),
            "temperature",
            "decimal_above_max_value",
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 9 instead.",
        ),
        (with("temperature", json!(-0.5)), "temperature", "decimal_below_min_value", "Expected a value >= 0, but got -0.5"),
        (with("top_p", json!(1.1)), "top_p", "decimal_above_max_value", "Expected a value <= 1, but got 1.1 instead."),
        (with("banana", json!(1)), "banana", "unknown_parameter", "Unknown parameter: 'banana'."),
        (with("stop", json!(["a", "b", "c", "d", "e"])), "stop", "array_above_max_length", "maximum length 4"),
        (with("stop", json!([7])), "stop[0]", "invalid_type", "expected a string"),
        (with("user", json!({"a": 1})), "user", "invalid_type", "expected a string, but got an object instead."),
        (with("metadata", json!({"k": 7})), "metadata.k", "invalid_type", "expected a string"),
        (with("metadata", json!({"k".repeat(70): "v"})), LONG_KEY, "property_name_above_max_length", "maximum length 64"),
        (with("stream_options", json!({"include_usage": true})), "stream_options", "", "only allowed when 'stream' is enabled"),
        (with("tools", json!("none")), "tools", "invalid_type", "expected an array of objects, but got a string instead."),
        (with("tools", json!([])), "tools", "empty_array", "minimum length 1"),
        (with("tools", json!([{"type": "function"}])), "tools[0].function", "missing_required_parameter", "Missing"),
        (
            with("tools", json!([{"type": "function", "function": {"name": "no blanks"}}])),
            "tools[0].function.name",
            "invalid_value",
            "'^[a-zA-Z0-9_-]+$'",
        ),
        (with("tool_choice", json!("auto")), "tool_choice", "", "only allowed when 'tools' are specified"),
        (with("tool_choice", json!(7)), "tool_choice", "invalid_type", "expected one of one of 'none', 'auto', or 'required' or object"),
        (
            json!({"messages": [{"role": "user", "content": "x"}], "tools": tool, "tool_choice": {"type": "function", "function": {"name": "g"}}})
                .to_string(),
            "tool_choice",
            "",
            "Tool choice 'g' not found in 'tools' parameter.",
        ),
        (with("response_format", json!("json")), "response_format", "invalid_type", "expected an object, but got a string"),
        (with("response_format", json!({"type": "xml"})), "response_format.type", "invalid_value", "'json_object', 'json_schema', and 'text'"),
        (with("response_format", json!({"type": "json_object"})), "messages", "", "must contain the word 'json' in some form"),
        (
            with("response_format", json!({"type": "json_schema", "json_schema": {"name": "a"}})),
            "response_format.json_schema.schema",
            "missing_required_parameter",
            "Missing",
        ),
        (with("reasoning_effort", json!("low")), "", "", "Unrecognized request argument supplied: reasoning_effort"),
        (
            json!({"messages": [{"role": "user", "content": "x"}], "max_tokens": 1, "max_completion_tokens": 1}).to_string(),
            "max_tokens",
            "invalid_parameter_combination",
            "at the same time is not supported",
        ),
        (said(json!([{"role": "user", "content": "x".repeat(70_000)}])), "messages", "context_length_exceeded", "16385 tokens"),
    ];
    let or_null = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    for (body, param, code, says) in cases {
        let (status, got_param, got_code, message) = refused(&client, URL, &body).await;
        let shown = &body[..body.len().min(200)];
        assert_eq!((status, got_param, got_code), (400, or_null(param), or_null(code)), "{shown}: {message}");
        assert!(message.contains(says), "{shown}: {message}");
    }
}

/// The order in which two faults of one body are told (public reports of OpenAI's own).
#[tokio::test(start_paused = true)]
async fn what_is_unknown_is_told_before_what_has_a_wrong_type() {
    let client = client(10).await;
    for (body, param) in [
        (json!({"banana": 1}), "messages"),
        (json!({"messages": [], "banana": 1, "n": "2"}), "banana"),
        (json!({"messages": [], "n": "2"}), "n"),
    ] {
        assert_eq!(refused(&client, URL, &body.to_string()).await.1, param, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_reasons_refuses_what_azure_lists() {
    let client = client(10).await;
    client.deploy("reasons", "gpt-5-mini", "2025-08-07", "GlobalStandard").await;
    for (name, value, code) in [
        ("temperature", json!(0.2), "unsupported_value"),
        ("top_p", json!(0.5), "unsupported_parameter"),
        ("frequency_penalty", json!(0.5), "unsupported_parameter"),
        ("presence_penalty", json!(0.5), "unsupported_parameter"),
        ("stop", json!(["x"]), "unsupported_parameter"),
        ("max_tokens", json!(5), "unsupported_parameter"),
    ] {
        let (status, param, got, _) = refused(&client, REASONS, &with(name, value)).await;
        assert_eq!((status, param, got), (400, name.into(), code.into()));
    }
    for (name, value) in [
        ("temperature", json!(1)),
        ("top_p", json!(1)),
        ("frequency_penalty", json!(0)),
        ("reasoning_effort", json!("minimal")),
        ("verbosity", json!("low")),
        ("max_completion_tokens", json!(5)),
        // Null is as good as nothing.
        ("temperature", Value::Null),
    ] {
        let (status, .., message) = refused(&client, REASONS, &with(name, value)).await;
        assert_eq!(status, 200, "{name}: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn newer_models_overlook_members_of_messages_that_the_oldest_refuse() {
    let client = client(10).await;
    client.deploy("reasons", "gpt-5-mini", "2025-08-07", "GlobalStandard").await;
    let message = said(json!([{"role": "user", "content": "x", "id": 1}]));
    assert_eq!(refused(&client, REASONS, &message).await.0, 200);
    assert_eq!(refused(&client, URL, &message).await.0, 400);
}

#[tokio::test(start_paused = true)]
async fn what_the_sandbox_leaves_out_is_refused_by_its_name() {
    let client = client(10).await;
    for (name, value) in [
        ("functions", json!([{"name": "f"}])),
        ("logit_bias", json!({"1": 1})),
        ("logprobs", json!(true)),
        ("audio", json!({"voice": "alloy"})),
        ("data_sources", json!([{"type": "azure_search"}])),
    ] {
        let (status, _, code, message) = refused(&client, URL, &with(name, value)).await;
        assert_eq!((status, code), (501, "NotImplemented".into()));
        assert!(message.contains(name) && message.contains("docs/sandbox.md"), "{message}");
    }
    // What asks for nothing of it is taken.
    for (name, value) in [("functions", json!([])), ("logprobs", json!(false)), ("logit_bias", json!({}))] {
        assert_eq!(refused(&client, URL, &with(name, value)).await.0, 200, "{name}");
    }
}
