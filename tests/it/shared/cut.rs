use azlab::outcome::Exit;
use azlab_sandbox::{Fault, FaultKind};

use super::{ROSTER, quick};

/// One attendee and a spare.
fn file() -> String {
    ROSTER.replace("[[labs]]\nname = 'ben'\nattendee = 'ben@contoso.com'\n", "")
}

#[tokio::test(start_paused = true)]
async fn killed_while_any_request_of_a_provision_is_on_its_way_and_run_again_it_ends_well() {
    let file = &file();
    for count in 1.. {
        let azure = quick();
        let is_whole = azure.killed_with(file, "provision --all", count).await.is_some();
        azure.run_with(file, "provision --all").await.ready();
        assert_eq!((azure.all("accounts").len(), azure.capacities()), (1, vec![40]), "{count}");
        assert_eq!(azure.roles_on_account(), 3, "{count}");
        assert_eq!(azure.run_with(file, "provision --all").await.ready().writes().len(), 0, "{count}");
        if is_whole {
            assert!(count > 60, "{count} requests");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn killed_while_any_request_of_a_teardown_is_on_its_way_and_run_again_nothing_is_left() {
    let file = &file();
    for count in 1.. {
        let azure = quick();
        azure.run_with(file, "provision --all").await.ready();
        let is_whole = azure.killed_with(file, "teardown --all --yes", count).await.is_some();
        let again = azure.run_with(file, "teardown --all --yes").await;
        assert_eq!(again.exit(), Exit::Done, "{count} {:#?}", again.labs());
        azure.is_empty();
        if is_whole {
            assert!(count > 25, "{count} requests");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn killed_while_any_request_of_the_teardown_of_one_lab_is_on_its_way_and_run_again_only_its_access_is_gone() {
    let file = &file();
    for count in 1.. {
        let azure = quick();
        azure.run_with(file, "provision --all").await.ready();
        let is_whole = azure.killed_with(file, "teardown -l ada --yes", count).await.is_some();
        let again = azure.run_with(file, "teardown -l ada --yes").await;
        assert_eq!(again.exit(), Exit::Done, "{count} {:#?}", again.labs());
        assert_eq!((azure.all("accounts").len(), azure.roles_on_account()), (1, 1), "{count}");
        assert_eq!(azure.run_with(file, "verify -l spare-1").await.exit(), Exit::Done, "{count}");
        if is_whole {
            assert!(count > 15, "{count} requests");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn killed_while_any_request_of_a_swap_is_on_its_way_and_run_again_each_has_only_what_is_theirs() {
    let file = &file();
    for count in 1.. {
        let azure = quick();
        azure.run_with(file, "provision --all").await.ready();
        let is_whole = azure.killed_with(file, "swap -l ada --broken keep", count).await.is_some();
        let group = "/resourceGroups/myResourceGroup-spare-1?api-version=2021-04-01";
        let tags = azure.get(group).await["tags"].clone();
        let is_done = tags["azlab-lab"] == "ada" && tags.get("azlab-replaces").is_none();
        if !is_done {
            azure.run_with(file, "swap -l ada --broken keep").await.ready();
        }
        assert_eq!(azure.roles_on_account(), 3, "{count}: two identities, one attendee");
        let again = azure.run_with(file, "provision --all").await.ready();
        assert_eq!(again.writes().len(), 0, "{count} {:#?}", again.writes());
        if is_whole {
            assert!(count > 25, "{count} requests");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_lost_at_any_request_is_got_over_in_the_same_run() {
    let file = &file();
    for kind in [FaultKind::Drop, FaultKind::HandleThenDrop] {
        for skip in 0.. {
            let azure = quick();
            let path_contains = String::new();
            azure.sandbox.control().inject(Fault { method: None, path_contains, skip, times: 1, kind: kind.clone() });
            let ran = azure.run_with(file, "provision --all").await;
            if ran.log.len() <= skip {
                assert!(skip > 60, "{skip} requests");
                break;
            }
            assert_eq!(ran.exit(), Exit::Done, "{kind:?} {skip} {:?}", ran.labs());
            assert_eq!((azure.all("accounts").len(), azure.capacities()), (1, vec![40]), "{kind:?} {skip}");
        }
    }
}
