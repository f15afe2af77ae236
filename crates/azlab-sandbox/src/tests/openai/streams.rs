//! Streamed chat completions.

use super::*;

fn streamed(more: &[(&str, Value)]) -> Value {
    let mut body = question();
    body["stream"] = true.into();
    for (name, value) in more {
        body[*name] = value.clone();
    }
    body
}

fn content(events: &[(String, Value)], index: i64) -> String {
    let choices = events.iter().flat_map(|(_, event)| event["choices"].as_array().unwrap().clone());
    choices
        .filter(|choice| choice["index"] == index)
        .filter_map(|choice| choice["delta"]["content"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_stream_says_what_the_whole_answer_says_in_azures_order() {
    let client = client(10).await;
    let whole = client.ask(URL, question()).await.body;
    let events = client.events(URL, streamed(&[])).await;
    let first = &events[0].1;
    assert_eq!((&first["choices"], &first["id"]), (&json!([]), &"".into()));
    assert_eq!(first["prompt_filter_results"][0]["content_filter_results"]["hate"]["severity"], "safe");
    let second = &events[1].1["choices"][0];
    assert_eq!((&second["delta"]["role"], &second["delta"]["content"]), (&"assistant".into(), &"".into()));
    let last = &events.last().unwrap().1;
    assert_eq!((&last["choices"][0]["finish_reason"], &last["choices"][0]["delta"]), (&"stop".into(), &json!({})));
    assert_eq!(content(&events, 0), whole["choices"][0]["message"]["content"].as_str().unwrap());
    assert!(events.len() as i64 > whole["usage"]["completion_tokens"].as_i64().unwrap(), "token by token");
    let id = &second_id(&events);
    assert!(events[1..].iter().all(|(_, event)| event["id"] == **id && event["object"] == "chat.completion.chunk"));
    assert!(events.iter().all(|(_, event)| event.get("usage").is_none()));
}

fn second_id(events: &[(String, Value)]) -> String {
    events[1].1["id"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_usage_comes_last_where_it_is_asked_for() {
    let client = client(10).await;
    let whole = client.ask(URL, question()).await.body;
    let events = client.events(URL, streamed(&[("stream_options", json!({"include_usage": true}))])).await;
    let (last, before) = events.split_last().unwrap();
    assert_eq!((&last.1["usage"], &last.1["choices"]), (&whole["usage"], &json!([])));
    assert!(before[1..].iter().all(|(_, event)| event["usage"].is_null() && event.get("usage").is_some()));
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_cut_at_its_most_tokens_and_has_each_answer() {
    let client = client(10).await;
    let events = client.events(URL, streamed(&[("max_tokens", json!(3)), ("n", json!(2))])).await;
    for index in 0..2 {
        assert_eq!(content(&events, index).chars().count(), 12);
        let ends = events.iter().flat_map(|(_, event)| event["choices"].as_array().unwrap());
        let ends: Vec<&Value> =
            ends.filter(|choice| choice["index"] == index && choice["finish_reason"].is_string()).collect();
        assert_eq!((ends.len(), &ends[0]["finish_reason"]), (1, &"length".into()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_done_and_tells_what_is_left_of_the_limits() {
    let client = client(10).await;
    let token = client.token(AUDIENCE, SIGNED_IN_OBJECT_ID);
    let request = http::Request::post(URL).header("authorization", token).body(Bytes::from(streamed(&[]).to_string()));
    let response = client.sandbox.handle(request.unwrap()).await;
    assert!(response.body().ends_with(b"data: [DONE]\n\n"));
    let header = |name: &str| response.headers()[name].to_str().unwrap().parse::<i64>().unwrap();
    assert_eq!(header("x-ratelimit-limit-tokens"), 10_000);
    assert!(header("x-ratelimit-remaining-tokens") < 10_000);
}

#[tokio::test(start_paused = true)]
async fn an_answer_takes_as_long_streamed_as_whole_and_slow_tokens_take_their_time() {
    let client = client(10).await;
    let took = async |body: Value| {
        let began = client.sandbox.clock().now();
        let got = client.ask(URL, body).await;
        assert_eq!(got.status, 200);
        client.wait(60).await;
        (client.sandbox.clock().since(began).as_secs_f64() - 60.0, got.body["usage"]["completion_tokens"].as_i64())
    };
    let close = |one: f64, other: f64| assert!((one - other).abs() < 0.02, "{one} and {other}");
    close(took(question()).await.0, 0.8);
    close(took(streamed(&[])).await.0, 0.8);
    client.sandbox.control().change_settings(|settings| settings.token_ms = 50.0).unwrap();
    let (whole, tokens) = took(question()).await;
    close(whole, tokens.unwrap() as f64 * 0.05);
    close(took(streamed(&[])).await.0, whole);
}

#[tokio::test(start_paused = true)]
async fn a_fault_cuts_a_stream_before_its_end() {
    let client = client(10).await;
    let kind = crate::faults::fault::FaultKind::Truncate;
    client.sandbox.control().inject(crate::faults::fault::Fault {
        method: None,
        path_contains: "chat".into(),
        skip: 0,
        times: 1,
        kind,
    });
    let events = client.events(URL, streamed(&[])).await;
    assert_eq!(events.len(), 3);
    assert!(events[2].1["choices"][0]["delta"]["content"].is_string());
}
