//! The sandbox's date is moved on (`sandbox clock --advance`) while a run is at work.

use std::time::Duration;

use azlab::outcome::Action;
use azlab::values::ResourceKind;
use time::Duration as Span;

use super::fixture::{Azure, GROUP};

#[tokio::test(start_paused = true)]
async fn a_run_keeps_its_dates_and_its_measure_of_time_and_what_it_waits_for_has_happened() {
    let azure = Azure::as_recorded();
    let began = azure.now();
    let advance = async {
        while !azure.sandbox.request_log().iter().any(|one| one.path.contains("/operations/")) {
            azure.pass(1.0).await;
        }
        azure.sandbox.control().advance(Duration::from_secs(47 * 3600)).unwrap();
    };
    let (ran, ()) = tokio::join!(azure.provision("--ttl 10h"), advance);
    assert!(azure.now() - began > Span::hours(47), "it was moved on");
    let ran = ran.ready();
    assert_eq!(ran.action(ResourceKind::Cluster), Action::Created);
    let last = ran.events.last().unwrap();
    assert!(last.elapsed_s < 100.0, "the cluster's 332 s were over at once: {}", last.elapsed_s);
    assert!(ran.events.iter().all(|event| event.at - began < Span::minutes(5)), "{:?}", last.at);
    // Ten hours from its own beginning: they are over when it ends.
    let expires = azure.get(GROUP).await["tags"]["azlab-expires"].clone();
    assert!(expires.as_str().is_some_and(|text| text.starts_with("2026-04-20T18:0")), "{expires}");
    // The next run has everybody's date.
    let again = azure.provision("--ttl 10h").await.ready();
    assert!(again.events.iter().all(|event| event.at - began > Span::hours(47)));
}
