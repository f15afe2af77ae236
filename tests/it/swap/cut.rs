use azlab::outcome::Exit;
use azlab_sandbox::{Fault, FaultKind};

use super::{SMALL, class};

#[tokio::test(start_paused = true)]
async fn killed_while_any_request_of_a_swap_is_on_its_way_and_run_again_it_finishes() {
    for count in 1.. {
        let azure = class(SMALL).await;
        let ran = azure.killed_with(SMALL, "swap -l ada --broken keep", count).await;
        let is_whole = ran.is_some();
        if !is_whole {
            // Nobody has somebody else's access, and whoever looks finds each lab once.
            let seen = azure.run_with(SMALL, "status").await;
            assert_eq!(super::groups(&seen).len(), 2, "{count}");
            let begun = azure.tags("myResourceGroup-spare-1").await.get("azlab-lab") == Some("ada");
            let group = if begun { "myResourceGroup-spare-1" } else { "myResourceGroup-ada" };
            assert_eq!(super::groups(&seen)["ada"], group, "{count}");
            // One that the last request has finished may be swapped back by another: that is another swap.
            let is_finished = begun && azure.tags("myResourceGroup-spare-1").await.get("azlab-replaces").is_none();
            if !is_finished {
                let again = azure.run_with(SMALL, "swap -l ada").await;
                assert_eq!(again.exit(), Exit::Done, "{count}: {:#?}", again.labs());
            }
        }
        azure.is_swapped(SMALL).await;
        if is_whole {
            assert!(count > 25, "{count} requests");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_lost_at_any_request_of_a_swap_is_got_over_in_the_same_run() {
    for kind in [FaultKind::Drop, FaultKind::HandleThenDrop] {
        for skip in 0.. {
            let azure = class(SMALL).await;
            let path_contains = String::new();
            azure.sandbox.control().inject(Fault { method: None, path_contains, skip, times: 1, kind: kind.clone() });
            let ran = azure.run_with(SMALL, "swap -l ada").await;
            if ran.log.len() <= skip {
                assert!(skip > 25, "{skip} requests");
                break;
            }
            assert_eq!(ran.exit(), Exit::Done, "{kind:?} {skip} {:?}", ran.labs());
            azure.is_swapped(SMALL).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_swap_that_was_cut_off_is_told_by_others_with_the_command_that_finishes_it() {
    let azure = class(SMALL).await;
    let mut count = 1;
    while azure.tags("myResourceGroup-spare-1").await.get("azlab-replaces").is_none() {
        assert!(azure.killed_with(SMALL, "swap -l ada", count).await.is_none(), "{count}");
        count += 1;
    }
    for line in ["status", "provision --all --dry-run"] {
        let seen = azure.run_with(SMALL, line).await;
        let said = format!("{:?}", seen.events);
        assert!(said.contains("the swap of the lab ada with spare-1 was cut off; to finish it: azlab swap"), "{said}");
    }
    // A file without her row, or without spares, has no swap of hers.
    for (file, finish) in
        [(SMALL.replace("ada", "ben"), "--lab spare-1"), (SMALL.replace("spares = 1\n", ""), "--lab ada")]
    {
        let said = format!("{:?}", azure.run_with(&file, "status").await.events);
        let told = said.split("was cut off; to finish it: azlab provision").nth(1).unwrap_or_default();
        assert!(told.split('"').next().is_some_and(|rest| rest.ends_with(finish)), "{said}");
    }
    azure.run_with(SMALL, "swap -l ada").await.ready();
    azure.is_swapped(SMALL).await;
}
