//! A run cut at each single request, before and after its effect.

use super::hands::Break;
use super::plan::{Goal, Plan, Second, Start, Stop};
use super::run;
use super::world::Report;

/// A command on a world, to be cut everywhere.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What is there.
    pub start: Start,
    /// What somebody broke.
    pub broken: Option<Break>,
    /// The command.
    pub line: &'static str,
    /// Its goal.
    pub goal: Goal,
}

const fn case(start: Start, broken: Option<Break>, line: &'static str, goal: Goal) -> Case {
    Case { start, broken, line, goal }
}

const READY: Goal = Goal::Ready(Second::Unwanted);

/// Provision, reset of labs that were broken in several ways, rebuild, teardown, and what else changes a lab.
pub const CASES: [Case; 22] = [
    case(Start::Empty, None, "provision", READY),
    case(Start::SoftDeletedAccount, None, "provision", READY),
    case(Start::SoftDeletedAccount, None, "provision --soft-deleted restore", READY),
    case(Start::ByScript, None, "provision --adopt", READY),
    case(Start::Lab, Some(Break::IdentityDeleted), "reset", READY),
    case(Start::Lab, Some(Break::AccountDeleted), "reset", READY),
    case(Start::Lab, Some(Break::WorkloadIdentityOff), "reset", READY),
    case(Start::Lab, Some(Break::ClusterStopped), "reset", READY),
    case(Start::Lab, Some(Break::ClusterBeingDeleted), "reset", READY),
    case(Start::Lab, Some(Break::WrongSubject), "reset", READY),
    case(Start::Lab, None, "reset --rebuild --yes", READY),
    case(Start::Lab, None, "teardown --yes", Goal::Absent),
    case(Start::Half(25), None, "teardown --yes", Goal::Absent),
    case(Start::SoftDeletedAccount, None, "teardown --yes", Goal::Absent),
    case(Start::Adopted, None, "teardown --yes", Goal::Absent),
    case(Start::Expired, None, "sweep --expired --yes", Goal::Absent),
    case(Start::Lab, None, "deploy-model --name second --model gpt-4.1-mini", Goal::Ready(Second::Wanted)),
    case(Start::Lab, None, "extend --ttl 100h", READY),
    case(Start::Lab, None, "app deploy --no-wait", Goal::App(19)),
    case(Start::Lab, None, "app goto validate --no-wait", Goal::App(23)),
    case(Start::Lab, None, "app connect --auth key --no-wait", Goal::App(4)),
    case(Start::Lab, None, "app connect --auth workload-identity --no-wait", Goal::App(4)),
];

/// What came of cutting one case everywhere.
pub struct Cut {
    /// Places at which it was cut.
    pub points: usize,
    /// Those from which it did not recover: where, and what was seen.
    pub lost: Vec<(Stop, Report)>,
}

/// Cuts a case at each of its requests, before and after the request's effect; each time with a lab of its own.
pub fn cut_everywhere(case: &Case) -> Cut {
    cut_at(1, |stop| run(&Plan::one(case.start, case.broken, case.line, stop, case.goal)))
}

/// Cuts a case at one of `every` requests.
pub fn cut_at_some(case: &Case, every: usize) -> Cut {
    cut_at(every, |stop| run(&Plan::one(case.start, case.broken, case.line, stop, case.goal)))
}

/// Cuts what `run_until` runs at each of its requests, or at one of `every`, until it ends by itself.
pub(crate) fn cut_at(every: usize, run_until: impl Fn(Stop) -> Report) -> Cut {
    let mut cut = Cut { points: 0, lost: Vec::new() };
    for request in (1..).step_by(every) {
        for stop in [Stop::KilledBeforeRequest(request), Stop::KilledAtRequest(request)] {
            let report = run_until(stop);
            let is_uncut = report.killed == 0;
            cut.points += usize::from(!is_uncut);
            if !report.violations.is_empty() {
                cut.lost.push((stop, report));
            }
            if is_uncut {
                return cut;
            }
        }
    }
    cut
}
