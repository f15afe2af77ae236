//! One simulation from its start to the judge's word.

use std::collections::BTreeMap;
use std::path::Path;

use azlab::config::Config;
use azlab::outcome::Exit;
use azlab_clock::Clock;
use azlab_sandbox::{Inventory, LoggedRequest, Sandbox, Settings};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use super::drive::{Driver, Ran};
use super::faults::Trouble;
use super::hands::{Break, Hands, OLDER};
use super::matched_fault::MatchedFault;
use super::oracle::lab::Lab;
use super::oracle::writes::{Writes, one_writer, with_deletions};
use super::oracle::{
    Invariant, Violation, app, buckets, changed, inventory, lease, others, result, run as every, told,
};
use super::plan::{ByItself, Goal, Pace, Plan, Second, Start, Stop};
use super::trace::Trace;

/// A day on which the catalogue's models are as azure-facts.md lists them.
pub const TODAY: OffsetDateTime = datetime!(2026-04-20 08:00 UTC);

/// The longest that what was created is not shown, with the time of the PUT's own answer.
pub const HIDDEN: time::Duration = time::Duration::seconds(120);

/// How a simulation ended.
pub struct Report {
    /// What did not hold.
    pub violations: Vec<Violation>,
    /// What happened, to be read.
    pub trace: Trace,
    /// Requests that the service got.
    pub requests: usize,
    /// Runs of azlab.
    pub runs: usize,
    /// Those of them that were killed.
    pub killed: usize,
    /// Requests that a fault met.
    pub met: usize,
}

/// What a simulation keeps in hand.
struct World<'a> {
    plan: &'a Plan,
    sandbox: Sandbox,
    hands: Hands,
    driver: Driver,
    /// What an echoing proxy quotes.
    token: String,
    writes: Writes,
    last_line: String,
    before: BTreeMap<String, String>,
    /// Whether somebody else has tagged the group of the lab in the middle.
    has_others_tag: bool,
    /// Until when something may exist that the service does not show.
    hidden_until: OffsetDateTime,
    report: Report,
}

/// Sets how long things take.
pub fn settle(settings: &mut Settings, pace: Pace) {
    settings.late_principals_with_type_s = pace.late_principals_s;
    settings.purge_conflict_s = pace.purge_conflict_s;
    settings.page_size = pace.page_size;
    if !pace.recorded {
        let durations = &mut settings.durations;
        durations.cluster_create = 4.0 * pace.factor;
        durations.cluster_update = 4.0 * pace.factor;
        durations.cluster_delete = 6.0 * pace.factor;
        durations.account_create = 3.0 * pace.factor;
        durations.group_delete_empty = 5.0 * pace.factor;
        durations.group_delete_accounts = 6.0 * pace.factor;
        durations.group_delete_cluster = 9.0 * pace.factor;
    }
}

fn tags(lab: &str, expires: &str) -> Value {
    let mut tags = json!({"azlab-workshop": "intelligent-apps-aks", "azlab-lab": lab, "azlab-owner": "somebody"});
    if !expires.is_empty() {
        tags["azlab-expires"] = expires.into();
    }
    tags
}

fn driver(sandbox: &Sandbox, plan: &Plan) -> Driver {
    let mut driver = Driver::new(sandbox, plan.seed, plan.skew_s);
    if let Some(text) = plan.file {
        driver.reads(Config::parse(Path::new("azlab.toml"), text).expect("a file"));
    }
    driver
}

/// Runs a plan to its end.
pub async fn run(plan: &Plan) -> Report {
    let sandbox = Sandbox::in_memory(Clock::scaled(TODAY, 1.0)).unwrap();
    // The stories name the workshop's model; which one to take is not their subject.
    sandbox.control().keep_model_open("gpt-35-turbo", "0125").unwrap();
    sandbox.control().change_settings(|settings| settle(settings, plan.pace)).expect("settings");
    if plan.by_itself != ByItself::default() {
        sandbox.control().keep_model_open("gpt-35-turbo", OLDER).unwrap();
        let ByItself { autoscaler_s, version_upgrades_s } = plan.by_itself;
        let set = |settings: &mut Settings| {
            settings.autoscaler_s = autoscaler_s;
            settings.version_upgrades_s = version_upgrades_s;
        };
        sandbox.control().change_settings(set).expect("settings");
    }
    let who = sandbox.directory().default_application().principal;
    let token = sandbox.signer().issue(&who, "https://management.azure.com", TODAY, time::Duration::HOUR);
    let mut world = World {
        plan,
        hands: Hands::on(&sandbox, plan.lab_in_the_middle()),
        driver: driver(&sandbox, plan),
        token: token.expect("a token").as_str().to_owned(),
        writes: Writes::default(),
        last_line: String::new(),
        before: BTreeMap::new(),
        has_others_tag: matches!(plan.start, Start::ByScript | Start::Adopted),
        hidden_until: TODAY,
        report: Report { violations: Vec::new(), trace: Trace::default(), requests: 0, runs: 0, killed: 0, met: 0 },
        sandbox,
    };
    world.begin().await;
    for at in 0..plan.acts.len() {
        world.act(at).await;
        if !world.report.violations.is_empty() {
            break;
        }
    }
    if world.report.violations.is_empty() {
        world.end().await;
    }
    world.report.requests = world.sandbox.request_count();
    world.report
}

impl World<'_> {
    /// Makes what is there before the first command.
    async fn begin(&mut self) {
        if self.plan.neighbours {
            self.hands.neighbours().await;
        }
        if self.plan.taken {
            self.hands.takes_our_subdomain().await;
        }
        match self.plan.start {
            Start::Empty => {}
            Start::Half(requests) => {
                let labs = self.plan.labs.join(" ");
                let line = if labs == "default" { "provision".to_owned() } else { format!("provision --lab {labs}") };
                let ran = self.driver.run(&line, Stop::KilledAtRequest(requests)).await;
                self.report.trace.ran(&ran);
            }
            Start::Lab => self.labs_are_made("").await,
            Start::Expired => self.labs_are_made("2026-04-19T08:00:00Z").await,
            Start::ByScript => {
                self.hands.lab(json!({"course": "42"}), "myopenai12345", "fromAz").await;
            }
            Start::Adopted => {
                self.hands.lab(json!({"course": "42"}), "myopenai12345", "fromAz").await;
                let ran = self.driver.run("provision --adopt", Stop::No).await;
                self.report.trace.ran(&ran);
            }
            Start::SoftDeletedAccount => self.hands.leaves_a_deleted_account(tags("default", "")).await,
            Start::Foreign => self.hands.takes_our_name().await,
        }
        self.before = self.others(&inventory(&self.sandbox));
    }

    async fn labs_are_made(&self, expires: &str) {
        for lab in self.plan.labs.iter().chain(self.plan.beside) {
            let hands = Hands::on(&self.sandbox, lab);
            hands.lab(tags(lab, expires), hands.account_name(), "myFederatedCredential").await;
        }
    }

    /// What no command may touch: everything, if the lab's own group is somebody else's.
    fn others(&self, now: &Inventory) -> BTreeMap<String, String> {
        others(now, if self.plan.goal == Goal::NotOurs { &[] } else { self.plan.labs })
    }

    async fn act(&mut self, at: usize) {
        let act = &self.plan.acts[at];
        self.pass(act.after_s).await;
        // Only what is whole can be broken.
        let is_whole = || {
            let now = inventory(&self.sandbox);
            self.plan.labs.iter().all(|lab| Lab::of(lab, &now).short_of_ready(Second::Maybe).is_empty())
        };
        if let Some(what) = act.broken.filter(|what| what.is_about_locks() || is_whole())
            && self.hands.breaks(what).await
        {
            self.has_others_tag |= what == Break::TagsLost;
            self.report.trace.note(format!("somebody: {what:?}"));
            self.writes.forget();
        }
        let from = self.sandbox.request_count();
        for trouble in &act.troubles {
            self.sandbox.control().inject(trouble.fault(&self.token));
            self.report.trace.note(trouble.to_string());
        }
        let mut met = MatchedFault::nothing();
        match act.lines.as_slice() {
            [one] => {
                let ran = self.driver.run(one, act.stop).await;
                met = MatchedFault::of(&act.troubles, from, &self.sandbox.requests_from(from));
                self.judge(&ran, &met);
                self.reads_what_is_told(&ran).await;
                let is_left_alone = match act.stop {
                    Stop::No => true,
                    // How long a refusal is tried again goes by the clock, and a sleep may use that up.
                    Stop::Asleep(..) => {
                        !ran.log.iter().any(|one| one.status.is_some_and(|it| [400, 409, 429].contains(&it.as_u16())))
                    }
                    _ => false,
                };
                if is_left_alone && act.troubles.len() <= 2 && act.troubles.iter().all(Trouble::passes) {
                    self.gets_over(at, &ran);
                }
            }
            [first, second, ..] => {
                self.writes.forget();
                let both = self.driver.run_both([first, second], act.apart_s, act.stop).await;
                met = MatchedFault::of(&act.troubles, from, &self.sandbox.requests_from(from));
                for (ran, other) in [(&both[0], &both[1]), (&both[1], &both[0])] {
                    self.judge_beside(ran, &other.log, &met);
                }
                let now = inventory(&self.sandbox);
                self.report.violations.extend(result::judge_both(&both, &now, both[0].began < self.hidden_until));
                self.writes.forget();
            }
            [] => {}
        }
        self.sandbox.control().clear_faults();
        // Who begins anew while something does not show yet cannot know of it.
        if met.hides() {
            self.hidden_until = self.sandbox.clock().now() + HIDDEN;
        }
        if act.look && self.plan.goal != Goal::NotOurs {
            self.look().await;
        }
    }

    /// In one seed of sixteen, since it takes files.
    async fn reads_what_is_told(&mut self, ran: &Ran) {
        if self.plan.seed % 16 == 3 && !ran.events.is_empty() {
            let clock = self.sandbox.clock();
            self.report.violations.extend(told::judge(ran, clock, &self.token).await);
        }
    }

    /// Only what passes by itself went wrong: the run must have come to its end.
    fn gets_over(&mut self, at: usize, ran: &Ran) {
        let refused = self.plan.acts[at].broken == Some(Break::Locked) || self.plan.goal == Goal::NotOurs;
        let is_fine = match ran.exit() {
            Some(Exit::Done) => true,
            Some(Exit::NotFound) => ran.line.contains("--remove"),
            _ => false,
        };
        if !is_fine && !refused {
            let what = format!("'{}' ends with {:?}: {}", ran.line, ran.exit(), super::trace::errors(ran));
            self.report.violations.push(Invariant::GetsOver.broken(what));
        }
    }

    /// Waits until everything that exists is shown.
    async fn see(&self) {
        self.pass((self.hidden_until - self.sandbox.clock().now()).as_seconds_f64()).await;
    }

    /// Asks `status`, and holds it against the world: it can only tell what the service shows.
    async fn look(&mut self) {
        self.see().await;
        let before = inventory(&self.sandbox);
        let ran = self.driver.run("status", Stop::No).await;
        self.report.trace.ran(&ran);
        self.report.runs += 1;
        let now = inventory(&self.sandbox);
        if ran.log.iter().any(LoggedRequest::is_write) {
            self.report.violations.push(Invariant::HonestStatus.broken("status writes"));
        }
        self.report.violations.extend(every::judge(&ran, &self.token));
        for lab in self.plan.labs {
            let by_file = self.plan.file.is_some();
            self.report.violations.extend(result::judge_status(&ran, lab, by_file, &before, &now));
        }
    }

    /// Nothing goes wrong any more: the last command comes to its goal in at most two runs.
    async fn end(&mut self) {
        let wanted: &[Exit] = match self.plan.goal {
            Goal::NotOurs => &[Exit::NotOurs],
            Goal::Removed => &[Exit::Done, Exit::NotFound],
            Goal::Ready(_) | Goal::ReadyByFile | Goal::App(_) | Goal::Absent => &[Exit::Done],
        };
        let mut short = Vec::new();
        self.see().await;
        for _ in 0..2 {
            self.pass(1.0).await;
            let ran = self.driver.run(&self.plan.last, Stop::No).await;
            self.judge(&ran, &MatchedFault::nothing());
            if !self.report.violations.is_empty() {
                return;
            }
            short = self.short_of_goal();
            if let Goal::App(count) = self.plan.goal {
                short.extend(app::short_of(&ran, count));
            }
            if !ran.exit().is_some_and(|exit| wanted.contains(&exit)) {
                short.push(format!("'{}' ends with {:?}: {}", ran.line, ran.exit(), super::trace::errors(&ran)));
            }
            if short.is_empty() {
                return self.look_at_the_end().await;
            }
        }
        let what = format!("after two more runs: {}", short.join("; "));
        self.report.violations.push(Invariant::ReachesItsGoal.broken(what));
    }

    async fn look_at_the_end(&mut self) {
        // Each seed pays for one look in four.
        if self.plan.seed.is_multiple_of(4) && self.plan.goal != Goal::NotOurs {
            self.look().await;
        }
    }

    fn short_of_goal(&self) -> Vec<String> {
        let now = inventory(&self.sandbox);
        let short = |name: &&str| {
            let lab = Lab::of(name, &now);
            match self.plan.goal {
                Goal::Ready(second) => {
                    let many = (lab.credentials() > 1).then(|| format!("{} credentials", lab.credentials()));
                    lab.short_of_ready(second).into_iter().chain(many).collect()
                }
                Goal::ReadyByFile => lab.short_of_file(),
                Goal::App(_) => lab.short_of_ready(Second::Unwanted),
                Goal::Removed => lab.short_of_ready(Second::Unwanted),
                Goal::Absent => lab.left(),
                Goal::NotOurs => Vec::new(),
            }
        };
        self.plan.labs.iter().flat_map(short).collect()
    }

    fn judge(&mut self, ran: &Ran, met: &MatchedFault) {
        self.judge_beside(ran, &[], met);
    }

    /// Judges a run beside which another one sent the requests `other`.
    fn judge_beside(&mut self, ran: &Ran, other: &[LoggedRequest], met: &MatchedFault) {
        self.report.trace.ran(ran);
        self.report.runs += 1;
        self.report.killed += usize::from(ran.finished.is_none());
        self.report.met += ran.log.iter().filter(|one| one.status != one.reached).count();
        // What `extend` is to write is later each time.
        if ran.line != self.last_line || ran.line.starts_with("extend") {
            self.writes.forget();
            self.last_line.clone_from(&ran.line);
        }
        let now = inventory(&self.sandbox);
        let others = self.others(&now);
        let broken = &mut self.report.violations;
        broken.extend(every::judge(ran, &self.token));
        broken.extend(lease::judge(ran, &now));
        broken.extend(lease::too_many(ran));
        broken.extend(buckets::judge(ran, other));
        broken.extend(one_writer(&ran.log));
        // Of two at once each has written what it found absent: none of them twice, but for what the other deleted.
        let mut own = Writes::default();
        let writes = if ran.alone { &mut self.writes } else { &mut own };
        broken.extend(writes.judge(with_deletions(met.requests(ran), other)));
        broken.extend(result::judge(ran, &now, ran.began < self.hidden_until));
        broken.extend(changed(&self.before, &others));
        let course = Lab::of(self.plan.lab_in_the_middle(), &now).tag("course");
        if self.has_others_tag && course.is_some_and(|tag| tag != "42") {
            broken.push(Invariant::NotOurs.broken("the tag that somebody else gave to the group is gone"));
        }
    }

    async fn pass(&self, seconds: f64) {
        if seconds > 0.0 {
            self.sandbox.clock().sleep(std::time::Duration::from_secs_f64(seconds)).await;
        }
    }
}
