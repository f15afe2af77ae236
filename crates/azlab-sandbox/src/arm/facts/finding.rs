//! What is wrong with a body.

use serde_json::Value;

/// The first thing that is wrong with a body, for the provider to word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    /// From the root of the body: `properties`, `agentPoolProfiles`, `0`, `osType`.
    pub path: Vec<String>,
    /// `name` of the innermost entry of a list that it is in.
    pub entry: Option<String>,
    /// What was sent there.
    pub sent: Value,
    pub wrong: Wrong,
}

/// How it is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wrong {
    /// The type has no such property.
    Unknown,
    /// Another kind of JSON.
    Kind(&'static str),
    /// None of the values that there are.
    NotOneOf(Vec<String>),
    /// Below the least, or above the most.
    OutOfRange(i64, i64),
    /// More characters than this.
    TooLong(usize),
    /// Not formed as it should be, which is …
    Malformed(&'static str),
    /// It has to be there.
    Missing,
    /// It is another than at the creation, after which it stays.
    Changed,
}

impl Finding {
    /// At the root; whoever finds it deeper says where.
    pub fn new(sent: &Value, wrong: Wrong) -> Self {
        Self { path: Vec::new(), entry: None, sent: sent.clone(), wrong }
    }

    /// The same, found below `name`.
    pub fn below(mut self, name: &str) -> Self {
        self.path.insert(0, name.to_owned());
        self
    }

    /// `properties.agentPoolProfiles[0].osType`
    pub fn place(&self) -> String {
        let mut place = String::new();
        for part in &self.path {
            match part.parse::<usize>() {
                Ok(at) => place += &format!("[{at}]"),
                Err(_) if place.is_empty() => place += part,
                Err(_) => place += &format!(".{part}"),
            }
        }
        place
    }

    /// The property's own name.
    pub fn name(&self) -> &str {
        self.path.iter().rev().find(|part| part.parse::<usize>().is_err()).map_or("", String::as_str)
    }

    /// What was sent, for people; long texts are cut off.
    pub fn shown(&self) -> String {
        let text = self.sent.as_str().map_or_else(|| self.sent.to_string(), str::to_owned);
        match text.char_indices().nth(100) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text,
        }
    }
}
