use azlab::outcome::Exit;
use azlab::outcome::plan::PlannedAction;
use azlab::outcome::state::ResourceState;

use super::{CLASS, quick, with_labs};

#[tokio::test(start_paused = true)]
async fn a_dry_run_plans_the_account_once_and_its_exit_code_counts_it() {
    let azure = quick();
    let ran = azure.run_with(CLASS, "provision --all --dry-run --exit-code").await;
    assert_eq!(ran.exit(), Exit::Differs);
    let plan = ran.finished.result.shared.as_ref().unwrap()[0].plan.as_ref().unwrap();
    assert!(plan.iter().all(|change| change.action == PlannedAction::Create) && plan.len() == 3, "{plan:#?}");
    azure.run_with(CLASS, "provision --all").await.ready();
    let kept = azure.run_with(CLASS, "provision --all --dry-run --exit-code").await;
    assert_eq!(kept.exit(), Exit::Done);
    let less =
        azure.run_with(&CLASS.replace("per_lab = 20", "per_lab = 5"), "provision --all --dry-run --exit-code").await;
    assert_eq!(less.exit(), Exit::Differs, "only what is shared differs");
    assert!(less.told().contains("capacity: 40 -> 10"), "{}", less.told());
}

#[tokio::test(start_paused = true)]
async fn status_tells_of_the_account_once_with_its_labs_and_what_differs() {
    let azure = quick();
    azure.run_with(CLASS, "provision --all").await.ready();
    for ran in [azure.run_with(CLASS, "status").await, azure.run("status").await] {
        let shared = ran.finished.result.shared.as_ref().unwrap();
        assert_eq!((shared.len(), shared[0].labs, shared[0].state), (1, 2, ResourceState::Ready), "{shared:#?}");
        assert!(ran.labs().iter().all(|lab| lab.outputs.openai_endpoint == shared[0].endpoint));
    }
    azure.run_with(&with_labs(&["ada", "ben"]), "teardown -l ben --yes").await;
    let seen = azure.run_with(&with_labs(&["ada"]), "status --exit-code").await;
    assert_eq!(seen.exit(), Exit::Differs);
    let shared = &seen.finished.result.shared.as_ref().unwrap()[0];
    assert_eq!((shared.labs, shared.state), (1, ResourceState::Differs));
    let text = serde_json::to_string(&shared.resources).unwrap();
    assert!(text.contains(r#""field":"capacity","have":"40","want":"20""#), "{text}");
}

#[tokio::test(start_paused = true)]
async fn what_people_and_scripts_get_of_a_lab_names_the_account_that_it_shares() {
    let azure = quick();
    let made = azure.run_with(CLASS, "provision --all").await.ready();
    let endpoint = made.labs()[0].outputs.openai_endpoint.clone().unwrap();
    for ran in [azure.run_with(CLASS, "env -l ada").await, azure.run("env -l ada").await] {
        let text = ran.finished.data.as_ref().unwrap().reveal().to_owned();
        assert!(text.contains(&endpoint) && text.contains(&azure.shared_group()), "{text}");
    }
    let cards = azure.run_with(CLASS, "handout --all --format jsonl").await.finished.data.unwrap();
    assert_eq!(cards.reveal().matches(&endpoint).count(), 2, "{}", cards.reveal());
    assert!(cards.reveal().contains(&format!("/resourceGroups/{}/", azure.shared_group())), "{}", cards.reveal());
    for line in ["pause --all", "resume --all"] {
        let ran = azure.run_with(CLASS, line).await;
        assert_eq!(ran.exit(), Exit::Done, "{line}");
        assert!(ran.writes().iter().all(|one| !one.path.contains("azlab-openai-")), "{line}");
    }
    assert_eq!(azure.run_with(CLASS, "provision --all").await.ready().writes().len(), 0);
}
