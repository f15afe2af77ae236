//! A run as a page, and one lab of it as a picture: every time becomes a part of the width.

use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::story::{Bar, End, Lab, Run};
use crate::pages::engine::render;
use crate::values::counted;
use crate::values::duration::exact;

const HTML: &str = include_str!("timeline.html");
const SVG: &str = include_str!("timeline.svg");

/// The marks on the time axis, at most.
const TICKS: f64 = 10.0;

/// The page of a run.
///
/// # Errors
/// A defect of the template.
pub(crate) fn html(run: &Run, is_cut_off: bool) -> Result<String, minijinja::Error> {
    let scale = Scale { end_s: run.end_s.max(run.bound_s.unwrap_or_default()).max(1.0) };
    let mut labs: Vec<Row> = run.labs.iter().map(|lab| Row::of(lab, scale)).collect();
    // The slowest first, which is what is looked for.
    labs.sort_by(|one, other| other.took_s.total_cmp(&one.took_s).then_with(|| one.name.cmp(&other.name)));
    render(
        "timeline.html",
        HTML,
        &Page { head: Head::of(run, is_cut_off), ticks: scale.ticks(), bound: bound(run, scale), labs },
    )
}

/// The picture of one lab of a run; `None` if it has no such lab.
///
/// # Errors
/// A defect of the template.
pub(crate) fn svg(run: &Run, lab: &str) -> Option<Result<String, minijinja::Error>> {
    let lab = run.labs.iter().find(|one| one.name.eq_ignore_ascii_case(lab))?;
    let scale = Scale { end_s: lab.end_s.max(run.bound_s.unwrap_or_default()).max(1.0) };
    let row = Row::of(lab, scale);
    let bars =
        row.bars.into_iter().enumerate().map(|(index, mark)| Line { y: 44 + 26 * index, mark }).collect::<Vec<_>>();
    let height = 44 + 26 * bars.len() + 30;
    let picture = Picture {
        head: Head::of(run, false),
        name: row.name,
        took: row.took,
        state: row.state,
        ticks: scale.ticks(),
        bound: bound(run, scale),
        bars,
        height,
    };
    Some(render("timeline.svg", SVG, &picture))
}

#[derive(Serialize)]
struct Page {
    head: Head,
    ticks: Vec<Tick>,
    bound: Option<Tick>,
    labs: Vec<Row>,
}

#[derive(Serialize)]
struct Picture {
    head: Head,
    name: String,
    took: String,
    state: String,
    ticks: Vec<Tick>,
    bound: Option<Tick>,
    bars: Vec<Line>,
    height: usize,
}

#[derive(Serialize)]
struct Line {
    y: usize,
    mark: Mark,
}

#[derive(Serialize)]
struct Head {
    command: String,
    place: String,
    began: String,
    took: String,
    end: String,
    counts: String,
    bound: Option<String>,
    retries: Vec<String>,
    is_cut_off: bool,
}

impl Head {
    fn of(run: &Run, is_cut_off: bool) -> Self {
        let place = match run.is_sandbox {
            true => "the sandbox".to_owned(),
            false => format!("subscription {}", run.subscription),
        };
        let end = match run.exit_code {
            Some(0) => "done".to_owned(),
            Some(code) => format!("exit code {code}"),
            None => "its end is not in the file".to_owned(),
        };
        let mut states: Vec<(String, usize)> = Vec::new();
        for lab in &run.labs {
            let state = lab.state.clone().unwrap_or_else(|| "not ended".to_owned());
            match states.iter_mut().find(|(known, _)| *known == state) {
                Some((_, count)) => *count += 1,
                None => states.push((state, 1)),
            }
        }
        let states: Vec<String> = states.into_iter().map(|(state, count)| format!("{count} {state}")).collect();
        Self {
            command: run.command.clone(),
            place,
            began: run.began.replace_nanosecond(0).unwrap_or(run.began).format(&Rfc3339).unwrap_or_default(),
            took: exact(run.end_s),
            end,
            counts: format!("{}: {}", counted(run.labs.len(), "lab"), states.join(", ")),
            bound: run.bound_s.filter(|bound| *bound > 0.0).map(|bound| {
                format!(
                    "the service's limits allow {} at best; the run took {:.2} times that",
                    exact(bound),
                    run.end_s / bound
                )
            }),
            retries: run
                .retries
                .iter()
                .map(|(reason, count)| format!("{reason}: sent again {}", counted(*count, "time")))
                .collect(),
            is_cut_off,
        }
    }
}

/// Seconds to percent of the width.
#[derive(Clone, Copy)]
struct Scale {
    end_s: f64,
}

#[derive(Serialize)]
struct Tick {
    at: f64,
    text: String,
}

impl Scale {
    fn at(self, seconds: f64) -> f64 {
        // Three digits are a hundredth of a pixel on a wide screen.
        (seconds.clamp(0.0, self.end_s) / self.end_s * 100_000.0).round() / 1_000.0
    }

    /// Round times, no more than fit.
    fn ticks(self) -> Vec<Tick> {
        const STEPS_S: [f64; 14] =
            [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0, 7_200.0];
        let fits = |step: &&f64| self.end_s / **step <= TICKS;
        let step =
            STEPS_S.iter().find(fits).copied().unwrap_or_else(|| (self.end_s / TICKS / 3_600.0).ceil() * 3_600.0);
        // At most TICKS of them.
        let count = (self.end_s / step).floor() as usize;
        (0..=count).map(|index| index as f64 * step).map(|at| Tick { at: self.at(at), text: exact(at) }).collect()
    }
}

fn bound(run: &Run, scale: Scale) -> Option<Tick> {
    let bound_s = run.bound_s.filter(|bound| *bound > 0.0)?;
    Some(Tick { at: scale.at(bound_s), text: format!("bound {}", exact(bound_s)) })
}

#[derive(Serialize)]
struct Row {
    name: String,
    place: String,
    state: String,
    is_trouble: bool,
    took_s: f64,
    took: String,
    lanes: usize,
    bars: Vec<Mark>,
}

#[derive(Serialize)]
struct Mark {
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
    told: Vec<String>,
}

#[derive(Serialize)]
struct Span {
    left: f64,
    width: f64,
    text: String,
}

impl Row {
    fn of(lab: &Lab, scale: Scale) -> Self {
        let mut lanes: Vec<f64> = Vec::new();
        let mut bars: Vec<&Bar> = lab.bars.iter().collect();
        bars.sort_by(|one, other| one.begin_s.total_cmp(&other.begin_s).then_with(|| one.name.cmp(&other.name)));
        let bars = bars.into_iter().map(|bar| Mark::of(bar, scale, lane(&mut lanes, bar))).collect();
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
        let wait = |begin_s: f64, end_s: f64, text: &str| {
            let (from, to) = (scale.at(begin_s), scale.at(end_s.min(bar.end_s)));
            Span { left: from, width: (to - from).max(0.0), text: format!("waited {}: {text}", exact(end_s - begin_s)) }
        };
        let waits: Vec<Span> = bar.waits.iter().map(|one| wait(one.begin_s, one.end_s, &one.reason)).collect();
        let told = bar.statuses.iter().cloned().chain(waits.iter().map(|one| one.text.clone())).collect();
        Self {
            kind: bar.resource.clone(),
            label: bar.resource.replace('_', " ").replace("openai", "OpenAI"),
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
            told,
        }
    }
}
