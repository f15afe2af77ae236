//! The labs of a class on one screen: how many are in which state, what is wrong with which, and every lab that still fits.

use console::{Alignment, measure_text_width, pad_str, truncate_str};

use super::style::{Glyphs, Palette, Tone};
use crate::outcome::LabOutcome;
use crate::outcome::state::{About, AtWork, ResourceReport, ResourceState};
use crate::values::duration::age;
use crate::values::{LabState, counted};

/// The narrowest name that still tells labs apart; more of a name is shown where there is room.
const NAME: usize = 8;
/// The widest.
const LONG_NAME: usize = 24;
/// Columns of a lab beside its name: its sign, the space behind it, and two before the next.
const BESIDE: usize = 4;

/// What a lab is at, in the order in which people want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Failed,
    Incomplete,
    Working,
    Paused,
    Absent,
    Ready,
}

impl Standing {
    const ALL: [Self; 6] = [Self::Failed, Self::Incomplete, Self::Working, Self::Ready, Self::Paused, Self::Absent];

    fn of(lab: &LabOutcome) -> Self {
        let any = |state| lab.details.resources.iter().flatten().any(|one| one.state == state);
        let is_busy = lab.details.about.as_ref().is_some_and(|about| about.busy.is_some());
        match lab.state {
            // A lab that was named and does not exist has an error, and has not failed.
            LabState::Absent | LabState::Deleted => Self::Absent,
            _ if lab.error.is_some() => Self::Failed,
            LabState::Failed | LabState::Interrupted => Self::Failed,
            LabState::Incomplete if is_busy => Self::Working,
            LabState::Incomplete if any(ResourceState::Failed) => Self::Failed,
            LabState::Incomplete if any(ResourceState::Busy) => Self::Working,
            LabState::Incomplete => Self::Incomplete,
            LabState::Ready | LabState::Paused if is_busy => Self::Working,
            LabState::Paused => Self::Paused,
            LabState::Ready => Self::Ready,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
            Self::Working => "working",
            Self::Paused => "paused",
            Self::Absent => "absent",
            Self::Ready => "ready",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Failed => Tone::Error,
            Self::Incomplete => Tone::Warning,
            Self::Working => Tone::Bold,
            Self::Paused | Self::Absent => Tone::Dim,
            Self::Ready => Tone::Good,
        }
    }

    /// One column, and another for each: colour only repeats it.
    fn sign(self, glyphs: Glyphs) -> &'static str {
        match self {
            Self::Failed => glyphs.failed,
            Self::Incomplete => "!",
            Self::Working => ">",
            Self::Paused => "=",
            Self::Absent => glyphs.left,
            Self::Ready => glyphs.done,
        }
    }

    /// Whether a line says what it is about.
    fn is_told(self) -> bool {
        matches!(self, Self::Failed | Self::Incomplete | Self::Working)
    }
}

/// The screen, and how to draw on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) palette: Palette,
    pub(super) glyphs: Glyphs,
}

/// `labs` on a screen. The last row stays free for the cursor, and the last column, at which some terminals wrap.
pub(super) fn grid(labs: &[LabOutcome], screen: Screen) -> String {
    let Screen { palette, glyphs, .. } = screen;
    let (room, width) = (screen.rows.saturating_sub(1).max(2), screen.columns.saturating_sub(1).max(1));
    let mut sorted: Vec<(Standing, &LabOutcome)> = labs.iter().map(|lab| (Standing::of(lab), lab)).collect();
    // Stable: within a standing they stay in the order of the class.
    sorted.sort_by_key(|(standing, _)| *standing);
    let cut = |line: &str| truncate_str(line, width, glyphs.ellipsis).into_owned();
    let mut lines = vec![cut(&head(labs, &sorted, screen))];
    let troubles = sorted.iter().filter(|(standing, _)| standing.is_told()).count();
    let left = room - 1;
    // The rest needs what it needs; what is wrong gets all else, and half of the screen at least.
    let rest = sorted.len() - troubles;
    let for_rest = Cells::of(&sorted[troubles..], width).rows_of(rest).min(left / 2);
    let told = troubles.min(left - for_rest);
    let name = sorted[..told].iter().map(|(_, lab)| measure_text_width(&lab.name)).max().unwrap_or(0).min(LONG_NAME);
    for (standing, lab) in &sorted[..told] {
        let label = pad_str(&truncate_str(&lab.name, name, glyphs.ellipsis), name, Alignment::Left, None).into_owned();
        let line = format!("{} {label}  {}", standing.sign(glyphs), why(lab));
        lines.push(palette.paint(standing.tone(), cut(&line)));
    }
    lines.extend(cells(&sorted[told..], left - told, width, screen));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// How many are in which state, with its sign, and when the first ends.
fn head(labs: &[LabOutcome], sorted: &[(Standing, &LabOutcome)], screen: Screen) -> String {
    let ends = labs.iter().filter_map(|lab| lab.details.about.as_ref()?.expires_in_s).min();
    let ends = match ends {
        None => String::new(),
        Some(left) if left > 0 => format!("; first expires in {}", age(left.unsigned_abs())),
        Some(past) => format!("; first expired {} ago", age(past.unsigned_abs())),
    };
    format!("{}: {}{ends}", counted(labs.len(), "lab"), counts(sorted, screen))
}

fn counts(sorted: &[(Standing, &LabOutcome)], screen: Screen) -> String {
    let count = |standing| sorted.iter().filter(|(one, _)| *one == standing).count();
    let told = Standing::ALL.into_iter().map(|standing| (standing, count(standing))).filter(|(_, count)| *count > 0);
    let told = told.map(|(standing, count)| {
        let text = format!("{} {count} {}", standing.sign(screen.glyphs), standing.word());
        screen.palette.paint(standing.tone(), text)
    });
    told.collect::<Vec<_>>().join(", ")
}

/// What is wrong with a lab, or being done about it.
fn why(lab: &LabOutcome) -> String {
    if let Some(error) = &lab.error {
        return format!("{}: {}", error.code, error.message.replace('\n', " "));
    }
    let run = lab.details.about.as_ref().and_then(|about: &About| about.busy.as_ref());
    let run = run.map(|AtWork { command, by, .. }| format!("{command} by {by}"));
    let all = lab.details.resources.iter().flatten();
    let wrong = all.filter(|one| !matches!(one.state, ResourceState::Ready | ResourceState::Paused)).map(resource);
    run.into_iter().chain(wrong).collect::<Vec<_>>().join("; ")
}

fn resource(one: &ResourceReport) -> String {
    let word = one.state.word();
    let fields = one.differences.iter().map(|field| field.field.as_str()).collect::<Vec<_>>().join(", ");
    let more = one.status.as_deref().unwrap_or(&fields);
    if more.is_empty() { format!("{} {word}", one.resource) } else { format!("{} {word} ({more})", one.resource) }
}

/// Labs side by side.
struct Cells {
    name: usize,
    columns: usize,
}

impl Cells {
    /// With whole names.
    fn of(labs: &[(Standing, &LabOutcome)], width: usize) -> Self {
        let widest = labs.iter().map(|(_, lab)| measure_text_width(&lab.name)).max().unwrap_or(0);
        Self::named(widest.min(LONG_NAME), width)
    }

    fn named(name: usize, width: usize) -> Self {
        // The last of a row has no space behind it.
        Self { name, columns: ((width + 2) / (name + BESIDE)).max(1) }
    }

    /// As whole as names can be while all `labs` fit in `rows`.
    fn fitting(labs: &[(Standing, &LabOutcome)], rows: usize, width: usize) -> Self {
        let whole = Self::of(labs, width);
        let shorter = (NAME..=whole.name).rev().map(|name| Self::named(name, width));
        // Where not all fit however short they are, those that do are told apart.
        shorter.into_iter().find(|cells| cells.rows_of(labs.len()) <= rows).unwrap_or(whole)
    }

    fn rows_of(&self, labs: usize) -> usize {
        labs.div_ceil(self.columns)
    }
}

/// As many labs as fit in `rows`, and how many of which state are left out.
fn cells(labs: &[(Standing, &LabOutcome)], rows: usize, width: usize, screen: Screen) -> Vec<String> {
    let Screen { palette, glyphs, .. } = screen;
    if labs.is_empty() || rows == 0 {
        return Vec::new();
    }
    let cells = Cells::fitting(labs, rows, width);
    let fits = cells.rows_of(labs.len()) <= rows;
    let shown = if fits { labs.len() } else { (rows - 1) * cells.columns };
    let cell = |(standing, lab): &(Standing, &LabOutcome)| {
        let name = truncate_str(&lab.name, cells.name, glyphs.ellipsis).into_owned();
        let text = format!("{} {}", standing.sign(glyphs), pad_str(&name, cells.name, Alignment::Left, None));
        palette.paint(standing.tone(), text)
    };
    let mut lines: Vec<String> = labs[..shown]
        .chunks(cells.columns)
        .map(|row| row.iter().map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned())
        .map(|line| truncate_str(&line, width, "").into_owned())
        .collect();
    if !fits {
        let left = &labs[shown..];
        let line = format!("and {} more: {}", left.len(), counts(left, screen));
        lines.push(truncate_str(&line, width, glyphs.ellipsis).into_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Details, Outputs};
    use crate::values::ResourceKind;

    fn lab(number: usize, state: LabState) -> LabOutcome {
        let resources = (state == LabState::Incomplete).then(|| {
            vec![ResourceReport {
                resource: ResourceKind::Cluster,
                name: "c".to_owned(),
                id: String::new(),
                state: ResourceState::Absent,
                status: None,
                differences: Vec::new(),
            }]
        });
        LabOutcome {
            name: format!("attendee-{number:04}"),
            subscription: None,
            resource_group: String::new(),
            location: String::new(),
            state,
            elapsed_s: 0.0,
            changes: Vec::new(),
            outputs: Outputs::default(),
            error: None,
            details: Details { about: Some(About::default()), resources, ..Details::default() },
        }
    }

    fn class(count: usize, troubles: usize) -> Vec<LabOutcome> {
        let state = |number| if number >= count - troubles { LabState::Incomplete } else { LabState::Ready };
        (0..count).map(|number| lab(number, state(number))).collect()
    }

    fn screen(rows: usize, columns: usize) -> Screen {
        Screen { rows, columns, palette: Palette::new(false), glyphs: Glyphs::new(true) }
    }

    #[test]
    fn a_class_stays_on_the_screen_however_large_and_tells_what_is_wrong_first() {
        for (rows, columns) in [(24, 80), (50, 200), (7, 20), (3, 5)] {
            for (count, troubles) in [(2, 1), (40, 3), (300, 9), (1000, 12), (1000, 1000), (1000, 0)] {
                let shown = grid(&class(count, troubles), screen(rows, columns));
                let lines: Vec<&str> = shown.lines().collect();
                assert!(lines.len() < rows, "{count} labs at {columns}x{rows}: {} lines\n{shown}", lines.len());
                assert!(lines.iter().all(|line| measure_text_width(line) < columns), "{columns}x{rows}\n{shown}");
                if troubles > 0 && columns >= 80 {
                    assert!(lines[0].contains(&format!("! {troubles} incomplete")), "{shown}");
                    assert!(lines[1].starts_with("! attendee-") && lines[1].ends_with("cluster absent"), "{shown}");
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_counted_by_state_and_nothing_is_told_twice() {
        let labs = class(1000, 3);
        let shown = grid(&labs, screen(24, 80));
        let cells = shown.lines().skip(4).take(18).map(|line| line.matches('✓').count()).sum::<usize>();
        assert!(cells > 60, "{cells}\n{shown}");
        assert!(shown.ends_with(&format!("and {} more: ✓ {} ready\n", 997 - cells, 997 - cells)), "{shown}");
        let shown = grid(&class(300, 3), screen(50, 200));
        for lab in &class(300, 3) {
            assert_eq!(shown.matches(&lab.name).count(), 1, "{}\n{shown}", lab.name);
        }
    }

    #[test]
    fn a_run_at_work_is_told_and_signs_differ_without_colour_and_without_utf8() {
        let mut busy = lab(1, LabState::Incomplete);
        let text = |text: &str| text.to_owned();
        busy.details.about = Some(About {
            busy: Some(AtWork { command: text("reset"), by: text("ada@x"), since: text("s"), renewed: text("r") }),
            ..About::default()
        });
        let shown = grid(&[busy, lab(2, LabState::Ready)], screen(24, 80));
        assert!(shown.contains("> attendee-0001  reset by ada@x; cluster absent"), "{shown}");
        for glyphs in [Glyphs::new(true), Glyphs::new(false)] {
            let mut signs: Vec<&str> = Standing::ALL.map(|one| one.sign(glyphs)).to_vec();
            signs.sort_unstable();
            signs.dedup();
            assert_eq!(signs.len(), Standing::ALL.len());
        }
    }
}
