//! Cleans every text of what is shown, once, before any display sees it.

use std::sync::Arc;

use super::hide::{SOMEBODY, hide};
use super::redact::redact;
use super::texts::Texts;
use crate::outcome::CommandResult;
use crate::values::ReportOptions;

/// Cleans texts: secrets out, ids masked if asked, nothing that would drive a terminal.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// The names of people that are masked with the ids; `None` masks nothing.
    hidden: Option<Arc<[String]>>,
}

impl Filter {
    pub(super) fn new(options: &ReportOptions) -> Self {
        Self { hidden: options.hide_ids.then(|| Arc::clone(&options.people)) }
    }

    /// Cleans a result: its labs' owners are masked, whoever they are.
    pub(super) fn clean_result(&self, result: &mut CommandResult) {
        self.clean(result);
        if self.hidden.is_some() {
            let abouts = result.labs.iter_mut().flatten().filter_map(|lab| lab.details.about.as_mut());
            abouts.filter_map(|about| about.owner.as_mut()).for_each(|owner| *owner = SOMEBODY.to_owned());
        }
    }

    /// Cleans every text in `holder`.
    pub(super) fn clean(&self, holder: &mut dyn Texts) {
        holder.each(&mut |text| {
            if text.contains(|character: char| character.is_control() && character != '\n') {
                *text = text.replace("\r\n", "\n").replace('\t', " ").replace(is_driving, "?");
            }
            let redacted = redact(text);
            let clean = match &self.hidden {
                Some(people) => hide(&redacted, people),
                None => redacted.as_ref().into(),
            };
            if clean != *text {
                *text = clean.into_owned();
            }
        });
    }
}

/// `text` as it may be written: without secrets, and, if so asked, without ids.
pub fn clean(options: &ReportOptions, mut text: String) -> String {
    Filter::new(options).clean(&mut text);
    text
}

/// Lines that whoever reads them is to use as they are: cleaned only where ids are hidden and a terminal shows them, for
/// a program that got masked ids would only fail later.
pub fn to_be_used(options: &ReportOptions, text: &str, is_terminal: bool) -> String {
    if options.hide_ids && is_terminal { clean(options, text.to_owned()) } else { text.to_owned() }
}

/// Control characters, escape among them; a line break is none here.
fn is_driving(character: char) -> bool {
    character.is_control() && character != '\n'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::NextStep;

    #[test]
    fn a_service_cannot_drive_the_terminal_through_its_messages() {
        let mut step = NextStep { command: "a\u{1b}[2Jb\r\nc\td".to_owned(), why: String::new() };
        Filter::new(&ReportOptions::default()).clean(&mut step);
        assert_eq!(step.command, "a?[2Jb\nc d");
    }

    #[test]
    fn ids_are_masked_only_when_asked_and_secrets_always() {
        let text = "11111111-2222-3333-4444-555555555555 sig=abcdef";
        let mut shown = NextStep { command: text.to_owned(), why: text.to_owned() };
        let mut hidden = shown.clone();
        Filter::new(&ReportOptions::default()).clean(&mut shown);
        Filter::new(&ReportOptions { hide_ids: true, ..ReportOptions::default() }).clean(&mut hidden);
        assert_eq!(shown.why, "11111111-2222-3333-4444-555555555555 sig=[redacted]");
        assert_eq!(hidden.why, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx5555 sig=[redacted]");
    }
}
