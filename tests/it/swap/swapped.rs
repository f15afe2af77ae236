use azlab::outcome::{Exit, LabState};

use super::{CLASS, SMALL, class, groups};
use crate::provision::fixture::{Azure, refusal};

#[tokio::test(start_paused = true)]
async fn an_attendee_gets_a_spare_with_its_outputs_and_the_broken_lab_is_repaired_as_the_spare() {
    let azure = class(CLASS).await;
    // Another expiry than the spare's, which the attendee keeps.
    azure.run_with(CLASS, "extend -l ada --ttl 20h").await;
    let expires = azure.tags("myResourceGroup-ada").await.get("azlab-expires").unwrap().to_owned();
    azure.break_lab("myResourceGroup-ada").await;
    let ran = azure.run_with(CLASS, "swap -l ada@contoso.com").await;
    assert_eq!(ran.exit(), Exit::Done, "{:#?}", ran.labs());
    let [ada, spare] = ran.labs() else { panic!("{:#?}", ran.labs()) };
    assert_eq!((ada.name.as_str(), ada.resource_group.as_str()), ("ada", "myResourceGroup-spare-1"));
    assert_eq!((ada.state, ada.location.as_str()), (LabState::Ready, "westeurope"));
    assert_eq!(ada.outputs.cluster.as_deref(), Some("aks-spare-1"), "names stay with the group");
    assert!(ada.outputs.openai_endpoint.is_some() && ada.outputs.identity_client_id.is_some(), "{:?}", ada.outputs);
    assert_eq!((spare.name.as_str(), spare.resource_group.as_str()), ("spare-1", "myResourceGroup-ada"));
    assert_eq!(spare.state, LabState::Ready, "repaired");
    assert_eq!(azure.tags("myResourceGroup-spare-1").await.get("azlab-expires"), Some(expires.as_str()));
    azure.is_swapped(CLASS).await;

    // Every command that works by name goes to the group that the tag names.
    for (line, lab, group) in [
        ("status -l ada", "ada", "myResourceGroup-spare-1"),
        ("status -l ada@contoso.com", "ada", "myResourceGroup-spare-1"),
        ("verify -l ada", "ada", "myResourceGroup-spare-1"),
        ("env -l ada", "ada", "myResourceGroup-spare-1"),
        ("extend -l ada --ttl 22h", "ada", "myResourceGroup-spare-1"),
        ("reset -l ada", "ada", "myResourceGroup-spare-1"),
        ("reset -l ada -g myResourceGroup-spare-1", "ada", "myResourceGroup-spare-1"),
        ("provision -l ada", "ada", "myResourceGroup-spare-1"),
        ("doctor -l ada", "ada", "myResourceGroup-spare-1"),
        ("status -l spare-1", "spare-1", "myResourceGroup-ada"),
        ("reset -l spare-1", "spare-1", "myResourceGroup-ada"),
    ] {
        let ran = azure.run_with(CLASS, line).await;
        assert_eq!(ran.exit(), Exit::Done, "{line}: {:#?}", ran.labs());
        if line != "doctor -l ada" {
            assert_eq!(groups(&ran)[lab], group, "{line}");
        }
        // verify asks the model.
        let writes = !["extend", "verify"].iter().any(|verb| line.starts_with(verb)) && !ran.writes().is_empty();
        assert!(!writes, "{line}: {:#?}", ran.writes());
    }
    let handout = azure.run_with(CLASS, "handout -l ada --format csv").await.finished.data.unwrap();
    assert!(handout.reveal().contains("aks-spare-1"), "{}", handout.reveal());
    let torn = azure.run_with(CLASS, "teardown -l ada --yes").await;
    assert_eq!((torn.exit(), groups(&torn)["ada"].as_str()), (Exit::Done, "myResourceGroup-spare-1"));
    // Her lab is made anew where the spare's group was: hers is the spare.
    let made = azure.run_with(CLASS, "provision --all").await.ready();
    assert_eq!(groups(&made)["ada"], "myResourceGroup-spare-1");
    azure.is_swapped(CLASS).await;
}

#[tokio::test(start_paused = true)]
async fn she_can_swap_again_and_back() {
    let azure = class(SMALL).await;
    azure.run_with(SMALL, "swap -l ada").await.ready();
    azure.is_swapped(SMALL).await;
    let back = azure.run_with(SMALL, "swap -l ada --spare spare-1 --broken keep").await.ready();
    assert_eq!(groups(&back)["ada"], "myResourceGroup-ada");
    let again = azure.run_with(SMALL, "provision --all").await.ready();
    assert_eq!((groups(&again)["ada"].as_str(), again.writes().len()), ("myResourceGroup-ada", 0));
}

#[tokio::test(start_paused = true)]
async fn the_spare_in_her_location_goes_before_others_and_a_broken_one_is_not_taken() {
    let azure = class(CLASS).await;
    azure.break_lab("myResourceGroup-spare-1").await;
    let ran = azure.run_with(CLASS, "swap -l ben --dry-run").await;
    assert_eq!(groups(&ran)["ben"], "myResourceGroup-spare-2");
    assert!(ran.writes().is_empty());
    let plan = ran.labs()[0].details.plan.as_ref().unwrap();
    assert!(plan.iter().any(|one| one.name == "Contributor (ben@contoso.com)"), "{plan:#?}");
    azure.run_with(CLASS, "swap -l ben").await.ready();
    assert_eq!(azure.tags("myResourceGroup-spare-2").await.get("azlab-lab"), Some("ben"));
    // Ben's first lab, in westeurope, is spare-2 now, and spare-1 is ready again; ada's is in swedencentral.
    azure.run_with(CLASS, "provision --all").await.ready();
    azure.run_with(CLASS, "swap -l ada --spare spare-2").await.ready();
    assert_eq!(azure.tags("myResourceGroup-ben").await.get("azlab-lab"), Some("ada"));
    // That left a spare in swedencentral, behind one in westeurope by its name.
    azure.run_with(CLASS, "provision --all").await.ready();
    let ran = azure.run_with(CLASS, "swap -l ada --dry-run").await;
    assert_eq!(groups(&ran)["ada"], "myResourceGroup-spare-1", "in westeurope, as she is now");
}

#[tokio::test(start_paused = true)]
async fn a_spare_that_is_paused_is_taken_where_no_other_is_ready() {
    let azure = class(CLASS).await;
    assert_eq!(azure.run_with(CLASS, "pause -l spare-1").await.exit(), Exit::Done);
    let chosen = async || groups(&azure.run_with(CLASS, "swap -l ben --dry-run").await)["ben"].clone();
    assert_eq!(chosen().await, "myResourceGroup-spare-2");
    azure.break_lab("myResourceGroup-spare-2").await;
    assert_eq!(chosen().await, "myResourceGroup-spare-1");
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_is_made_again_in_a_spares_group_is_made_where_the_file_wants_it() {
    let azure = class(CLASS).await;
    azure.run_with(CLASS, "swap -l ada --spare spare-1 --broken keep").await.ready();
    assert_eq!(azure.run_with(CLASS, "teardown -l ada --yes").await.exit(), Exit::Done);
    let ran = azure.run_with(CLASS, "provision -l ada").await.ready();
    let place = (groups(&ran)["ada"].clone(), ran.labs()[0].location.clone());
    assert_eq!(place, ("myResourceGroup-spare-1".to_owned(), "swedencentral".to_owned()));
    azure.is_swapped(CLASS).await;
}

#[tokio::test(start_paused = true)]
async fn a_spare_that_is_made_in_the_group_of_a_row_is_where_it_was_made_and_not_where_the_row_wants_its_lab() {
    let azure = class(CLASS).await;
    let torn = azure.run_with(CLASS, "swap -l ada --spare spare-1 --broken teardown --yes").await;
    assert_eq!(torn.exit(), Exit::Done, "{:#?}", torn.labs());
    let made = azure.run_with(CLASS, "provision --all").await.ready();
    assert_eq!(groups(&made)["spare-1"], "myResourceGroup-ada");
    // Ada's row says swedencentral.
    azure.is_swapped(CLASS).await;
    let seen = azure.run_with(CLASS, "status").await;
    let spare = seen.labs().iter().find(|lab| lab.name == "spare-1").unwrap();
    assert_eq!((spare.state, spare.location.as_str()), (LabState::Ready, "westeurope"));
    azure.run_with(CLASS, "swap -l ben --spare spare-1 --broken keep").await.ready();
}

#[tokio::test(start_paused = true)]
async fn one_whose_lab_does_not_exist_gets_the_spare() {
    let azure = Azure::with(super::settings);
    azure.run_with(SMALL, "provision -l spare-1").await.ready();
    let ran = azure.run_with(SMALL, "swap -l ada").await.ready();
    assert_eq!((ran.labs().len(), groups(&ran)["ada"].as_str()), (1, "myResourceGroup-spare-1"));
    // The spare is made anew in the group that is left.
    azure.run_with(SMALL, "provision --all").await.ready();
    azure.is_swapped(SMALL).await;
}

#[tokio::test(start_paused = true)]
async fn the_broken_lab_is_deleted_or_kept_if_that_is_asked_for() {
    let azure = class(SMALL).await;
    azure.run_with(SMALL, "swap -l ada --broken teardown").await.refused(Exit::NeedsConfirmation);
    let ran = azure.run_with(SMALL, "swap -l ada --broken teardown --yes").await;
    assert_eq!(ran.exit(), Exit::Done, "{:#?}", ran.labs());
    assert_eq!(ran.labs()[1].state, LabState::Deleted);
    let left = azure.census();
    assert_eq!((left["managedclusters Succeeded"], left.get("soft-deleted")), (1, None), "{left:?}");
    let azure = class(SMALL).await;
    azure.break_lab("myResourceGroup-ada").await;
    let ran = azure.run_with(SMALL, "swap -l ada --broken keep").await;
    assert_eq!((ran.exit(), ran.labs()[1].state), (Exit::Done, LabState::Incomplete));
    let next = azure.run_with(SMALL, "swap -l ada").await.refused(Exit::NotFound);
    assert_eq!(next.finished.result.error.unwrap().code, "NoSpareReady");
}

#[tokio::test(start_paused = true)]
async fn a_repair_that_fails_is_told_and_leaves_the_swap() {
    let azure = class(SMALL).await;
    azure.break_lab("myResourceGroup-ada").await;
    azure.fault(http::Method::PUT, "/deployments/", 50, refusal(403, "RequestDisallowedByPolicy"));
    let ran = azure.run_with(SMALL, "swap -l ada").await;
    assert_eq!(ran.exit(), Exit::LabFailed);
    assert_eq!((ran.labs()[0].state, ran.labs()[1].state), (LabState::Ready, LabState::Failed));
    assert!(ran.labs()[0].outputs.openai_endpoint.is_some());
    assert_eq!(azure.tags("myResourceGroup-spare-1").await.get("azlab-lab"), Some("ada"));
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_was_swapped_is_found_when_it_is_all_that_the_file_still_has() {
    let azure = class(SMALL).await;
    let swapped = azure.run_with(SMALL, "swap -l ada --broken teardown --yes").await;
    assert_eq!(swapped.exit(), Exit::Done, "{:#?}", swapped.labs());
    let alone = SMALL.replace("spares = 1\n", "");
    let ran = azure.run_with(&alone, "provision --all").await.ready();
    assert_eq!((groups(&ran)["ada"].as_str(), ran.changed().len()), ("myResourceGroup-spare-1", 0));
    assert_eq!(azure.census()["managedclusters Succeeded"], 1);
}
