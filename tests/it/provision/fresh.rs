//! A fresh lab: as fast as its cluster, with as few requests as it needs.

use std::collections::HashSet;

use azlab::outcome::{Action, Exit};
use azlab::values::ResourceKind;
use azlab_sandbox::{Durations, LoggedRequest};
use http::Method;
use serde_json::json;
use time::OffsetDateTime;

use super::fixture::{Azure, GROUP};
use super::limits::first_over_limit;
use super::ran::Ran;

/// When the service was done with the cluster that it got in the run.
fn cluster_done(ran: &Ran, durations: &Durations) -> OffsetDateTime {
    let put = ran.log.iter().find(|one| one.method == Method::PUT && one.path.contains("/managedClusters/"));
    put.expect("a PUT of the cluster").at
        + time::Duration::seconds_f64(durations.cluster_put + durations.cluster_create)
}

/// The requests that were refused as too many.
fn throttled(ran: &Ran) -> Vec<&LoggedRequest> {
    ran.log.iter().filter(|request| request.status.is_some_and(|status| status == 429)).collect()
}

/// Within the larger of 2 s and 1 % of the cluster's duration.
#[track_caller]
fn noticed_in_time(late: time::Duration, cluster: f64) {
    let late = late.as_seconds_f64();
    assert!((0.0..=f64::max(2.0, cluster / 100.0)).contains(&late), "{cluster} s: noticed {late} s late");
}

#[tokio::test(start_paused = true)]
async fn a_fresh_lab_takes_as_long_as_its_group_and_cluster() {
    let azure = Azure::as_recorded();
    let durations = Durations::default();
    let ran = azure.provision("").await.ready();

    let cluster = durations.cluster_put + durations.cluster_create;
    let bound = 1.02 * (durations.group + cluster);
    let elapsed = ran.lab().elapsed_s;
    assert!(elapsed <= bound, "{elapsed} s, and at most {bound} s are allowed");
    let one_after_the_other = durations.group
        + cluster
        + durations.identity
        + durations.federated_credential
        + durations.account_put
        + durations.account_create
        + durations.deployment
        + durations.role_assignment;
    assert!(elapsed < one_after_the_other, "{elapsed} s is no faster than a script: {one_after_the_other} s");

    assert!(ran.lab().changes.iter().all(|change| change.action == Action::Created), "{:#?}", ran.lab().changes);
    let kinds: Vec<_> = ran.lab().changes.iter().map(|change| change.resource).collect();
    assert_eq!(kinds, ResourceKind::ALL);
    assert!(ran.outputs().oidc_issuer.as_deref().is_some_and(|url| url.contains(".oic.prod-aks.azure.com/")));
    assert!(ran.outputs().openai_endpoint.as_deref().is_some_and(|url| url.ends_with(".openai.azure.com/")));
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_lab_takes_at_most_eight_writes_and_counts_them_as_the_service_does() {
    let azure = Azure::as_recorded();
    let ran = azure.provision("").await.ready();
    let counts = ran.finished.result.requests.expect("counts");
    let writes = [ran.writes(), ran.lease_writes()].concat();
    assert!(writes.len() <= 8, "{writes:#?}");
    assert_eq!((counts.writes + counts.deletes) as usize, writes.len());
    assert_eq!(counts.reads as usize, ran.log.len() - writes.len());
    assert_eq!((counts.retried, counts.throttled), (0, 0));
    let targets: HashSet<_> = writes.iter().map(|request| &request.path).collect();
    assert_eq!(targets.len(), writes.len(), "each write has a target of its own");
}

/// The paths below the lab's group that were read before anything was written to them.
fn early_reads(ran: &Ran) -> Vec<&str> {
    fn path(request: &LoggedRequest) -> &str {
        request.path.split('?').next().unwrap_or_default()
    }
    let reads = ran.log.iter().enumerate().filter(|(_, one)| one.method == Method::GET);
    // A list is above what is in it.
    let is_written = |(at, read): &(usize, &LoggedRequest)| {
        ran.log[..*at].iter().any(|one| one.is_write() && path(one).starts_with(path(read)))
    };
    let early = reads.filter(|read| !is_written(read)).map(|(_, read)| path(read));
    early.filter(|path| path.contains("/myResourceGroup/providers/")).collect()
}

#[tokio::test(start_paused = true)]
async fn nothing_is_looked_for_in_a_group_of_this_run_and_what_a_wait_has_seen_is_not_read_again() {
    let ran = Azure::as_recorded().provision("").await.ready();
    assert_eq!(early_reads(&ran), Vec::<&str>::new());
    let of_cluster =
        |one: &&LoggedRequest| one.method == Method::GET && one.path.contains("/managedClusters/myAKSCluster?");
    assert_eq!(ran.log.iter().filter(of_cluster).count(), 1, "once its operation was over");
}

#[tokio::test(start_paused = true)]
async fn everything_is_looked_for_in_a_group_that_was_there() {
    let azure = Azure::as_recorded();
    azure.put(GROUP, json!({"location": "eastus"})).await;
    let ran = azure.provision("--adopt").await.ready();
    let early = early_reads(&ran);
    assert!(early.iter().any(|path| path.ends_with("/managedClusters/myAKSCluster")), "{early:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_federated_credential_does_not_wait_for_the_cluster() {
    let ran = Azure::as_recorded().provision("").await.ready();
    let wait = ran.ready_at(ResourceKind::Cluster) - ran.ready_at(ResourceKind::FederatedCredential);
    assert!(wait > time::Duration::seconds(300), "{wait}");
    let role = ran.ready_at(ResourceKind::Cluster) - ran.ready_at(ResourceKind::RoleAssignment);
    assert!(role > time::Duration::seconds(250), "{role}");
}

#[tokio::test(start_paused = true)]
async fn a_finished_cluster_is_noticed_within_two_seconds_or_one_percent() {
    for cluster in [20.0, 181.0, 332.0, 513.0, 1508.0] {
        let azure = Azure::with(|settings| settings.durations.cluster_create = cluster);
        let ran = azure.provision("").await.ready();
        let done = cluster_done(&ran, &azure.sandbox.settings().expect("settings").durations);
        noticed_in_time(ran.ready_at(ResourceKind::Cluster) - done, cluster);
        assert_eq!(first_over_limit(&ran.log), None, "{cluster} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_another_run_began_is_noticed_as_soon() {
    for cluster in [20.0, 332.0, 1508.0] {
        let azure = Azure::with(|settings| settings.durations.cluster_create = cluster);
        assert!(azure.killed_after("", 11.0).await.is_none());
        let log = azure.sandbox.request_log();
        let put = log.iter().find(|one| one.method == Method::PUT && one.path.contains("/managedClusters/"));
        let done = put.expect("a PUT").at + time::Duration::seconds_f64(7.0 + cluster);
        let ran = azure.provision("").await.ready();
        noticed_in_time(ran.ready_at(ResourceKind::Cluster) - done, cluster);
        assert_eq!(first_over_limit(&azure.sandbox.request_log()), None, "{cluster} s");
    }
}

#[tokio::test(start_paused = true)]
async fn no_request_of_a_lab_is_throttled_with_throttling_on() {
    let azure = Azure::with(|settings| assert!(settings.throttling));
    let ran = azure.provision("").await.ready();
    assert_eq!(throttled(&ran), Vec::<&LoggedRequest>::new());
    assert_eq!(first_over_limit(&ran.log), None);
}

#[tokio::test(start_paused = true)]
async fn a_dozen_labs_at_once_stay_within_the_published_limits() {
    let azure = Azure::with(|settings| settings.durations.cluster_create = 120.0);
    let names: Vec<String> = (1..=12).map(|number| format!("lab{number}")).collect();
    let ran = azure.provision(&format!("--lab {}", names.join(" "))).await.ready();
    assert_eq!(first_over_limit(&ran.log), None);
    assert_eq!(throttled(&ran), Vec::<&LoggedRequest>::new());
    azure.holds_exactly(12);
}

#[tokio::test(start_paused = true)]
async fn one_name_for_every_lab_and_a_group_for_each() {
    let azure = Azure::as_recorded();
    let ran = azure.provision("--lab red blue").await.ready();
    let groups: Vec<_> = ran.labs().iter().map(|lab| lab.resource_group.as_str()).collect();
    assert_eq!(groups, ["myResourceGroup-red", "myResourceGroup-blue"]);
    let accounts: HashSet<_> = ran.labs().iter().map(|lab| lab.outputs.openai_account.clone()).collect();
    assert_eq!(accounts.len(), 2, "each lab has a subdomain of its own");
    assert_eq!(ran.exit(), Exit::Done);
    azure.holds_exactly(2);
}
