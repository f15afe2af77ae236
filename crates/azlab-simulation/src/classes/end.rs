//! The end of a class's story: nothing goes wrong any more, and every lab comes to what the file says.

use std::collections::BTreeSet;

use azlab::outcome::Exit;

use super::bodies::{Body, settled};
use super::hosts;
use super::judge::short_of_end;
use super::plan::Change;
use super::world::{World, everything};
use crate::oracle::{Invariant, inventory};
use crate::trace::errors;

impl World<'_> {
    /// Brings the class to its end, and judges it.
    pub(super) async fn end(&mut self) {
        self.see().await;
        hosts::make(self, &Change::Room).await;
        for subscription in 1..self.plan.subscriptions {
            hosts::make(self, &Change::Rights(subscription, true)).await;
        }
        if self.plan.finishes_swaps_first {
            self.finish_swaps().await;
        }
        self.resume().await;
        if !self.is_fine() {
            return;
        }
        self.provision().await;
        if !self.plan.finishes_swaps_first && self.is_fine() {
            self.finish_swaps().await;
            self.resume().await;
            self.provision().await;
        }
        if !self.is_fine() {
            return;
        }
        let again = self.run("provision --all").await;
        if let Some(write) = again.log.iter().find(|one| one.is_write()) {
            let what = format!("a second provision writes: {} {}", write.method, write.path);
            self.broken(Invariant::NothingTwice.broken(what));
        }
        self.look().await;
        if self.plan.ends_with_teardown && self.is_fine() {
            self.tear_down().await;
        }
    }

    fn is_fine(&self) -> bool {
        self.report.violations.is_empty()
    }

    /// Runs a command until it is done, at most twice.
    async fn done(&mut self, line: &str, short: impl Fn(&Self) -> Vec<String>) {
        let mut left = Vec::new();
        for _ in 0..2 {
            self.pass(1.0).await;
            let ran = self.run(line).await;
            if !self.is_fine() {
                return;
            }
            left = short(self);
            if ran.exit() != Some(Exit::Done) {
                left.push(format!("'{line}' ends with {:?}: {}", ran.exit(), errors(&ran)));
            }
            if left.is_empty() {
                return;
            }
        }
        let what = format!("after two more runs: {}", left.join("; "));
        self.broken(Invariant::ReachesItsGoal.broken(what));
    }

    fn now(&self) -> Vec<Body> {
        self.bodies(&inventory(&self.sandbox))
    }

    /// Finishes what was cut off, by the command that azlab recommends.
    async fn finish_swaps(&mut self) {
        let now = self.now();
        let unfinished = now.iter().filter_map(|body| Some((body.lab.clone(), body.replaces()?.1.to_owned())));
        let unfinished: Vec<(String, String)> = unfinished.collect();
        for (lab, spare) in unfinished {
            let is_finished = |world: &Self| {
                let left = world.now().into_iter().filter(|body| body.lab == lab && body.replaces().is_some());
                left.map(|body| format!("the swap of {} is not finished", body.lab)).collect()
            };
            // A file whose spares have been taken out knows no swap, and one without the row does not know the lab.
            let line = match (self.file.lists(&lab), self.file.spares) {
                (true, 0) => format!("provision -l {lab}"),
                (true, _) => format!("swap -l {lab} --broken keep"),
                (false, _) if self.file.lists(&spare) => format!("provision -l {spare}"),
                // Neither of the two is in the file: a teardown ends them.
                (false, _) => continue,
            };
            self.done(&line, is_finished).await;
        }
    }

    async fn resume(&mut self) {
        let paused = |world: &Self| -> Vec<String> {
            let now = world.now();
            let paused = now.iter().filter(|body| body.is_paused() && !body.is_going);
            paused.map(|body| settled(body, &now).to_owned()).collect()
        };
        for lab in paused(self) {
            let line = format!("resume -l {lab}");
            let left = |world: &Self| paused(world).into_iter().filter(|one| *one == lab);
            self.done(&line, |world| left(world).map(|one| format!("{one} is paused")).collect()).await;
        }
    }

    async fn provision(&mut self) {
        let finished_first = self.plan.finishes_swaps_first;
        self.done("provision --all", |world| {
            let now = inventory(&world.sandbox);
            let bodies = world.bodies(&now);
            // What the swap that was cut off leaves is for the next round.
            if !finished_first && bodies.iter().any(|body| body.replaces().is_some()) {
                return Vec::new();
            }
            short_of_end(&world.file, &bodies, &now, &world.granted)
        })
        .await;
    }

    /// Nothing is left of any lab but what is not ours: neither of those in the file, nor of those that were in it.
    async fn tear_down(&mut self) {
        self.done("teardown --all --yes", |_| Vec::new()).await;
        // Those that are in no row any more, and what is left of them.
        let now = inventory(&self.sandbox);
        let deleted = now.soft_deleted.iter().filter(|item| !self.foreign.contains_key(&item.id));
        let deleted = deleted.filter_map(|item| Some(item.body.pointer("/shown/tags/azlab-lab")?.as_str()?.to_owned()));
        let others: BTreeSet<String> = self.bodies(&now).into_iter().map(|body| body.lab).chain(deleted).collect();
        for lab in others {
            self.done(&format!("teardown -l {lab} --yes"), |_| Vec::new()).await;
        }
        let left = everything(&inventory(&self.sandbox));
        let left: Vec<String> = left.into_keys().filter(|id| !self.foreign.contains_key(id)).collect();
        if !left.is_empty() && self.is_fine() {
            self.broken(Invariant::ReachesItsGoal.broken(format!("left after teardown: {}", left.join(", "))));
        }
    }
}
