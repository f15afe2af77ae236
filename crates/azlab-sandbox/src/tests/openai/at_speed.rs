//! The data plane where a second of the service is a fraction of the client's: limits refill and tokens come as much faster.

use std::time::{Duration, Instant};

use azlab_clock::Clock;

use super::served::{read_until, sandbox_on, sent, start, streamed};
use super::*;

#[tokio::test(start_paused = true)]
async fn a_window_of_a_deployment_is_over_as_much_sooner_by_the_calendar() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(dir.path(), 6.0).unwrap();
    sandbox.control().keep_model_open("gpt-35-turbo", "0125").unwrap();
    let client = with_account(Client { sandbox }, 2).await;
    let long = json!({"messages": [{"role": "user", "content": "x".repeat(6000)}], "max_tokens": 1});
    assert_eq!(client.ask(URL, long.clone()).await.status, 200);
    let refused = client.ask(URL, long.clone()).await;
    assert_eq!(refused.outcome(), (429, "429"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((50..=60).contains(&wait), "service seconds: {wait}");
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(client.ask(URL, long.clone()).await.status, 429, "half a minute of the service");
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(client.ask(URL, long).await.status, 200);
}

#[tokio::test]
async fn over_a_socket_what_tells_how_long_to_wait_is_in_the_clients_seconds_and_the_text_in_the_services() {
    let sandbox = sandbox_on(Clock::today(60.0), 0.0);
    sandbox.control().change_settings(|settings| settings.throttling = true).unwrap();
    let (server, _stop) = start(&sandbox, |options| options.clock_speed = 60.0).await;
    let question = json!({"model": "chat", "messages": [{"role": "user", "content": "x".repeat(60_000)}]});
    let refused = loop {
        let mut stream = sent(&server, &sandbox, "chat/completions", &question).await;
        let answer = read_until(&mut stream, "\u{0}").await;
        if !answer.starts_with("HTTP/1.1 200") {
            break answer;
        }
    };
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    let header = |name: &str| {
        let line = refused.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("{name}: {refused}")).parse::<u64>().unwrap()
    };
    // The question asks for more tokens than a minute has: a day of the service, or its 1,440 seconds here.
    assert_eq!((header("retry-after"), header("retry-after-ms")), (1440, 1_440_000), "{refused}");
    assert_eq!(header("x-ratelimit-reset-tokens"), 1, "a minute, in real seconds");
    assert!(refused.contains("Please retry after 86400 seconds."), "{refused}");
}

#[tokio::test]
async fn tokens_that_take_a_minute_of_the_service_come_in_its_fraction() {
    const SPEED: f64 = 6000.0;
    let sandbox = sandbox_on(Clock::today(SPEED), 60_000.0);
    let (server, _stop) = start(&sandbox, |options| options.clock_speed = SPEED).await;
    let began = Instant::now();
    let mut stream = sent(&server, &sandbox, "chat/completions", &streamed()).await;
    let all = read_until(&mut stream, "[DONE]").await;
    let tokens = all.matches("\"content\":").count() - 1;
    assert!(tokens > 5, "{all}");
    let least = Duration::from_secs(60).mul_f64(tokens as f64 / SPEED);
    assert!(began.elapsed() >= least, "{tokens} tokens in {:?}", began.elapsed());
}
