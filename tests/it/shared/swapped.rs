use azlab::outcome::Exit;

use super::{ROSTER, quick};

#[tokio::test(start_paused = true)]
async fn attendees_may_use_the_account_and_see_no_key_and_a_swap_takes_that_along() {
    let azure = quick();
    azure.run_with(ROSTER, "provision --all").await.ready();
    // Three identities and two attendees.
    assert_eq!(azure.roles_on_account(), 5);
    assert_eq!(azure.run_with(ROSTER, "verify --all").await.exit(), Exit::Done);
    let swapped = azure.run_with(ROSTER, "swap -l ada").await.ready();
    assert!(swapped.labs()[0].outputs.openai_endpoint.is_some());
    assert_eq!(azure.roles_on_account(), 5, "she keeps it: it is the same account");
    assert_eq!(azure.run_with(ROSTER, "provision --all").await.ready().writes().len(), 0);
    assert_eq!(azure.run_with(ROSTER, "verify --all").await.exit(), Exit::Done);
    assert_eq!(azure.run_with(ROSTER, "teardown -l ada --yes").await.exit(), Exit::Done);
    assert_eq!(azure.roles_on_account(), 3, "ben's lab, ben, and the spare");
}

#[tokio::test(start_paused = true)]
async fn a_spare_in_another_place_has_another_account_and_the_old_one_is_left() {
    let azure = quick();
    let file = ROSTER.replace("name = 'ada'\n", "name = 'ada'\nlocation = 'swedencentral'\n");
    azure.run_with(&file, "provision --all").await.ready();
    assert_eq!(azure.shared_groups().len(), 2);
    let roles = |azure: &crate::provision::fixture::Azure, location: &str| {
        let here = format!("-{location}-");
        azure
            .all("roleassignments")
            .iter()
            .filter(|one| one.id.contains("azlab-openai-") && one.id.contains(&here))
            .count()
    };
    assert_eq!((roles(&azure, "swedencentral"), roles(&azure, "westeurope")), (2, 3));
    let swapped = azure.run_with(&file, "swap -l ada").await.ready();
    let endpoint = swapped.labs()[0].outputs.openai_endpoint.clone();
    let ben = azure.run_with(&file, "status -l ben").await;
    assert_eq!(endpoint, ben.outputs().openai_endpoint);
    assert_eq!((roles(&azure, "swedencentral"), roles(&azure, "westeurope")), (1, 4), "her access went with her");
    assert_eq!(azure.run_with(&file, "provision --all").await.ready().writes().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_attendee_who_leaves_the_file_loses_the_account_too() {
    let azure = quick();
    azure.run_with(ROSTER, "provision --all").await.ready();
    let cleo = ROSTER.replace("ben@contoso.com", "cleo@contoso.com");
    let changed = azure.run_with(&cleo, "provision --all").await.ready();
    assert_eq!(azure.roles_on_account(), 5, "cleo's in the place of ben's");
    let is_deletion = |one: &&&azlab_sandbox::LoggedRequest| one.method == http::Method::DELETE;
    assert_eq!(changed.writes().iter().filter(is_deletion).count(), 2, "on the lab's group and on the account");
    let none = ROSTER.replace("[openai]", "[access]\nroles = []\n[openai]");
    azure.run_with(&none, "provision --all").await.ready();
    assert_eq!(azure.roles_on_account(), 3, "the identities'");
}
