//! `extend` for what labs share: an account expires with the last lab that uses it.

use super::runner::Command;
use super::shared::context;
use super::work::Work;
use crate::events::Level;
use crate::hints;
use crate::lab::ids::same;
use crate::lab::shared::standing_for;
use crate::lab::tags::{self, Tags};
use crate::outcome::Exit;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::expiry::set_expiry;
use crate::recipe::sharers;
use crate::values::ResourceKind;

/// Moves the expiry of the accounts that the command's labs share to that of the last lab of each; the exit codes of those that
/// could not be moved.
pub(crate) async fn extend_all(command: &Command<'_>) -> Vec<Exit> {
    let mut accounts: Vec<(&Work, String)> = Vec::new();
    for work in &command.works {
        // What cannot be read was told with the lab.
        let Ok(Some(found)) = work.ctx.azure.group(&work.lab.group).await else { continue };
        let tags = Tags::read(found.tags.as_ref());
        let Some(group) = tags.get(tags::OPENAI).filter(|name| !name.is_empty()) else { continue };
        let is_known =
            |(known, name): &(&Work, String)| known.lab.subscription == work.lab.subscription && same(name, group);
        if !accounts.iter().any(is_known) {
            accounts.push((work, group.to_owned()));
        }
    }
    let mut exits = Vec::new();
    for (work, group) in accounts {
        let moving = async {
            let azure = &work.ctx.azure;
            let wrap = |error| RecipeError::azure(ResourceKind::ResourceGroup, &group, &group, error);
            let sharers = sharers::sharers(azure, &group).await.map_err(wrap)?;
            let expires = sharers::latest_expiry(sharers.iter().map(|one| &one.tags));
            let host = standing_for(&work.lab.subscription, &group, &Tags::default());
            set_expiry(&context(command, &host), &host, expires.as_deref(), true).await
        };
        if let Err(error) = command.within_time(work, Box::pin(moving)).await {
            let message = format!("the expiry of what labs share in {group} is not moved: {error}");
            command.session.events.note(Level::Warning, message);
            exits.push(hints::exit_of(&error));
        }
    }
    exits
}
