//! Calls of functions.

use super::*;

fn with_tools(asked: &str, choice: Value) -> Value {
    json!({
        "messages": [{"role": "user", "content": asked}],
        "tools": [
            {"type": "function", "function": {"name": "get_price", "parameters": {"type": "object", "properties": {}}}},
            {"type": "function", "function": {"name": "get_weather", "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "kelvin"]}},
                "required": ["city", "unit"],
            }}},
        ],
        "tool_choice": choice,
    })
}

#[tokio::test(start_paused = true)]
async fn a_function_is_called_when_the_choice_says_so_or_the_question_names_it() {
    let client = client(10).await;
    let forced = json!({"type": "function", "function": {"name": "get_weather"}});
    for (asked, choice, called, finish) in [
        ("What is the weather?", json!("auto"), Some("get_weather"), "tool_calls"),
        ("What is the weather?", Value::Null, Some("get_weather"), "tool_calls"),
        ("Hello", json!("auto"), None, "stop"),
        ("What is the weather?", json!("none"), None, "stop"),
        ("Hello", json!("required"), Some("get_price"), "tool_calls"),
        ("Hello", forced, Some("get_weather"), "stop"),
    ] {
        client.wait(10).await;
        let got = client.ask(URL, with_tools(asked, choice.clone())).await;
        let choice_of = &got.body["choices"][0];
        let name = choice_of["message"]["tool_calls"][0]["function"]["name"].as_str();
        assert_eq!((name, &choice_of["finish_reason"]), (called, &finish.into()), "{asked} {choice}: {}", got.body);
        assert_eq!(choice_of["message"]["content"].is_null(), called.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn arguments_fit_the_functions_schema_and_an_answered_call_is_not_made_again() {
    let client = client(10).await;
    let mut body = with_tools("What is the weather?", json!("auto"));
    let first = client.ask(URL, body.clone()).await.body;
    let message = first["choices"][0]["message"].clone();
    let call = &message["tool_calls"][0];
    let arguments: Value = serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, json!({"city": "city", "unit": "celsius"}));
    let told = json!({"role": "tool", "tool_call_id": call["id"], "content": "14 degrees"});
    body["messages"].as_array_mut().unwrap().extend([message.clone(), told]);
    let second = client.ask(URL, body).await.body;
    let answer = second["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(answer.ends_with("14 degrees"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_streamed_call_names_the_function_first_and_then_its_arguments() {
    let client = client(10).await;
    let mut body = with_tools("What is the weather?", json!("auto"));
    let whole = client.ask(URL, body.clone()).await.body;
    let expected = &whole["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"];
    body["stream"] = true.into();
    let events = client.events(URL, body).await;
    let calls: Vec<&Value> = events
        .iter()
        .map(|(_, event)| &event["choices"][0]["delta"]["tool_calls"][0])
        .filter(|call| !call.is_null())
        .collect();
    assert_eq!((&calls[0]["function"]["name"], &calls[0]["type"]), (&"get_weather".into(), &"function".into()));
    assert!(calls[0]["id"].as_str().unwrap().starts_with("call_"));
    assert!(calls[1..].iter().all(|call| call.get("id").is_none()));
    let arguments: String = calls.iter().map(|call| call["function"]["arguments"].as_str().unwrap()).collect();
    assert_eq!(arguments, expected.as_str().unwrap());
    assert_eq!(events.last().unwrap().1["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test(start_paused = true)]
async fn arguments_are_cut_like_texts() {
    let client = client(10).await;
    let mut body = with_tools("weather", json!("required"));
    body["max_tokens"] = 4.into();
    let got = client.ask(URL, body).await.body;
    let choice = &got["choices"][0];
    assert_eq!((&choice["finish_reason"], &got["usage"]["completion_tokens"]), (&"length".into(), &4.into()));
    assert_eq!(choice["message"]["tool_calls"][0]["function"]["arguments"].as_str().unwrap().len(), 4);
}
