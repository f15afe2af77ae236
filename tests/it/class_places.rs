//! Labs that change their place, or lose it, while a command is at work on them.

use azlab::outcome::Exit;
use azlab_sandbox::{FullRegion, Settings};

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
    let azure = Azure::with(quick);
    azure.run_with(TWO_REGIONS, "provision --all").await.ready();
    let deleting = async {
        azure.pass(0.3).await;
        azure.delete("/resourceGroups/myResourceGroup-a?api-version=2021-04-01").await;
    };
    let (ran, ()) = tokio::join!(azure.run_with(TWO_REGIONS, "provision --all"), deleting);
    assert_eq!(ran.exit(), Exit::Done, "{:#?}", ran.labs());
    assert_eq!(azure.place("a").await.0, "swedencentral");
    // The same where nothing says where labs may go.
    let line = "provision -l c --location norwayeast";
    azure.run(line).await.ready();
    azure.delete("/resourceGroups/myResourceGroup-c?api-version=2021-04-01").await;
    azure.run("provision -l c").await.ready();
    assert_eq!(azure.place("c").await.0, "norwayeast");
}
