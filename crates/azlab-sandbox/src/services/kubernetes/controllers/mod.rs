//! What happens in a cluster by itself: each controller a file. Whoever asks has it caught up with, moment by moment.

use super::bootstrap;
use super::object::Object;
use super::refusal::Refusal;
use super::verbs::finish_deletion;
use super::world::World;
use crate::state::timestamps::Millis;

mod namespace;

/// So many steps are played for one request; the next one goes on from there.
const MOST_STEPS: usize = 20_000;

/// Plays what has happened until `now`.
///
/// # Errors
/// When the state cannot be read or written.
pub(super) fn catch_up(world: &mut World<'_>, now: Millis) -> Result<(), Refusal> {
    bootstrap::sync_nodes(world)?;
    for _ in 0..MOST_STEPS {
        let Some(object) = world.next_due(now)? else { break };
        world.now = object.due.unwrap_or(now).min(now);
        step(world, object)?;
    }
    world.now = now;
    Ok(())
}

fn step(world: &World<'_>, mut object: Object) -> Result<(), Refusal> {
    world.set_due(&object, None)?;
    object.due = None;
    if object.is_deleting() && object.kind.kind != "Namespace" {
        return finish_deletion(world, &mut object);
    }
    match object.kind.kind {
        "Namespace" => namespace::step(world, object),
        _ => Ok(()),
    }
}
