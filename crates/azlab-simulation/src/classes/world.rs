//! One simulation of a class from its start to the judge's word.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use azlab_clock::Clock;
use azlab_sandbox::{Inventory, LoggedRequest, Sandbox};
use tempfile::TempDir;
use time::OffsetDateTime;

use super::bodies::{self, Body};
use super::command::Command;
use super::file::ClassFile;
use super::plan::{ClassPlan, Step};
use super::setup::{make_scarce, prepare};
use super::{edits, hosts, told};
use crate::drive::{Driver, Ran};
use crate::matched_fault::MatchedFault;
use crate::oracle::writes::Writes;
use crate::oracle::{Invariant, Violation, inventory};
use crate::plan::Stop;
use crate::trace::Trace;
use crate::world::{HIDDEN, Report, TODAY};

/// What a simulation keeps in hand.
pub(super) struct World<'a> {
    pub(super) plan: &'a ClassPlan,
    pub(super) sandbox: Sandbox,
    driver: Driver,
    pub(super) token: String,
    folder: TempDir,
    pub(super) file: ClassFile,
    pub(super) writes: Writes,
    pub(super) last_line: String,
    /// What is not ours, by id: as it was.
    pub(super) foreign: BTreeMap<String, String>,
    /// Role assignments on labs that the host gave by hand.
    pub(super) granted: BTreeSet<String>,
    /// The groups that were ever ours: subscription and name.
    pub(super) ours: BTreeSet<(String, String)>,
    /// Regions that are full now.
    pub(super) is_full: bool,
    /// Subscriptions in which nobody may write.
    pub(super) refusing: usize,
    pub(super) hidden_until: OffsetDateTime,
    pub(super) report: Report,
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

    /// Asks `status`, and holds it against the world.
    pub(super) async fn look(&mut self) {
        self.see().await;
        let before = self.bodies(&inventory(&self.sandbox));
        let ran = self.run("status").await;
        if ran.log.iter().any(LoggedRequest::is_write) {
            self.broken(Invariant::HonestStatus.broken("status writes"));
        }
        let now = inventory(&self.sandbox);
        let bodies = self.bodies(&now);
        let world = told::World { file: &self.file, inventory: &now, bodies: &bodies, granted: &self.granted };
        let lies = told::judge_status(&ran, &before, &world);
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
