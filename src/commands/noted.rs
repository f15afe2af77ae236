//! What people should know of labs that are as they should be: one line for all labs that it is said of.

use super::runner::Command;
use crate::events::Level;
use crate::values::{a_few, counted};

/// Tells `notes`, those of each lab of `command`, in their order.
pub(super) fn tell(command: &Command<'_>, notes: Vec<Vec<String>>) {
    let mut alike: Vec<(String, Vec<&str>)> = Vec::new();
    for (work, notes) in command.works.iter().zip(notes) {
        for note in notes {
            match alike.iter_mut().find(|(text, _)| *text == note) {
                Some((_, labs)) => labs.push(&work.lab.name),
                None => alike.push((note, vec![&work.lab.name])),
            }
        }
    }
    for (text, labs) in alike {
        let of = match labs.len() {
            _ if command.works.len() == 1 => String::new(),
            count => format!(" ({}: {})", counted(count, "lab"), a_few(&labs)),
        };
        command.session.events.note(Level::Info, format!("{text}{of}"));
    }
}
