//! Labs that change their place, or lose it, while a command is at work on them.

use azlab_sandbox::{FullRegion, OtherSubscription, Settings};

use crate::provision::fixture::Azure;

const TWO_REGIONS: &str =
    "version = 1\nlabs = ['a', 'b']\non_full = 'move'\n[[placement]]\nlocations = ['swedencentral', 'uksouth']\n";

fn quick(settings: &mut Settings) {
    settings.durations.account_create = 5.0;
    settings.durations.cluster_create = 8.0;
}

impl Azure {
    /// The location and the lease of a lab's group; both empty if it is not there.
    async fn place(&self, lab: &str) -> (String, String) {
        let group = self.get(&format!("/resourceGroups/myResourceGroup-{lab}?api-version=2021-04-01")).await;
        let text = |pointer: &str| group.pointer(pointer).and_then(|it| it.as_str()).unwrap_or_default().to_owned();
        (text("/location"), text("/tags/azlab-lease"))
    }
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_moved_has_no_lease_left_on_it() {
    let azure = Azure::with(|settings| {
        quick(settings);
        settings.full_regions = vec!["swedencentral".to_owned()];
        settings.full_regions_refuse = FullRegion::Operation;
    });
    azure.run_with(TWO_REGIONS, "provision --all").await.ready();
    for lab in ["a", "b"] {
        assert_eq!(azure.place(lab).await, ("uksouth".to_owned(), String::new()), "{lab}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_somebody_deletes_while_provision_runs_is_made_anew_where_it_was() {
    for tenths in 1..12 {
        let azure = Azure::with(quick);
        azure.run_with(TWO_REGIONS, "provision -l a").await.ready();
        let deleting = async {
            azure.pass(f64::from(tenths) / 10.0).await;
            azure.delete("/resourceGroups/myResourceGroup-a?api-version=2021-04-01").await;
        };
        // Where the deletion comes too late to be seen, the run fails, and the next one makes it.
        let (_, ()) = tokio::join!(azure.run_with(TWO_REGIONS, "provision -l a"), deleting);
        azure.run_with(TWO_REGIONS, "provision -l a").await.ready();
        assert_eq!(azure.place("a").await.0, "swedencentral", "{tenths}");
    }
    let azure = Azure::with(quick);
    // The same where nothing says where labs may go.
    let line = "provision -l c --location uksouth";
    azure.run(line).await.ready();
    azure.delete("/resourceGroups/myResourceGroup-c?api-version=2021-04-01").await;
    azure.run("provision -l c").await.ready();
    assert_eq!(azure.place("c").await.0, "uksouth");
}

#[tokio::test(start_paused = true)]
async fn what_a_move_that_was_cut_off_left_in_another_subscription_goes_with_the_lab() {
    const SECOND: &str = "11111111-1111-4111-8111-111111111111";
    let file = format!(
        "version = 1\nlabs = ['a', 'b']\non_full = 'move'\n[[placement]]\nlocations = ['swedencentral']\n\
         [[placement]]\nsubscription = '{SECOND}'\nlocations = ['uksouth']\n"
    );
    for count in 20.. {
        let azure = Azure::with(|settings| {
            quick(settings);
            settings.full_regions = vec!["swedencentral".to_owned()];
            settings.purge_conflict_s = 60.0;
            settings.subscriptions.push(OtherSubscription::new(SECOND, "second"));
        });
        assert!(azure.killed_with(&file, "provision -l a", count).await.is_none(), "{count}: nothing was left");
        let left = azure.sandbox.inventory().unwrap();
        // Deleted, and its purge not yet asked for.
        if left.soft_deleted.is_empty() || !left.resources.is_empty() || !left.operations.is_empty() {
            continue;
        }
        // The host takes the full place out of the file.
        let file = file.replace("[[placement]]\nlocations = ['swedencentral']\n", "");
        azure.run_with(&file, "provision -l a").await.ready();
        assert_eq!(azure.sandbox.inventory().unwrap().soft_deleted.len(), 1);
        azure.run_with(&file, "teardown --all --yes").await;
        let left = azure.sandbox.inventory().unwrap();
        assert!(left.resources.is_empty() && left.soft_deleted.is_empty(), "{left:?}");
        break;
    }
}

const SECOND: &str = "11111111-1111-4111-8111-111111111111";

#[tokio::test(start_paused = true)]
async fn a_lab_that_has_no_place_yet_is_told_without_a_location() {
    let azure = Azure::with(quick);
    azure.run_with(TWO_REGIONS, "provision -l a").await.ready();
    let seen = azure.run_with(TWO_REGIONS, "status").await;
    let places: Vec<&str> = seen.labs().iter().map(|lab| lab.location.as_str()).collect();
    assert_eq!(places, ["swedencentral", ""]);
    let own = TWO_REGIONS.replace("'b'", "{ name = 'b', location = 'uksouth' }");
    let own = own.replace("'a', {", "{ name = 'a' }, {");
    assert_eq!(azure.run_with(&own, "status -l b").await.labs()[0].location, "uksouth", "its own");
    let spare = TWO_REGIONS.replace("version = 1", "version = 1\nspares = 1");
    azure.run_with(&spare, "provision --all").await.ready();
    let swapped = azure.run_with(&spare, "swap -l a --broken keep").await;
    assert!(swapped.labs().iter().all(|lab| lab.location == "swedencentral"), "{:?}", swapped.labs());
    azure.run_with(&spare, "teardown --all --yes").await;
    azure.run("provision -l a").await.ready();
    let file = "version = 1\nlabs = ['a', 'b']\n";
    assert_eq!(azure.run_with(file, "status").await.labs()[1].location, "westeurope", "where it would be made");
}

#[tokio::test(start_paused = true)]
async fn a_role_of_ones_own_is_that_of_the_labs_subscription() {
    let guest = serde_json::json!({"value": [{"id": "/x", "name": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "properties": {"roleName": "Lab Guest"}}]});
    let file = |first: &str| {
        format!(
            "version = 1\n[access]\nroles = ['Lab Guest']\n[[labs]]\nname = 'ada'\nattendee = 'ada@contoso.com'\n\
             {first}[[placement]]\nsubscription = '{SECOND}'\nlocations = ['uksouth']\n"
        )
    };
    let azure = || {
        let azure = Azure::with(|settings| {
            quick(settings);
            settings.subscriptions.push(OtherSubscription::new(SECOND, "second"));
            let address = "ada@contoso.com".to_owned();
            settings.directory.users = vec![azlab_sandbox::UserEntry { address, ..Default::default() }];
        });
        let path = format!("/subscriptions/{SECOND}/providers/Microsoft.Authorization/roleDefinitions");
        let kind = azlab_sandbox::FaultKind::Respond {
            status: http::StatusCode::OK,
            headers: vec![("content-type".into(), "application/json".into())],
            body: guest.to_string().into(),
        };
        azure.fault(http::Method::GET, &path, 50, kind);
        azure
    };
    let there = azure();
    there.run_with(&file(""), "provision --all").await.ready();
    let roles = there.sandbox.inventory().unwrap().resources;
    let given = roles.iter().filter(|one| one.body.to_string().contains("acdd72a7-3385-48ef-bd42-f606fba81ae7"));
    assert_eq!(given.count(), 1);
    assert_eq!(there.run_with(&file(""), "provision --all").await.ready().writes().len(), 0);
    assert_eq!(there.run_with(&file(""), "verify --all").await.exit(), azlab::outcome::Exit::Done);
    // The first place is in a subscription that does not have it.
    let here = azure();
    let both = file("[[placement]]\nlocations = ['swedencentral']\n");
    for line in ["provision --all", "doctor"] {
        let ran = here.run_with(&both, line).await.refused(azlab::outcome::Exit::Preflight);
        let said = format!("{:?} {:?}", ran.finished.result.error, ran.finished.result.checks);
        assert!(
            said.contains("RoleNotFound") && said.contains("there is no role 'Lab Guest' in the subscription"),
            "{said}"
        );
        assert!(ran.writes().is_empty(), "{line}");
    }
}

/// The page of a network that wants somebody to sign in to it first.
fn portal() -> azlab_sandbox::FaultKind {
    azlab_sandbox::FaultKind::Respond {
        status: http::StatusCode::OK,
        headers: vec![("content-type".into(), "text/html".into())],
        body: "<html><head><title>Hotel Wi-Fi</title></head></html>".into(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_answer_of_azure_tells_is_not_taken_for_nothing_before_a_write() {
    let lists = ["/models", "/usages", "/resourcegroups?", "/skus", "/deletedAccounts", "/providers?"];
    for (file, line) in [(TWO_REGIONS, "provision --all"), ("version = 1\nlabs = ['a', 'b']\n", "provision --all")] {
        for path in lists {
            let azure = Azure::with(quick);
            azure.fault(http::Method::GET, path, 1, portal());
            let ran = azure.run_with(file, line).await;
            if ran.log.iter().all(|one| !one.path.contains(path)) {
                continue;
            }
            let error = ran.finished.result.error.clone();
            let of_labs = ran.labs().iter().find_map(|lab| lab.error.clone());
            let error = error.or(of_labs).unwrap_or_else(|| panic!("{path}: {line} goes on"));
            assert_eq!((error.code.as_str(), ran.writes().len()), ("UnreadableAnswer", 0), "{path}: {error:?}");
            azure.run_with(file, line).await.ready();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_a_file_s_only_lab_is_cannot_be_changed_and_is_no_news_that_it_stays() {
    let azure = Azure::with(quick);
    let file = "version = 1\n[[labs]]\nname = 'a'\nlocation = 'uksouth'\n";
    azure.run_with(file, "provision -l a").await.ready();
    let ran = azure.run_with(&file.replace("uksouth", "westeurope"), "provision -l a").await;
    let error = ran.error();
    assert_eq!(error.code, "InvalidResourceGroupLocation", "{error:?}");
    assert!(error.message.contains("uksouth") && error.message.contains("westeurope"), "{error:?}");
}
