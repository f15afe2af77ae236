//! `azlab reset`: repairs exactly what differs, and leaves the rest alone.
use azlab::events::Level;
use azlab::outcome::plan::PlannedAction;
use azlab::outcome::{Action, Exit, LabState};
use azlab::values::ResourceKind;
use http::Method;
use serde_json::json;

use crate::provision::broken::BREAKAGES;
use crate::provision::fixture::{Azure, refusal};
use crate::provision::ran::Ran;

#[tokio::test(start_paused = true)]
async fn every_breakage_is_repaired_and_nothing_else_is_written() {
    for breakage in BREAKAGES {
        let azure = Azure::with_lab().await;
        azure.breaks(breakage.what).await;
        let told = azure.run("reset --dry-run").await;
        let plan = told.lab().details.plan.as_ref().unwrap();
        let to_do: Vec<_> = plan.iter().map(|change| (change.resource, change.action)).collect();
        let to_do: Vec<_> = to_do.into_iter().filter(|(_, action)| *action != PlannedAction::Keep).collect();
        assert_eq!(to_do, breakage.repair, "{}", breakage.what);
        let ran = azure.run("reset").await.ready();
        let mut repaired: Vec<_> = ran.changed().into_iter().map(|(kind, _)| kind).collect();
        let mut expected: Vec<_> = breakage.repair.iter().map(|(kind, _)| *kind).collect();
        repaired.dedup();
        expected.dedup();
        assert_eq!(repaired, expected, "{}", breakage.what);
        azure.run("status --exit-code").await.ready();
        assert!(azure.run("reset").await.ready().writes().is_empty(), "{}", breakage.what);
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_detail_takes_seconds_and_a_broken_cluster_minutes() {
    for (what, at_most) in [("federated credential deleted", 30.0), ("deployment deleted", 30.0)] {
        let azure = Azure::as_recorded();
        azure.provision("").await.ready();
        azure.breaks(what).await;
        let ran = azure.run("reset").await.ready();
        assert!(ran.lab().elapsed_s < at_most, "{what}: {} s", ran.lab().elapsed_s);
    }
    let azure = Azure::as_recorded();
    azure.provision("").await.ready();
    azure.breaks("workload identity switched off").await;
    let ran = azure.run("reset").await.ready();
    assert!((60.0..400.0).contains(&ran.lab().elapsed_s), "{} s", ran.lab().elapsed_s);
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_is_not_there_or_not_ours_is_not_made() {
    let azure = Azure::new();
    let ran = azure.run("reset -l nobody").await;
    assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::NotFound, "LabNotFound"));
    azure.put("/resourceGroups/myResourceGroup?api-version=2021-04-01", json!({"location": "westeurope"})).await;
    let ran = azure.run("reset").await;
    assert_eq!(ran.exit(), Exit::NotOurs);
    assert!(ran.writes().is_empty(), "{:?}", ran.writes());
}

#[tokio::test(start_paused = true)]
async fn a_lab_made_under_other_names_is_repaired_under_them() {
    let azure = Azure::new();
    let first = azure.provision("-l carol -g elsewhere --cluster c1 --identity id1 --account carols").await.ready();
    let census = azure.census();
    azure.pass(30.0).await;
    let credential = "/resourceGroups/elsewhere/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id1/federatedIdentityCredentials/myFederatedCredential?api-version=2023-01-31";
    azure.delete(credential).await;
    azure.pass(30.0).await;
    let ran = azure.run("reset -l carol").await.ready();
    assert_eq!(ran.changed().iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [ResourceKind::FederatedCredential]);
    assert_eq!(ran.outputs(), first.outputs());
    assert_eq!(azure.census(), census, "nothing was made beside what was there");
    // Neither does a plain provision make a second cluster beside the one that the lab has.
    assert!(azure.provision("-l carol -g elsewhere").await.ready().writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_reset_that_is_cut_off_is_finished_by_the_next() {
    let azure = Azure::with_lab().await;
    azure.breaks("identity deleted").await;
    let limit = std::time::Duration::from_secs_f64(3.0);
    let cut = azure.sandbox.clock().timeout(limit, azure.run("reset")).await;
    assert!(cut.is_err(), "it was to be cut off on its way");
    azure.run("reset").await.ready();
    azure.run("status --exit-code").await.ready();
}

fn plan(ran: &Ran) -> Vec<(ResourceKind, PlannedAction)> {
    let plan = ran.lab().details.plan.as_ref().unwrap_or_else(|| panic!("no plan: {:#?}", ran.lab()));
    plan.iter().map(|change| (change.resource, change.action)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_rebuild_makes_the_lab_again_as_it_was() {
    let azure = Azure::new();
    azure
        .provision("-l carol -g elsewhere --location swedencentral --cluster c1 --model gpt-4o --owner ada --ttl 9h")
        .await
        .ready();
    let before = azure.run("status -l carol").await.ready();
    let told = azure.run("reset -l carol --rebuild --dry-run").await;
    assert_eq!(plan(&told)[0], (ResourceKind::ResourceGroup, PlannedAction::Delete));
    assert_eq!(azure.run("reset -l carol --rebuild").await.exit(), Exit::NeedsConfirmation);
    azure.run("status -l carol --exit-code").await.ready();

    let ran = azure.run("reset -l carol --rebuild --yes").await.ready();
    let word = |action| match action {
        Action::Created => PlannedAction::Create,
        Action::Deleted => PlannedAction::Delete,
        Action::Purged => PlannedAction::Purge,
        other => panic!("{other:?}"),
    };
    let done: Vec<_> = ran.lab().changes.iter().map(|change| (change.resource, word(change.action))).collect();
    assert_eq!(done, plan(&told));
    let after = azure.run("status -l carol --exit-code").await.ready();
    assert_ne!(after.outputs().identity_client_id, before.outputs().identity_client_id, "it is another one");
    assert_eq!(after.outputs().cluster, before.outputs().cluster);
    assert_eq!(
        (&after.lab().location, &after.lab().resource_group),
        (&before.lab().location, &before.lab().resource_group)
    );
    let (after, before) = (after.lab().details.about.clone().unwrap(), before.lab().details.about.clone().unwrap());
    assert_eq!((after.owner, after.expires_at), (before.owner, before.expires_at));
    azure.run("status -l carol --model gpt-4o --exit-code").await.ready();
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_made_again_is_not_taken_away() {
    let azure = Azure::with_lab().await;
    azure.sandbox.control().retire_model("gpt-35-turbo", None).unwrap();
    let before = azure.changing_requests();
    let ran = azure.run("reset --rebuild --yes --model gpt-35-turbo").await;
    assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::Preflight, "ServiceModelDeprecated"));
    assert_eq!(azure.changing_requests(), before);
    azure.run("reset --rebuild --yes --model gpt-4o").await.ready();
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn a_rebuild_of_a_lab_whose_model_nobody_named_takes_the_best_and_says_so() {
    let azure = Azure::with_lab().await;
    azure.sandbox.control().retire_model("gpt-35-turbo", None).unwrap();
    let told = azure.run("reset --rebuild --dry-run").await;
    let ran = azure.run("reset --rebuild --yes").await.ready();
    let [warning] = &ran.notes(Level::Warning)[..] else { panic!("{}", ran.told()) };
    assert!(warning.contains("taking gpt-4.1-mini 2025-04-14, Standard, capacity 10"), "{warning}");
    assert_eq!(told.notes(Level::Warning), std::slice::from_ref(warning));
    let selected = ran.lab().details.selected_models.as_ref().expect("the result tells it");
    assert_eq!(selected[0].model, "gpt-4.1-mini");
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn a_rebuild_fits_into_the_quota_that_the_lab_itself_holds() {
    let azure = Azure::with_lab().await;
    azure.sandbox.control().set_quota("*", "OpenAI.Standard.gpt-35-turbo", 10).unwrap();
    azure.run("reset --rebuild --yes").await.ready();
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn a_rebuild_that_is_cut_off_anywhere_is_finished_by_the_next() {
    for seconds in [0.5, 5.0, 60.0, 200.0, 300.0] {
        let azure = Azure::as_recorded();
        azure.provision("").await.ready();
        let limit = std::time::Duration::from_secs_f64(seconds);
        let cut = azure.sandbox.clock().timeout(limit, azure.run("reset --rebuild --yes")).await;
        assert!(cut.is_err(), "{seconds} s: it was to be cut off on its way");
        azure.run("reset --rebuild --yes").await.ready();
        azure.holds_exactly(1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_cannot_be_taken_away_is_told_in_its_place_and_the_others_are_rebuilt() {
    let azure = Azure::new();
    azure.provision("-l ada bob").await.ready();
    azure.fault(
        Method::DELETE,
        "/resourceGroups/myResourceGroup-bob",
        usize::MAX,
        refusal(409, "CannotDeleteResource"),
    );
    let ran = azure.run("reset -l bob ada --rebuild --yes").await;
    let states: Vec<_> = ran.labs().iter().map(|lab| (lab.name.as_str(), lab.state)).collect();
    assert_eq!(states, [("bob", LabState::Failed), ("ada", LabState::Ready)]);
    assert_eq!(ran.exit(), Exit::LabFailed);
}
