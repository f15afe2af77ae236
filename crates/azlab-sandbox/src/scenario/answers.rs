//! The answers that a scenario has models give: those in the file itself, and those in files that it names.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Located, Scenario, ScenarioError, entry_error::EntryError, keys};
use crate::services::openai::script::AnswerEntry;

/// Most bytes of all answers together: they are part of what each request reads.
const MOST: usize = 256 * 1024;

/// A file of answers (`answers_file`).
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswersFile {
    /// The answers.
    answers: Vec<AnswerEntry>,
}

impl Scenario {
    /// Checks the answers and reads the files that they come from; an entry of the scenario itself comes first.
    pub(super) fn read_answers(&mut self) -> Result<(), ScenarioError> {
        let here = Path::new(&self.name).parent().map(Path::to_owned).unwrap_or_default();
        let mut entries = Vec::new();
        for Located { start, value } in &self.answers {
            value.check().map_err(|slip| self.invalid_in("[[answers]]", *start, &slip))?;
            let entry =
                with_file(value.clone(), &here).map_err(|slip| self.invalid_in("[[answers]]", *start, &slip))?;
            entries.push(Located { start: *start, value: entry });
        }
        if let Some(file) = &self.answers_file {
            let path = here.join(file);
            let text = read(&path).map_err(|reason| self.invalid_key(&["answers_file"], reason))?;
            entries.extend(of_file(&path, &text)?);
        }
        let bytes: usize = entries.iter().map(|entry| entry.value.answer.as_ref().map_or(0, String::len)).sum();
        if bytes > MOST {
            let reason = format!("the answers have {bytes} bytes together, and {MOST} are taken");
            return Err(self.invalid_key(&["answers"], reason));
        }
        self.answers = entries;
        Ok(())
    }
}

/// The entries of a file of answers; what is wrong in it is told with the file's name and line.
fn of_file(path: &Path, text: &str) -> Result<Vec<Located<AnswerEntry>>, ScenarioError> {
    let name = path.display().to_string();
    let invalid = |reason: String| ScenarioError::Invalid { name: name.clone(), reason };
    let file: AnswersFile = toml::from_str(text).map_err(|error| invalid(error.to_string().trim_end().to_owned()))?;
    let here = path.parent().map(Path::to_owned).unwrap_or_default();
    let mut entries = Vec::new();
    for (index, entry) in file.answers.into_iter().enumerate() {
        let told = |slip: EntryError| {
            let index = index.to_string();
            let at = [Some("answers"), Some(index.as_str()), slip.key].into_iter().flatten().collect::<Vec<_>>();
            let line = text.get(..keys::find(text, &at)).unwrap_or_default().matches('\n').count() + 1;
            invalid(format!("line {line}: [[answers]] {}", slip.reason))
        };
        entry.check().map_err(told)?;
        entries.push(Located { start: 0, value: with_file(entry, &here).map_err(told)? });
    }
    Ok(entries)
}

/// The entry with the text of its file in place of the file's name.
fn with_file(entry: AnswerEntry, here: &Path) -> Result<AnswerEntry, EntryError> {
    let Some(file) = &entry.answer_file else { return Ok(entry) };
    let answer = read(&here.join(file)).map_err(|reason| EntryError::at("answer_file", reason))?;
    let entry = AnswerEntry { answer: Some(answer), answer_file: None, ..entry };
    entry.check().map_err(|slip| EntryError::at("answer_file", slip.reason))?;
    Ok(entry)
}

fn read(path: &PathBuf) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("names {}, which cannot be read: {error}", path.display()))
}
