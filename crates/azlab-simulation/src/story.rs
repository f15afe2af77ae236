//! What is done with one lab, and what must come of it.

use fastrand::Rng;

use super::hands::Break;
use super::plan::{Act, Goal, Plan, Second, Start, act, acts, pick};

/// Two deployments below one account, and two credentials below one identity.
const SEVERAL: &str = r#"
version = 1
[[identity.federated_credentials]]
name = "myFederatedCredential"
namespace = "default"
service_account = "ai-service-account"
[[identity.federated_credentials]]
name = "batch"
subject = "system:serviceaccount:batch:describer"
[[deployments]]
name = "gpt-35-turbo"
model = "gpt-35-turbo"
[[deployments]]
name = "second"
model = "gpt-4.1-mini"
capacity = 3
"#;

/// The commands of a seed and what should come of them, before anything goes wrong.
pub fn of(rng: &mut Rng) -> Plan {
    let times = 1 + usize::from(rng.u8(..3) == 0);
    let skew_s = if rng.u8(..8) == 0 { pick(rng, &[-7200, -30, 30, 1800]) } else { 0 };
    let plan = |start, acts, last: &str, goal| Plan { skew_s, ..Plan::new(start, acts, last, goal) };
    let ready = || Goal::Ready(Second::Unwanted);
    let (provision, teardown, sweep) = ("provision", "teardown --yes", "sweep --expired --yes");
    let mut plan = match rng.u8(..21) {
        0..=3 => plan(Start::Empty, acts(provision, times), provision, ready()),
        4 | 5 => plan(Start::Half(1 + rng.usize(..50)), acts(provision, times), provision, ready()),
        6 | 7 => {
            let command = pick(rng, &["reset", "reset", provision]);
            let mut acts = acts(command, times);
            acts[0].broken = Some(Break::any(rng));
            plan(Start::Lab, acts, command, ready())
        }
        8 => plan(
            Start::SoftDeletedAccount,
            acts(pick(rng, &[provision, "provision --soft-deleted restore", "provision --soft-deleted avoid"]), times),
            provision,
            ready(),
        )
        .with_last_as_first(),
        9 => plan(Start::ByScript, acts("provision --adopt", times), "provision --adopt", ready()),
        10 | 11 => {
            let half = Start::Half(5 + rng.usize(..50));
            let start = pick(rng, &[Start::Lab, Start::Lab, half, Start::SoftDeletedAccount]);
            let mut acts = acts(teardown, times);
            if rng.u8(..4) == 0 && start == Start::Lab {
                acts[0].broken =
                    Some(pick(rng, &[Break::AccountDeleted, Break::ClusterBeingDeleted, Break::IdentityDeleted]));
            }
            plan(start, acts, teardown, Goal::Absent)
        }
        12 => plan(Start::Lab, acts("reset --rebuild --yes", times), "reset --rebuild --yes", ready()),
        13 => {
            let line = "deploy-model --name second --model gpt-4.1-mini --capacity 3";
            let (mut all, mut goal) = (acts(line, times), Goal::Ready(Second::Wanted));
            let mut last = line;
            if rng.bool() {
                last = "deploy-model --remove second";
                all.push(act(last));
                goal = Goal::Removed;
            }
            plan(Start::Lab, all, last, goal)
        }
        14 => {
            let start = pick(rng, &[Start::Expired, Start::Expired, Start::Lab]);
            let goal = if start == Start::Lab { ready() } else { Goal::Absent };
            plan(start, acts(sweep, times), sweep, goal).without_skew()
        }
        15 => {
            let mut all = acts("extend --ttl 100h", 1);
            all.push(act(sweep));
            // The expiry is moved before anything is swept.
            plan(Start::Lab, all, "extend --ttl 100h", ready()).without_skew()
        }
        16 if rng.u8(..3) == 0 => {
            let mut all = acts(teardown, 2);
            all[0].broken = Some(Break::Locked);
            all[1].broken = Some(Break::Unlocked);
            plan(Start::Lab, all, teardown, Goal::Absent)
        }
        16 => {
            let line = pick(
                rng,
                &[
                    provision,
                    teardown,
                    "reset",
                    "reset --rebuild --yes",
                    "deploy-model --name second --model gpt-4.1-mini",
                ],
            );
            plan(Start::Foreign, acts(line, 1), line, Goal::NotOurs)
        }
        17 => {
            let mut acts = acts(provision, 1);
            acts.push(act(teardown));
            acts.push(act(provision));
            plan(Start::Empty, acts, provision, ready())
        }
        18 => {
            let line = pick(rng, &[provision, provision, "reset"]);
            let start = if line == "reset" { Start::Lab } else { Start::Empty };
            let plan = plan(start, acts(line, times), line, Goal::ReadyByFile);
            Plan { file: Some(SEVERAL), ..plan }
        }
        _ => at_once(rng, plan),
    };
    plan.neighbours = rng.u8(..3) == 0;
    plan
}

/// Two commands at once, and then one that must come to its end.
fn at_once(rng: &mut Rng, plan: impl Fn(Start, Vec<Act>, &str, Goal) -> Plan) -> Plan {
    let ready = || Goal::Ready(Second::Unwanted);
    let (start, first, second, last, goal) = match rng.u8(..6) {
        0 | 1 => (Start::Empty, "provision", "provision", "provision", ready()),
        2 => (Start::Lab, "teardown --yes", "teardown --yes", "teardown --yes", Goal::Absent),
        3 => (Start::Half(30), "provision", "teardown --yes", "teardown --yes", Goal::Absent),
        4 => (Start::Half(20), "teardown --yes", "provision", "provision", ready()),
        _ => (Start::Lab, "reset", "deploy-model --name second --model gpt-4.1-mini", "provision", ready()),
    };
    let mut both = act(first);
    both.lines.push(second.to_owned());
    both.apart_s = pick(rng, &[0.0, 0.3, 2.0, 9.0, 25.0]);
    if start == Start::Lab && goal != Goal::Absent {
        both.broken = Some(Break::any(rng));
        return plan(start, vec![both], last, Goal::Ready(Second::Maybe));
    }
    plan(start, vec![both], last, goal)
}

impl Plan {
    fn with_last_as_first(mut self) -> Self {
        self.last.clone_from(&self.acts[0].lines[0]);
        self
    }

    fn without_skew(mut self) -> Self {
        self.skew_s = 0;
        self
    }
}
