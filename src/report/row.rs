//! Rows of the live display, fitted to the terminal's width.

use console::{Alignment, measure_text_width, pad_str, truncate_str};

use super::style::{Glyphs, Palette, Tone};

/// Columns kept for the elapsed time: `59m 59s`.
const ELAPSED: usize = 7;
/// The least that a status gets before the name gives way: `ProvisioningNetworkResources`, the longest single word
/// that AKS was recorded to say.
const STATUS: usize = 28;
/// The label gets at most this part of the width.
const LABEL_PART: usize = 3;
/// The least room in which a name still says something.
const NAME: usize = 8;

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// One column.
    pub(super) glyph: &'static str,
    pub(super) tone: Tone,
    pub(super) label: String,
    /// Left out where there is no room for it.
    pub(super) name: String,
    pub(super) status: String,
    pub(super) elapsed: String,
}

/// The rows as lines of at most `width` columns, in aligned columns.
pub(super) fn layout(rows: &[Row], width: usize, glyphs: Glyphs, palette: Palette) -> Vec<String> {
    // The last column stays free: some terminals wrap when it is written.
    let width = width.saturating_sub(1);
    let widest = |text: fn(&Row) -> &str| rows.iter().map(|row| measure_text_width(text(row))).max().unwrap_or(0);
    let label = widest(|row| &row.label).min(width / LABEL_PART);
    // Two for the glyph, one after the label, one before the elapsed time.
    let rest = width.saturating_sub(2 + label + 1 + 1 + ELAPSED);
    let room = rest.saturating_sub(1 + STATUS);
    let name = if room >= NAME { widest(|row| &row.name).min(room) } else { 0 };
    let status = if name > 0 { rest - name - 1 } else { rest };
    rows.iter()
        .map(|row| {
            let fit = |text: &str, width| {
                let line = text.replace('\n', " ");
                pad_str(&truncate_str(&line, width, glyphs.ellipsis), width, Alignment::Left, None).into_owned()
            };
            let mut line = format!("{} {} ", palette.paint(row.tone, row.glyph), fit(&row.label, label));
            if name > 0 {
                line.push_str(&palette.paint(Tone::Dim, fit(&row.name, name)));
                line.push(' ');
            }
            line.push_str(&palette.paint(row.tone, fit(&row.status, status)));
            line.push_str(&palette.paint(Tone::Dim, format!(" {:>ELAPSED$}", row.elapsed)));
            // On a terminal too narrow for the fixed columns, something must go.
            truncate_str(&line, width, "").into_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(status: &str) -> Row {
        Row {
            glyph: "✓",
            tone: Tone::Good,
            label: "federated credential".to_owned(),
            name: "myFederatedCredential".to_owned(),
            status: status.to_owned(),
            elapsed: "59m 59s".to_owned(),
        }
    }

    proptest::proptest! {
        #[test]
        fn no_row_is_wider_than_the_terminal(width in 0_usize..200, status in "\\PC{0,60}", color: bool) {
            for line in layout(&[row(&status), row("x")], width, Glyphs::new(true), Palette::new(color)) {
                proptest::prop_assert!(measure_text_width(&line) <= width.saturating_sub(1), "{line:?}");
            }
        }
    }

    #[test]
    fn the_status_keeps_its_room_when_the_name_does_not_fit() {
        let at =
            |width| layout(&[row("ProvisioningControlPlane")], width, Glyphs::new(true), Palette::new(false)).remove(0);
        assert_eq!(at(80), "✓ federated credential myFederatedCredent… ProvisioningControlPlane     59m 59s");
        assert_eq!(at(60), "✓ federated credenti… ProvisioningControlPlane      59m 59s");
        assert_eq!(at(40), "✓ federated cr… ProvisioningCo… 59m 59s");
    }

    #[test]
    fn a_name_for_which_there_is_too_little_room_is_left_out_and_a_row_is_one_line() {
        let lines = layout(&[row("Creating")], 66, Glyphs::new(true), Palette::new(false));
        assert!(!lines[0].contains("myF"), "{lines:?}");
        let lines = layout(&[row("one\ntwo")], 80, Glyphs::new(true), Palette::new(false));
        assert!(lines[0].contains("one two") && !lines[0].contains('\n'), "{lines:?}");
    }
}
