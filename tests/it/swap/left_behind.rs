//! What a swap that was cut off leaves, and who puts it right.

use super::{SMALL, class, groups};
use azlab::outcome::{Exit, LabState};

/// One attendee more, and one spare for both.
const TWO: &str = "version = 1\nspares = 1\nttl = '8h'\n[[labs]]\nname = 'ada'\nattendee = 'ada@contoso.com'\n\
    [[labs]]\nname = 'ben'\nattendee = 'ben@contoso.com'\n";

const SPARE: &str = "myResourceGroup-spare-1";

#[tokio::test(start_paused = true)]
async fn access_to_a_spare_from_a_swap_that_was_cut_off_shows_and_provision_takes_it_away() {
    let azure = class(SMALL).await;
    let mut count = 1;
    while azure.contributors(SPARE).await.is_empty() {
        assert!(azure.killed_with(SMALL, "swap -l ada", count).await.is_none(), "{count}");
        count += 1;
    }
    assert_eq!(azure.tags(SPARE).await.get("azlab-lab"), Some("spare-1"), "the swap has not begun");
    let seen = azure.run_with(SMALL, "status -l spare-1").await;
    assert_eq!(seen.labs()[0].state, LabState::Incomplete);
    azure.run_with(SMALL, "provision --all").await.ready();
    assert_eq!(azure.contributors(SPARE).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn whoever_gets_a_spare_is_alone_in_it_although_another_swap_with_it_was_cut_off() {
    let azure = class(TWO).await;
    let mut count = 1;
    while azure.contributors(SPARE).await.is_empty() {
        assert!(azure.killed_with(TWO, "swap -l ada", count).await.is_none(), "{count}");
        count += 1;
    }
    let adas = azure.contributors(SPARE).await;
    let dry = azure.run_with(TWO, "swap -l ben --dry-run").await;
    let plan = dry.labs()[0].details.plan.as_ref().unwrap();
    assert!(plan.iter().any(|one| one.name.contains(&adas[0])), "{plan:#?}");
    // It has reserved the spare for two minutes.
    azure.pass(121.0).await;
    azure.run_with(TWO, "swap -l ben --broken keep").await.ready();
    let now = azure.contributors(SPARE).await;
    assert_eq!(now.len(), 1, "{now:?}");
    assert_ne!(now, adas);
}

#[tokio::test(start_paused = true)]
async fn provision_finishes_a_swap_that_was_cut_off_anywhere() {
    for count in (1..).step_by(3) {
        let azure = class(SMALL).await;
        let is_whole = azure.killed_with(SMALL, "swap -l ada --broken keep", count).await.is_some();
        let is_begun = azure.tags(SPARE).await.get("azlab-lab") == Some("ada");
        azure.run_with(SMALL, "provision --all").await.ready();
        if is_begun {
            azure.is_swapped(SMALL).await;
        } else {
            let again = azure.run_with(SMALL, "provision --all").await.ready();
            assert_eq!((groups(&again)["ada"].as_str(), again.writes().len()), ("myResourceGroup-ada", 0), "{count}");
        }
        if is_whole {
            assert!(count > 25, "{count} requests");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_swap_of_paused_labs_tells_them_as_paused_and_how_to_start_hers() {
    let azure = class(SMALL).await;
    assert_eq!(azure.run_with(SMALL, "pause --all").await.exit(), Exit::Done);
    let ran = azure.run_with(SMALL, "swap -l ada").await;
    assert_eq!(
        (ran.exit(), ran.labs()[0].state, ran.labs()[1].state),
        (Exit::Done, LabState::Paused, LabState::Paused)
    );
    let next: Vec<&str> = ran.finished.next.iter().map(|step| step.command.as_str()).collect();
    assert!(next.iter().any(|line| line.contains("azlab resume") && line.contains("ada")), "{next:?}");
    azure.run_with(SMALL, "resume --all").await.ready();
    azure.is_swapped(SMALL).await;
}

/// What a swap has given to somebody has the name of what it was made for, which the file need not have any more.
#[tokio::test(start_paused = true)]
async fn a_lab_in_the_group_of_a_spare_or_a_row_that_is_gone_stays_hers() {
    let azure = class(TWO).await;
    assert_eq!(azure.run_with(TWO, "swap -l ada --broken teardown --yes").await.exit(), Exit::Done);
    let without_spares = TWO.replace("spares = 1\n", "");
    let again = azure.run_with(&without_spares, "provision --all").await.ready();
    assert_eq!((groups(&again)["ada"].as_str(), again.writes().len()), (SPARE, 0));
    // The spare that takes the free group, and then goes to ben, whose row stays while hers goes.
    azure.run_with(TWO, "provision --all").await.ready();
    assert_eq!(azure.run_with(TWO, "swap -l ben --broken teardown --yes").await.exit(), Exit::Done);
    let of_ben = TWO.replace("[[labs]]\nname = 'ada'\nattendee = 'ada@contoso.com'\n", "");
    let again = azure.run_with(&of_ben, "provision -l ben").await.ready();
    assert_eq!((groups(&again)["ben"].as_str(), again.writes().len()), ("myResourceGroup-ada", 0));
}
