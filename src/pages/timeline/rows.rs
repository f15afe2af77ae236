//! The labs of a run as rows, and their resources as bars on the time axis.

use serde::Serialize;

use super::scale::Scale;
use super::story::{Bar, End, Lab, Wait};
use crate::values::duration::exact;

/// A lab of the page.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    place: String,
    pub(super) state: String,
    is_trouble: bool,
    pub(super) took_s: f64,
    pub(super) took: String,
    lanes: usize,
    waited_s: f64,
    /// How long its resources waited for limits; `None` if they did not.
    waited: Option<String>,
    pub(super) bars: Vec<Mark>,
}

/// A resource of a lab.
#[derive(Serialize)]
pub(super) struct Mark {
    /// `cluster`, as a class of the page.
    kind: String,
    label: String,
    name: String,
    left: f64,
    width: f64,
    lane: usize,
    from: String,
    took: String,
    end: String,
    is_failed: bool,
    is_open: bool,
    is_critical: bool,
    waits: Vec<Span>,
    /// How long it waited for limits; empty if it did not.
    waited: String,
    told: Vec<String>,
}

/// A wait, on a bar.
#[derive(Serialize)]
struct Span {
    left: f64,
    width: f64,
    text: String,
    is_for_limit: bool,
}

impl Row {
    pub(super) fn of(lab: &Lab, scale: Scale) -> Self {
        let mut lanes: Vec<f64> = Vec::new();
        let mut bars: Vec<&Bar> = lab.bars.iter().collect();
        bars.sort_by(|one, other| one.begin_s.total_cmp(&other.begin_s).then_with(|| one.name.cmp(&other.name)));
        let bars = bars.into_iter().map(|bar| Mark::of(bar, scale, lane(&mut lanes, bar))).collect();
        let waited_s = lab.bars.iter().map(Bar::waited_s).sum();
        let took_s = (lab.end_s - lab.begin_s).max(0.0);
        let state = lab.state.clone().unwrap_or_else(|| "not ended".to_owned());
        Self {
            name: lab.name.clone(),
            place: format!("{}, {}", lab.resource_group, lab.location),
            is_trouble: lab.code.is_some() || !matches!(state.as_str(), "ready" | "deleted" | "absent"),
            state: lab.code.as_ref().map_or_else(|| state.clone(), |code| format!("{state}: {code}")),
            took_s,
            took: exact(took_s),
            lanes: lanes.len(),
            waited_s,
            waited: (waited_s > 0.0).then(|| exact(waited_s)),
            bars,
        }
    }
}

/// The first lane that is free when `bar` begins. What follows at once may stand behind it.
fn lane(lanes: &mut Vec<f64>, bar: &Bar) -> usize {
    const SLACK_S: f64 = 0.001;
    let free = lanes.iter().position(|until| *until <= bar.begin_s + SLACK_S);
    let lane = free.unwrap_or_else(|| {
        lanes.push(0.0);
        lanes.len() - 1
    });
    lanes[lane] = bar.end_s;
    lane
}

impl Mark {
    fn of(bar: &Bar, scale: Scale, lane: usize) -> Self {
        let left = scale.at(bar.begin_s);
        let wait = |wait: &Wait| {
            let (from, to) = (scale.at(wait.begin_s), scale.at(wait.end_s.min(bar.end_s)));
            let (waited, reason) = (exact(wait.end_s - wait.begin_s), &wait.reason);
            Span {
                left: from,
                width: (to - from).max(0.0),
                text: match wait.is_for_limit {
                    true => format!("waited {waited} for a limit: {reason}"),
                    false => format!("waited {waited}: {reason}"),
                },
                is_for_limit: wait.is_for_limit,
            }
        };
        let waits: Vec<Span> = bar.waits.iter().map(wait).collect();
        let waited_s = bar.waited_s();
        let told = bar.statuses.iter().cloned().chain(waits.iter().map(|one| one.text.clone())).collect();
        Self {
            kind: bar.resource.clone(),
            label: bar.label(),
            name: bar.name.clone(),
            left,
            width: (scale.at(bar.end_s) - left).max(0.05),
            lane,
            from: exact(bar.begin_s),
            took: exact(bar.end_s - bar.begin_s),
            end: match &bar.end {
                End::Done(action) => action.clone(),
                End::Failed(code) => format!("failed: {code}"),
                End::Open => "not ended".to_owned(),
            },
            is_failed: matches!(bar.end, End::Failed(_)),
            is_open: bar.end == End::Open,
            is_critical: bar.is_critical,
            waits,
            waited: if waited_s > 0.0 { exact(waited_s) } else { String::new() },
            told,
        }
    }
}
