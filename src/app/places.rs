//! Where each field of a YAML document stands.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser};

/// The lines of the fields of one document, by path: `spec.template.spec.containers[0].image`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// The line on which it begins.
    pub(super) first: usize,
    lines: HashMap<String, usize>,
}

enum Open {
    List(usize),
    Map(Option<String>),
}

/// The documents of a text that have something in them, in their order; those up to the first mistake.
pub(super) fn documents(text: &str) -> Vec<Places> {
    let mut all = Vec::new();
    let mut places = Places::default();
    let mut open: Vec<Open> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { break };
        let line = span.start.line();
        match event {
            Event::DocumentStart(_) => (places, path) = (Places::default(), Vec::new()),
            Event::DocumentEnd => all.extend(Some(std::mem::take(&mut places)).filter(|places| places.first > 0)),
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                begin(&mut places, &mut open, &mut path, line);
                open.push(match event {
                    Event::MappingStart(..) => Open::Map(None),
                    _ => Open::List(0),
                });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                end(&mut open, &mut path);
            }
            Event::Scalar(text, ..) => match open.last_mut() {
                Some(Open::Map(key @ None)) => {
                    *key = Some(text.to_string());
                    path.push(text.into_owned());
                    places.lines.entry(joined(&path)).or_insert(line);
                }
                _ => {
                    // A document that is nothing but null holds nothing.
                    if !open.is_empty() || !matches!(&*text, "" | "~" | "null") {
                        begin(&mut places, &mut open, &mut path, line);
                        end(&mut open, &mut path);
                    }
                }
            },
            Event::Alias(_) => {
                begin(&mut places, &mut open, &mut path, line);
                end(&mut open, &mut path);
            }
            _ => {}
        }
    }
    all
}

/// A value begins.
fn begin(places: &mut Places, open: &mut [Open], path: &mut Vec<String>, line: usize) {
    if places.first == 0 {
        places.first = line;
    }
    if let Some(Open::List(index)) = open.last_mut() {
        path.push(format!("[{index}]"));
        *index += 1;
        places.lines.entry(joined(path)).or_insert(line);
    }
}

/// A value has ended.
fn end(open: &mut [Open], path: &mut Vec<String>) {
    match open.last_mut() {
        Some(Open::Map(key)) => {
            *key = None;
            path.pop();
        }
        Some(Open::List(_)) => drop(path.pop()),
        None => {}
    }
}

fn joined(path: &[String]) -> String {
    let mut all = String::new();
    for part in path {
        if !all.is_empty() && !part.starts_with('[') {
            all.push('.');
        }
        all.push_str(part);
    }
    all
}

impl Places {
    /// The line of a field, or of what it is in. The API server names fields as `spec.containers[0].image` and
    /// `.spec.containers[name="x"].image`.
    pub(super) fn line(&self, field: &str) -> usize {
        let mut field = field.trim_start_matches('.');
        loop {
            if let Some(line) = self.lines.get(field) {
                return *line;
            }
            match field.rfind(['.', '[']) {
                Some(end) => field = &field[..end],
                None => return self.first,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# a comment
---
kind: Service
metadata: { name: a }
---
---
kind: Deployment
spec:
  containers:
    - name: x
      image: y
    - name: z
      ports: [{ containerPort: 1 }]
";

    #[test]
    fn a_field_is_found_or_what_it_is_in() {
        let all = documents(TEXT);
        assert_eq!(all.iter().map(|one| one.first).collect::<Vec<_>>(), [3, 7]);
        let line = |field: &str| all[1].line(field);
        assert_eq!(line("spec.containers[0].image"), 11);
        assert_eq!(line(".spec.containers[1].ports[0].containerPort"), 13);
        assert_eq!(line("spec.containers[1].nothing.there"), 12);
        assert_eq!(line("spec.nowhere"), 8);
        assert_eq!(line("nowhere"), 7);
    }

    #[test]
    fn what_stands_before_a_mistake_is_found_all_the_same() {
        assert_eq!(documents("a: 1\n---\nb: [1\nc: }").len(), 1);
    }
}
