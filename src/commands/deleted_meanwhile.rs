//! What to say of a lab that another run deleted while this one was at work on it.

use super::runner::Command;
use super::work::Work;
use crate::azure::code::Code;
use crate::azure::groups::ResourceGroup;
use crate::follow_up::FollowUp;
use crate::lab::lease::Lease;
use crate::lab::tags::{Tags, moment_text};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::group;

/// The subcommands that delete labs.
const DELETING: [&str; 3] = ["teardown", "sweep", "reset"];

/// Who deleted the lab, as far as that is known, and the command that creates it again; `None` if `error` does not come
/// from a deletion.
pub(crate) async fn advice(command: &Command<'_>, work: &Work, error: &RecipeError) -> Option<String> {
    let RecipeError::Azure { source, .. } = error else { return None };
    if !source.is_absent() && source.code() != Some(&Code::ResourceGroupBeingDeleted) {
        return None;
    }
    let found = work.ctx.azure.group(&work.lab.group).await.ok()?;
    if found.as_ref().is_some_and(|found| !group::is_going(found)) {
        return None;
    }
    // While the group goes, its tags can be read.
    let (now, writer) = (work.ctx.clock().now(), command.options.writer.as_ref());
    let read = |group: &ResourceGroup| Lease::of_another(&Tags::read(group.tags.as_ref()), writer?, now);
    let known = found.as_ref().and_then(read).or_else(|| work.ctx.leasing.as_ref()?.told());
    let lease = known.filter(|lease| DELETING.contains(&lease.command.as_str()));
    let who = lease.map_or_else(
        || "somebody else".to_owned(),
        |lease| {
            let since = moment_text(lease.since).unwrap_or_default();
            format!("{} by {} (since {since})", lease.command, lease.by)
        },
    );
    let again = command.line(FollowUp::make(), work);
    Some(format!("{who} deleted the lab in the meantime; when that has ended, create it again: {again}"))
}
