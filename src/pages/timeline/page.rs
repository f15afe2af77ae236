//! A run as a page, and one lab of it as a picture: every time becomes a part of the width.

use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::rows::{Mark, Row};
use super::scale::{Scale, Tick};
use super::story::Run;
use super::sums::{last_path, limits};
use crate::pages::engine::{policy, render};
use crate::values::counted;
use crate::values::duration::exact;

const HTML: &str = include_str!("timeline.html");
const SVG: &str = include_str!("timeline.svg");

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
        &Page {
            policy: policy(HTML),
            head: Head::of(run, is_cut_off),
            end_s: scale.end_s,
            ticks: scale.ticks(),
            bound: bound(run, scale),
            labs,
        },
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
    /// The page's own script and styles, and nothing else.
    policy: String,
    head: Head,
    /// What the whole width is, in seconds.
    end_s: f64,
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
    /// The critical path of the lab that ended last.
    path: Option<String>,
    /// What waited for which limit.
    limits: Vec<String>,
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
            path: last_path(run),
            limits: limits(run),
            retries: run
                .retries
                .iter()
                .map(|(reason, count)| format!("{reason}: sent again {}", counted(*count, "time")))
                .collect(),
            is_cut_off,
        }
    }
}

fn bound(run: &Run, scale: Scale) -> Option<Tick> {
    let bound_s = run.bound_s.filter(|bound| *bound > 0.0)?;
    Some(Tick { at: scale.at(bound_s), text: format!("bound {}", exact(bound_s)) })
}
