//! Two swaps that want one spare at once: one gets it, the other takes the next, or says that there is none.

use azlab::outcome::Exit;

use super::{SMALL, class, groups, two_rows as file};
use crate::provision::fixture::Azure;
use crate::provision::ran::Ran;

/// Swaps ada, and ben so much later.
async fn both(azure: &Azure, file: &str, apart_s: f64) -> [Ran; 2] {
    let second = async {
        azure.pass(apart_s).await;
        azure.run_with(file, "swap -l ben --broken keep").await
    };
    tokio::join!(azure.run_with(file, "swap -l ada --broken keep"), second).into()
}

#[tokio::test(start_paused = true)]
async fn of_two_swaps_at_once_each_gets_a_spare_of_its_own() {
    for apart_s in [0.0, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 9.0] {
        let (azure, file) = (class(&file(2)).await, file(2));
        let [ada, ben] = both(&azure, &file, apart_s).await;
        assert_eq!(
            (ada.exit(), ben.exit()),
            (Exit::Done, Exit::Done),
            "{apart_s}: {:#?} {:#?}",
            ada.labs(),
            ben.labs()
        );
        let (ada, ben) = (&groups(&ada)["ada"], &groups(&ben)["ben"]);
        assert!(ada != ben && ada.contains("spare-") && ben.contains("spare-"), "{apart_s}: {ada} {ben}");
        azure.each_has_hers(&file, 4).await;
    }
}

/// Two hosts see the same broken lab. Whenever the second begins, one spare is given, or one after the other: never two at once.
#[tokio::test(start_paused = true)]
async fn two_swaps_of_one_lab_at_once_leave_her_one_lab() {
    for apart_s in [0.0, 1.0, 2.0, 3.0, 5.0, 9.0] {
        let (azure, file) = (class(&file(2)).await, file(2));
        let second = async {
            azure.pass(apart_s).await;
            azure.run_with(&file, "swap -l ada --broken keep").await
        };
        let (first, second) = tokio::join!(azure.run_with(&file, "swap -l ada --broken keep"), second);
        for ran in [&first, &second] {
            assert!(matches!(ran.exit(), Exit::Done | Exit::NotOurs), "{apart_s}: {:#?}", ran.finished.result);
        }
        azure.each_has_hers(&file, 4).await;
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_swaps_that_want_the_only_spare_one_gets_it_and_the_other_says_that_there_is_none() {
    for apart_s in [0.0, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0] {
        let (azure, file) = (class(&file(1)).await, file(1));
        let ran = both(&azure, &file, apart_s).await;
        let won = ran.iter().filter(|ran| ran.exit() == Exit::Done).count();
        let lost = ran.iter().find(|ran| ran.exit() != Exit::Done).expect("one that lost");
        let error = lost.finished.result.error.as_ref().expect("an error");
        assert_eq!(
            (won, lost.exit(), error.code.as_str()),
            (1, Exit::NotFound, "NoSpareReady"),
            "{apart_s}: {error:?}"
        );
        azure.each_has_hers(&file, 3).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_reservation_of_a_swap_that_was_killed_keeps_the_spare_for_two_minutes_and_no_longer() {
    let (azure, file) = (class(&file(1)).await, file(1));
    let mut count = 1;
    while azure.reserved_for("myResourceGroup-spare-1").await.as_deref() != Some("ada") {
        assert!(azure.killed_with(&file, "swap -l ada --broken keep", count).await.is_none(), "{count}");
        count += 1;
    }
    let ran = azure.run_with(&file, "swap -l ben --broken keep").await.refused(Exit::NotFound);
    let error = ran.finished.result.error.expect("an error");
    assert!(error.message.contains("spare-1 is being given to ada by another swap (one that was cut off"), "{error:?}");
    azure.pass(121.0).await;
    azure.run_with(&file, "swap -l ben --broken keep").await.ready();
    azure.each_has_hers(&file, 3).await;
}

#[tokio::test(start_paused = true)]
async fn who_may_not_write_a_tag_by_itself_swaps_without_a_reservation() {
    let azure = class(SMALL).await;
    azure.fault(
        http::Method::PATCH,
        "/providers/Microsoft.Resources/tags/",
        50,
        crate::provision::fixture::refusal(403, "AuthorizationFailed"),
    );
    azure.run_with(SMALL, "swap -l ada --broken keep").await.ready();
    assert_eq!(azure.tags("myResourceGroup-spare-1").await.get("azlab-lab"), Some("ada"));
}

/// A class that is over is torn down, whatever swap was cut off in it.
#[tokio::test(start_paused = true)]
async fn other_commands_do_what_they_do_although_a_swap_is_unfinished() {
    for line in
        ["teardown --all --yes", "pause --all", "extend --all --ttl 20h", "reset --all", "verify -l ada", "status"]
    {
        let azure = class(SMALL).await;
        let mut count = 1;
        while azure.tags("myResourceGroup-spare-1").await.get("azlab-replaces").is_none() {
            assert!(azure.killed_with(SMALL, "swap -l ada", count).await.is_none(), "{count}");
            count += 1;
        }
        let ran = azure.run_with(SMALL, line).await;
        assert_eq!(ran.exit(), Exit::Done, "{line}: {:?} {:#?}", ran.finished.result.error, ran.labs());
        if line.starts_with("teardown") {
            let left = azure.sandbox.inventory().unwrap();
            assert!(left.resources.is_empty() && left.soft_deleted.is_empty(), "{left:?}");
        } else {
            if line.starts_with("pause") {
                azure.run_with(SMALL, "resume --all").await.ready();
            }
            azure.run_with(SMALL, "swap -l ada").await.ready();
            azure.is_swapped(SMALL).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_spare_that_an_unfinished_swap_has_left_is_given_to_the_next_and_both_end() {
    let file = file(1);
    for count in (24..60).step_by(2) {
        let azure = class(&file).await;
        if azure.killed_with(&file, "swap -l ada --broken keep", count).await.is_some() {
            break;
        }
        let is_left = azure.tags("myResourceGroup-ada").await.get("azlab-lab") == Some("spare-1")
            && azure.tags("myResourceGroup-spare-1").await.get("azlab-replaces").is_some();
        if !is_left || azure.run_with(&file, "swap -l ben --broken keep").await.exit() != Exit::Done {
            continue;
        }
        azure.each_has_hers(&file, 3).await;
        return;
    }
    panic!("no swap was cut off behind the tags of the old group");
}
