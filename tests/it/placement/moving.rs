//! Labs whose region turns out to be full while they are made.

use super::*;

const MOVING: &str =
    "on_full = \"move\"\n[[placement]]\nlocations = [\"swedencentral\", \"westeurope\", \"uksouth\"]\n";

fn moves(told: &[Event]) -> Vec<(String, String, String)> {
    let moved = told.iter().filter_map(|event| match &event.kind {
        EventKind::LabMoved { from, to, .. } => Some((event.lab.clone().unwrap_or_default(), from.clone(), to.clone())),
        _ => None,
    });
    moved.collect()
}

#[tokio::test(start_paused = true)]
async fn only_the_lab_whose_region_turns_out_full_moves_on_and_nothing_of_it_is_left() {
    for refusal in [FullRegion::Request, FullRegion::Operation] {
        let world = World::new(|settings| {
            settings.full_regions = vec!["westeurope".into()];
            settings.full_regions_refuse = refusal;
            quota(settings, "swedencentral", ACCOUNTS, 1);
        });
        let (finished, told) = world.run(&file(&["a", "b"], MOVING), "provision --all").await;
        assert_eq!(finished.exit, Exit::Done, "{:#?}", finished.result.labs);
        assert_eq!(world.whereabouts(), ["a swedencentral", "b uksouth"]);
        assert_eq!(moves(&told), [("b".to_owned(), "westeurope".to_owned(), "uksouth".to_owned())]);
        let left = world.azure.inventory().unwrap();
        assert!(left.soft_deleted.is_empty());
        assert!(left.resources.iter().all(|item| item.location != "westeurope"), "{:?}", left.resources);
        let writes = world.writes();
        world.well(&file(&["a", "b"], MOVING), "provision --all").await;
        assert_eq!(world.writes(), writes);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lab_tries_each_place_once_and_says_so_where_none_is_left() {
    let world = World::new(|settings| {
        settings.full_regions = ["swedencentral", "westeurope", "uksouth"].map(String::from).to_vec();
    });
    let (finished, told) = world.run(&file(&["a"], MOVING), "provision").await;
    assert_eq!(finished.exit, Exit::LabFailed);
    assert_eq!(moves(&told).len(), 2);
    assert_eq!(world.whereabouts(), ["a uksouth"]);
    // A region has capacity again, and the lab is where nothing of it was but its group: it moves on from there.
    world
        .azure
        .control()
        .change_settings(|settings| settings.full_regions.retain(|name| name != "westeurope"))
        .unwrap();
    let (finished, told) = world.run(&file(&["a"], MOVING), "provision").await;
    assert_eq!(finished.exit, Exit::Done, "{:#?}", finished.result.labs);
    assert_eq!((moves(&told).len(), world.whereabouts()), (2, vec!["a westeurope".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_lab_whose_cluster_failed_in_an_earlier_run_moves_on_and_one_that_has_worked_does_not() {
    let world = World::new(|settings| {
        settings.full_regions = vec!["swedencentral".into()];
        settings.full_regions_refuse = FullRegion::Operation;
    });
    let (finished, _) = world.run(&file(&["a"], TWO_REGIONS), "provision").await;
    assert_eq!(finished.exit, Exit::LabFailed);
    assert_eq!(world.whereabouts(), ["a swedencentral"]);
    let (finished, told) = world.run(&file(&["a", "b"], MOVING), "provision --all").await;
    assert_eq!(finished.exit, Exit::Done, "{:#?}", finished.result.labs);
    assert!(moves(&told).contains(&("a".to_owned(), "swedencentral".to_owned(), "westeurope".to_owned())), "{told:?}");
    assert_eq!(world.whereabouts(), ["a westeurope", "b westeurope"]);
    let left = world.azure.inventory().unwrap();
    assert!(left.soft_deleted.is_empty(), "{:?}", left.soft_deleted);
    assert!(left.resources.iter().all(|item| item.location != "swedencentral"), "{:?}", left.resources);
    // A cluster that is there stays, whatever becomes of its region.
    let fill = |settings: &mut Settings| settings.full_regions.push("westeurope".to_owned());
    world.azure.control().change_settings(fill).unwrap();
    let (finished, told) = world.run(&file(&["a", "b"], MOVING), "provision --all").await;
    assert_eq!((finished.exit, moves(&told).len()), (Exit::Done, 0));
}

#[tokio::test(start_paused = true)]
async fn without_move_a_full_region_stops_the_lab_where_it_is() {
    let world = World::new(|settings| settings.full_regions = vec!["swedencentral".into()]);
    let (finished, told) = world.run(&file(&["a"], TWO_REGIONS), "provision").await;
    assert_eq!(finished.exit, Exit::LabFailed);
    assert!(moves(&told).is_empty());
    assert_eq!(world.whereabouts(), ["a swedencentral"]);
    let hint = finished.result.labs.unwrap().remove(0).error.unwrap().hint.unwrap();
    assert!(hint.contains("on_full = \"move\""), "{hint}");
    // What there is of the lab holds no quota elsewhere: the regions are those with room for the whole of it.
    let fail = |settings: &mut Settings| settings.full_regions_refuse = FullRegion::Operation;
    world.azure.control().change_settings(fail).unwrap();
    for _ in 0..2 {
        let (finished, _) = world.run(&file(&["a"], TWO_REGIONS), "provision").await;
        let hint = finished.result.labs.unwrap().remove(0).error.unwrap().hint.unwrap();
        assert!(hint.contains("these regions have quota for it: "), "{hint}");
        assert!(hint.contains("as long as the lab has no cluster"), "{hint}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lab_beside_somebodys_own_resources_is_not_moved() {
    let world = World::new(|settings| settings.full_regions = vec!["swedencentral".into()]);
    world.run(&file(&["a"], TWO_REGIONS), "provision").await;
    let (session, _events) = Prepared::sandbox(&world.azure).unwrap().begin(CancellationToken::new()).unwrap();
    session.sign_in().await.unwrap();
    let vault = format!(
        "/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/myResourceGroup-a/providers/Microsoft.KeyVault/vaults/my-own-vault?api-version=2023-07-01"
    );
    let body = serde_json::json!({"location": "swedencentral", "properties": {
        "tenantId": azlab_sandbox::TENANT_ID, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}});
    let url = session.azure.arm().endpoint().join(&vault).unwrap();
    let request = azlab::azure::request::Request {
        method: Method::PUT,
        url,
        headers: http::HeaderMap::from_iter([(http::header::CONTENT_TYPE, "application/json".parse().unwrap())]),
        body: body.to_string().into(),
    };
    session.azure.arm().send(request).await.unwrap();
    let (finished, told) = world.run(&file(&["a"], MOVING), "provision").await;
    assert_eq!((finished.exit, moves(&told).len()), (Exit::LabFailed, 0));
    assert_eq!(world.whereabouts(), ["a swedencentral"]);
}
