//! Frames of a terminal as an SVG that plays by itself: the frames stand below each other, and a window shows one at a time.
//! A row that several frames have is written once.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use vt100::{Cell, Color};

use super::Frame;

/// A cell, and the space around the screen, in pixels.
const WIDTH: f64 = 8.43;
const HEIGHT: f64 = 18.0;
const SPACE: f64 = 14.0;

/// The sixteen colours of a terminal, as on a dark screen.
const COLOURS: [&str; 16] = [
    "#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4", "#8b949e", "#ffa198",
    "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#f0f6fc",
];

/// The picture; `title` is what a screen reader says.
pub(super) fn animated(frames: &[Frame], title: &str) -> String {
    let (rows, columns) = frames.first().map_or((0, 0), |frame| frame.screen.size());
    let (width, height) = (f64::from(columns) * WIDTH + 2.0 * SPACE, f64::from(rows) * HEIGHT + 2.0 * SPACE);
    let total: Duration = frames.iter().map(|frame| frame.shown).sum();
    let mut known: HashMap<String, usize> = HashMap::new();
    let (mut definitions, mut strip, mut steps, mut gone) =
        (String::new(), String::new(), String::new(), Duration::ZERO);
    for (index, frame) in frames.iter().enumerate() {
        // Where the window is while this frame is seen.
        let top = index as f64 * height;
        let percent = gone.as_secs_f64() / total.as_secs_f64().max(0.001) * 100.0;
        writeln!(steps, "{percent:.3}% {{ transform: translateY(-{top}px); }}").unwrap();
        gone += frame.shown;
        for row in 0..rows {
            let text = line(frame, row, columns);
            if text.is_empty() {
                continue;
            }
            let next = known.len();
            let id = *known.entry(text).or_insert_with_key(|text| {
                writeln!(definitions, "<text id=\"r{next}\">{text}</text>").unwrap();
                next
            });
            let y = top + SPACE + (f64::from(row) + 0.75) * HEIGHT;
            writeln!(strip, "<use href=\"#r{id}\" x=\"{SPACE}\" y=\"{y:.1}\"/>").unwrap();
        }
    }
    let last = frames.len().saturating_sub(1) as f64 * height;
    let seconds = total.as_secs_f64();
    let mut colours = String::new();
    for (index, colour) in COLOURS.iter().enumerate() {
        write!(colours, " .c{index} {{ fill: {colour}; }}").unwrap();
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-label=\"{title}\">
<style>
text {{ font: 14px ui-monospace, 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace; fill: #e6edf3; white-space: pre; }}
.b {{ font-weight: 700; }} .d {{ opacity: .65; }}{colours}
.strip {{ animation: play {seconds:.2}s step-end infinite; }}
@keyframes play {{
{steps}}}
@media (prefers-reduced-motion: reduce) {{ .strip {{ animation: none; transform: translateY(-{last}px); }} }}
</style>
<defs>
{definitions}</defs>
<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>
<svg width=\"{width:.0}\" height=\"{height:.0}\"><g class=\"strip\">
{strip}</g></svg>
</svg>
"
    )
}

/// A row as runs of one look, each at its column: a font that is a little wider moves nothing.
fn line(frame: &Frame, row: u16, columns: u16) -> String {
    let mut text = String::new();
    let mut runs: Vec<(u16, String, String)> = Vec::new();
    for column in 0..columns {
        let Some(cell) = frame.screen.cell(row, column).filter(|cell| cell.has_contents()) else { continue };
        let look = look(cell);
        match runs.last_mut() {
            Some((begin, known, run)) if *known == look && *begin as usize + run.chars().count() == column as usize => {
                run.push_str(cell.contents());
            }
            _ => runs.push((column, look, cell.contents().to_owned())),
        }
    }
    for (column, look, run) in runs.iter().filter(|(_, _, run)| !run.trim().is_empty()) {
        let class = if look.is_empty() { String::new() } else { format!(" class=\"{look}\"") };
        let run = run.trim_end().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        write!(text, "<tspan x=\"{:.1}\"{class}>{run}</tspan>", f64::from(*column) * WIDTH).unwrap();
    }
    text
}

fn look(cell: &Cell) -> String {
    let colour = match cell.fgcolor() {
        Color::Idx(index) if usize::from(index) < COLOURS.len() => Some(format!("c{index}")),
        // None of azlab's.
        Color::Default | Color::Idx(_) | Color::Rgb(..) => None,
    };
    let bold = cell.bold().then(|| "b".to_owned());
    let dim = cell.dim().then(|| "d".to_owned());
    colour.into_iter().chain(bold).chain(dim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: &str, milliseconds: u64) -> Frame {
        let mut parser = vt100::Parser::new(2, 20, 0);
        parser.process(bytes.as_bytes());
        Frame { screen: parser.screen().clone(), shown: Duration::from_millis(milliseconds) }
    }

    #[test]
    fn each_frame_comes_in_its_time_and_a_row_of_several_is_written_once() {
        let frames = [frame("ready", 500), frame("ready\r\n\x1b[1;32ma < b\x1b[0m", 1_500)];
        let picture = animated(&frames, "t");
        assert_eq!(picture.matches(">ready<").count(), 1);
        assert_eq!(picture.matches("<use href=\"#r0\"").count(), 2);
        assert!(picture.contains("<tspan x=\"0.0\" class=\"c2 b\">a &lt; b</tspan>"), "{picture}");
        assert!(picture.contains("0.000% { transform: translateY(-0px)"), "{picture}");
        assert!(picture.contains("25.000% { transform: translateY(-64px)"), "{picture}");
        assert!(picture.contains("play 2.00s step-end infinite"), "{picture}");
    }
}
