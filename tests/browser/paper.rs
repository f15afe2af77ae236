//! What a PDF shows: where its words stand, and where it is black.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use tempfile::NamedTempFile;

/// Dots an inch at which marks are looked for.
const DPI: f64 = 144.0;

/// A word on a page, from the upper left, in points (72 an inch).
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) left: f64,
    pub(crate) top: f64,
}

/// A page of paper.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) width: f64,
    pub(crate) words: Vec<Word>,
    dots: Picture,
}

/// Grey values, line by line.
#[derive(Clone, Debug, Default)]
struct Picture {
    width: usize,
    height: usize,
    greys: Vec<u8>,
}

impl Sheet {
    /// The words that read `text`.
    pub(crate) fn all<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a Word> {
        self.words.iter().filter(move |word| word.text == text)
    }

    /// Whether there is something black within 2 mm of a place, in points.
    pub(crate) fn is_marked(&self, left: f64, top: f64) -> bool {
        let scale = DPI / 72.0;
        let reach = (2.0 / 25.4 * DPI) as usize;
        let (x, y) = ((left * scale) as usize, (top * scale) as usize);
        let lines = y.saturating_sub(reach)..(y + reach).min(self.dots.height);
        lines.into_iter().any(|line| {
            let columns = x.saturating_sub(reach)..(x + reach).min(self.dots.width);
            columns.into_iter().any(|column| self.dots.greys[line * self.dots.width + column] < 80)
        })
    }
}

/// The pages of a PDF.
pub(crate) fn sheets(pdf: &[u8]) -> Vec<Sheet> {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(pdf).unwrap();
    let mut sheets: Vec<Sheet> = Vec::new();
    for line in run("pdftotext", &["-bbox"], file.path(), &["-"]).lines().map(str::trim) {
        if line.starts_with("<page ") {
            sheets.push(Sheet { width: number(line, "width"), ..Sheet::default() });
        } else if line.starts_with("<word ") {
            let text = line.split_once('>').and_then(|(_, rest)| rest.strip_suffix("</word>")).unwrap_or_default();
            let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            let word = Word { text, left: number(line, "xMin"), top: number(line, "yMin") };
            sheets.last_mut().expect("a page before its words").words.push(word);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("page");
    run("pdftoppm", &["-gray", "-r", &DPI.to_string()], file.path(), &[into.to_str().unwrap()]);
    let mut pictures: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pictures.sort();
    assert_eq!(pictures.len(), sheets.len());
    for (sheet, picture) in sheets.iter_mut().zip(pictures) {
        sheet.dots = grey(&std::fs::read(picture).unwrap());
    }
    sheets
}

#[track_caller]
fn run(program: &str, before: &[&str], file: &Path, after: &[&str]) -> String {
    let output = Command::new(program).args(before).arg(file).args(after).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn number(line: &str, name: &str) -> f64 {
    let value = line.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
    value.and_then(|(value, _)| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {line}"))
}

/// A binary PGM: `P5`, width, height, the largest grey, and a byte a dot.
fn grey(bytes: &[u8]) -> Picture {
    let mut at = 0;
    let mut word = || {
        let from = at;
        while !bytes[at].is_ascii_whitespace() {
            at += 1;
        }
        at += 1;
        std::str::from_utf8(&bytes[from..at - 1]).unwrap().to_owned()
    };
    assert_eq!(word(), "P5");
    let (width, height, _most) = (word().parse().unwrap(), word().parse().unwrap(), word());
    Picture { width, height, greys: bytes[at..].to_vec() }
}
