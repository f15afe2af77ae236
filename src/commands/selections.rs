//! Tells which models azlab chose itself: an event and an entry of the result for each lab, and one line for all labs that
//! share a choice.

use super::runner::Command;
use crate::events::{EventKind, Level};
use crate::lab::model::Choice;
use crate::values::{ModelSelection, counted};

/// Tells the choices for the labs of `command`, in their order.
pub(crate) fn tell(command: &Command<'_>, selections: Vec<Vec<ModelSelection>>) {
    let mut shared: Vec<(ModelSelection, Vec<&str>)> = Vec::new();
    for (work, selections) in command.works.iter().zip(selections) {
        for selection in selections {
            work.ctx.events.emit(EventKind::ModelSelected(selection.clone()));
            work.ctx.ledger.selected(selection.clone());
            match shared.iter_mut().find(|(one, _)| *one == selection) {
                Some((_, labs)) => labs.push(&work.lab.name),
                None => shared.push((selection, vec![&work.lab.name])),
            }
        }
    }
    let is_one = command.works.len() == 1;
    for (selection, labs) in shared {
        let of = match labs.as_slice() {
            _ if is_one => String::new(),
            [lab] => format!(" of the lab {lab}"),
            labs => format!(" of {}", counted(labs.len(), "lab")),
        };
        let ModelSelection { deployment, model, version, sku, capacity, instead_of } = selection;
        let choice = Choice { model, version, sku, capacity };
        let taking = format!("taking {choice} for the deployment {deployment}{of}");
        let (level, text) = match instead_of {
            Some(instead_of) => (Level::Warning, format!("{}; {taking}", instead_of.reason)),
            None => (Level::Info, taking),
        };
        command.session.events.note(level, text);
    }
}
