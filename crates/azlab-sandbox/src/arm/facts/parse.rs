//! The tables as they are written: `facts.txt` of a provider.
//!
//! ```text
//! type Microsoft.X/things          # a table; `define NAME` is a part of several, for `include NAME`
//! source specification/x/...json   # the file of Azure/azure-rest-api-specs
//! unknown-refused-from 2024-01-01  # the first api-version that refuses what the table does not have; left out, none does
//! empty-is-unset                   # every text may be empty
//!   NAME KIND WORDS                # a member; what is in an object, or in a list of objects, is two spaces further in
//! ```
//!
//! A kind is `any`, `switch`, `number`, `whole`, `text`, `object`, or `list` or `map` before another kind. Words: `required`,
//! `create-only`, `read-only`, `worded` (the provider refuses its absence or its change by itself), `secret` (no look tells it),
//! `one-of A|B` (`~` for a space), `from N to M`, `or N`, `or-digits`, `up-to N`, `as FORMAT`.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::finding::Finding;
use super::formats::FORMATS;
use super::judge::Sent;
use super::{Fact, Facts, Kind, Text, Whole, Written, words};
use crate::arm::call::Call;
use crate::arm::failure::Failure;

/// The tables of one provider.
#[derive(Debug)]
pub(crate) struct Tables(Vec<Facts>);

impl Tables {
    /// Reads a provider's file, which is a part of the program: a test reads each.
    pub fn read(text: &str) -> Self {
        match read(text) {
            Ok(all) => Self(all),
            Err(error) => unreachable!("a facts.txt is part of the program: {error}"),
        }
    }

    /// The table of a type, by its last word: `managedClusters`.
    pub fn of(&self, name: &str) -> &Facts {
        let found = self.0.iter().find(|one| one.name.rsplit('/').next() == Some(name));
        found.unwrap_or_else(|| unreachable!("there is a table of {name}"))
    }

    /// The body of a request about the type whose name ends with `name`, judged, and spelled as the table has it.
    ///
    /// # Errors
    /// What is wrong with it, in the words of services on .NET.
    pub fn judged(&self, call: &Call<'_>, name: &str, how: Sent) -> Result<Value, Failure> {
        self.judged_by(call, name, how, words::deserialized)
    }

    /// The same for a provider that has its own words for what is wrong.
    ///
    /// # Errors
    /// What is wrong with it, as `worded` words it.
    pub fn judged_by(
        &self,
        call: &Call<'_>,
        name: &str,
        how: Sent,
        worded: impl FnOnce(&Finding) -> Failure,
    ) -> Result<Value, Failure> {
        let mut sent = call.object()?;
        let facts = self.of(name);
        facts.judge(&call.version(), how, &sent).map_err(|finding| worded(&finding))?;
        facts.spell(&mut sent);
        Ok(sent)
    }

    /// The same as a `T`.
    ///
    /// # Errors
    /// As [`Self::judged`].
    pub fn read_as<T: DeserializeOwned>(&self, call: &Call<'_>, name: &str, how: Sent) -> Result<T, Failure> {
        serde_json::from_value(self.judged(call, name, how)?).map_err(Failure::content)
    }

    /// Tells back what was sent, where the provider has said nothing itself ([`Facts::tell`]).
    pub fn tell(&self, name: &str, sent: &Value, body: &mut Value) {
        self.of(name).tell(sent, body);
    }

    /// All of them.
    pub fn all(&self) -> &[Facts] {
        &self.0
    }
}

/// A line without its indentation, with its number and its depth.
struct Line<'a> {
    number: usize,
    depth: usize,
    text: &'a str,
}

fn read(text: &str) -> Result<Vec<Facts>, String> {
    let lines: Vec<Line<'_>> = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.split('#').next().unwrap_or_default().trim_end()))
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| {
            let text = line.trim_start();
            Line { number, depth: (line.len() - text.len()) / 2, text }
        })
        .collect();
    let mut parts: Vec<(String, Vec<Fact>)> = Vec::new();
    let mut tables: Vec<Facts> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let (word, rest) = line.text.split_once(' ').unwrap_or((line.text, ""));
        at += 1;
        match word {
            "define" => parts.push((rest.to_owned(), members(&lines, &mut at, 1, &parts, false)?)),
            "type" => {
                let mut facts = Facts {
                    name: rest.to_owned(),
                    source: String::new(),
                    unknown_refused_from: None,
                    members: Vec::new(),
                };
                let mut or_empty = false;
                while let Some(line) = lines.get(at).filter(|line| line.depth == 0) {
                    match line.text.split_once(' ').unwrap_or((line.text, "")) {
                        ("source", source) => source.clone_into(&mut facts.source),
                        ("unknown-refused-from", date) => facts.unknown_refused_from = Some(date.to_owned()),
                        ("empty-is-unset", "") => or_empty = true,
                        _ => return Err(format!("line {}: {}", line.number, line.text)),
                    }
                    at += 1;
                }
                facts.members = members(&lines, &mut at, 1, &parts, or_empty)?;
                tables.push(facts);
            }
            _ => return Err(format!("line {}: {}", line.number, line.text)),
        }
    }
    Ok(tables)
}

/// The members at `depth`, from line `at` on.
fn members(
    lines: &[Line<'_>],
    at: &mut usize,
    depth: usize,
    parts: &[(String, Vec<Fact>)],
    or_empty: bool,
) -> Result<Vec<Fact>, String> {
    let mut facts = Vec::new();
    while let Some(line) = lines.get(*at).filter(|line| line.depth >= depth) {
        let wrong = |what: &str| format!("line {}: {what}: {}", line.number, line.text);
        if line.depth > depth {
            return Err(wrong("it is too far in"));
        }
        *at += 1;
        let words: Vec<&str> = line.text.split_whitespace().collect();
        if let ["include", name] = words.as_slice() {
            let part = parts.iter().find(|(known, _)| known == name).ok_or_else(|| wrong("no such part"))?;
            facts.extend(part.1.iter().cloned().map(|fact| if or_empty { with_empty(fact) } else { fact }));
            continue;
        }
        let [name, words @ ..] = words.as_slice() else { return Err(wrong("no name")) };
        let inner = members(lines, at, depth + 1, parts, or_empty)?;
        facts.push(fact(name, words, inner, or_empty).map_err(wrong)?);
    }
    Ok(facts)
}

fn with_empty(mut fact: Fact) -> Fact {
    fn allow(kind: &mut Kind) {
        match kind {
            Kind::Text(text) => text.or_empty = true,
            Kind::List(kind) | Kind::Map(kind) => allow(kind),
            Kind::Object(facts) => facts.iter_mut().for_each(|fact| allow(&mut fact.kind)),
            _ => {}
        }
    }
    allow(&mut fact.kind);
    fact
}

fn fact(name: &str, words: &[&str], inner: Vec<Fact>, or_empty: bool) -> Result<Fact, &'static str> {
    let mut wrappers = Vec::new();
    let mut words = words.iter().copied();
    let kind = loop {
        match words.next().ok_or("no kind")? {
            word @ ("list" | "map") => wrappers.push(word),
            word => break word,
        }
    };
    let (mut whole, mut text) = (Whole::default(), Text { or_empty, ..Text::default() });
    let (mut required, mut written, mut worded, mut secret) = (false, Written::Always, false, false);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|word| word.parse::<i64>().ok()).ok_or("no number");
        match word {
            "required" => required = true,
            "create-only" => written = Written::Once,
            "read-only" => written = Written::Never,
            "worded" => worded = true,
            "secret" => secret = true,
            "from" => {
                let least = number()?;
                if words.next() != Some("to") {
                    return Err("from N to M");
                }
                let most = words.next().and_then(|word| word.parse().ok()).ok_or("no number")?;
                whole.range = Some((least, most));
            }
            "or" => whole.or = Some(number()?),
            "or-digits" => whole.or_digits = true,
            "up-to" => text.up_to = Some(usize::try_from(number()?).map_err(|_| "no number")?),
            "one-of" => {
                let values = words.next().ok_or("no values")?;
                text.one_of = values.split('|').map(|value| value.replace('~', " ")).collect();
            }
            "as" => {
                let name = words.next().ok_or("no format")?;
                text.format = Some(FORMATS.iter().find(|format| format.name == name).ok_or("no such format")?);
            }
            _ => return Err("an unknown word"),
        }
    }
    let has_members = !inner.is_empty();
    let mut kind = match kind {
        "any" => Kind::Any,
        "switch" => Kind::Switch,
        "number" => Kind::Number,
        "whole" => Kind::Whole(whole),
        "text" => Kind::Text(text),
        "object" => Kind::Object(inner),
        _ => return Err("an unknown kind"),
    };
    if has_members != matches!(kind, Kind::Object(_)) {
        return Err("an object has members, and nothing else has");
    }
    for wrapper in wrappers.iter().rev() {
        kind = if *wrapper == "list" { Kind::List(Box::new(kind)) } else { Kind::Map(Box::new(kind)) };
    }
    Ok(Fact { name: name.to_owned(), kind, required, written, worded, secret })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_table_that_is_written_wrongly_says_where() {
        for (text, line) in [
            ("type a\n  x text one-off A", "line 2: an unknown word"),
            ("type a\n  x txt", "line 2: an unknown kind"),
            ("type a\n  x object", "line 2: an object has members"),
            ("type a\n  x text\n    y text", "line 2: an object has members"),
            ("type a\n    y text", "line 2: it is too far in"),
            ("type a\n  include b", "line 2: no such part"),
            ("type a\nsauce b", "line 2: sauce b"),
            ("  x text", "line 1: x text"),
            ("type a\n  x whole from 3", "line 2: from N to M"),
            ("type a\n  x text as poem", "line 2: no such format"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(line), "{text}: {error}");
        }
    }
}
