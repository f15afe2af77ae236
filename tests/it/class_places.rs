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
    for count in (40..).step_by(4) {
        let azure = Azure::with(|settings| {
            quick(settings);
            settings.full_regions = vec!["swedencentral".to_owned()];
            settings.purge_conflict_s = 60.0;
            settings.subscriptions.push(OtherSubscription::new(SECOND, "second"));
        });
        assert!(azure.killed_with(&file, "provision -l a", count).await.is_none(), "{count}: nothing was left");
        let left = azure.sandbox.inventory().unwrap();
        if left.soft_deleted.is_empty() || !left.resources.is_empty() {
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
