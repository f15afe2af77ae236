//! What happened in a run, lab by lab, with times in service seconds since the run began.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::read::{Events, LimitWait, Line, What};

/// One run of an events file.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(super) command: String,
    pub(super) is_sandbox: bool,
    pub(super) subscription: String,
    pub(super) began: OffsetDateTime,
    /// When its last event came.
    pub(super) end_s: f64,
    /// `None` if it did not end by itself.
    pub(super) exit_code: Option<u8>,
    /// The least that the service's limits allow, where the run tells it.
    pub(super) bound_s: Option<f64>,
    pub(super) labs: Vec<Lab>,
    /// Tries that were sent again: why, and how often.
    pub(super) retries: BTreeMap<String, usize>,
}

/// One lab of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Lab {
    pub(super) name: String,
    pub(super) resource_group: String,
    pub(super) location: String,
    pub(super) begin_s: f64,
    pub(super) end_s: f64,
    /// `ready`; `None` if its end is not in the file.
    pub(super) state: Option<String>,
    /// The code of its error.
    pub(super) code: Option<String>,
    pub(super) bars: Vec<Bar>,
}

/// One resource of a lab, from its first look to its end.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    /// `openai_account`
    pub(super) resource: String,
    pub(super) name: String,
    pub(super) begin_s: f64,
    pub(super) end_s: f64,
    pub(super) end: End,
    /// What it waited for: from, to, why.
    pub(super) waits: Vec<Wait>,
    /// The service's words on the way.
    pub(super) statuses: Vec<String>,
    /// Whether the lab's end waited for it.
    pub(super) is_critical: bool,
}

/// How a bar ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// `created`
    Done(String),
    /// With a code.
    Failed(String),
    /// Not in the file.
    Open,
}

/// A wait: between two tries, or for a limit of the service.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    pub(super) begin_s: f64,
    pub(super) end_s: f64,
    pub(super) reason: String,
    /// Whether the service's limits made it.
    pub(super) is_for_limit: bool,
}

/// The runs of an events file, in its order: a file is appended to.
pub(crate) fn runs(events: &Events) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for line in &events.lines {
        match &line.what {
            What::RunStarted { command, sandbox, subscription } => runs.push(Run {
                command: command.clone(),
                is_sandbox: *sandbox,
                subscription: subscription.clone(),
                began: line.at - time::Duration::seconds_f64(line.elapsed_s.clamp(0.0, 1e9)),
                end_s: line.elapsed_s,
                exit_code: None,
                bound_s: None,
                labs: Vec::new(),
                retries: BTreeMap::new(),
            }),
            _ => {
                if let Some(run) = runs.last_mut() {
                    run.take(line);
                }
            }
        }
    }
    runs.iter_mut().for_each(Run::close);
    runs
}

impl Run {
    /// The names of its labs, in the order in which they began.
    pub(crate) fn lab_names(&self) -> impl Iterator<Item = &str> {
        self.labs.iter().map(|lab| lab.name.as_str())
    }

    fn take(&mut self, line: &Line) {
        let now = line.elapsed_s.max(self.end_s);
        self.end_s = now;
        match &line.what {
            What::RunFinished { exit_code, bound_s } => {
                self.exit_code = Some(*exit_code);
                self.bound_s = *bound_s;
            }
            What::Retrying { reason, .. } => *self.retries.entry(reason.clone()).or_default() += 1,
            what => {
                if let Some(name) = &line.lab {
                    self.lab(name, now).take(what, now);
                }
            }
        }
    }

    fn lab(&mut self, name: &str, now: f64) -> &mut Lab {
        let index = match self.labs.iter().rposition(|lab| lab.name == name) {
            Some(index) => index,
            None => {
                self.labs.push(Lab { name: name.to_owned(), begin_s: now, end_s: now, ..Lab::default() });
                self.labs.len() - 1
            }
        };
        &mut self.labs[index]
    }

    fn close(&mut self) {
        let end_s = self.end_s;
        for lab in &mut self.labs {
            if lab.state.is_none() {
                lab.end_s = end_s;
            }
            let lab_end = lab.end_s;
            for bar in lab.bars.iter_mut().filter(|bar| bar.end == End::Open) {
                bar.end_s = lab_end;
            }
            mark_critical(&mut lab.bars);
        }
    }
}

impl Lab {
    fn take(&mut self, what: &What, now: f64) {
        self.end_s = self.end_s.max(now);
        match what {
            What::LabStarted { resource_group, location } => {
                (self.resource_group, self.location) = (resource_group.clone(), location.clone());
                self.begin_s = now;
            }
            What::LabFinished { state, error } => {
                self.state = Some(state.clone());
                self.code = error.as_ref().map(|error| error.code.clone());
            }
            What::ResourceStarted { resource, name } | What::ResourceWriting { resource, name, .. } => {
                self.bar(resource, name, now);
            }
            What::ResourceStatus { resource, name, status } => {
                let bar = self.bar(resource, name, now);
                if bar.statuses.last() != Some(status) {
                    bar.statuses.push(status.clone());
                }
            }
            What::ResourceWaiting { resource, name, reason, retry_in_s } => {
                let wait = Wait {
                    begin_s: now,
                    end_s: now + retry_in_s.max(0.0),
                    reason: reason.clone(),
                    is_for_limit: false,
                };
                self.bar(resource, name, now).waits.push(wait);
            }
            What::ResourceFinished { resource, name, action, limits } => {
                self.bar(resource, name, now).close(End::Done(action.clone()), limits, now);
            }
            What::ResourceFailed { resource, name, error, limits } => {
                self.bar(resource, name, now).close(End::Failed(error.code.clone()), limits, now);
            }
            What::RunStarted { .. } | What::RunFinished { .. } | What::Retrying { .. } | What::Other => {}
        }
    }

    /// The open bar of a resource, or a new one.
    fn bar(&mut self, resource: &str, name: &str, now: f64) -> &mut Bar {
        let is_it = |bar: &Bar| bar.resource == resource && bar.name == name && bar.end == End::Open;
        let index = self.bars.iter().rposition(is_it).unwrap_or_else(|| {
            self.bars.push(Bar {
                resource: resource.to_owned(),
                name: name.to_owned(),
                begin_s: now,
                end_s: now,
                end: End::Open,
                waits: Vec::new(),
                statuses: Vec::new(),
                is_critical: false,
            });
            self.bars.len() - 1
        });
        &mut self.bars[index]
    }
}

impl Bar {
    fn close(&mut self, end: End, limits: &[LimitWait], now: f64) {
        (self.end, self.end_s) = (end, now);
        self.waits.extend(limits.iter().map(|wait| Wait {
            // A file that somebody else wrote says what it likes; a bar has its own time alone.
            begin_s: wait.from_s.clamp(self.begin_s, now),
            end_s: (wait.from_s + wait.waited_ms / 1_000.0).clamp(self.begin_s, now),
            reason: wait.limit.clone(),
            is_for_limit: true,
        }));
    }

    /// `OpenAI account`
    pub(super) fn label(&self) -> String {
        self.resource.replace('_', " ").replace("openai", "OpenAI")
    }

    /// How long it waited for the service's limits.
    pub(super) fn waited_s(&self) -> f64 {
        let waits = self.waits.iter().filter(|wait| wait.is_for_limit);
        waits.map(|wait| wait.end_s - wait.begin_s).sum()
    }
}

/// Marks the chain that decided the end: the bar that ended last, before it the one that ended last of those that had ended
/// when it began, and so on.
fn mark_critical(bars: &mut [Bar]) {
    // Two events of one moment are written with the same time, or a rounding apart.
    const SLACK_S: f64 = 0.001;
    let mut before = f64::INFINITY;
    loop {
        let ended = bars.iter().enumerate().filter(|(_, bar)| !bar.is_critical && bar.end_s <= before + SLACK_S);
        let last = ended.max_by(|(_, one), (_, other)| {
            one.end_s.total_cmp(&other.end_s).then_with(|| (other.begin_s).total_cmp(&one.begin_s))
        });
        let Some(index) = last.map(|(index, _)| index) else { return };
        bars[index].is_critical = true;
        before = bars[index].begin_s;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(resource: &str, begin_s: f64, end_s: f64) -> Bar {
        Bar {
            resource: resource.to_owned(),
            name: resource.to_owned(),
            begin_s,
            end_s,
            end: End::Done("created".to_owned()),
            waits: Vec::new(),
            statuses: Vec::new(),
            is_critical: false,
        }
    }

    #[test]
    fn the_critical_path_is_the_chain_that_the_end_waited_for() {
        let mut bars = [
            bar("resource_group", 0.0, 2.0),
            bar("cluster", 2.0, 341.0),
            bar("identity", 2.0, 4.0),
            bar("role_assignment", 20.0, 25.0),
        ];
        mark_critical(&mut bars);
        let critical: Vec<&str> = bars.iter().filter(|bar| bar.is_critical).map(|bar| bar.resource.as_str()).collect();
        assert_eq!(critical, ["resource_group", "cluster"]);
    }

    /// A line of an events file.
    fn line(elapsed: f64, rest: &str) -> String {
        format!(r#"{{"schema":"azlab.event/v1","at":"2026-11-29T12:00:00Z","elapsed_s":{elapsed},{rest}}}"#)
    }

    #[test]
    fn a_run_that_was_killed_leaves_its_bars_open_until_its_last_event() {
        let text = [
            line(0.0, r#""event":"run_started","command":"provision","sandbox":true,"subscription":"s""#),
            line(1.0, r#""lab":"ada","event":"lab_started","resource_group":"g","location":"westeurope""#),
            line(1.0, r#""lab":"ada","event":"resource_started","resource":"cluster","name":"c""#),
            line(2.0, r#""lab":"ada","event":"resource_waiting","resource":"cluster","name":"c","reason":"X: y","retry_in_s":5.0"#),
            line(90.0, r#""event":"note","level":"info","message":"m""#),
        ]
        .join("\n");
        let runs = runs(&super::super::read::read(&text).unwrap());
        let lab = &runs[0].labs[0];
        assert_eq!((runs.len(), runs[0].exit_code, lab.state.as_deref()), (1, None, None));
        assert_eq!((lab.bars[0].begin_s, lab.bars[0].end_s, &lab.bars[0].end), (1.0, 90.0, &End::Open));
        assert_eq!(lab.bars[0].waits.len(), 1);
        assert_eq!(lab.bars[0].waited_s(), 0.0, "a file of before this was told");
    }

    #[test]
    fn what_waited_for_a_limit_is_on_the_bar_of_its_resource_and_within_it() {
        let text = [
            line(0.0, r#""event":"run_started","command":"provision","sandbox":true,"subscription":"s""#),
            line(1.0, r#""lab":"ada","event":"resource_started","resource":"identity","name":"i""#),
            line(20.0, r#""lab":"ada","event":"resource_finished","resource":"identity","name":"i","action":"created","limits":[{"limit":"identity writes","from_s":2.5,"waited_ms":12500},{"limit":"ARM reads","from_s":-5.0,"waited_ms":3000},{"limit":"ARM writes","from_s":19.0,"waited_ms":90000}]"#),
        ]
        .join("\n");
        let runs = runs(&super::super::read::read(&text).unwrap());
        let bar = &runs[0].labs[0].bars[0];
        let at: Vec<(f64, f64)> = bar.waits.iter().map(|wait| (wait.begin_s, wait.end_s)).collect();
        assert_eq!(at, [(2.5, 15.0), (1.0, 1.0), (19.0, 20.0)]);
        assert!(bar.waits.iter().all(|wait| wait.is_for_limit) && bar.waited_s() == 13.5);
    }
}
