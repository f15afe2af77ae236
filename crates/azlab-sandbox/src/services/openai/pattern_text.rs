//! A short text that a regular expression matches.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Longest pattern that is read, in bytes: a class of letters alone takes kilobytes.
const LONGEST_PATTERN: usize = 1_000;
/// Most steps in which a text is made; none has more letters.
const STEPS: usize = 4_096;

/// A text that `pattern` matches; `None` if it cannot be read (it looks ahead, say) or asks for too long a text.
pub(super) fn of(pattern: &str) -> Option<String> {
    if pattern.len() > LONGEST_PATTERN {
        return None;
    }
    let parsed = regex_syntax::ParserBuilder::new().nest_limit(64).build().parse(pattern).ok()?;
    let mut text = String::new();
    append(&parsed, &mut text, &mut STEPS.clone())?;
    Some(text)
}

fn append(part: &Hir, text: &mut String, steps: &mut usize) -> Option<()> {
    *steps = steps.checked_sub(1)?;
    match part.kind() {
        // An assertion stands between letters.
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(letter(class)?),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                append(&repetition.sub, text, steps)?;
            }
        }
        HirKind::Capture(capture) => append(&capture.sub, text, steps)?,
        HirKind::Concat(parts) => {
            for part in parts {
                append(part, text, steps)?;
            }
        }
        HirKind::Alternation(ways) => append(ways.first()?, text, steps)?,
    }
    Some(())
}

/// A letter of a class, one that can be seen if it has any.
fn letter(class: &Class) -> Option<char> {
    match class {
        Class::Unicode(class) => {
            let seen = class.iter().find(|range| range.end() > ' ');
            seen.or(class.iter().next())
                .map(|range| if range.end() > ' ' { range.start().max('!') } else { range.start() })
        }
        Class::Bytes(class) => {
            class.iter().find(|range| range.start().is_ascii()).map(|range| char::from(range.start()))
        }
    }
}
