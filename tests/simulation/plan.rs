//! What a seed means: the world it starts in, what is done in it, what goes wrong, and what must come of it.

use fastrand::Rng;

use super::class;
use super::faults::{self, Trouble};
use super::hands::Break;

/// Everything about one simulation. The same plan gives the same run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where it came from.
    pub seed: u64,
    /// What is there before the first command.
    pub start: Start,
    /// The labs that the commands are about.
    pub labs: &'static [&'static str],
    /// Labs of ours that are ready, and that no command names.
    pub beside: &'static [&'static str],
    /// Whether others have resources in the subscription too.
    pub neighbours: bool,
    /// How long things take.
    pub pace: Pace,
    /// The azlab.toml that the commands go by.
    pub file: Option<&'static str>,
    /// How far this machine's clock is ahead of the service's, in seconds.
    pub skew_s: i64,
    /// What is done, in this order.
    pub acts: Vec<Act>,
    /// The command that must come to its goal once nothing goes wrong any more.
    pub last: String,
    /// Its goal.
    pub goal: Goal,
}

/// What is there before the first command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Nothing.
    Empty,
    /// What a provision left that was killed at its n-th request.
    Half(usize),
    /// A lab of ours.
    Lab,
    /// A lab of ours whose expiry has come.
    Expired,
    /// What the workshop's own script makes: no tags, names of its own.
    ByScript,
    /// The same, taken over by `provision --adopt`.
    Adopted,
    /// A lab of ours was deleted with its group, and its account not purged.
    Grave,
    /// Somebody else's group has our name.
    Foreign,
}

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// As recorded, or cut short so that a seed costs little.
    pub recorded: bool,
    /// Stretches the short durations.
    pub factor: f64,
    /// For how long role assignments do not know a new principal.
    pub late_principals_s: f64,
    /// For how long a purge is refused after a delete.
    pub purge_conflict_s: f64,
    /// Entries in a page of a list.
    pub page_size: usize,
}

/// One command, or two at once, with what happens to it.
#[derive(Clone, Debug)]
pub struct Act {
    /// Seconds that pass before it.
    pub after_s: f64,
    /// What somebody else breaks before it.
    pub broken: Option<Break>,
    /// The command lines; the second one begins `apart_s` after the first.
    pub lines: Vec<String>,
    /// Seconds between two commands at once.
    pub apart_s: f64,
    /// How it is cut off.
    pub stop: Stop,
    /// What goes wrong at the service and on the way to it.
    pub troubles: Vec<Trouble>,
    /// Whether `status` is asked afterwards.
    pub look: bool,
}

/// How a command is cut off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stop {
    /// Not at all.
    No,
    /// Killed when its future has been polled so often: at any await point.
    KilledAtPoll(usize),
    /// Killed when its n-th request is on its way and has not reached the service.
    KilledBeforeRequest(usize),
    /// Killed when the service has got its n-th request.
    KilledAtRequest(usize),
    /// Killed after so many seconds.
    KilledAfter(f64),
    /// Ctrl-C after so many seconds.
    CtrlC(f64),
    /// The laptop sleeps: at this second, for so many seconds.
    Asleep(f64, f64),
}

/// What must come of the last command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The lab is ready.
    Ready(Second),
    /// The lab is ready, with what the file asks for beside the usual.
    ReadyByFile,
    /// The second deployment is gone and the rest of the lab is ready; saying that it was gone already is as good.
    Removed,
    /// Nothing of the lab is left.
    Absent,
    /// Refused as somebody else's, with nothing changed.
    NotOurs,
}

/// Whether a second model deployment should be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// It was asked for.
    Wanted,
    /// A command that asked for it may have been cut off.
    Maybe,
    /// It was never asked for, or it was to be removed.
    Unwanted,
}

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

/// The model deployment that every lab has.
pub const DEPLOYMENT: &str = "gpt-35-turbo";
/// A second one.
pub const SECOND: &str = "second";

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let pace = Pace::of(&mut rng);
        let mut plan = if is_a_class(seed) { class::story(&mut rng) } else { story(&mut rng) };
        (plan.seed, plan.pace) = (seed, pace);
        for act in &mut plan.acts {
            act.troubles = faults::of(&mut rng);
            act.stop = Stop::of(&mut rng, pace);
            act.look = rng.u8(..4) == 0;
            if rng.u8(..4) == 0 {
                act.after_s = pick(&mut rng, &[0.5, 3.0, 20.0, 90.0, 400.0, 4000.0]);
            }
        }
        plan.break_what_azlab_made();
        plan.add_what_is_rare();
        if is_a_class(seed) {
            class::spread(&mut plan);
        }
        plan
    }

    /// A lab that azlab itself has just made is broken before it is repaired. Drawn apart, so that the rest of the seed means
    /// what it meant.
    fn break_what_azlab_made(&mut self) {
        let is_made = matches!(self.start, Start::Empty | Start::Half(_) | Start::Grave) && self.file.is_none();
        if let (true, Goal::Ready(Second::Unwanted), [first, second]) = (is_made, self.goal, self.acts.as_mut_slice())
            && first.lines == second.lines
        {
            second.broken = Some(Break::any(&mut Rng::with_seed(self.seed ^ 0x5eed)));
        }
    }

    /// What the rest meets too seldom, in one seed of eight. Drawn apart too.
    fn add_what_is_rare(&mut self) {
        if self.seed % 8 != 2 {
            return;
        }
        let mut rng = Rng::with_seed(self.seed ^ 0xa4e5);
        if self.start == Start::Lab && self.goal == Goal::Absent && rng.bool() {
            self.start = Start::Adopted;
        }
        for act in &mut self.acts {
            let is_one = |line: &String| ["teardown", "sweep", "reset --rebuild"].iter().any(|it| line.starts_with(it));
            if act.lines.iter().any(is_one) && rng.bool() {
                act.troubles = vec![faults::of_a_deletion(&mut rng)];
            } else if rng.bool() {
                act.troubles.push(faults::elsewhere(&mut rng));
            }
        }
    }

    /// One command on one world, cut off in one way.
    pub fn one(start: Start, broken: Option<Break>, line: &str, stop: Stop, goal: Goal) -> Self {
        let acts = vec![Act { broken, stop, ..act(line) }];
        Self { neighbours: true, ..Self::new(start, acts, line, goal) }
    }

    /// Commands on a world of one lab, in which nothing goes wrong.
    pub fn new(start: Start, acts: Vec<Act>, last: &str, goal: Goal) -> Self {
        let pace =
            Pace { recorded: false, factor: 1.0, late_principals_s: 0.0, purge_conflict_s: 0.0, page_size: 1000 };
        Self {
            seed: 0,
            start,
            labs: &["default"],
            beside: &[],
            neighbours: false,
            pace,
            file: None,
            skew_s: 0,
            acts,
            last: last.to_owned(),
            goal,
        }
    }

    /// Of a class, the one that something happens to.
    pub fn lab_in_the_middle(&self) -> &'static str {
        self.labs[self.labs.len() / 2]
    }

    /// How many things happen: what a smaller plan has fewer of.
    pub fn size(&self) -> usize {
        let of = |act: &Act| {
            2 + act.troubles.len()
                + act.lines.len()
                + usize::from(act.stop != Stop::No)
                + usize::from(act.broken.is_some())
                + usize::from(act.look)
        };
        self.acts.iter().map(of).sum::<usize>() + usize::from(self.neighbours) + usize::from(self.skew_s != 0)
    }
}

/// One of them.
pub fn pick<T: Copy>(rng: &mut Rng, among: &[T]) -> T {
    among[rng.usize(..among.len())]
}

impl Pace {
    fn of(rng: &mut Rng) -> Self {
        let often = |rng: &mut Rng, usual: f64, others: &[f64]| {
            if rng.u8(..4) > 0 { usual } else { pick(rng, others) }
        };
        Self {
            // As recorded a lab takes six minutes and some 150 polls.
            recorded: rng.u8(..50) == 0,
            factor: pick(rng, &[0.3, 1.0, 1.0, 3.0]),
            late_principals_s: often(rng, 0.0, &[5.0, 40.0, 120.0]),
            purge_conflict_s: often(rng, 0.0, &[10.0, 60.0, 290.0]),
            page_size: if rng.u8(..3) > 0 { 1000 } else { pick(rng, &[1, 2, 3]) },
        }
    }
}

impl Stop {
    fn of(rng: &mut Rng, pace: Pace) -> Self {
        let whole = if pace.recorded { 380.0 } else { 30.0 * pace.factor.max(1.0) };
        match rng.u8(..12) {
            0 | 1 => Self::KilledAtPoll(1 + rng.usize(..220)),
            2 => Self::KilledBeforeRequest(1 + rng.usize(..60)),
            3 => Self::KilledAtRequest(1 + rng.usize(..60)),
            4 => Self::KilledAfter(0.01 + rng.f64() * whole),
            5 | 6 => Self::CtrlC(rng.f64() * whole),
            7 if rng.bool() => Self::Asleep(rng.f64() * whole, pick(rng, &[60.0, 1800.0, 4000.0, 30000.0])),
            _ => Self::No,
        }
    }
}

/// One seed in sixteen is about several labs at once.
fn is_a_class(seed: u64) -> bool {
    seed % 16 == 6
}

/// One command that nothing happens to.
pub fn act(line: &str) -> Act {
    Act {
        after_s: 0.0,
        broken: None,
        lines: vec![line.to_owned()],
        apart_s: 0.0,
        stop: Stop::No,
        troubles: Vec::new(),
        look: false,
    }
}

/// The same command so many times.
pub fn acts(line: &str, count: usize) -> Vec<Act> {
    vec![act(line); count]
}

/// The commands of a seed and what should come of them, before anything goes wrong.
fn story(rng: &mut Rng) -> Plan {
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
            Start::Grave,
            acts(pick(rng, &[provision, "provision --soft-deleted restore", "provision --soft-deleted avoid"]), times),
            provision,
            ready(),
        )
        .with_last_as_first(),
        9 => plan(Start::ByScript, acts("provision --adopt", times), "provision --adopt", ready()),
        10 | 11 => {
            let half = Start::Half(5 + rng.usize(..50));
            let start = pick(rng, &[Start::Lab, Start::Lab, half, Start::Grave]);
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
