//! What happens in a cluster by itself: each controller a file. Whoever asks has it caught up with, moment by moment.

mod claim;
mod container;
mod deployment;
mod event;
mod namespace;
mod pod;
mod replica_set;
mod rolling;
mod schedule;
mod service;
mod stateful_set;
mod taints;
mod write;

use super::bootstrap;
use super::object::Object;
use super::refusal::Refusal;
use super::verbs::finish_deletion;
use super::world::World;
use crate::state::timestamps::Millis;

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
    if object.is_deleting() && !matches!(object.kind.kind, "Namespace" | "Service") {
        return finish_deletion(world, &mut object);
    }
    match object.kind.kind {
        "Namespace" => namespace::step(world, object),
        "Pod" => pod::step(world, object),
        "ReplicaSet" => replica_set::step(world, &object),
        "Deployment" => deployment::step(world, &object),
        "StatefulSet" => stateful_set::step(world, &object),
        "Service" => service::step(world, object),
        "Node" => taints::look_at_node(world, &object),
        "Eviction" => taints::evict_at_last(world, object),
        "PersistentVolumeClaim" => claim::step(world, object),
        "Event" => Ok(world.remove(&mut object)?),
        _ => Ok(()),
    }
}
