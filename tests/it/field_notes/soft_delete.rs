//! Soft delete and purge.

use azlab::outcome::Exit;
use http::Method;

use crate::provision::fixture::{Azure, GROUP, account, openai, refusal};

const HOUR: f64 = 3600.0;

/// Re-creating an OpenAI account is refused until it has been purged or its 48 hours are over.
#[tokio::test(start_paused = true)]
async fn re_creating_an_account_fails_with_flag_must_be_set_for_restore_for_48_hours() {
    let azure = Azure::with_lab().await;
    let name = azure.run("provision").await.ready().outputs().openai_account.clone().unwrap();
    azure.delete(&account(&name)).await;
    azure.pass(47.0 * HOUR).await;
    let by_hand = azure.send(Method::PUT, &account(&name), Some(openai(&name))).await;
    assert_eq!(
        (by_hand.status.as_u16(), by_hand.body["error"]["code"].as_str()),
        (409, Some("FlagMustBeSetForRestore"))
    );
    let ran = azure.run("provision").await.ready();
    assert_eq!(ran.outputs().openai_account.as_deref(), Some(name.as_str()));
    azure.holds_exactly(1);
}

/// The purge is refused for minutes after the delete, at the end of a teardown too.
#[tokio::test(start_paused = true)]
async fn a_purge_answers_request_conflict_for_300_s() {
    let azure = Azure::with(|settings| {
        settings.durations.cluster_create = 40.0;
        // The account goes first, and the group some 240 s later: only then is it purged.
        settings.purge_conflict_s = 540.0;
    });
    azure.run("provision").await.ready();
    let ran = azure.run("teardown --yes").await;
    assert_eq!(ran.exit(), Exit::Done, "{:#?}", ran.labs());
    assert!(ran.log.iter().any(|one| one.method == Method::DELETE && one.status.is_some_and(|status| status == 409)));
    assert!(azure.census().is_empty(), "{:?}", azure.census());
}

/// A provision failed and somebody deleted its group: other tools find nothing to purge any more.
#[tokio::test(start_paused = true)]
async fn azd_down_cannot_purge_after_a_failed_provision() {
    let azure = Azure::new();
    azure.fault(Method::PUT, "/deployments/", usize::MAX, refusal(400, "InsufficientQuota"));
    assert_eq!(azure.run("provision").await.exit(), Exit::LabFailed);
    azure.delete(GROUP).await;
    azure.pass(600.0).await;
    assert_eq!(azure.census(), [("soft-deleted".to_owned(), 1)].into());
    let ran = azure.run("teardown --yes").await;
    assert_eq!(ran.exit(), Exit::Done, "{:#?}", ran.labs());
    assert!(azure.census().is_empty(), "{:?}", azure.census());
}
