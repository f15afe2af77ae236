//! What a seed means: the world it starts in, what is done in it, what goes wrong, and what must come of it.

use fastrand::Rng;

use super::faults::{self, Trouble};
use super::hands::Break;
use super::simulated::Simulated;
use super::world::{self, Report};
use super::{class, field_faults, story};

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
    /// Whether somebody else's account has the subdomain that ours would have.
    pub taken: bool,
    /// How long things take.
    pub pace: Pace,
    /// What the service changes by itself.
    pub by_itself: ByItself,
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
    SoftDeletedAccount,
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

/// What the service changes by itself, each after so many seconds; zero is never.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ByItself {
    /// The count of a pool with an autoscaler.
    pub autoscaler_s: f64,
    /// The version of a deployment that has an older one than the default.
    pub version_upgrades_s: f64,
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
    /// The lab is ready, and so many objects of the application are as they should be on its cluster.
    App(usize),
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

/// The model deployment that every lab has.
pub const DEPLOYMENT: &str = "gpt-35-turbo";
/// A second one.
pub const SECOND: &str = "second";

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let pace = Pace::of(&mut rng);
        let mut plan = if is_a_class(seed) { class::story(&mut rng) } else { story::of(&mut rng) };
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
        plan.add_what_the_field_tells();
        if is_a_class(seed) {
            class::spread(&mut plan);
        }
        plan
    }

    /// A lab that azlab itself has just made is broken before it is repaired. Drawn apart, so that the rest of the seed means
    /// what it meant.
    fn break_what_azlab_made(&mut self) {
        let is_made =
            matches!(self.start, Start::Empty | Start::Half(_) | Start::SoftDeletedAccount) && self.file.is_none();
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
        self.taken = matches!(self.start, Start::Empty | Start::Half(_)) && rng.u8(..4) == 0;
        for act in &mut self.acts {
            let is_one = |line: &String| ["teardown", "sweep", "reset --rebuild"].iter().any(|it| line.starts_with(it));
            if act.lines.iter().any(is_one) && rng.bool() {
                act.troubles = vec![faults::of_a_deletion(&mut rng)];
                if rng.bool() {
                    act.stop = Stop::No;
                }
            } else {
                match rng.u8(..5) {
                    0 | 1 => act.troubles.push(faults::elsewhere(&mut rng)),
                    // To two at once the service would not say that of one and the same thing in two ways.
                    2 if act.lines.len() == 1 => act.troubles.push(faults::lasting(&mut rng)),
                    3 => act.troubles.push(faults::of_a_token(&mut rng)),
                    _ => {}
                }
            }
        }
    }

    /// What the service does by itself, and the refusals that reports tell of, in one seed of sixteen. Drawn apart too, and in
    /// seeds that are neither kept nor shown to notice a mutation (docs/reliability.md).
    fn add_what_the_field_tells(&mut self) {
        if !matches!(self.seed % 32, 29 | 31) {
            return;
        }
        let mut rng = Rng::with_seed(self.seed ^ 0xf1e1d);
        let (autoscaler_s, version_upgrades_s) =
            (pick(&mut rng, &[2.0, 20.0, 300.0]), pick(&mut rng, &[0.5, 3.0, 15.0]));
        self.by_itself = ByItself { autoscaler_s, version_upgrades_s };
        for act in &mut self.acts {
            if act.broken.is_none() {
                act.broken = pick(&mut rng, &[None, Some(Break::Autoscaled), Some(Break::OlderVersion)]);
            }
            if rng.u8(..3) > 0 {
                // First, since the first that fits is the one that a request meets.
                act.troubles.insert(0, field_faults::any(&mut rng));
            }
            if rng.bool() {
                act.troubles.truncate(1);
                act.stop = Stop::No;
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
            taken: false,
            pace,
            by_itself: ByItself::default(),
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
}

impl Simulated for Plan {
    const REPLAY: &'static str = "";

    fn seed(&self) -> u64 {
        self.seed
    }

    fn size(&self) -> usize {
        let of = |act: &Act| {
            2 + act.troubles.len()
                + act.lines.len()
                + usize::from(act.stop != Stop::No)
                + usize::from(act.broken.is_some())
                + usize::from(act.look)
        };
        self.acts.iter().map(of).sum::<usize>()
            + usize::from(self.neighbours)
            + usize::from(self.taken)
            + usize::from(self.by_itself != ByItself::default())
            + usize::from(self.skew_s != 0)
    }

    fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut with = |change: &dyn Fn(&mut Self)| {
            let mut candidate = self.clone();
            change(&mut candidate);
            if candidate.size() < self.size() {
                all.push(candidate);
            }
        };
        for at in 0..self.acts.len() {
            with(&|plan| drop(plan.acts.remove(at)));
            with(&|plan| plan.acts[at].troubles.clear());
            for trouble in 0..self.acts[at].troubles.len() {
                with(&|plan| drop(plan.acts[at].troubles.remove(trouble)));
            }
            with(&|plan| plan.acts[at].stop = Stop::No);
            with(&|plan| plan.acts[at].broken = None);
            with(&|plan| plan.acts[at].look = false);
            with(&|plan| plan.acts[at].lines.truncate(1));
        }
        with(&|plan| plan.neighbours = false);
        with(&|plan| plan.taken = false);
        with(&|plan| plan.by_itself = ByItself::default());
        with(&|plan| plan.skew_s = 0);
        all
    }

    async fn simulate(&self) -> Report {
        world::run(self).await
    }
}

/// One of them.
pub fn pick<T: Copy>(rng: &mut Rng, among: &[T]) -> T {
    among[rng.usize(..among.len())]
}

impl Pace {
    /// As a seed has it.
    pub fn of(rng: &mut Rng) -> Self {
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
    /// As a seed has it.
    pub fn of(rng: &mut Rng, pace: Pace) -> Self {
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
