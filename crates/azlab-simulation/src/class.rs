//! Several labs at once: a class is made, repaired and removed by one command each, and a lab among others is left alone.

use fastrand::Rng;

use super::hands::Break;
use super::plan::{Act, Goal, Plan, Second, Start, Stop, act, acts, pick};

/// The labs of a class.
const CLASS: &[&str] = &["amy", "ben", "cleo"];
/// One of them.
const ONE: &[&str] = &["ben"];
/// The rest.
const REST: &[&str] = &["amy", "cleo"];

/// A command on all labs of a class.
fn on_all(command: &str) -> String {
    format!("{command} --lab amy ben cleo")
}

/// A command on one of them.
fn on_one(command: &str) -> String {
    format!("{command} --lab ben")
}

/// The commands of a seed and what should come of them, before anything goes wrong.
pub fn story(rng: &mut Rng) -> Plan {
    let times = 1 + usize::from(rng.u8(..3) == 0);
    let ready = Goal::Ready(Second::Unwanted);
    let (provision, reset, teardown) = (on_all("provision"), on_all("reset"), on_all("teardown --yes"));
    let class = |start, acts, last: &str, goal| Plan { labs: CLASS, ..Plan::new(start, acts, last, goal) };
    let mut plan = match rng.u8(..10) {
        0..=2 => class(Start::Empty, acts(&provision, times), &provision, ready),
        3 => class(Start::Half(1 + rng.usize(..130)), acts(&provision, times), &provision, ready),
        4 => class(Start::Lab, broken(acts(&reset, times), rng), &reset, ready),
        5 => class(Start::Lab, acts(&teardown, times), &teardown, Goal::Absent),
        6 => class(Start::Half(40 + rng.usize(..90)), acts(&teardown, times), &teardown, Goal::Absent),
        7 => {
            // A latecomer.
            let both = vec![act("provision --lab amy ben"), act(&provision)];
            class(Start::Empty, both, &provision, ready)
        }
        8 => {
            let mut both = act("provision --lab amy ben");
            both.lines.push("provision --lab ben cleo".to_owned());
            both.apart_s = pick(rng, &[0.0, 0.3, 2.0, 9.0, 25.0]);
            class(Start::Empty, vec![both], &provision, ready)
        }
        _ => among_others(rng, times),
    };
    plan.neighbours = rng.u8(..3) == 0;
    plan
}

/// What is done to one lab is nothing to the others of its class.
fn among_others(rng: &mut Rng, times: usize) -> Plan {
    let (command, goal) = pick(
        rng,
        &[
            ("reset", Goal::Ready(Second::Unwanted)),
            ("reset --rebuild --yes", Goal::Ready(Second::Unwanted)),
            ("teardown --yes", Goal::Absent),
            ("deploy-model --name second --model gpt-4.1-mini --capacity 3", Goal::Ready(Second::Wanted)),
        ],
    );
    let line = on_one(command);
    let all = if command == "reset" { broken(acts(&line, times), rng) } else { acts(&line, times) };
    Plan { labs: ONE, beside: REST, ..Plan::new(Start::Lab, all, &line, goal) }
}

fn broken(mut acts: Vec<Act>, rng: &mut Rng) -> Vec<Act> {
    acts[0].broken = Some(Break::any(rng));
    acts
}

/// A class sends more requests: what goes wrong and what cuts a command off is spread over all of them, and meets a group of
/// its own.
pub fn spread(plan: &mut Plan) {
    let many = plan.labs.len();
    for act in &mut plan.acts {
        for trouble in &mut act.troubles {
            trouble.skip *= many;
            if trouble.path == "/resourcegroups/myresourcegroup?" {
                trouble.path = "/resourcegroups/myresourcegroup-ben?";
            }
        }
        act.stop = match act.stop {
            Stop::KilledAtPoll(polls) => Stop::KilledAtPoll(polls * many),
            Stop::KilledBeforeRequest(request) => Stop::KilledBeforeRequest(request * many),
            Stop::KilledAtRequest(request) => Stop::KilledAtRequest(request * many),
            other => other,
        };
    }
}
