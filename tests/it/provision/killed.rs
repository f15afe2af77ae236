//! A run that was killed anywhere is finished by the next one, and nothing is made twice.

use azlab::outcome::{Action, Exit};
use azlab_sandbox::{Fault, FaultKind, Settings};

use super::fixture::Azure;

/// An account and a cluster that are as quick as the calls that begin them, so that every moment of a run can be tried.
fn quick(settings: &mut Settings) {
    settings.durations.account_create = 5.0;
    settings.durations.cluster_create = 8.0;
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_moment_and_run_again_it_finishes() {
    let whole = Azure::with(quick).provision("").await.ready().lab().elapsed_s;
    let mut at = 0.05;
    let mut killed = 0;
    while at < whole {
        let azure = Azure::with(quick);
        assert!(azure.killed_after("", at).await.is_none(), "killed at {at} s");
        azure.provision("").await.ready();
        azure.holds_exactly(1);
        azure.nothing_was_written_twice();
        killed += 1;
        at += 0.5;
    }
    assert!(killed > 35, "{killed} moments");
}

#[tokio::test(start_paused = true)]
async fn killed_while_any_request_is_on_its_way_and_run_again_it_finishes() {
    for count in 1.. {
        let azure = Azure::with(quick);
        if azure.killed_at_request("", count).await.is_some() {
            assert!(count > 25, "{count} requests");
            break;
        }
        azure.provision("").await.ready();
        azure.holds_exactly(1);
        azure.nothing_was_written_twice();
    }
}

#[tokio::test(start_paused = true)]
async fn killed_again_and_again_it_finishes() {
    for every in [1.3, 2.9, 4.6] {
        let azure = Azure::with(quick);
        let mut runs = 0;
        while azure.killed_after("", every).await.is_none() {
            runs += 1;
            assert!(runs < 100, "killed every {every} s it never ends");
        }
        assert!(runs >= 3, "{runs} runs of {every} s");
        azure.holds_exactly(1);
        azure.nothing_was_written_twice();
    }
}

#[tokio::test(start_paused = true)]
async fn killed_in_the_middle_of_a_clusters_minutes_the_next_run_waits_for_what_is_left() {
    for at in [5.0, 12.0, 100.0, 300.0] {
        let azure = Azure::as_recorded();
        assert!(azure.killed_after("", at).await.is_none());
        azure.pass(15.0).await;
        let ran = azure.provision("").await.ready();
        let whole = at + 15.0 + ran.lab().elapsed_s;
        assert!(whole < 348.0, "killed at {at} s: ready after {whole} s");
        azure.nothing_was_written_twice();
    }
}

#[tokio::test(start_paused = true)]
async fn killed_while_a_soft_deleted_account_is_purged_it_finishes() {
    for at in [2.3, 2.6, 3.2, 3.8, 5.0, 12.0] {
        let azure = Azure::with(quick);
        let name = azure.provision("").await.ready().outputs().openai_account.clone().expect("an account");
        azure.delete(&super::fixture::account(&name)).await;
        let _ = azure.killed_after("", at).await;
        azure.provision("").await.ready();
        azure.holds_exactly(1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_lost_at_any_request_is_got_over_in_the_same_run() {
    for kind in [FaultKind::Drop, FaultKind::HandleThenDrop] {
        for skip in 0.. {
            let azure = Azure::with(quick);
            let path_contains = String::new();
            azure.sandbox.control().inject(Fault { method: None, path_contains, skip, times: 1, kind: kind.clone() });
            let ran = azure.provision("").await;
            if ran.log.len() <= skip {
                assert!(skip > 25, "{skip} requests");
                break;
            }
            assert_eq!(ran.exit(), Exit::Done, "{kind:?} {skip} {:?}", ran.lab().error);
            azure.holds_exactly(1);
            if matches!(kind, FaultKind::HandleThenDrop) {
                azure.nothing_was_written_twice();
            }
            let all = &ran.lab().changes;
            assert!(all.iter().all(|one| one.action == Action::Created), "{kind:?} {skip} {all:#?}");
        }
    }
}
