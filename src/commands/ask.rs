//! Questions to the person at the terminal.

use std::sync::Arc;

use dialoguer::{Select, theme::ColorfulTheme};

use crate::lab::model::Offer;
use crate::preflight::model::describe;
use crate::preflight::survey::Ask;

/// Asks with a list to move in; Escape declines.
pub fn on_terminal() -> Ask {
    Arc::new(|question: &str, offers: &[Offer]| {
        let items: Vec<String> = offers.iter().map(describe).collect();
        Select::with_theme(&ColorfulTheme::default())
            .with_prompt(question)
            .items(&items)
            .default(0)
            .interact_opt()
            .unwrap_or_default()
    })
}
