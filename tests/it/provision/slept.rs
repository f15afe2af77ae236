//! The machine sleeps while an answer is on its way: what it says is of long ago, and no deadline may be judged by it.

use std::pin::pin;
use std::time::Duration;

use azlab::outcome::Action;
use azlab::values::ResourceKind;
use azlab_sandbox::{FaultKind, LoggedRequest};
use http::Method;

use super::fixture::Azure;
use super::ran::Ran;

/// Provisions, and sleeps once as soon as a request of which `is_it` is true has been handled and its answer is on its way.
async fn asleep_during(azure: &Azure, seconds: u64, is_it: impl Fn(&LoggedRequest) -> bool) -> Ran {
    let is_on_its_way = |one: &LoggedRequest| one.reached.is_some() && one.answered.is_none() && is_it(one);
    let sleep = async {
        while !azure.sandbox.request_log().iter().any(is_on_its_way) {
            azure.pass(0.05).await;
        }
        tokio::time::advance(Duration::from_secs(seconds)).await;
    };
    let mut run = pin!(azure.provision(""));
    tokio::select! {
        biased;
        () = sleep => run.await,
        ran = &mut run => panic!("it ended with {:?}, and never slept", ran.exit()),
    }
}

fn azure() -> Azure {
    // Answers are on their way for a second.
    Azure::with(|settings| {
        settings.durations.read = 1.0;
        settings.durations.cluster_create = 40.0;
    })
}

#[tokio::test(start_paused = true)]
async fn what_was_created_and_did_not_show_before_the_machine_slept_is_looked_for_again_and_not_created_twice() {
    let azure = azure();
    azure.fault(Method::PUT, "/userassignedidentities/myidentity?", 1, FaultKind::Late { seconds: 100.0 });
    let is_missed = |one: &LoggedRequest| {
        one.method == Method::GET
            && one.path.contains("/userAssignedIdentities/myIdentity?")
            && one.at > was_written(&azure)
    };
    let ran = asleep_during(&azure, 600, is_missed).await.ready();
    let puts = ran.writes().into_iter().filter(|one| one.path.contains("/userAssignedIdentities/myIdentity?")).count();
    assert_eq!(puts, 1);
    assert_eq!(ran.action(ResourceKind::Identity), Action::Created);
    azure.holds_exactly(1);
}

/// When the identity was written; a look before that finds nothing, and rightly so.
fn was_written(azure: &Azure) -> time::OffsetDateTime {
    let log = azure.sandbox.request_log();
    let put = log.iter().find(|one| one.method == Method::PUT && one.path.contains("/userAssignedIdentities/"));
    put.map_or(azure.now(), |put| put.at)
}

#[tokio::test(start_paused = true)]
async fn a_poll_from_before_the_machine_slept_is_no_reason_to_give_up() {
    let azure = azure();
    // Longer than a cluster may take.
    let ran = asleep_during(&azure, 3 * 3600, |one| one.path.contains("/operations/")).await.ready();
    assert_eq!(ran.action(ResourceKind::Cluster), Action::Created);
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn the_resource_is_looked_at_before_the_time_is_said_to_be_over() {
    let azure = azure();
    azure.fault(Method::PUT, "/managedclusters/", 1, FaultKind::PollingExpires { after: 5.0 });
    let ran = asleep_during(&azure, 3 * 3600, |one| one.path.contains("/operations/")).await.ready();
    assert_eq!(ran.action(ResourceKind::Cluster), Action::Created);
}

/// Longer than tries are repeated.
#[tokio::test(start_paused = true)]
async fn a_read_that_was_on_its_way_when_the_machine_fell_asleep_is_repeated() {
    let azure = azure();
    azure.fault(Method::GET, "/managedclusters/", 1, FaultKind::Delay(30.0));
    let sleep = async {
        let is_held_up = |one: &LoggedRequest| one.reached.is_none() && one.path.contains("/managedClusters/");
        while !azure.sandbox.request_log().iter().any(is_held_up) {
            azure.pass(0.05).await;
        }
        tokio::time::advance(Duration::from_secs(3600)).await;
    };
    // Whoever sleeps finds that nobody answers: the connection is gone, as is the time of this try.
    let (ran, ()) = tokio::join!(azure.provision(""), sleep);
    ran.ready();
}
