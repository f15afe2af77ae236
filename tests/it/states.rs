//! `azlab status`: the truth about every lab, from GETs alone.
use azlab::outcome::state::ResourceState;
use azlab::outcome::{Exit, LabState};
use azlab::values::ResourceKind;
use serde_json::{Value, json};

use crate::provision::broken::BREAKAGES;
use crate::provision::fixture::{Azure, CLUSTER, GROUP};
use crate::provision::ran::Ran;

fn states(ran: &Ran) -> Vec<(ResourceKind, ResourceState)> {
    let resources = ran.lab().details.resources.as_ref().expect("resources");
    resources.iter().map(|one| (one.resource, one.state)).collect()
}

fn about(ran: &Ran) -> Value {
    json!(ran.lab().details.about)
}

fn names(ran: &Ran) -> Vec<&str> {
    ran.labs().iter().map(|lab| lab.name.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_lab_as_it_was_made_is_ready_with_all_its_outputs() {
    let azure = Azure::new();
    let made = azure.provision("").await.ready();
    let before = azure.changing_requests();
    let seen = azure.run("status --exit-code").await.ready();
    assert_eq!(states(&seen), ResourceKind::ALL.map(|kind| (kind, ResourceState::Ready)));
    assert_eq!(seen.outputs(), made.outputs());
    assert_eq!(azure.changing_requests(), before, "a look writes nothing");
}

#[tokio::test(start_paused = true)]
async fn every_breakage_is_seen_where_it_is_and_nowhere_else() {
    for breakage in BREAKAGES {
        let azure = Azure::with_lab().await;
        azure.breaks(breakage.what).await;
        let seen = azure.run("status --exit-code").await;
        let mut expected: Vec<_> = breakage.repair.iter().map(|(kind, _)| *kind).collect();
        expected.dedup();
        let broken: Vec<_> = states(&seen).into_iter().filter(|(_, state)| *state != ResourceState::Ready).collect();
        let kinds: Vec<_> = broken.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, expected, "{}: {broken:?}", breakage.what);
        let is_whole = breakage.repair.is_empty();
        assert_eq!(seen.exit(), if is_whole { Exit::Done } else { Exit::Differs }, "{}", breakage.what);
        assert_eq!(seen.lab().state, if is_whole { LabState::Ready } else { LabState::Incomplete });
        assert_eq!(azure.run("status").await.exit(), Exit::Done, "only --exit-code tells by the exit code");
    }
}

#[tokio::test(start_paused = true)]
async fn drift_is_named_field_by_field() {
    let azure = Azure::with_lab().await;
    azure.breaks("wrong subject").await;
    let seen = azure.run("status").await;
    let resources = seen.lab().details.resources.as_ref().unwrap();
    let credential = resources.iter().find(|one| one.resource == ResourceKind::FederatedCredential).unwrap();
    assert_eq!(
        json!(credential.differences),
        json!([{
            "field": "subject",
            "have": "system:serviceaccount:default:other",
            "want": "system:serviceaccount:default:ai-service-account",
        }])
    );
}

#[tokio::test(start_paused = true)]
async fn every_lab_of_the_subscription_is_found_by_its_tags_whatever_its_group_is_called() {
    let azure = Azure::new();
    azure.provision("-l ada bob").await.ready();
    azure.provision("-l carol -g somewhere-else --cluster c1 --identity id1 --account carols").await.ready();
    azure.put("/resourceGroups/not-ours?api-version=2021-04-01", json!({"location": "westeurope"})).await;
    let all = azure.run("status").await.ready();
    assert_eq!(names(&all), ["ada", "bob", "carol"]);
    let carol = azure.run("status -l carol").await.ready();
    assert_eq!(carol.lab().resource_group, "somewhere-else");
    assert_eq!(carol.outputs().cluster.as_deref(), Some("c1"));
    assert_eq!(names(&azure.run("status -g somewhere-else").await.ready()), ["carol"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_lost_the_tag_of_its_lab_is_known_by_its_name_and_never_taken_for_the_default_lab() {
    let azure = Azure::new();
    azure.provision("-l ben").await.ready();
    let group = "/resourceGroups/myResourceGroup-ben?api-version=2021-04-01";
    let tags = json!({"azlab-workshop": "intelligent-apps-aks"});
    azure.put(group, json!({"location": "westeurope", "tags": tags})).await;
    assert_eq!(names(&azure.run("status").await), ["ben"]);
    // The default lab is meant, and there is none.
    for line in ["teardown --yes", "reset --yes", "reset --rebuild --yes", "extend --ttl 1h"] {
        let ran = azure.run(line).await;
        let about_ben: Vec<_> =
            ran.writes().into_iter().filter(|one| one.path.contains("myResourceGroup-ben")).collect();
        assert!(about_ben.is_empty(), "{line}: {about_ben:#?}");
        azure.run("teardown --yes").await;
    }
    azure.run("reset -l ben").await.ready();
    assert_eq!(azure.get(group).await["tags"]["azlab-lab"], "ben");
}

#[tokio::test(start_paused = true)]
async fn what_the_workshops_own_script_made_is_found_by_name_and_said_not_to_be_ours() {
    let azure = Azure::new();
    azure.made_by_az().await;
    let seen = azure.run("status").await;
    assert_eq!((names(&seen), seen.exit()), (vec!["default"], Exit::Done));
    assert_eq!(about(&seen)["workshop"], Value::Null);
    assert!(seen.told().contains("azlab provision --adopt"), "{}", seen.told());
}

#[tokio::test(start_paused = true)]
async fn whose_it_is_and_since_and_until_when() {
    let azure = Azure::new();
    azure.provision("--ttl 2h --owner ada").await.ready();
    azure.pass(3600.0).await;
    let seen = about(&azure.run("status").await);
    assert_eq!((&seen["owner"], &seen["workshop"]), (&json!("ada"), &json!("intelligent-apps-aks")));
    let age = seen["age_s"].as_u64().unwrap();
    assert!((3600..3800).contains(&age), "{age}");
    let left = seen["expires_in_s"].as_i64().unwrap();
    assert!((3000..3600).contains(&left), "{left}");
    azure.pass(3600.0).await;
    assert!(about(&azure.run("status").await)["expires_in_s"].as_i64().unwrap() < 0);

    azure.put(GROUP, json!({"location": "westeurope", "tags": {"azlab-workshop": "w", "azlab-expires": "soon"}})).await;
    let seen = about(&azure.run("status").await);
    assert_eq!((&seen["expires_at"], &seen["expires_in_s"]), (&json!("soon"), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_matches_nothing_is_not_found_and_nothing_is_no_lab() {
    let azure = Azure::new();
    assert_eq!((azure.run("status").await.exit(), azure.run("status").await.labs().len()), (Exit::Done, 0));
    azure.provision("-l ada").await.ready();
    let seen = azure.run("status -l ada nobody").await;
    assert_eq!(seen.exit(), Exit::NotFound);
    assert_eq!(seen.labs().iter().map(|lab| lab.state).collect::<Vec<_>>(), [LabState::Ready, LabState::Absent]);
    assert_eq!(seen.labs()[1].error.as_ref().unwrap().code, "LabNotFound");
}

#[tokio::test(start_paused = true)]
async fn two_labs_of_one_name_are_told_apart_by_their_groups() {
    let azure = Azure::new();
    azure.provision("-l ada -g one").await.ready();
    azure.provision("-l ada -g two").await.ready();
    for command in ["status -l ada", "reset -l ada"] {
        let seen = azure.run(command).await;
        assert_eq!(seen.exit(), Exit::Usage, "{command}");
        let error = seen.finished.result.error.as_ref().unwrap();
        assert_eq!(error.code, "AmbiguousLab");
        assert!(error.message.contains("one, two"), "{}", error.message);
    }
    assert_eq!(azure.run("status -l ada -g two").await.ready().lab().resource_group, "two");
    assert_eq!(names(&azure.run("status").await.ready()), ["ada", "ada"]);
}

#[tokio::test(start_paused = true)]
async fn the_truth_is_told_while_a_lab_is_being_made() {
    let azure = Azure::as_recorded();
    assert!(azure.killed_after("", 60.0).await.is_none());
    let seen = azure.run("status").await;
    let cluster = seen.lab().details.resources.as_ref().unwrap()[1].clone();
    assert_eq!((cluster.state, cluster.status.as_deref()), (ResourceState::Busy, Some("Creating")));
    assert_eq!(seen.lab().state, LabState::Incomplete);
    azure.delete(GROUP).await;
    let seen = azure.run("status -l default").await;
    let group = &seen.lab().details.resources.as_ref().unwrap()[0];
    assert_eq!((group.state, group.status.as_deref()), (ResourceState::Busy, Some("Deleting")));
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_is_compared() {
    let azure = Azure::with_lab().await;
    let seen = azure.run("status --node-count 3 --model gpt-4o --exit-code").await;
    assert_eq!(seen.exit(), Exit::Differs);
    let differing: Vec<_> = states(&seen).into_iter().filter(|(_, state)| *state == ResourceState::Differs).collect();
    assert_eq!(differing.len(), 2, "{differing:?}");
    assert_eq!(azure.get(CLUSTER).await["properties"]["agentPoolProfiles"][0]["count"], 2, "nothing was written");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_somebody_took_is_no_drift_unless_another_was_asked_for() {
    let azure = Azure::new();
    azure.provision("--model gpt-4o").await.ready();
    azure.run("status --exit-code").await.ready();
    assert_eq!(azure.run("status --exit-code --model gpt-35-turbo").await.exit(), Exit::Differs);
}

#[tokio::test(start_paused = true)]
async fn a_trust_in_a_cluster_that_is_gone_waits_for_the_next_ones_issuer() {
    let azure = Azure::with_lab().await;
    azure.breaks("cluster being deleted").await;
    let seen = azure.run("status").await;
    let resources = seen.lab().details.resources.as_ref().unwrap();
    let credential = resources.iter().find(|one| one.resource == ResourceKind::FederatedCredential).unwrap();
    let issuer = credential.differences.iter().find(|one| one.field == "issuer").unwrap();
    assert_eq!(issuer.want.as_deref(), Some("(the cluster's, once it has one)"));
}

#[tokio::test(start_paused = true)]
async fn a_lab_keeps_its_workshop_and_its_expiry_when_nobody_says_otherwise() {
    let azure = Azure::new();
    azure.provision("--ttl 9h").await.ready();
    let mut tags = azure.get(GROUP).await["tags"].clone();
    tags["azlab-workshop"] = json!("monday-class");
    azure.put(GROUP, json!({"location": "westeurope", "tags": tags})).await;
    azure.run("status --exit-code").await.ready();
    assert!(azure.run("reset").await.ready().writes().is_empty());
    azure.run("reset --rebuild --yes").await.ready();
    let after = azure.get(GROUP).await["tags"].clone();
    assert_eq!((&after["azlab-workshop"], &after["azlab-expires"]), (&tags["azlab-workshop"], &tags["azlab-expires"]));
}

#[tokio::test(start_paused = true)]
async fn an_expiry_that_comes_sooner_than_before_is_told() {
    let azure = Azure::new();
    azure.provision("--ttl 9h").await.ready();
    assert!(azure.run("extend --ttl 3h --shorten").await.told().contains("sooner than before"));
    assert!(!azure.run("extend --ttl 4h").await.told().contains("sooner than before"));
}
