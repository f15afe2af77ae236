//! A class: as fast as the limits allow, with lists in place of reads for each lab, and as careful as with one lab.

use std::time::Duration;

use azlab::events::{Event, EventKind};
use azlab::outcome::{CommandResult, Exit};
use azlab::values::ResourceKind;
use azlab_sandbox::{FullRegion, GrantedRole, LoggedRequest};
use azlab_simulation::large::Class;
use http::Method;

use crate::provision::fixture::{Azure, GROUP};
use crate::provision::ran::Ran;

/// Lets what was taken of the service's buckets come back.
async fn later(class: &Class) {
    class.sandbox.clock().sleep(Duration::from_secs(900)).await;
}

/// Runs a command line on a class; it must end well, at most `most` times as late as its bound.
#[track_caller]
fn in_time(line: &str, exit: Exit, result: &CommandResult, most: f64) {
    assert_eq!(exit, Exit::Done, "{line}: {:?}", result.error);
    let (elapsed, bound) = (result.elapsed_s.expect("a time"), result.bound_s.expect("a bound"));
    assert!(elapsed <= most * bound, "{line}: {elapsed} s, and the limits allow {bound} s");
    assert_eq!(result.requests.expect("counts").throttled, 0, "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_class_takes_the_time_of_its_bound_and_reads_by_lists() {
    const LABS: u64 = 30;
    let class = Class::new(LABS as usize, 1);
    let reads = class.run("doctor --all").await.result.requests.expect("counts").reads;
    assert!(reads <= 40, "doctor of a class that does not exist yet: {reads} reads");
    later(&class).await;
    let reads = class.run("provision --all --dry-run").await.result.requests.expect("counts").reads;
    assert!(reads <= 40, "a dry run of a class that does not exist yet: {reads} reads");
    later(&class).await;
    let fresh = class.run("provision --all").await;
    in_time("provision", fresh.exit, &fresh.result, 1.03);
    assert_eq!(fresh.result.bound_s, Some(341.0));
    // What stands in an account's way is looked for right before it is written: from one list for all that are about to be.
    let is_looked = |one: &&LoggedRequest| one.path.contains("/deletedAccounts") && one.method == Method::GET;
    let looks = class.sandbox.request_log().iter().filter(is_looked).count();
    assert!(looks <= 10, "{looks} lists of deleted accounts, before {LABS} accounts were written");
    for line in ["provision --all", "provision --all --dry-run", "status"] {
        later(&class).await;
        let ran = class.run(line).await;
        // Two reads a lab, its federated credential and its deployment, and a page of each list.
        let requests = ran.result.requests.expect("counts");
        assert!(requests.reads <= 2 * LABS + 10, "{line}: {requests:?}");
        assert_eq!((ran.exit, requests.writes), (Exit::Done, 0), "{line}");
        // 10 credentials at once and 10 a second.
        assert!(ran.result.elapsed_s.is_some_and(|elapsed| elapsed < 3.0), "{line}: {:?}", ran.result.elapsed_s);
    }
    // What has no list of a subscription: deployments, federated credentials.
    for (line, a_lab) in [("cost --all", 1), ("handout --all", 2), ("pause --all --dry-run", 0), ("pause --all", 0)] {
        later(&class).await;
        let ran = class.run(line).await;
        assert_eq!(ran.exit, Exit::Done, "{line}: {:?}", ran.result.error);
        let reads = ran.result.requests.expect("counts").reads;
        let allowed = if line == "pause --all" { 8 * LABS } else { a_lab * LABS + 12 };
        assert!(reads <= allowed, "{line}: {reads} reads, {allowed} would do");
    }
    // Before and after: what is made is checked from lists of the region and of the subscription, whatever the class counts.
    later(&class).await;
    let reads = class.run("doctor --all").await.result.requests.expect("counts").reads;
    assert!(reads <= 2 * LABS + 40, "doctor of a class that exists: {reads} reads");
    later(&class).await;
    let gone = class.run("teardown --all --yes").await;
    in_time("teardown", gone.exit, &gone.result, 1.03);
    assert!(class.sandbox.inventory().expect("the inventory").resources.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_limits_leave_of_a_class_is_told_before_its_first_write() {
    let azure = Azure::new();
    let planned = |ran: &Ran| -> Vec<f64> {
        let planned = ran.events.iter().filter_map(|event| match event.kind {
            EventKind::RunPlanned { bound_s } => Some(bound_s),
            _ => None,
        });
        planned.collect()
    };
    let fresh = azure.provision("--lab red blue").await;
    assert_eq!((planned(&fresh), fresh.finished.result.bound_s), (vec![341.0], Some(341.0)));
    let at =
        |wanted: fn(&EventKind) -> bool| fresh.events.iter().position(|event| wanted(&event.kind)).expect("an event");
    let (plan, write) = (
        at(|kind| matches!(kind, EventKind::RunPlanned { .. })),
        at(|kind| matches!(kind, EventKind::ResourceWriting { .. })),
    );
    assert!(plan < write, "{plan} {write}");
    // Of two labs that are there, and of one alone, the limits leave nothing to tell.
    for arguments in ["--lab red blue", "--lab green"] {
        assert_eq!(planned(&azure.provision(arguments).await), [0.0; 0], "{arguments}");
    }
}

#[tokio::test(start_paused = true)]
async fn groups_and_clusters_of_a_class_are_asked_for_before_all_else() {
    const LABS: usize = 110;
    let class = Class::new(LABS, 1);
    let began = class.sandbox.clock().now();
    let cut_off = class.sandbox.clock().timeout(Duration::from_secs(20), class.run("provision --all")).await;
    assert!(cut_off.is_err(), "no cluster is ready by then");
    let log = class.sandbox.request_log();
    let puts = log.iter().filter(|one| one.method == Method::PUT && one.path.contains("/managedClusters/"));
    let at: Vec<f64> = puts.map(|put| (put.at - began).as_seconds_f64()).collect();
    assert_eq!(at.len(), LABS);
    // Behind the group's 2 s and the looks: 330 reads, 250 at once and 25 a second. In the order of asking, accounts and
    // identities would go first: 440 writes, 200 at once and 10 a second.
    let last = at.iter().copied().fold(0.0, f64::max);
    assert!(last < 9.0, "the last cluster was asked for after {last} s");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_of_several_that_fails_says_why() {
    let azure = Azure::with(|settings| {
        settings.full_regions = vec!["westeurope".into()];
        settings.full_regions_refuse = FullRegion::Operation;
    });
    let ran = azure.provision("--lab red blue").await;
    assert_eq!(ran.exit(), Exit::LabFailed);
    for lab in ran.labs() {
        let error = lab.error.as_ref().expect("an error");
        assert_eq!(error.code, "AKSCapacityHeavyUsage", "{error:?}");
    }
    let polls =
        ran.log.iter().filter(|one| one.path.contains("Microsoft.ContainerService/locations/westeurope/operations"));
    assert!(polls.count() <= 4, "each is asked once, when the list says that it failed");
}

#[tokio::test(start_paused = true)]
async fn who_may_read_no_list_of_the_subscription_provisions_several_labs_all_the_same() {
    let azure = Azure::new();
    azure.provision("--lab red blue").await.ready();
    let of = |group: &str| GrantedRole { role: "Owner".into(), group: Some(group.into()), condition: None };
    azure
        .sandbox
        .control()
        .change_settings(|settings| settings.roles = vec![of("myResourceGroup-red"), of("myResourceGroup-blue")])
        .expect("settings");
    // What is found under names needs no list.
    let ran = azure.provision("--lab red blue --skip-preflight").await.ready();
    assert!(ran.writes().is_empty(), "{:?}", ran.writes());
    let refused = ran.log.iter().filter(|one| one.status.is_some_and(|status| status == 403));
    assert!(refused.count() > 0, "the lists are refused");
}

#[tokio::test(start_paused = true)]
async fn what_several_labs_lack_is_looked_for_once_more_before_it_is_written() {
    let azure = Azure::new();
    azure.provision("--lab red blue green").await.ready();
    let red = GROUP.replace("myResourceGroup", "myResourceGroup-red");
    azure.delete(&red).await;
    azure.pass(600.0).await;
    let identity = super::provision::fixture::IDENTITY.replace("myResourceGroup", "myResourceGroup-blue");
    azure.delete(&identity).await;
    let ran = azure.provision("--lab red blue green").await.ready();
    assert_eq!(ran.labs()[2].changes.iter().filter(|one| one.action != azlab::outcome::Action::Unchanged).count(), 0);
    let path = |path: &str| path.split('?').next().unwrap_or_default().to_lowercase();
    let created = path(&red);
    for (at, put) in ran.log.iter().enumerate().filter(|(_, one)| one.method == Method::PUT) {
        let target = path(&put.path);
        let (parent, _) = target.rsplit_once('/').expect("a path");
        let is_look = |one: &azlab_sandbox::LoggedRequest| {
            one.method == Method::GET && (path(&one.path) == target || path(&one.path) == parent)
        };
        // There is nothing to look for in a group that this run has created.
        let is_below_new = target.contains(&format!("{created}/"));
        assert_ne!(ran.log[..at].iter().any(is_look), is_below_new, "{target}");
    }
    assert!(ran.labs()[1].changes.iter().any(|one| one.resource == ResourceKind::Identity));
}

#[tokio::test(start_paused = true)]
async fn one_lab_of_several_that_is_still_waited_for_is_polled_as_if_it_were_alone() {
    let azure = Azure::with(|settings| settings.durations.cluster_create = 60.0);
    azure.killed_after("--lab red", 30.0).await;
    let ran = azure.provision("--lab red blue").await.ready();
    let polls =
        ran.log.iter().filter(|one| one.path.contains("Microsoft.ContainerService/locations/westeurope/operations"));
    assert!(polls.count() > 3, "the list is no longer read for one");
}

/// What each lab's resource of a kind waited for a limit the first time, so many seconds after it began at most, and a second
/// at least; in milliseconds, sorted.
fn waits(events: &[Event], kind: ResourceKind, of: &str, within_s: f64) -> Vec<u64> {
    let first = |event: &Event| match &event.kind {
        EventKind::ResourceFinished { resource, elapsed_s, limits, .. } if *resource == kind => {
            let until = event.elapsed_s - elapsed_s + within_s;
            limits.iter().find(|wait| wait.limit == of && wait.from_s < until).map(|wait| wait.waited_ms)
        }
        _ => None,
    };
    let mut waits: Vec<u64> = events.iter().filter_map(first).filter(|waited| *waited >= 1_000).collect();
    waits.sort_unstable();
    waits
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_a_limit_is_told_by_the_event_that_ends_its_resource() {
    let class = Class::new(40, 1);
    let (fresh, events) = class.run_heard("provision --all").await;
    assert_eq!(fresh.exit, Exit::Done, "{:?}", fresh.result.error);
    // Seat n writes its identity at 2 a second behind a burst of 2, whose tokens come back 250 ms after they were sent. What is
    // shorter than a second is not told.
    let write = |n: u64| if n > 2 { 250 + (n - 2) * 500 } else { 0 };
    let mut expected: Vec<u64> = (1..=40).map(write).filter(|waited| *waited >= 1_000).collect();
    expected.sort_unstable();
    assert_eq!(waits(&events, ResourceKind::Identity, "identity writes", 60.0), expected);
    // 40 credentials behind 40 identities: the last of 80 writes goes out 39 s after the first.
    let last = waits(&events, ResourceKind::FederatedCredential, "identity writes", 60.0).pop();
    assert!(last.is_some_and(|last| (18_000..20_000).contains(&last)), "{last:?}");
    assert!(waits(&events, ResourceKind::Cluster, "identity writes", 60.0).is_empty(), "that is another's wait");
    let begins = events.iter().filter_map(|event| match &event.kind {
        EventKind::ResourceFinished { elapsed_s, limits, .. } => {
            Some((event.elapsed_s - elapsed_s, limits.first()?.from_s))
        }
        _ => None,
    });
    assert!({ begins }.all(|(began, from)| from >= began - 0.001), "within its bar");
}
