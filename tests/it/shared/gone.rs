use azlab::outcome::Exit;

use super::{CLASS, ROSTER, quick};
use crate::provision::fixture::Azure;

#[tokio::test(start_paused = true)]
async fn the_account_stays_until_the_last_lab_goes_and_then_nothing_is_left() {
    let azure = quick();
    azure.run_with(CLASS, "provision --all").await.ready();
    let foreseen = azure.run_with(CLASS, "teardown -l ada --dry-run").await;
    assert_eq!(foreseen.finished.result.shared, None, "ben uses it");
    assert_eq!(azure.run_with(CLASS, "teardown -l ada --yes").await.exit(), Exit::Done);
    assert_eq!((azure.all("accounts").len(), azure.roles_on_account()), (1, 1));
    assert_eq!(azure.run_with(CLASS, "verify -l ben").await.exit(), Exit::Done);
    let foreseen = azure.run_with(CLASS, "teardown -l ben --dry-run --exit-code").await;
    assert_eq!(foreseen.exit(), Exit::Differs);
    let plan = foreseen.finished.result.shared.unwrap().remove(0).plan.unwrap();
    assert_eq!(plan.len(), 2, "delete the group, purge the account: {plan:#?}");
    let last = azure.run_with(CLASS, "teardown -l ben --yes").await;
    assert_eq!(last.exit(), Exit::Done, "{:#?}", last.labs());
    let shared = &last.finished.result.shared.as_ref().unwrap()[0];
    assert_eq!((shared.labs, shared.changes.len()), (0, 2), "{shared:#?}");
    azure.is_empty();
}

#[tokio::test(start_paused = true)]
async fn a_teardown_of_all_takes_the_account_too_with_and_without_the_file() {
    for line in ["teardown --all --yes", "teardown -l ada ben spare-1 --yes"] {
        let azure = quick();
        azure.run_with(ROSTER, "provision --all").await.ready();
        // Two attendees, three identities.
        assert_eq!(azure.roles_on_account(), 5);
        let ran = if line.contains("--all") { azure.run_with(ROSTER, line).await } else { azure.run(line).await };
        assert_eq!(ran.exit(), Exit::Done, "{line} {:#?}", ran.labs());
        azure.is_empty();
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_takes_the_account_with_the_last_lab_that_expires() {
    let azure = quick();
    azure.run_with(CLASS, "provision --all").await.ready();
    azure.run_with(CLASS, "extend -l ben --ttl 20h").await;
    let expires = |azure: &Azure| azure.shared_groups()[0].1.get("azlab-expires").map(str::to_owned);
    let later = expires(&azure);
    azure.run_with(CLASS, "extend -l ada --ttl 9h").await;
    assert_eq!(expires(&azure), later, "that of the last lab");
    azure.pass(10.0 * 3600.0).await;
    assert_eq!(azure.run("sweep --expired --yes").await.exit(), Exit::Done);
    assert_eq!((azure.all("accounts").len(), azure.roles_on_account()), (1, 1), "ben is alive");
    azure.run_with(CLASS, "provision -l ben").await.ready();
    azure.pass(11.0 * 3600.0).await;
    assert_eq!(azure.run("sweep --expired --yes").await.exit(), Exit::Done);
    azure.is_empty();
    let nothing = azure.run("sweep --expired --yes").await;
    assert!(nothing.told().contains("nothing has expired"), "{}", nothing.told());
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_never_expires_keeps_the_account_from_expiring() {
    let azure = quick();
    let file = &CLASS.replace("ttl = '8h'\n", "");
    azure.run_with(file, "provision --all --ttl 8h").await.ready();
    azure.run_with(file, "extend -l ben --never").await;
    assert_eq!(azure.shared_groups()[0].1.get("azlab-expires"), None);
    assert_eq!(azure.run_with(file, "provision --all").await.ready().writes().len(), 0);
    azure.pass(9.0 * 3600.0).await;
    azure.run("sweep --expired --yes").await;
    assert_eq!(azure.all("accounts").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_group_of_the_account_is_taken_for_no_lab() {
    let azure = quick();
    azure.run_with(CLASS, "provision --all").await.ready();
    let group = azure.shared_group();
    let seen = azure.run("status").await;
    assert_eq!(seen.labs().len(), 2, "{:#?}", seen.labs());
    for line in ["teardown --yes", "provision", "provision --adopt", "extend --ttl 40h", "reset"] {
        let ran = azure.run(&format!("{line} -g {group}")).await;
        assert_eq!(ran.exit(), Exit::NotOurs, "{line}: {:#?}", ran.labs());
        assert!(ran.writes().is_empty(), "{line}: {:#?}", ran.writes());
    }
    assert_eq!(azure.all("accounts").len(), 1);
}
