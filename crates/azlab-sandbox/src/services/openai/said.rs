//! What a model answers: the same to the same question.

use super::conversation::Conversation;
use super::filters::{Category, Severity};
use super::format::Format;
use super::model::Model;
use super::rate;
use super::refusal::Refusal;
use super::route::Route;
use super::script::{self, AnswerEntry, Refuse};
use super::tokens;
use super::tools::{Call, Tools};
use crate::state::settings::Settings;

/// How much of the question is repeated in the answer, in characters.
const REPEATED: usize = 200;
/// Seconds after which a scenario's 429 lets one ask again, unless it says otherwise.
const RETRY_AFTER: u32 = 10;

/// A question that has been judged.
#[derive(Debug)]
pub(super) struct Question {
    pub conversation: Conversation,
    pub tools: Tools,
    pub format: Format,
    pub stop: Vec<String>,
    /// The tokens that an answer may have, if the question says so.
    pub most: Option<i64>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Text(String),
    Call(Call),
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    Stop,
    Length,
    ToolCalls,
    ContentFilter,
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub content: Content,
    pub finish: Finish,
    pub tokens: i64,
    /// What the filter found in it.
    pub filtered: Option<(Category, Severity)>,
    /// Seconds that each token takes.
    pub token_s: f64,
}

impl Finish {
    pub fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
        }
    }
}

impl Question {
    /// The tokens that the request counts for when it arrives, with `answers` of at most so many tokens as are allowed, or of those
    /// that it will have.
    pub fn cost(&self, answers: i64, said: &Said) -> i64 {
        let each = self.most.unwrap_or(said.tokens);
        self.conversation.prompt_tokens.saturating_add(answers.saturating_mul(each))
    }

    /// What `model`, deployed as `deployment`, answers.
    ///
    /// # Errors
    /// The scenario's refusal; 501 for a form in which no answer can be made.
    pub fn answer(
        &self,
        model: &Model,
        deployment: &str,
        settings: &Settings,
        entries: &[AnswerEntry],
        route: &Route,
    ) -> Result<Said, Refusal> {
        let Conversation { question, told, .. } = &self.conversation;
        let entry = script::find(entries, deployment, question, told.is_some());
        if let Some(entry) = entry {
            refuse(entry, route)?;
        }
        let content = self.content(model, entry)?;
        let mut said = self.cut(content, entry);
        let slow = entry.and_then(|entry| entry.token_ms).unwrap_or(settings.token_ms);
        // Without a pace of its own the whole answer takes as long as a completion.
        let each = settings.durations.chat_completion / (said.tokens.max(1) as f64);
        said.token_s = if slow > 0.0 { slow / 1000.0 } else { each };
        Ok(said)
    }

    fn content(&self, model: &Model, entry: Option<&AnswerEntry>) -> Result<Content, Refusal> {
        let Conversation { question, told, .. } = &self.conversation;
        if let Some(call) = entry.and_then(|entry| entry.call.as_ref())
            && let Some(call) = self.tools.scripted(&call.name, &call.arguments.clone().into())
        {
            return Ok(Content::Call(call));
        }
        if let Some(answer) = entry.and_then(|entry| entry.answer.as_ref()) {
            return Ok(Content::Text(answer.clone()));
        }
        if let Some(call) = self.tools.call(question, told.is_some())? {
            return Ok(Content::Call(call));
        }
        let asked: String = told.as_ref().unwrap_or(question).chars().take(REPEATED).collect();
        let text = format!("{} of the sandbox answers, without having thought about it: {asked}", model.name);
        Ok(Content::Text(self.format.give(text)?))
    }

    /// The answer as far as it goes: to a word at which it stops, to the filter, to the most tokens that it may have.
    fn cut(&self, content: Content, entry: Option<&AnswerEntry>) -> Said {
        let most = self.most.unwrap_or(i64::MAX);
        let said = |content, finish, tokens| Said { content, finish, tokens, filtered: None, token_s: 0.0 };
        match content {
            Content::Call(call) => {
                let name = tokens::count(&call.name);
                let all = name + tokens::count(&call.arguments);
                if all > most {
                    let arguments = tokens::first(&call.arguments, most.saturating_sub(name).max(0)).to_owned();
                    return said(Content::Call(Call { arguments, ..call }), Finish::Length, most);
                }
                let finish = if call.is_forced { Finish::Stop } else { Finish::ToolCalls };
                said(Content::Call(call), finish, all)
            }
            Content::Text(mut text) => {
                if let Some(end) =
                    self.stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop)).min()
                {
                    text.truncate(end);
                }
                let all = tokens::count(&text);
                if let Some(entry) = entry
                    && let Some(category) = entry.output_filter
                {
                    let tokens = (all / 2).min(most);
                    let text = tokens::first(&text, tokens).to_owned();
                    let said = said(Content::Text(text), Finish::ContentFilter, tokens);
                    return Said { filtered: Some((category, entry.severity())), ..said };
                }
                if all > most {
                    let text = tokens::first(&text, most).to_owned();
                    return said(Content::Text(text), Finish::Length, most);
                }
                said(Content::Text(text), Finish::Stop, all)
            }
        }
    }
}

fn refuse(entry: &AnswerEntry, route: &Route) -> Result<(), Refusal> {
    match entry.refuse {
        None => Ok(()),
        Some(Refuse::ContentFilter) => Err(Refusal::filtered(entry.category.unwrap_or_default(), entry.severity())),
        Some(Refuse::RateLimit) => {
            Err(rate::refusal("call", route, entry.retry_after.unwrap_or(RETRY_AFTER).into()).into())
        }
    }
}
