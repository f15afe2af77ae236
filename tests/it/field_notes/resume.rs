//! Resume: interrupts, failures and drift.

use azlab::events::EventKind;
use azlab::outcome::{Action, Exit};
use azlab::values::ResourceKind;
use http::Method;

use crate::provision::fixture::{Azure, CLUSTER, federated_credential, refusal};

/// A half-built lab that the tool can neither continue nor delete.
#[tokio::test(start_paused = true)]
async fn an_interrupt_leaves_a_half_built_lab_that_can_be_continued_and_deleted() {
    for at in [2.0, 9.0, 30.0] {
        let azure = Azure::new();
        let ran = azure.interrupted_after("", at).await;
        let resume = ran.events.iter().find_map(|event| match &event.kind {
            EventKind::Interrupted { resume, .. } => resume.strip_prefix("azlab ").map(str::to_owned),
            _ => None,
        });
        let resume = resume.expect("the command that continues is told");
        let other = Azure::new();
        other.interrupted_after("", at).await;
        let gone = other.run("teardown --yes").await;
        assert_eq!(gone.exit(), Exit::Done, "at {at} s: {:#?}", gone.labs());
        assert!(other.census().is_empty(), "at {at} s: {:?}", other.census());
        azure.run(&resume).await.ready();
        azure.holds_exactly(1);
    }
}

/// After an interrupt in the middle of a class nobody knows how far it came.
#[tokio::test(start_paused = true)]
async fn resuming_says_how_many_are_ready_and_how_many_are_left() {
    let azure = Azure::new();
    let first = azure.provision("--lab red green").await.ready();
    assert!(!first.told().contains("resuming"), "{}", first.told());
    azure
        .delete(&federated_credential("myFederatedCredential").replace("myResourceGroup", "myResourceGroup-green"))
        .await;
    azure.pass(10.0).await;
    // One is ready, one lacks a detail, one is not there.
    let dry = azure.provision("--lab red green blue --dry-run").await;
    assert!(!dry.told().contains("resuming"), "{}", dry.told());
    let ran = azure.provision("--lab red green blue").await.ready();
    assert!(ran.told().contains("resuming: 1 ready, 2 to finish"), "{}", ran.told());
    assert!(!ran.writes().iter().any(|one| one.path.contains("myResourceGroup-red")), "{:#?}", ran.writes());
    azure.holds_exactly(3);
    let again = azure.provision("--lab red green blue").await.ready();
    assert!(!again.told().contains("resuming") && again.writes().is_empty(), "{}", again.told());
}

/// A create that failed half-way took away what had been there before.
#[tokio::test(start_paused = true)]
async fn rollback_deleted_a_cluster_that_was_there_before() {
    let azure = Azure::new();
    azure.made_by_az().await;
    let before = (azure.get(CLUSTER).await["id"].clone(), azure.census());
    azure.fault(Method::PUT, "/deployments/", usize::MAX, refusal(403, "RequestDisallowedByPolicy"));
    let ran = azure.provision("--adopt --capacity 5").await;
    assert_eq!(ran.exit(), Exit::LabFailed, "{:#?}", ran.labs());
    assert!(ran.log.iter().all(|one| one.method != Method::DELETE));
    assert_eq!((azure.get(CLUSTER).await["id"].clone(), azure.census()), before);
}

/// The same command with the same settings, and what Azure has is no longer what was made.
#[tokio::test(start_paused = true)]
async fn skipping_on_a_template_hash_hides_drift() {
    let azure = Azure::with_lab().await;
    assert!(azure.provision("").await.ready().writes().is_empty());
    azure.breaks("wrong subject").await;
    let ran = azure.provision("").await.ready();
    assert_eq!(ran.changed(), [(ResourceKind::FederatedCredential, Action::Updated)]);
}
