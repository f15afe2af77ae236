//! What is held against the world after each command of a class: what each run did by itself, and what there is now.

use azlab::outcome::Exit;
use azlab_sandbox::{Inventory, LoggedRequest};
use http::{Method, StatusCode};

use super::bodies::Body;
use super::command::Command;
use super::file::ClassFile;
use super::judge::{self, Said};
use super::plan::Step;
use super::told;
use super::world::{World, everything};
use crate::drive::Ran;
use crate::faults::Trouble;
use crate::matched_fault::MatchedFault;
use crate::oracle::writes::{Writes, one_writer, with_deletions};
use crate::oracle::{Invariant, Violation, buckets, inventory, lease, result, run as every};
use crate::plan::Stop;
use crate::trace::errors;

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

impl World<'_> {
    /// Judges one command, or two at once.
    pub(super) fn judge(&mut self, runs: &[Ran], before: &[Body], met: &MatchedFault) {
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
            broken.extend(self.judge_one(ran, other.unwrap_or_default(), met, before));
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
    fn judge_one(&mut self, ran: &Ran, other: &[LoggedRequest], met: &MatchedFault, before: &[Body]) -> Vec<Violation> {
        let command = Command(&ran.line);
        let mut broken = every::judge(ran, &self.token);
        if self.refusing > 0 {
            let is_refused = |what: &str| what.ends_with(&format!("{:?}", Some(StatusCode::FORBIDDEN)));
            broken.retain(|one| one.invariant != Invariant::WellFormed || !is_refused(&one.what));
        }
        broken.extend(lease::too_many(ran));
        broken.extend(result::judge_end(ran));
        broken.extend(buckets::judge(ran, other));
        broken.extend(one_writer(&ran.log));
        // A cluster that a full region failed is asked for again.
        if ran.line != self.last_line || ran.line.starts_with("extend") || self.is_full {
            self.writes.forget();
            self.last_line.clone_from(&ran.line);
        }
        let mut own = Writes::default();
        let writes = if ran.alone { &mut self.writes } else { &mut own };
        // A swap writes the tags of one group twice: given, and finished. So does who finishes one after its row was put for
        // somebody else.
        let is_finished = |request: &LoggedRequest| {
            let path = request.path.split('?').next().unwrap_or_default().to_lowercase();
            let is_given = |body: &Body| body.replaces().is_some() && body.id == path;
            request.method == Method::PATCH && before.iter().any(is_given)
        };
        // In one run too, where the answer to the first PUT was lost.
        let is_full = self.is_full;
        let is_asked_again = |request: &LoggedRequest| {
            let path = request.path.split('?').next().unwrap_or_default().to_lowercase();
            is_full && path.contains("/managedclusters/")
        };
        if command.verb() != "swap" {
            let is_counted = |request: &LoggedRequest| !is_finished(request) && !is_asked_again(request);
            let requests = met.requests(ran).filter(|(request, _)| is_counted(request));
            broken.extend(writes.judge(with_deletions(requests, other)));
        }
        broken
    }

    /// The labs that a command is about: how much a run may ask depends on how many they are.
    pub(super) fn labs_of(&self, command: Command<'_>) -> Vec<String> {
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
    pub(super) fn gets_over(&mut self, step: &Step, ran: &Ran, before: &[Body], now: &Inventory) {
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
                        && !command.named().iter().any(|lab| body.is_reserved(lab, now.now))
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
}
