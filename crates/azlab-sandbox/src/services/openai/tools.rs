//! Tools and `tool_choice`: judged, and which of them is called.

use serde_json::{Value, json};

use super::conversation::text;
use super::parameters::{self, Body, is_true, missing_parameter, no_such_value, wrong_type};
use super::refusal::Refusal;
use super::{instance, schema};

/// Most tools of a request.
const MOST: usize = 128;
/// Modes of `tool_choice`.
const MODES: [&str; 3] = ["none", "auto", "required"];
/// Shortest word of a function's name that counts when one is chosen.
const WORD: usize = 4;

/// How the two surfaces write a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `{"type": "function", "function": {"name": …}}`
    Chat,
    /// `{"type": "function", "name": …}`
    Responses,
}

/// A function that may be called.
#[derive(Clone, Debug)]
struct Function {
    name: String,
    parameters: Value,
}

/// Which tools may be called.
#[derive(Clone, Debug, Default)]
pub(super) struct Tools {
    functions: Vec<Function>,
    choice: Choice,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Choice {
    None,
    #[default]
    Auto,
    Required,
    Named(String),
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub name: String,
    /// JSON, as text.
    pub arguments: String,
    /// Whether the request named the function: such a call ends with `stop`, and not with `tool_calls`.
    pub is_forced: bool,
}

impl Tools {
    /// Reads `tools` and `tool_choice`.
    pub fn read(body: &Body, dialect: Dialect) -> Result<Self, Refusal> {
        let functions = functions(body, dialect)?;
        let choice = match parameters::sent(body, "tool_choice") {
            None => Choice::Auto,
            Some(sent) => choice(sent, &functions, dialect)?,
        };
        if functions.is_empty() {
            let alone = ["tool_choice", "parallel_tool_calls"].into_iter();
            // The Responses API takes both without tools.
            let mut alone = alone.filter(|_| dialect == Dialect::Chat);
            if let Some(name) = alone.find(|name| parameters::sent(body, name).is_some()) {
                let message =
                    format!("Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.");
                return Err(Refusal::invalid(name, "", message));
            }
        }
        Ok(Self { functions, choice })
    }

    /// The function that is called; `has_told` if the last thing said is what a tool answered.
    ///
    /// Where the choice is the model's, it calls the function whose name the question has, or the longer words of it, and after
    /// a tool's answer it calls none.
    ///
    /// # Errors
    /// 501 where no arguments can be made.
    pub fn call(&self, question: &str, has_told: bool) -> Result<Option<Call>, Refusal> {
        let named = |name: &String| self.functions.iter().find(|function| function.name == *name);
        let fitting = || self.functions.iter().find(|function| is_asked_for(&function.name, question));
        let function = match &self.choice {
            Choice::None => None,
            Choice::Auto if has_told => None,
            Choice::Auto => fitting(),
            Choice::Required => fitting().or(self.functions.first()),
            Choice::Named(name) => named(name),
        };
        function.map(|function| function.call(matches!(self.choice, Choice::Named(_)))).transpose()
    }

    /// The call that a scenario asks for, if the request has such a function and allows it.
    pub fn scripted(&self, name: &str, arguments: &Value) -> Option<Call> {
        let allowed = match &self.choice {
            Choice::None => false,
            Choice::Auto | Choice::Required => self.functions.iter().any(|function| function.name == name),
            Choice::Named(only) => only == name,
        };
        let is_forced = matches!(self.choice, Choice::Named(_));
        allowed.then(|| Call { name: name.to_owned(), arguments: arguments.to_string(), is_forced })
    }
}

impl Function {
    fn call(&self, is_forced: bool) -> Result<Call, Refusal> {
        let arguments = match &self.parameters {
            Value::Null => json!({}),
            parameters => instance::of(parameters).ok_or_else(|| {
                Refusal::not_served(format_args!("arguments for the schema of the function '{}'", self.name))
            })?,
        };
        Ok(Call { name: self.name.clone(), arguments: arguments.to_string(), is_forced })
    }
}

/// Whether a question has the name of a function, or each of its longer words.
fn is_asked_for(name: &str, question: &str) -> bool {
    let question = question.to_lowercase();
    if question.contains(&name.to_lowercase()) {
        return true;
    }
    let mut words: Vec<String> = vec![String::new()];
    for letter in name.chars() {
        let ends = letter.is_uppercase() || !letter.is_alphanumeric();
        if ends {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    let mut longer = words.iter().filter(|word| word.chars().count() >= WORD).peekable();
    longer.peek().is_some() && longer.all(|word| question.contains(word.as_str()))
}

fn functions(body: &Body, dialect: Dialect) -> Result<Vec<Function>, Refusal> {
    const NAME: &str = "tools";
    let Some(sent) = parameters::sent(body, NAME) else { return Ok(Vec::new()) };
    let expected = if dialect == Dialect::Chat { "an array of objects" } else { "an array of tools" };
    let tools = sent.as_array().ok_or_else(|| wrong_type(NAME, expected, sent))?;
    if tools.is_empty() && dialect == Dialect::Chat {
        return Err(parameters::empty_array(NAME));
    }
    if tools.len() > MOST {
        return Err(parameters::too_long(NAME, MOST, tools.len()));
    }
    tools.iter().enumerate().map(|(index, tool)| function(&format!("{NAME}[{index}]"), tool, dialect)).collect()
}

fn function(at: &str, tool: &Value, dialect: Dialect) -> Result<Function, Refusal> {
    let fields = tool.as_object().ok_or_else(|| wrong_type(at, "an object", tool))?;
    match text(at, fields, "type")? {
        "function" => {}
        other => return Err(Refusal::not_served(format_args!("tools of the type '{other}'"))),
    }
    let (at, fields) = match dialect {
        Dialect::Responses => (at.to_owned(), fields),
        Dialect::Chat => {
            let below = format!("{at}.function");
            let sent = parameters::sent(fields, "function").ok_or_else(|| missing_parameter(&below))?;
            let fields = sent.as_object().ok_or_else(|| wrong_type(&below, "an object", sent))?;
            (below, fields)
        }
    };
    let name = text(&at, fields, "name")?;
    check_name(&format!("{at}.name"), name)?;
    let parameters = parameters::sent(fields, "parameters").cloned().unwrap_or_default();
    let param = format!("{at}.parameters");
    if !parameters.is_null() && !parameters.is_object() {
        return Err(wrong_type(&param, "an object", &parameters));
    }
    // Where nothing is said, the Responses API makes a schema strict by itself, so only what is asked for is judged.
    if is_true(fields, "strict")
        && let Err(why) = schema::check_strict(&parameters)
    {
        let message = format!("Invalid schema for function '{name}': {why}");
        return Err(Refusal::invalid(&param, "invalid_function_parameters", message));
    }
    Ok(Function { name: name.to_owned(), parameters })
}

/// A name that the service takes.
pub(super) fn check_name(param: &str, name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    if length > 64 {
        let message = format!(
            "Invalid '{param}': string too long. Expected a string with maximum length 64, but got a string with length \
             {length} instead."
        );
        return Err(Refusal::invalid(param, "string_above_max_length", message));
    }
    if !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter)) {
        return Ok(());
    }
    let message = format!(
        "Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
    );
    Err(Refusal::invalid(param, "invalid_value", message))
}

fn choice(sent: &Value, functions: &[Function], dialect: Dialect) -> Result<Choice, Refusal> {
    const NAME: &str = "tool_choice";
    let fields = match sent {
        Value::String(mode) => {
            return match mode.as_str() {
                "none" => Ok(Choice::None),
                "auto" => Ok(Choice::Auto),
                "required" => Ok(Choice::Required),
                other => Err(no_such_value(NAME, other, &MODES)),
            };
        }
        Value::Object(fields) => fields,
        other => {
            let expected = match dialect {
                Dialect::Chat => "one of one of 'none', 'auto', or 'required' or object",
                Dialect::Responses => "one of an object or 'none', 'auto', or 'required'",
            };
            return Err(wrong_type(NAME, expected, other));
        }
    };
    if let Some(kind) = fields.get("type").and_then(Value::as_str).filter(|kind| *kind != "function") {
        return Err(Refusal::not_served(format_args!("a tool_choice of the type '{kind}'")));
    }
    let name = match dialect {
        Dialect::Responses => text(NAME, fields, "name")?,
        Dialect::Chat => {
            let below = format!("{NAME}.function");
            let sent = parameters::sent(fields, "function").ok_or_else(|| missing_parameter(&below))?;
            text(&below, sent.as_object().ok_or_else(|| wrong_type(&below, "an object", sent))?, "name")?
        }
    };
    if functions.iter().any(|function| function.name == name) {
        return Ok(Choice::Named(name.to_owned()));
    }
    Err(Refusal::invalid(NAME, "", format!("Tool choice '{name}' not found in 'tools' parameter.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_called_when_a_question_has_its_words() {
        for (name, question, called) in [
            ("get_weather", "What is the WEATHER in Delft?", true),
            ("getCurrentWeather", "the current weather, please", true),
            ("getCurrentWeather", "the weather, please", false),
            ("lookup", "Look it up", false),
            ("lookup", "lookup 5", true),
            ("do_it", "do something", false),
            ("do_it", "call do_it", true),
        ] {
            assert_eq!(is_asked_for(name, question), called, "{name}: {question}");
        }
    }
}
