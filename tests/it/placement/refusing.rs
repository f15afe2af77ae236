//! Subscriptions that refuse beside others.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_subscription_that_refuses_does_not_stop_the_labs_of_others() {
    let (world, file) = one_lab_in_each().await;
    assert_eq!(world.whereabouts(), ["a swedencentral", "b second/swedencentral"]);
    let refuse = |settings: &mut Settings| {
        (settings.subscriptions[0].roles, settings.subscriptions[0].data_role) = (Vec::new(), false);
    };
    world.azure.control().change_settings(refuse).unwrap();
    let (finished, told) = world.run(&file, "status").await;
    let states: Vec<_> = finished.result.labs.unwrap().into_iter().map(|lab| (lab.name, lab.state)).collect();
    assert_eq!(states, [("a".to_owned(), LabState::Ready), ("b".to_owned(), LabState::Failed)]);
    let warned = told.iter().any(|event| match &event.kind {
        EventKind::Note { message, .. } => message.contains(&format!("the subscription {SECOND} cannot be read")),
        _ => false,
    });
    assert!(warned);
    let (finished, _) = world.run(&file, "teardown --all").await;
    assert_ne!(finished.exit, Exit::Done);
    assert_eq!(world.whereabouts(), ["b second/swedencentral"], "the other lab is gone");
    // Nobody knows which labs are in it: none is made twice.
    let said = world.refused(&file).await;
    assert!(said.contains("azlab.toml:5") && said.contains("cannot be read"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn provision_finishes_the_labs_that_it_knows_beside_a_subscription_that_refuses() {
    let (world, file) = one_lab_in_each().await;
    let homes = world.homes();
    world.delete_identity("a", SUBSCRIPTION_ID).await;
    let refuse = |settings: &mut Settings| {
        (settings.subscriptions[0].roles, settings.subscriptions[0].data_role) = (Vec::new(), false);
    };
    world.azure.control().change_settings(refuse).unwrap();
    let before = world.writes();
    let (planned, _) = world.run(&file, "provision --all --dry-run").await;
    assert_eq!((planned.exit, world.writes()), (Exit::Preflight, before));
    let (finished, _) = world.run(&file, "provision --all").await;
    let labs = finished.result.labs.unwrap();
    let states: Vec<_> = labs.iter().map(|lab| (lab.name.as_str(), lab.state)).collect();
    assert_eq!(states, [("a", LabState::Ready), ("b", LabState::Failed)]);
    let error = labs[1].error.as_ref().unwrap();
    assert!(error.message.contains("may be in a subscription that refuses"), "{error:?}");
    assert!(error.message.contains("azlab.toml:5"), "{error:?}");
    // 4 would say that nothing was written.
    assert_eq!(finished.exit, Exit::LabFailed);
    assert!(world.writes() > before);
    assert_eq!(world.homes(), homes, "nobody's lab is made a second time");
    // A lab that is known needs nobody else.
    world.well(&file, "provision -l a").await;
}

#[tokio::test(start_paused = true)]
async fn provision_finishes_labs_beside_one_that_lacks_something_in_a_disabled_subscription() {
    let (world, file) = one_lab_in_each().await;
    world.delete_identity("a", SUBSCRIPTION_ID).await;
    world.delete("b", SECOND, "Microsoft.ContainerService/managedClusters/myAKSCluster?api-version=2025-08-01").await;
    tokio::time::sleep(std::time::Duration::from_secs(900)).await;
    (REFUSES[0].1)(&world);
    let before = world.writes();
    let (planned, _) = world.run(&file, "provision --all --dry-run").await;
    assert_eq!((planned.exit, world.writes()), (Exit::Preflight, before), "{:#?}", planned.result.labs);
    let (finished, _) = world.run(&file, "provision --all").await;
    let labs = finished.result.labs.unwrap();
    let states: Vec<_> = labs.iter().map(|lab| (lab.name.as_str(), lab.state)).collect();
    assert_eq!(states, [("a", LabState::Ready), ("b", LabState::Failed)]);
    let error = labs[1].error.as_ref().unwrap();
    assert!(error.message.contains(SECOND) && error.message.contains("disabled"), "{error:?}");
    // 4 would say that nothing was written.
    assert_eq!(finished.exit, Exit::LabFailed);
    assert!(world.writes() > before);
    takes_all_again(&world);
    world.well(&file, "provision --all").await;
}

/// A subscription that takes nothing for a while, and the sandbox as it is then.
type Refuses = (&'static str, fn(&World));

/// One that is disabled, and one that does not say what is allowed in it. Which labs are in either is known.
const REFUSES: [Refuses; 2] = [
    ("is disabled", |world| {
        let disable = |settings: &mut Settings| settings.subscriptions[0].state = SubscriptionState::Disabled;
        world.azure.control().change_settings(disable).unwrap();
    }),
    ("cannot be read", |world| {
        world.azure.control().inject(azlab_sandbox::Fault {
            method: Some(Method::GET),
            path_contains: format!("/subscriptions/{SECOND}/providers/Microsoft.Authorization/permissions"),
            skip: 0,
            times: usize::MAX,
            kind: crate::provision::fixture::refusal(403, "AuthorizationFailed"),
        });
    }),
];

fn takes_all_again(world: &World) {
    world.azure.control().clear_faults();
    let enable = |settings: &mut Settings| settings.subscriptions[0].state = SubscriptionState::Enabled;
    world.azure.control().change_settings(enable).unwrap();
}

/// The second subscription is preferred.
fn second_first() -> String {
    format!(
        "[[placement]]\nsubscription = \"{SECOND}\"\nlocations = [\"swedencentral\"]\n[[placement]]\nlocations = [\"swedencentral\"]\n"
    )
}

#[tokio::test(start_paused = true)]
async fn new_labs_go_to_the_other_places_while_a_subscription_refuses_and_stay_there() {
    for (says, refuse) in REFUSES {
        let world = World::with_second(|_, _| {});
        refuse(&world);
        let two = file(&["a", "b"], &second_first());
        for line in ["doctor --all", "provision --all --dry-run", "provision --all"] {
            let (finished, told) = world.run(&two, line).await;
            assert_eq!(finished.exit, Exit::Done, "{says}, {line}: {:#?}", finished.result);
            let told = format!("{told:?}{:?}", finished.result.checks);
            for part in ["azlab.toml:3", SECOND, says, "the new labs go to the other places"] {
                assert!(told.contains(part), "{line}, {part}: {told}");
            }
        }
        assert_eq!(world.whereabouts(), ["a swedencentral", "b swedencentral"], "{says}");
        takes_all_again(&world);
        let three = file(&["c", "a", "b"], &second_first());
        world.well(&three, "provision --all").await;
        assert_eq!(world.whereabouts(), ["a swedencentral", "b swedencentral", "c second/swedencentral"], "{says}");
    }
}

#[tokio::test(start_paused = true)]
async fn new_labs_that_would_need_a_subscription_that_refuses_end_the_run_with_its_name_and_nothing_is_written() {
    for (says, refuse) in REFUSES {
        let world = World::with_second(|settings, _| quota(settings, "swedencentral", ACCOUNTS, 1));
        refuse(&world);
        let said = world.refused(&file(&["a", "b"], &second_first())).await;
        for part in ["1 of 2 new labs fit", "azlab.toml:3", SECOND, says] {
            assert!(said.contains(part), "{part}: {said}");
        }
        // Nowhere else at all.
        let only = format!("[[placement]]\nsubscription = \"{SECOND}\"\nlocations = [\"swedencentral\"]\n");
        let said = world.refused(&file(&["a"], &only)).await;
        assert!(said.contains(says) && said.contains("azlab.toml:3"), "{said}");
    }
}
