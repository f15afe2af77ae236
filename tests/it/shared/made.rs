use azlab::outcome::Exit;
use azlab::values::ResourceKind;

use super::{CLASS, quick, with_labs};
use crate::provision::fixture::Azure;

#[tokio::test(start_paused = true)]
async fn labs_share_one_account_with_a_role_each_and_a_second_provision_writes_nothing() {
    let azure = quick();
    let ran = azure.run_with(CLASS, "provision --all").await.ready();
    assert_eq!((azure.all("accounts").len(), azure.capacities()), (1, vec![40]), "per_lab times labs");
    assert_eq!(azure.roles_on_account(), 2);
    let (group, tags) = azure.shared_groups().remove(0);
    assert!(group.starts_with("azlab-openai-ai-westeurope-"), "{group}");
    let tag = |name: &str| tags.get(name).map(str::to_owned);
    assert_eq!((tag("azlab-workshop"), tag("azlab-owner")), (Some("ai".into()), Some("somebody".into())));
    assert_eq!((tag("course"), tag("azlab-lab")), (Some("42".into()), None));
    let [ada, ben] = ran.labs() else { panic!("{:#?}", ran.labs()) };
    assert_eq!(ada.outputs.openai_endpoint, ben.outputs.openai_endpoint);
    assert!(ada.outputs.openai_endpoint.is_some() && ada.outputs.openai_deployment.is_some());
    assert!(ada.changes.iter().all(|change| change.resource != ResourceKind::OpenaiAccount), "it is not the lab's");
    let shared = &ran.finished.result.shared.as_ref().expect("what is shared")[0];
    assert_eq!((shared.labs, shared.changes.len(), shared.resource_group.as_str()), (2, 3, group.as_str()));
    assert_eq!(shared.endpoint, ada.outputs.openai_endpoint);
    azure.nothing_was_written_twice();

    let again = azure.run_with(CLASS, "provision --all").await.ready();
    assert_eq!(again.writes().len(), 0, "{:#?}", again.writes());
    let one = azure.run_with(CLASS, "provision -l ada").await.ready();
    assert_eq!(one.writes().len(), 0, "{:#?}", one.writes());
    assert_eq!(one.outputs().openai_endpoint, again.labs()[0].outputs.openai_endpoint);
}

#[tokio::test(start_paused = true)]
async fn a_lab_is_ready_no_later_than_with_an_account_of_its_own() {
    let own = Azure::as_recorded();
    let alone = own.run_with(&CLASS.replace("shared = true\nper_lab = 20\n", ""), "provision --all").await.ready();
    let shared = Azure::as_recorded().run_with(CLASS, "provision --all").await.ready();
    let took = |ran: &crate::provision::ran::Ran| ran.finished.result.elapsed_s.unwrap();
    assert!(took(&shared) <= took(&alone) + 1.0, "{} {}", took(&shared), took(&alone));
    let first = |part: &str| {
        let is_it = |one: &&azlab_sandbox::LoggedRequest| one.is_write() && one.path.to_lowercase().contains(part);
        shared.log.iter().position(|one| is_it(&one)).unwrap_or_else(|| panic!("{part}"))
    };
    assert!(first("/resourcegroups/azlab-openai-") < first("/managedclusters/"), "made first");
}

#[tokio::test(start_paused = true)]
async fn a_longer_list_raises_the_capacity_and_a_teardown_leaves_it_to_the_next_provision() {
    let azure = quick();
    azure.run_with(CLASS, "provision --all").await.ready();
    let three = with_labs(&["ada", "ben", "cleo"]);
    let raised = azure.run_with(&three, "provision --all").await.ready();
    assert_eq!(azure.capacities(), [60]);
    let puts: Vec<_> = raised.writes().into_iter().filter(|one| one.path.contains("/deployments/")).collect();
    assert_eq!(puts.len(), 1, "an update: {puts:#?}");
    let shared = &raised.finished.result.shared.as_ref().unwrap()[0];
    assert_eq!(shared.labs, 3);
    // One lab alone is counted with those that are there.
    assert_eq!(azure.run_with(&three, "provision -l cleo").await.ready().writes().len(), 0);
    assert_eq!(azure.run_with(&three, "teardown -l cleo --yes").await.exit(), Exit::Done);
    assert_eq!((azure.capacities(), azure.roles_on_account()), (vec![60], 2));
    azure.run_with(CLASS, "provision --all").await.ready();
    assert_eq!(azure.capacities(), [40]);
}

#[tokio::test(start_paused = true)]
async fn without_per_lab_each_lab_adds_the_deployments_own_capacity() {
    let azure = quick();
    let file = CLASS.replace("per_lab = 20\n", "[[deployments]]\nname = 'gpt-35-turbo'\ncapacity = 7\n");
    azure.run_with(&file, "provision --all").await.ready();
    assert_eq!(azure.capacities(), [14]);
    let default = quick();
    default.run_with(&CLASS.replace("per_lab = 20\n", ""), "provision --all").await.ready();
    assert_eq!(default.capacities(), [20], "10 each");
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_is_reset_or_made_again_leaves_the_account_alone_and_gets_its_role_back() {
    let azure = quick();
    azure.run_with(CLASS, "provision --all").await.ready();
    let before = azure.all("accounts")[0].body.clone();
    let rebuilt = azure.run_with(CLASS, "reset --rebuild -l ada --yes").await.ready();
    let is_of_account = |path: &str| path.to_lowercase().contains("/accounts/") && !path.contains("roleAssignments");
    let touched: Vec<_> = rebuilt.writes().into_iter().filter(|one| is_of_account(&one.path)).collect();
    assert!(touched.is_empty(), "{touched:#?}");
    assert_eq!(azure.all("accounts")[0].body, before);
    assert_eq!(azure.roles_on_account(), 2, "the new identity's, and not the old one's");
    assert_eq!(azure.run_with(CLASS, "provision --all").await.ready().writes().len(), 0);
    // Somebody deletes the role by hand.
    let group = format!("/resourcegroups/{}/", azure.shared_group()).to_lowercase();
    let role = azure.all("roleassignments").into_iter().find(|one| one.id.to_lowercase().contains(&group)).unwrap();
    let path = role.id.split_once("/resource").map(|(_, rest)| format!("/resource{rest}")).unwrap();
    azure.delete(&format!("{path}?api-version=2022-04-01")).await;
    let status = azure.run_with(CLASS, "status --exit-code").await;
    assert_eq!(status.exit(), Exit::Differs);
    azure.run_with(CLASS, "reset --all").await.ready();
    assert_eq!(azure.roles_on_account(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_broken_deployment_of_the_shared_account_is_seen_by_each_lab_and_repaired_once() {
    let azure = quick();
    azure.run_with(CLASS, "provision --all").await.ready();
    let deployment = azure.all("deployments").remove(0);
    let path = deployment.id.split_once("/resource").map(|(_, rest)| format!("/resource{rest}")).unwrap();
    azure.delete(&format!("{path}?api-version=2024-10-01")).await;
    azure.pass(10.0).await;
    let seen = azure.run_with(CLASS, "status --exit-code").await;
    assert_eq!(seen.exit(), Exit::Differs);
    assert_eq!(azure.run_with(CLASS, "verify --all").await.exit(), Exit::Differs);
    let repaired = azure.run_with(CLASS, "reset --all").await.ready();
    assert_eq!((repaired.writes().len(), azure.capacities()), (1, vec![40]), "{:#?}", repaired.writes());
    assert_eq!(azure.run_with(CLASS, "verify --all").await.exit(), Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn two_hosts_at_once_end_with_an_account_that_is_large_enough_for_both() {
    for head_start in [0.0, 1.0, 3.0, 6.0, 9.0, 20.0] {
        let azure = quick();
        let file = with_labs(&["ada", "ben", "cleo", "dan"]);
        let second = async {
            azure.pass(head_start).await;
            azure.run_with(&file, "provision -l cleo dan").await
        };
        let (one, two) = tokio::join!(azure.run_with(&file, "provision -l ada ben"), second);
        one.ready();
        two.ready();
        assert_eq!((azure.capacities(), azure.all("accounts").len()), (vec![80], 1), "{head_start}");
        assert_eq!(azure.run_with(&file, "provision --all").await.ready().writes().len(), 0, "{head_start}");
    }
}
