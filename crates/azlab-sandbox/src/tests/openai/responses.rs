//! The Responses API.

use super::*;

const RESPOND: &str = "https://openai1.openai.azure.com/openai/v1/responses";

async fn responding() -> Client {
    let client = client(10).await;
    client.deploy("mini", "gpt-4.1-mini", "2025-04-14", "GlobalStandard").await;
    client.deploy("reasons", "gpt-5-mini", "2025-08-07", "GlobalStandard").await;
    client
}

fn asked(more: &[(&str, Value)]) -> Value {
    let mut body = json!({"model": "mini", "input": "Hello"});
    for (name, value) in more {
        body[*name] = value.clone();
    }
    body
}

#[tokio::test(start_paused = true)]
async fn a_response_has_its_message_and_tells_back_what_was_asked() {
    let client = responding().await;
    let got =
        client.ask(RESPOND, asked(&[("instructions", json!("Be short.")), ("metadata", json!({"a": "b"}))])).await.body;
    assert_eq!(
        (&got["object"], &got["status"], &got["model"]),
        (&"response".into(), &"completed".into(), &"mini".into())
    );
    assert_eq!((&got["instructions"], &got["metadata"]), (&"Be short.".into(), &json!({"a": "b"})));
    let item = &got["output"][0];
    assert_eq!(
        (&item["type"], &item["role"], &item["content"][0]["type"]),
        (&"message".into(), &"assistant".into(), &"output_text".into())
    );
    assert!(item["content"][0]["text"].as_str().unwrap().ends_with("Hello"), "{got}");
    let count = |which: &str| got["usage"][which].as_i64().unwrap();
    assert_eq!(count("total_tokens"), count("input_tokens") + count("output_tokens"));
    let dated = RESPOND.replace("v1/responses", "responses?api-version=2025-04-01-preview");
    assert_eq!(client.ask(&dated, asked(&[])).await.status, 200);
    let early = client.ask(&dated.replace("2025-04-01-preview", "2024-10-21"), asked(&[])).await;
    assert_eq!(early.outcome(), (400, "BadRequest"));
}

#[tokio::test(start_paused = true)]
async fn a_streamed_response_has_each_event_in_its_order_with_numbers() {
    let client = responding().await;
    for (deployment, items) in [("mini", 1), ("reasons", 2)] {
        client.wait(60).await;
        let whole = client.ask(RESPOND, asked(&[("model", json!(deployment))])).await.body;
        let events = client.events(RESPOND, asked(&[("model", json!(deployment)), ("stream", json!(true))])).await;
        let mut names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
        names.dedup();
        let message = [
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ];
        let mut expected = vec!["response.created", "response.in_progress"];
        if items == 2 {
            expected.extend(["response.output_item.added", "response.output_item.done"]);
        }
        expected.extend(message);
        assert_eq!(names, expected);
        for (number, (name, event)) in events.iter().enumerate() {
            assert_eq!((&event["type"], &event["sequence_number"]), (&name.as_str().into(), &number.into()));
        }
        let text: String = events.iter().filter_map(|(_, event)| event["delta"].as_str()).collect();
        let last = &events.last().unwrap().1["response"];
        assert_eq!(last["output"].as_array().unwrap().len(), items);
        assert_eq!(text, last["output"][items - 1]["content"][0]["text"].as_str().unwrap());
        assert_eq!(last["usage"], whole["usage"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_is_called_and_its_output_taken() {
    let client = responding().await;
    let tools = json!([{"type": "function", "name": "get_weather", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": false,
    }, "strict": true}]);
    let body = asked(&[("tools", tools.clone()), ("tool_choice", json!("required"))]);
    let got = client.ask(RESPOND, body.clone()).await.body;
    let call = got["output"][0].clone();
    assert_eq!(
        (&call["type"], &call["name"], &call["arguments"]),
        (&"function_call".into(), &"get_weather".into(), &"{\"city\":\"city\"}".into())
    );
    let input = json!([{"role": "user", "content": "the weather?"}, call, {"type": "function_call_output", "call_id": call["call_id"], "output": "rain"}]);
    let second = client.ask(RESPOND, asked(&[("tools", tools), ("input", input)])).await.body;
    assert!(second["output"][0]["content"][0]["text"].as_str().unwrap().ends_with("rain"), "{second}");
    let mut streamed = body;
    streamed["stream"] = true.into();
    let events = client.events(RESPOND, streamed).await;
    let arguments: String = events.iter().filter_map(|(_, event)| event["delta"].as_str()).collect();
    assert_eq!(arguments, "{\"city\":\"city\"}");
    assert!(events.iter().any(|(name, _)| name == "response.function_call_arguments.done"));
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_cut_says_so_in_its_last_event() {
    let client = responding().await;
    let events = client.events(RESPOND, asked(&[("max_output_tokens", json!(16)), ("stream", json!(true))])).await;
    let (name, event) = events.last().unwrap();
    assert_eq!(name, "response.incomplete");
    let response = &event["response"];
    assert_eq!(
        (&response["status"], &response["incomplete_details"]["reason"]),
        (&"incomplete".into(), &"max_output_tokens".into())
    );
    assert_eq!(response["usage"]["output_tokens"], 16);
}

#[tokio::test(start_paused = true)]
async fn bad_requests_are_refused_as_the_api_does() {
    let client = responding().await;
    for (name, value, param, code) in [
        ("input", Value::Null, "input", "missing_required_parameter"),
        ("input", json!(7), "input", "invalid_type"),
        ("input", json!([{"role": "robot", "content": "x"}]), "input[0].role", "invalid_value"),
        ("input", json!([{"type": "banana"}]), "input[0].type", "invalid_value"),
        ("input", json!([{"role": "user", "content": "x", "metadata": {}}]), "input[0].metadata", "unknown_parameter"),
        ("max_output_tokens", json!(15), "max_output_tokens", "integer_below_min_value"),
        ("temperature", json!(9), "temperature", "decimal_above_max_value"),
        ("messages", json!([]), "messages", "unknown_parameter"),
        ("stream_options", json!({"include_usage": true}), "stream_options.include_usage", "unknown_parameter"),
        ("truncation", json!("bogus"), "truncation", "invalid_value"),
        ("reasoning", json!({"effort": "low"}), "reasoning.effort", "unsupported_parameter"),
        ("tool_choice", json!({"type": "function"}), "tool_choice.name", "missing_required_parameter"),
        ("text", json!({"format": {"type": "json_object"}}), "input", ""),
    ] {
        let got = client.ask(RESPOND, asked(&[(name, value.clone())])).await;
        let error = &got.body["error"];
        let code = if code.is_empty() { Value::Null } else { code.into() };
        assert_eq!(
            (got.status.as_u16(), &error["param"], &error["code"]),
            (400, &param.into(), &code),
            "{name} {value}: {error}"
        );
    }
    for (name, value) in [
        ("previous_response_id", json!("resp_1")),
        ("background", json!(true)),
        ("tools", json!([{"type": "web_search"}])),
        ("input", json!([{"type": "item_reference", "id": "x"}])),
    ] {
        assert_eq!(client.ask(RESPOND, asked(&[(name, value)])).await.outcome(), (501, "NotImplemented"), "{name}");
    }
    let none = client.ask(RESPOND, asked(&[("model", json!("chat"))])).await;
    assert_eq!(none.outcome(), (400, "OperationNotSupported"));
}
