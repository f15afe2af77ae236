//! Two swaps of one lab that want to give it different spares: it gets one.

use azlab::events::Level;
use azlab::outcome::Exit;
use azlab_sandbox::SUBSCRIPTION_ID;
use http::Method;
use serde_json::{Value, json};

use super::{class, groups, settings, two_rows};
use crate::provision::fixture::{Azure, refusal};
use crate::provision::ran::Ran;

/// The two orders in which they begin.
const ORDERS: [[&str; 2]; 2] = [["spare-1", "spare-2"], ["spare-2", "spare-1"]];

fn with(spare: &str) -> String {
    format!("swap -l ada --broken keep --spare {spare}")
}

impl Azure {
    /// Refuses every write of a tag by itself, so that no swap can reserve a spare.
    fn refuses_reservations(&self) {
        self.fault(Method::PATCH, "/providers/Microsoft.Resources/tags/", 500, refusal(403, "AuthorizationFailed"));
    }

    /// Runs the first, and the second so much later.
    async fn one_after(&self, file: &str, [first, second]: [&str; 2], apart_s: f64) -> [Ran; 2] {
        let later = async {
            self.pass(apart_s).await;
            self.run_with(file, second).await
        };
        tokio::join!(self.run_with(file, first), later).into()
    }

    /// What a swap writes that is killed right after it has given `spare` to `lab`: access, and the tags of the spare's group.
    async fn gives(&self, spare: &str, lab: &str) {
        let group = format!("/resourceGroups/myResourceGroup-{spare}");
        let hers = format!("/resourceGroups/myResourceGroup-{lab}");
        let assignments = "providers/Microsoft.Authorization/roleAssignments";
        let all = self.get(&format!("{hers}/{assignments}?api-version=2022-04-01")).await;
        let of_lab = |one: &&Value| one["properties"]["scope"].as_str().is_some_and(|scope| scope.ends_with(&hers));
        let given = all["value"].as_array().unwrap().iter().find(of_lab).expect("her role").clone();
        let (who, role) = (&given["properties"]["principalId"], &given["properties"]["roleDefinitionId"]);
        let scope = format!("/subscriptions/{SUBSCRIPTION_ID}{group}");
        let [who_id, role_id] = [who, role].map(|id| id.as_str().unwrap().rsplit('/').next().unwrap().to_owned());
        let name = azlab::lab::ids::role_assignment_name(&scope, &who_id, &role_id);
        let body = json!({"properties": {"principalId": who, "roleDefinitionId": role, "principalType": "User"}});
        self.put(&format!("{group}/{assignments}/{name}?api-version=2022-04-01"), body).await;
        let mut tags = self.get(&format!("{group}?api-version=2021-04-01")).await["tags"].clone();
        tags["azlab-lab"] = json!(lab);
        tags["azlab-owner"] = json!(format!("{lab}@contoso.com"));
        tags["azlab-replaces"] = json!(format!("myResourceGroup-{lab} as {spare}"));
        let path = format!("{group}?api-version=2021-04-01");
        let patched = self.send(Method::PATCH, &path, Some(json!({"tags": tags}))).await;
        assert!(patched.status.is_success(), "{}", patched.body);
    }
}

/// Asserts that one of two swaps of ada is done, and that the other is, too, or says which spare she has got, and how to look.
fn one_is_done(ran: &[Ran], what: &str) {
    assert!(ran.iter().any(|ran| ran.exit() == Exit::Done), "{what}: {:#?}", ran[0].finished.result);
    ran.iter().for_each(|ran| is_done_or_says_which(ran, what));
}

fn is_done_or_says_which(ran: &Ran, what: &str) {
    let result = &ran.finished.result;
    if ran.exit() == Exit::Done {
        return;
    }
    assert_eq!(ran.exit(), Exit::NotOurs, "{what}: {result:#?}");
    let of_lab = ran.finished.result.labs.iter().flatten().find_map(|lab| lab.error.as_ref());
    let error = result.error.as_ref().or(of_lab).unwrap_or_else(|| panic!("{what}: {result:#?}"));
    let (message, hint) = (&error.message, error.hint.as_deref().unwrap_or_default());
    assert!(message.starts_with("another swap") && message.contains("spare-"), "{what}: {message}");
    assert!(hint.ends_with("azlab status --lab ada"), "{what}: {hint}");
}

/// From two machines, each with a spare of its own: at no moment may she end up with two labs. Also where nobody may reserve one.
#[tokio::test(start_paused = true)]
async fn two_swaps_of_one_lab_with_different_spares_leave_her_one_lab() {
    for can_reserve in [true, false] {
        for apart_s in [0.0, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0] {
            for [first, second] in ORDERS {
                let (azure, file) = (class(&two_rows(2)).await, two_rows(2));
                if !can_reserve {
                    azure.refuses_reservations();
                }
                let ran = azure.one_after(&file, [&with(first), &with(second)], apart_s).await;
                let what = format!("{first}, {apart_s} s later {second}, can reserve: {can_reserve}");
                one_is_done(&ran, &what);
                let is_back = |ran: &Ran| ran.notes(Level::Info).iter().any(|note| note.ends_with(" again"));
                assert!(!can_reserve || !ran.iter().any(is_back), "{what}: nothing is given that is to be taken back");
                let mut access = 0;
                for group in ["myResourceGroup-ada", "myResourceGroup-spare-1", "myResourceGroup-spare-2"] {
                    access += azure.contributors(group).await.len();
                }
                assert_eq!(access, 1, "{what}: she has access to one");
                azure.each_has_hers(&file, 4).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_swaps_with_different_spares_of_a_lab_that_does_not_exist_make_one() {
    for can_reserve in [true, false] {
        for apart_s in [0.0, 0.5, 1.5, 3.0] {
            for [first, second] in ORDERS {
                let (azure, file) = (Azure::with(settings), two_rows(2));
                azure.run_with(&file, "provision -l ben spare-1 spare-2").await.ready();
                if !can_reserve {
                    azure.refuses_reservations();
                }
                let ran = azure.one_after(&file, [&with(first), &with(second)], apart_s).await;
                one_is_done(&ran, &format!("{first}, {apart_s} s later {second}, can reserve: {can_reserve}"));
                azure.each_has_hers(&file, 4).await;
            }
        }
    }
}

/// Whichever of the two is killed, and whenever: the other, or the next `provision`, ends it.
#[tokio::test(start_paused = true)]
async fn of_two_swaps_with_different_spares_either_may_be_killed_anywhere() {
    for can_reserve in [true, false] {
        for [killed, lives] in ORDERS {
            for count in (20..110).step_by(if can_reserve { 9 } else { 18 }) {
                let (azure, file) = (class(&two_rows(2)).await, two_rows(2));
                if !can_reserve {
                    azure.refuses_reservations();
                }
                let (killed_line, lives_line) = (with(killed), with(lives));
                let (ran, other) =
                    tokio::join!(azure.killed_with(&file, &killed_line, count), azure.run_with(&file, &lives_line));
                let what = format!("{killed}, killed at {count}: {}, can reserve: {can_reserve}", ran.is_none());
                is_done_or_says_which(&other, &what);
                // Whoever looks meanwhile finds each lab once.
                assert_eq!(groups(&azure.run_with(&file, "status").await).len(), 4, "{what}");
                azure.each_is_alone(&file, 4).await;
            }
        }
    }
}

/// The next swap of her lab goes on with the one that was killed, or waits until its reservation means nothing, and no longer.
#[tokio::test(start_paused = true)]
async fn after_a_swap_that_was_killed_one_with_another_spare_ends_within_minutes() {
    for [killed, next] in ORDERS {
        for count in (20..60).step_by(4) {
            let (azure, file) = (class(&two_rows(2)).await, two_rows(2));
            if azure.killed_with(&file, &with(killed), count).await.is_some() {
                break;
            }
            let began = azure.now();
            let ran = azure.run_with(&file, &with(next)).await;
            let what = format!("{killed} killed at {count}, then {next}");
            is_done_or_says_which(&ran, &what);
            let took_s = (azure.now() - began).whole_seconds();
            assert!(took_s < 200, "{what}: {took_s} s");
            if ran.exit() != Exit::Done {
                azure.pass(121.0).await;
                azure.run_with(&file, &with(next)).await.ready();
            }
            azure.each_is_alone(&file, 4).await;
        }
    }
}

/// Whoever names no spare goes on with the one that she is getting.
#[tokio::test(start_paused = true)]
async fn a_swap_that_names_no_spare_goes_on_with_the_one_that_another_swap_gives() {
    for apart_s in [0.0, 0.5, 1.0, 2.0, 3.0] {
        let (azure, file) = (class(&two_rows(2)).await, two_rows(2));
        // Of itself it would take spare-2.
        assert_eq!(azure.run_with(&file, "pause -l spare-1").await.exit(), Exit::Done);
        let lines = [with("spare-1"), "swap -l ada --broken keep".to_owned()];
        let ran = azure.one_after(&file, [&lines[0], &lines[1]], apart_s).await;
        one_is_done(&ran, &format!("{apart_s}"));
        assert_eq!(ran[0].exit(), Exit::Done, "{apart_s}: the first by name");
        assert_eq!(azure.tags("myResourceGroup-spare-1").await.get("azlab-lab"), Some("ada"), "{apart_s}");
        assert_eq!(azure.tags("myResourceGroup-spare-2").await.get("azlab-lab"), Some("spare-2"), "{apart_s}");
        assert_eq!(azure.run_with(&file, "resume --all").await.exit(), Exit::Done);
        azure.each_has_hers(&file, 4).await;
    }
}

/// A run that gives way takes its own reservation back, not that of another run for the same lab, which may go on with the spare.
#[tokio::test(start_paused = true)]
async fn a_swap_that_gives_way_leaves_the_reservation_of_another_run_for_the_same_lab() {
    let (azure, file) = (class(&two_rows(2)).await, two_rows(2));
    for spare in ["spare-2", "spare-1"] {
        let group = format!("myResourceGroup-{spare}");
        let mut count = 1;
        while azure.reserved_for(&group).await.is_none() {
            assert!(azure.killed_with(&file, &with(spare), count).await.is_none(), "{spare} {count}");
            count += 1;
        }
    }
    let ran = azure.run_with(&file, &with("spare-2")).await;
    assert_eq!(ran.exit(), Exit::NotOurs);
    is_done_or_says_which(&ran, "both are reserved");
    assert_eq!(azure.reserved_for("myResourceGroup-spare-2").await.as_deref(), Some("ada"));
}

/// Two groups say that they are hers, and nobody is at work any more: one of them goes back.
#[tokio::test(start_paused = true)]
async fn of_two_swaps_that_were_both_cut_off_with_her_lab_in_their_spare_provision_ends_one() {
    let (azure, file) = (class(&two_rows(2)).await, two_rows(2));
    for spare in ["spare-1", "spare-2"] {
        azure.gives(spare, "ada").await;
    }
    azure.each_has_hers(&file, 4).await;
}
