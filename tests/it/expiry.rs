//! `extend` and `sweep`: the real commands against the embedded Azure on paused time.
use std::time::Duration;

use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::outcome::plan::PlannedAction;
use azlab::outcome::{Action, Exit, LabState};
use azlab_sandbox::{Fault, FaultKind};
use http::Method;
use serde_json::{Value, json};

use crate::life::{Azure, actions, code, state};
use crate::support::arm::Arm;

const GROUP: &str = "/resourceGroups/myResourceGroup";
const VERSION: &str = "?api-version=2021-04-01";
const HOUR: Duration = Duration::from_secs(3600);

async fn tags(azure: &Azure, group: &str) -> Value {
    Arm(&azure.0).get(&format!("/resourceGroups/{group}{VERSION}")).await["tags"].clone()
}

/// The tags of the OpenAI account of the only lab.
async fn account_tags(azure: &Azure) -> Value {
    let path = format!("{GROUP}/providers/Microsoft.CognitiveServices/accounts?api-version=2024-10-01");
    Arm(&azure.0).get(&path).await["value"][0]["tags"].clone()
}

async fn tag(azure: &Azure, group: &str, name: &str, value: &str) {
    let mut all = tags(azure, group).await;
    all[name] = value.into();
    Arm(&azure.0).patch(&format!("/resourceGroups/{group}{VERSION}"), json!({"tags": all})).await;
}

async fn pass(azure: &Azure, time: Duration) {
    azure.0.clock().sleep(time).await;
}

fn labs(finished: &Finished) -> Vec<(String, LabState)> {
    finished.result.labs.iter().flatten().map(|lab| (lab.name.clone(), lab.state)).collect()
}

fn yes() -> RunOptions {
    RunOptions { yes: true, ..RunOptions::default() }
}

#[tokio::test(start_paused = true)]
async fn extend_moves_the_expiry_of_group_and_account_and_keeps_every_other_tag() {
    let azure = Azure::new();
    azure.run("provision --ttl 1h --owner ada").await;
    tag(&azure, "myResourceGroup", "costCenter", "42").await;
    let before = tags(&azure, "myResourceGroup").await;
    let moved = azure.run("extend --ttl 4h").await;
    assert_eq!(
        (moved.exit, actions(&moved)),
        (Exit::Done, vec![Action::Updated, Action::Updated]),
        "{:?}",
        moved.result
    );
    let after = tags(&azure, "myResourceGroup").await;
    let at = after["azlab-expires"].as_str().unwrap().to_owned();
    assert!(at.as_str() > before["azlab-expires"].as_str().unwrap());
    assert_eq!(account_tags(&azure).await["azlab-expires"], *at);
    assert_eq!(account_tags(&azure).await["azlab-owner"], "ada");
    let about = moved.result.labs.unwrap()[0].details.about.clone().unwrap();
    assert_eq!((about.expires_at.as_deref(), about.owner.as_deref()), (Some(at.as_str()), Some("ada")));
    let strip = |mut tags: Value| {
        tags["azlab-expires"] = Value::Null;
        tags
    };
    assert_eq!(strip(after), strip(before));

    let fixed = azure.run("extend --until 2026-05-01T00:00:00+02:00").await;
    assert_eq!(fixed.exit, Exit::Done);
    assert_eq!(tags(&azure, "myResourceGroup").await["azlab-expires"], "2026-04-30T22:00:00Z");
    let changes = azure.changes();
    let same = azure.run("extend --until 2026-05-01T00:00:00+02:00").await;
    assert_eq!((actions(&same), azure.changes()), (vec![Action::Unchanged, Action::Unchanged], changes));

    assert_eq!(azure.run("extend --never").await.exit, Exit::Done);
    assert_eq!(tags(&azure, "myResourceGroup").await.get("azlab-expires"), None);
    assert_eq!(account_tags(&azure).await.get("azlab-expires"), None);
}

#[tokio::test(start_paused = true)]
async fn extend_refuses_what_is_not_ours_what_is_absent_and_what_is_past() {
    let azure = Azure::new();
    let absent = azure.run("extend --ttl 4h").await;
    assert_eq!((absent.exit, code(&absent).as_str()), (Exit::NotFound, "ResourceGroupNotFound"));
    assert_eq!(state(&absent), LabState::Absent);
    Arm(&azure.0).put(&format!("{GROUP}{VERSION}"), json!({"location": "westeurope"})).await;
    let refused = azure.run("extend --ttl 4h").await;
    assert_eq!((refused.exit, code(&refused).as_str()), (Exit::NotOurs, "NotOurs"));
    assert_eq!(tags(&azure, "myResourceGroup").await, Value::Null);
    let past = azure.run("extend --until 2026-04-20T07:00:00Z").await;
    assert_eq!((past.exit, code(&past).as_str()), (Exit::Usage, "InvalidArgument"));
    let error = past.result.error.unwrap();
    assert!(
        error.message.contains("(2026-04-20T07:00:00Z) is in the past: it is 2026-04-20 08:0"),
        "{}",
        error.message
    );
}

#[tokio::test(start_paused = true)]
async fn sweep_deletes_what_has_expired_with_its_account_and_nothing_else() {
    let azure = Azure::new();
    azure.run("provision --lab old --ttl 1h --cluster named-otherwise").await;
    azure.run("provision --lab young --ttl 9h").await;
    azure.run("provision --lab eternal").await;
    let arm = Arm(&azure.0);
    // Not ours, although it has an expiry; and one of AKS's own, which gets the cluster's tags.
    let stranger = json!({"location": "westeurope", "tags": {"azlab-expires": "2026-01-01T00:00:00Z"}});
    arm.put(&format!("/resourceGroups/stranger{VERSION}"), stranger).await;
    let nodes = "MC_myResourceGroup-young_myAKSCluster_westeurope";
    let copied =
        json!({"tags": {"azlab-workshop": "x", "azlab-lab": "young", "azlab-expires": "2026-01-01T00:00:00Z"}});
    arm.patch(&format!("/resourceGroups/{nodes}{VERSION}"), copied).await;
    pass(&azure, HOUR).await;
    let old = |id: &String| id.contains("-old");
    let kept: Vec<String> = azure.everything().into_iter().filter(|id| !old(id)).collect();
    let swept = azure.run("sweep --expired --yes").await;
    assert_eq!((swept.exit, labs(&swept)), (Exit::Done, vec![("old".into(), LabState::Deleted)]), "{:?}", swept.result);
    assert_eq!(actions(&swept), [Action::Deleted, Action::Purged]);
    assert_eq!(azure.everything(), kept);
    let again = azure.run("sweep --expired --yes").await;
    assert_eq!((again.exit, labs(&again)), (Exit::Done, Vec::new()));
    assert_eq!(azure.everything(), kept);
}

#[tokio::test(start_paused = true)]
async fn sweep_narrows_to_a_workshop_and_to_named_labs() {
    let azure = Azure::new();
    azure.run("provision --lab a b c --ttl 1h").await;
    tag(&azure, "myResourceGroup-a", "azlab-workshop", "Spring").await;
    pass(&azure, HOUR).await;
    let swept = azure.run("sweep --expired --workshop spring --yes").await;
    assert_eq!(labs(&swept), [("a".to_owned(), LabState::Deleted)], "{:?}", swept.result);
    let swept = azure.run("sweep --expired --yes -l c").await;
    assert_eq!(labs(&swept), [("c".to_owned(), LabState::Deleted)]);
    assert!(azure.everything().iter().any(|id| id.ends_with("/resourceGroups/myResourceGroup-b")));
}

#[tokio::test(start_paused = true)]
async fn an_expiry_that_is_no_time_is_never_swept_and_told() {
    let azure = Azure::new();
    azure.lab().await;
    tag(&azure, "myResourceGroup", "azlab-expires", "last tuesday").await;
    let before = azure.everything();
    let (swept, notes) = azure.run_with("sweep --expired", yes()).await;
    assert_eq!((swept.exit, labs(&swept)), (Exit::Done, Vec::new()));
    assert_eq!(azure.everything(), before);
    let told =
        notes.iter().any(|note| note.contains("myResourceGroup is not swept") && note.contains("'last tuesday'"));
    assert!(told, "{notes:?}");
}

#[tokio::test(start_paused = true)]
async fn sweep_asks_before_it_deletes_and_a_dry_run_only_shows() {
    let azure = Azure::new();
    azure.run("provision --ttl 1h").await;
    pass(&azure, HOUR).await;
    let (before, changes) = (azure.everything(), azure.changes());
    let refused = azure.run("sweep --expired").await;
    assert_eq!((refused.exit, code(&refused).as_str()), (Exit::NeedsConfirmation, "NotConfirmed"));
    assert_eq!(azure.run("sweep --expired --dry-run --exit-code").await.exit, Exit::Differs);
    let shown = azure.run("sweep --expired --dry-run").await;
    assert_eq!((shown.exit, state(&shown)), (Exit::Done, LabState::Incomplete));
    let plan = shown.result.labs.unwrap()[0].details.plan.clone().unwrap();
    assert_eq!(plan.iter().map(|one| one.action).collect::<Vec<_>>(), [PlannedAction::Delete, PlannedAction::Purge]);
    assert_eq!(plan[0].contents.len(), 3, "{plan:?}");
    assert_eq!((azure.everything(), azure.changes()), (before, changes));
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_is_extended_between_the_listing_and_the_delete_is_not_deleted() {
    let azure = Azure::new();
    azure.run("provision --ttl 1h").await;
    pass(&azure, HOUR).await;
    // The look, after the listing, takes its time.
    azure.0.control().inject(Fault {
        method: Some(Method::GET),
        path_contains: "Microsoft.Authorization/locks".into(),
        skip: 0,
        times: 1,
        kind: FaultKind::Delay(60.0),
    });
    let before = azure.everything();
    let extend = async {
        pass(&azure, Duration::from_secs(20)).await;
        tag(&azure, "myResourceGroup", "azlab-expires", "2026-04-21T00:00:00Z").await;
    };
    let ((swept, notes), ()) = tokio::join!(azure.run_with("sweep --expired", yes()), extend);
    assert_eq!((swept.exit, labs(&swept).len()), (Exit::Done, 1), "{:?}", swept.result);
    assert_eq!(actions(&swept), []);
    assert_eq!(azure.everything(), before);
    assert!(notes.iter().any(|note| note.contains("extended in the meantime")), "{notes:?}");
}

#[tokio::test(start_paused = true)]
async fn azd_down_cannot_purge_once_the_group_is_gone_but_sweep_purges_expired_accounts() {
    let azure = Azure::new();
    azure.run("provision --ttl 1h").await;
    // Somebody deletes the group by hand: nothing of it is left but a soft-deleted account.
    Arm(&azure.0).delete(&format!("{GROUP}{VERSION}")).await;
    pass(&azure, HOUR).await;
    assert_eq!(azure.everything().len(), 1, "{:?}", azure.everything());
    let swept = azure.run("sweep --expired --yes").await;
    assert_eq!((swept.exit, actions(&swept)), (Exit::Done, vec![Action::Purged]), "{:?}", swept.result);
    assert_eq!(azure.everything(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_account_of_a_lab_that_was_extended_is_never_purged_before_its_new_time() {
    let azure = Azure::new();
    azure.run("provision --ttl 1h").await;
    assert_eq!(azure.run("extend --ttl 8h").await.exit, Exit::Done);
    Arm(&azure.0).delete(&format!("{GROUP}{VERSION}")).await;
    pass(&azure, 2 * HOUR).await;
    let swept = azure.run("sweep --expired --yes").await;
    assert_eq!((swept.exit, labs(&swept)), (Exit::Done, Vec::new()));
    assert_eq!(azure.everything().len(), 1, "it can still be restored");
    pass(&azure, 7 * HOUR).await;
    assert_eq!(actions(&azure.run("sweep --expired --yes").await), [Action::Purged]);
}

#[tokio::test(start_paused = true)]
async fn a_soft_deleted_account_whose_lab_lives_again_is_left_to_it() {
    let azure = Azure::new();
    azure.run("provision --ttl 1h").await;
    azure.run("teardown --yes --no-purge").await;
    Arm(&azure.0)
        .put(&format!("{GROUP}{VERSION}"), json!({"location": "westeurope", "tags": {"azlab-workshop": "x"}}))
        .await;
    pass(&azure, 2 * HOUR).await;
    let before = azure.everything();
    let swept = azure.run("sweep --expired --yes").await;
    assert_eq!((swept.exit, labs(&swept)), (Exit::Done, Vec::new()));
    assert_eq!(azure.everything(), before);
}

#[tokio::test(start_paused = true)]
async fn provision_with_a_ttl_moves_the_accounts_expiry_too() {
    let azure = Azure::new();
    azure.run("provision --ttl 1h").await;
    azure.run("provision --ttl 8h").await;
    assert_eq!(account_tags(&azure).await["azlab-expires"], tags(&azure, "myResourceGroup").await["azlab-expires"]);
    let changes = azure.changes();
    azure.run("provision").await;
    assert_eq!(azure.changes(), changes, "without --ttl it stays as it is");
}

#[tokio::test(start_paused = true)]
async fn two_sweeps_at_once_both_end_well() {
    for lead in [0.0, 0.3, 1.0, 5.0, 120.0, 241.0, 243.0] {
        let azure = Azure::new();
        azure.run("provision --lab a b --ttl 1h").await;
        pass(&azure, HOUR).await;
        let later = async {
            pass(&azure, Duration::from_secs_f64(lead)).await;
            azure.run("sweep --expired --yes").await
        };
        let (one, other) = tokio::join!(azure.run("sweep --expired --yes"), later);
        assert_eq!(one.exit, Exit::Done, "{lead}: {:?}", one.result);
        assert_eq!(other.exit, Exit::Done, "{lead}: {:?}", other.result);
        assert_eq!(azure.everything(), Vec::<String>::new(), "{lead}");
    }
}

#[tokio::test(start_paused = true)]
async fn cleanup_on_interrupt_is_finished_by_the_next_sweep() {
    for moment in [0.2, 1.5, 100.0, 240.0, 242.0] {
        let azure = Azure::new();
        azure.run("provision --ttl 1h").await;
        pass(&azure, HOUR).await;
        let clock = azure.0.clock();
        let cut = clock.timeout(Duration::from_secs_f64(moment), azure.run("sweep --expired --yes")).await;
        assert!(cut.is_err(), "{moment}");
        let swept = azure.run("sweep --expired --yes").await;
        assert_eq!(swept.exit, Exit::Done, "cut off after {moment} s: {:?}", swept.result);
        assert_eq!(azure.everything(), Vec::<String>::new(), "cut off after {moment} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_is_locked_does_not_keep_the_others_from_being_swept() {
    let azure = Azure::new();
    azure.run("provision --lab a b --ttl 1h").await;
    pass(&azure, HOUR).await;
    let path = "/resourceGroups/myResourceGroup-a/providers/Microsoft.Authorization/locks/keep?api-version=2020-05-01";
    Arm(&azure.0).put(path, json!({"properties": {"level": "CanNotDelete"}})).await;
    let swept = azure.run("sweep --expired --yes").await;
    assert_eq!((swept.exit, code(&swept).as_str()), (Exit::LabFailed, "ScopeLocked"));
    assert_eq!(labs(&swept), [("a".to_owned(), LabState::Failed), ("b".to_owned(), LabState::Deleted)]);
    let deletes =
        azure.0.request_log().into_iter().filter(|one| one.method == Method::DELETE && one.path.contains("-a"));
    assert_eq!(deletes.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn of_two_that_extend_at_once_the_later_time_counts_whoever_is_slower() {
    let azure = Azure::new();
    azure.run("provision --ttl 1h").await;
    // The one that asks for less has looked, and is held up before its write's own look.
    azure.0.control().inject(Fault {
        method: Some(Method::GET),
        path_contains: "/resourceGroups/myResourceGroup".into(),
        skip: 2,
        times: 1,
        kind: FaultKind::Delay(30.0),
    });
    let later = async {
        pass(&azure, Duration::from_secs(8)).await;
        azure.run("extend --ttl 9h").await
    };
    let (less, more) = tokio::join!(azure.run("extend --ttl 3h"), later);
    assert_eq!((less.exit, more.exit), (Exit::Done, Exit::Done));
    let told =
        |finished: &Finished| finished.result.labs.as_ref().unwrap()[0].details.about.clone().unwrap().expires_at;
    let expires = tags(&azure, "myResourceGroup").await["azlab-expires"].clone();
    assert_eq!(told(&more).as_deref(), expires.as_str());
    assert_eq!(told(&less), told(&more), "the slower one tells what counts");
    assert_eq!(account_tags(&azure).await["azlab-expires"], expires);
}
