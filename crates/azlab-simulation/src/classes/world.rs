//! One simulation of a class from its start to the judge's word.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use azlab::outcome::Exit;
use azlab_clock::Clock;
use azlab_sandbox::{Inventory, LoggedRequest, OtherSubscription, Sandbox, Settings};
use http::{Method, StatusCode};
use tempfile::TempDir;
use time::OffsetDateTime;

use super::bodies::{self, Body};
use super::command::Command;
use super::file::{ClassFile, SUBSCRIPTIONS, users};
use super::judge::{self, Said};
use super::plan::{ClassPlan, Step};
use super::{edits, hosts, told};
use crate::drive::{Driver, Ran};
use crate::faults::Trouble;
use crate::large::raise_quotas;
use crate::matched_fault::MatchedFault;
use crate::oracle::writes::{Writes, one_writer, with_deletions};
use crate::oracle::{Invariant, Violation, buckets, inventory, lease, result, run as every};
use crate::plan::Stop;
use crate::trace::{Trace, errors};
use crate::world::{HIDDEN, Report, TODAY, settle};

/// What a simulation keeps in hand.
pub(super) struct World<'a> {
    pub(super) plan: &'a ClassPlan,
    pub(super) sandbox: Sandbox,
    driver: Driver,
    token: String,
    folder: TempDir,
    pub(super) file: ClassFile,
    writes: Writes,
    last_line: String,
    /// What is not ours, by id: as it was.
    pub(super) foreign: BTreeMap<String, String>,
    /// Role assignments on labs that the host gave by hand.
    pub(super) granted: BTreeSet<String>,
    /// The groups that were ever ours: subscription and name.
    ours: BTreeSet<(String, String)>,
    /// Regions that are full now.
    pub(super) is_full: bool,
    /// Subscriptions in which nobody may write.
    pub(super) refusing: usize,
    hidden_until: OffsetDateTime,
    pub(super) report: Report,
}

fn prepare(settings: &mut Settings, plan: &ClassPlan) {
    settle(settings, plan.pace);
    raise_quotas(settings);
    settings.directory.users = users();
    for (id, name) in SUBSCRIPTIONS.iter().skip(1).take(plan.subscriptions - 1) {
        let mut other = OtherSubscription::new(id, name);
        other.quota.clone_from(&settings.quota);
        settings.subscriptions.push(other);
    }
}

/// What is scarce, for labs: others have what they have.
fn make_scarce(settings: &mut Settings, plan: &ClassPlan) {
    for (subscription, location, usage, limit) in &plan.quotas {
        let key = format!("{location}/{usage}");
        match subscription.checked_sub(1).and_then(|at| settings.subscriptions.get_mut(at)) {
            Some(other) => other.quota.insert(key, *limit),
            None => settings.quota.insert(key, *limit),
        };
    }
}

/// Runs a plan to its end.
pub async fn run(plan: &ClassPlan) -> Report {
    let sandbox = Sandbox::in_memory(Clock::scaled(TODAY, 1.0)).expect("a sandbox");
    sandbox.control().keep_model_open("gpt-35-turbo", "0125").expect("the catalogue has it");
    sandbox.control().change_settings(|settings| prepare(settings, plan)).expect("settings");
    let who = sandbox.directory().default_application().principal;
    let token = sandbox.signer().issue(&who, "https://management.azure.com", TODAY, time::Duration::HOUR);
    let mut world = World {
        plan,
        driver: Driver::new(&sandbox, plan.seed, 0),
        token: token.expect("a token").as_str().to_owned(),
        folder: tempfile::tempdir().expect("a folder"),
        file: plan.file.clone(),
        writes: Writes::default(),
        last_line: String::new(),
        foreign: BTreeMap::new(),
        granted: BTreeSet::new(),
        ours: BTreeSet::new(),
        is_full: false,
        refusing: 0,
        hidden_until: TODAY,
        report: Report { violations: Vec::new(), trace: Trace::default(), requests: 0, runs: 0, killed: 0, met: 0 },
        sandbox,
    };
    if plan.neighbours {
        hosts::neighbours(&world.sandbox, plan.subscriptions).await;
    }
    world.sandbox.control().change_settings(|settings| make_scarce(settings, plan)).expect("settings");
    world.foreign = everything(&inventory(&world.sandbox));
    world.read_file();
    for step in &plan.steps {
        world.step(step).await;
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

/// The subscription and the name of the group that a request asked for.
fn group_put(request: &LoggedRequest) -> Option<(String, String)> {
    let path = request.path.split('?').next().unwrap_or_default();
    match path.split('/').collect::<Vec<_>>()[..] {
        ["", "subscriptions", id, kind, group]
            if request.method == Method::PUT && kind.eq_ignore_ascii_case("resourcegroups") =>
        {
            Some((id.to_owned(), group.to_owned()))
        }
        _ => None,
    }
}

/// All resources, by id, as text to compare byte by byte.
pub(super) fn everything(inventory: &Inventory) -> BTreeMap<String, String> {
    let items = inventory.resources.iter().chain(&inventory.soft_deleted);
    items.map(|item| (item.id.clone(), format!("{} {}", item.state, item.body))).collect()
}

impl World<'_> {
    /// Writes the file, as the host has it now, and reads it.
    fn read_file(&mut self) {
        let file = self.file.read_by_azlab(self.folder.path());
        self.driver.reads(file);
        self.forget();
    }

    /// A row may say where its lab goes as long as there is none: a file that disagrees with what exists is refused.
    fn lets_stay(&mut self) {
        let bodies = self.bodies(&inventory(&self.sandbox));
        for row in self.file.rows.iter_mut().filter(|row| row.location.is_some()) {
            if bodies.iter().any(|body| body.lab == row.lab() && row.location != Some(body.location.as_str())) {
                row.location = None;
            }
        }
    }

    /// Something else is asked for from now on.
    pub(super) fn forget(&mut self) {
        self.writes.forget();
    }

    pub(super) fn bodies(&self, inventory: &Inventory) -> Vec<Body> {
        bodies::read(inventory, &self.foreign)
    }

    pub(super) fn broken(&mut self, violation: Violation) {
        self.report.violations.push(violation);
    }

    async fn step(&mut self, step: &Step) {
        self.pass(step.after_s).await;
        for change in &step.changes {
            edits::make(change, &mut self.file);
            self.lets_stay();
            hosts::make(self, change).await;
            self.report.trace.note(format!("somebody: {change}"));
        }
        if !step.changes.is_empty() {
            self.read_file();
        }
        let file = self.file.clone();
        let lines: Vec<&str> = step.lines.iter().map(String::as_str).collect();
        let there = self.bodies(&inventory(&self.sandbox));
        // Of a lab that does not exist, a swap and a provision at once make two.
        let is_hers = |lab: &&str| there.iter().any(|body| body.lab == **lab && !body.is_going);
        let makes_two = |line: &&str| {
            lines.len() > 1 && Command(line).verb() == "swap" && !Command(line).named().iter().all(&is_hers)
        };
        if !lines.iter().all(|line| Command(line).fits(&file)) || lines.iter().any(makes_two) {
            self.report.trace.note(format!("not run: {}", lines.join(" and ")));
            return;
        }
        let from = self.sandbox.request_count();
        for trouble in &step.troubles {
            self.sandbox.control().inject(trouble.fault(&self.token));
            self.report.trace.note(trouble.to_string());
        }
        let now = inventory(&self.sandbox);
        let before = self.bodies(&now);
        let mut runs = match lines[..] {
            [one] => vec![self.driver.run(one, step.stop).await],
            [first, second, ..] => {
                self.writes.forget();
                self.driver.run_both([first, second], step.apart_s, step.stop).await.into()
            }
            [] => Vec::new(),
        };
        runs.iter_mut().for_each(|ran| ran.labs = self.labs_of(Command(&ran.line)));
        let met = MatchedFault::of(&step.troubles, from, &self.sandbox.requests_from(from));
        self.sandbox.control().clear_faults();
        self.judge(&runs, &before, &met);
        if let [ran] = &runs[..] {
            self.gets_over(step, ran, &before, &now);
        }
        if runs.len() > 1 {
            self.writes.forget();
        }
        if met.hides() {
            self.hidden_until = self.sandbox.clock().now() + HIDDEN;
        }
        if step.look && self.report.violations.is_empty() && self.refusing == 0 {
            self.look().await;
        }
    }

    /// Runs one command while nothing goes wrong.
    pub(super) async fn run(&mut self, line: &str) -> Ran {
        let before = self.bodies(&inventory(&self.sandbox));
        let mut ran = self.driver.run(line, Stop::No).await;
        ran.labs = self.labs_of(Command(line));
        let mut runs = vec![ran];
        self.judge(&runs, &before, &MatchedFault::nothing());
        runs.remove(0)
    }

    /// Judges one command, or two at once.
    fn judge(&mut self, runs: &[Ran], before: &[Body], met: &MatchedFault) {
        let now = inventory(&self.sandbox);
        let after = self.bodies(&now);
        let file = self.file.clone();
        self.ours.extend(after.iter().map(|body| (body.subscription.clone(), body.group.clone())));
        for ran in runs {
            // Also those that were made and deleted again within the run.
            self.ours.extend(ran.log.iter().filter_map(group_put));
            self.report.trace.ran(ran);
            self.report.runs += 1;
            self.report.killed += usize::from(ran.finished.is_none());
            self.report.met += ran.log.iter().filter(|one| one.status != one.reached).count();
        }
        let said = Said {
            commands: runs.iter().map(|ran| Command(&ran.line)).collect(),
            file: &file,
            until: now.now,
            granted: &self.granted,
        };
        let mut broken = judge::judge(&said, before, &after);
        if runs.iter().all(|ran| ran.exit() == Some(Exit::Done)) {
            broken.extend(judge::left_behind(&said, before, &after));
        }
        broken.extend(self.foreign_things(&now));
        for (at, ran) in runs.iter().enumerate() {
            let other = runs.get(1 - at.min(1)).filter(|_| runs.len() > 1).map(|other| other.log.as_slice());
            broken.extend(self.judge_one(ran, other.unwrap_or_default(), met));
            if ran.alone {
                let world = told::World { file: &file, inventory: &now, bodies: &after, granted: &self.granted };
                broken.extend(told::judge(ran, &world, ran.began < self.hidden_until));
                let leases = after.iter().map(|body| (body.lab.as_str(), body.tag("azlab-lease")));
                broken.extend(lease::judge_leases(ran, leases));
            }
        }
        self.report.violations.extend(broken);
    }

    /// What holds of every run by itself.
    fn judge_one(&mut self, ran: &Ran, other: &[LoggedRequest], met: &MatchedFault) -> Vec<Violation> {
        let command = Command(&ran.line);
        let mut broken = every::judge(ran, &self.token);
        if self.refusing > 0 {
            let is_refused = |what: &str| what.ends_with(&format!("{:?}", Some(StatusCode::FORBIDDEN)));
            broken.retain(|one| one.invariant != Invariant::WellFormed || !is_refused(&one.what));
        }
        broken.extend(lease::too_many(ran));
        broken.extend(result::judge_end(ran));
        broken.extend(buckets::judge(ran));
        broken.extend(one_writer(&ran.log));
        // A cluster that a full region failed is asked for again.
        if ran.line != self.last_line || ran.line.starts_with("extend") || self.is_full {
            self.writes.forget();
            self.last_line.clone_from(&ran.line);
        }
        let mut own = Writes::default();
        let writes = if ran.alone { &mut self.writes } else { &mut own };
        // A swap writes the tags of one group twice: given, and finished.
        if command.verb() != "swap" {
            broken.extend(writes.judge(with_deletions(met.requests(ran), other)));
        }
        broken
    }

    /// The labs that a command is about: how much a run may ask depends on how many they are.
    fn labs_of(&self, command: Command<'_>) -> Vec<String> {
        let mut labs = command.labs(&self.file);
        if command.verb() == "swap" {
            labs.extend((0..self.file.spares).map(|number| format!("spare-{}", number + 1)));
        }
        if command.verb() == "sweep" {
            labs.extend(self.ours.iter().map(|(_, group)| group.clone()));
        }
        labs
    }

    /// What others have is the same byte for byte, and nothing is anywhere but in groups of ours.
    fn foreign_things(&self, now: &Inventory) -> Vec<Violation> {
        let all = everything(now);
        let gone = self.foreign.iter().filter(|(id, text)| all.get(*id) != Some(text));
        let gone = gone.map(|(id, _)| format!("{id} was changed or is gone"));
        let is_ours =
            |id: &str| self.ours.iter().any(|(subscription, group)| crate::oracle::is_in(subscription, group, id));
        let new = all.keys().filter(|id| !self.foreign.contains_key(*id) && !is_ours(id));
        gone.chain(new.map(|id| format!("{id} is new"))).map(|what| Invariant::NotOurs.broken(what)).collect()
    }

    /// Only what passes by itself went wrong: the run must have come to its end.
    fn gets_over(&mut self, step: &Step, ran: &Ran, before: &[Body], now: &Inventory) {
        let is_left_alone =
            step.stop == Stop::No && step.troubles.len() <= 2 && step.troubles.iter().all(Trouble::passes);
        if !is_left_alone || self.refusing > 0 || ran.began < self.hidden_until {
            return;
        }
        let command = Command(&ran.line);
        let exists = |lab: &String| before.iter().any(|body| body.lab == *lab && body.has_cluster);
        let is_fine = match command.verb() {
            "provision" => {
                // Of a lab that may go nowhere else it is no fault of the run that its region is full.
                let is_stuck = self.is_full;
                let is_paused = before.iter().any(Body::is_paused);
                ran.exit() == Some(Exit::Done) || is_stuck || is_paused
            }
            "teardown" | "sweep" => ran.exit() == Some(Exit::Done),
            "pause" | "resume" | "extend" => {
                let all_exist = command.labs(&self.file).iter().all(exists);
                ran.exit() == Some(Exit::Done) || !all_exist
            }
            "swap" => {
                let ready = |body: &&Body| {
                    ClassFile::is_spare(&body.lab)
                        && self.file.lists(&body.lab)
                        && !body.is_paused()
                        && body.short_of_ready(now).is_empty()
                };
                let has_spare = before.iter().any(|body| ready(&body));
                let is_whole = before.iter().all(|body| body.has_cluster && !body.is_paused());
                ran.exit() == Some(Exit::Done) || !has_spare || !is_whole || self.is_full
            }
            _ => true,
        };
        if !is_fine {
            let what = format!("'{}' ends with {:?}: {}", ran.line, ran.exit(), errors(ran));
            self.broken(Invariant::GetsOver.broken(what));
        }
    }

    /// Asks `status`, and holds it against the world.
    pub(super) async fn look(&mut self) {
        self.see().await;
        let ran = self.run("status").await;
        if ran.log.iter().any(LoggedRequest::is_write) {
            self.broken(Invariant::HonestStatus.broken("status writes"));
        }
        let now = inventory(&self.sandbox);
        let bodies = self.bodies(&now);
        let world = told::World { file: &self.file, inventory: &now, bodies: &bodies, granted: &self.granted };
        let lies = told::judge_status(&ran, &world);
        self.report.violations.extend(lies);
    }

    /// Waits until everything that exists is shown.
    pub(super) async fn see(&self) {
        self.pass((self.hidden_until - self.sandbox.clock().now()).as_seconds_f64()).await;
    }

    pub(super) async fn pass(&self, seconds: f64) {
        if seconds > 0.0 {
            self.sandbox.clock().sleep(Duration::from_secs_f64(seconds)).await;
        }
    }
}
