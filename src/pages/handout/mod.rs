//! What attendees are handed: a card each, on paper (HTML), for a mail merge (CSV) or for programs (JSON lines). No secret is
//! in it.

mod back;
mod card;
mod sheet;

pub(crate) use back::markdown;
pub(crate) use card::{Card, GROUP_PAGE, csv, json_lines};
pub(crate) use sheet::{Handout, Template, html};
