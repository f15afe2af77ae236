//! A namespace gets what every namespace has; one that is deleted goes when it is empty.

use super::super::bootstrap;
use super::super::object::Object;
use super::super::refusal::Refusal;
use super::super::verbs::remove;
use super::super::world::World;

pub(super) fn step(world: &World<'_>, mut namespace: Object) -> Result<(), Refusal> {
    if !namespace.is_deleting() {
        return bootstrap::fill_namespace(world, namespace.name());
    }
    for mut object in world.everything_in(namespace.name())? {
        remove(world, &mut object)?;
    }
    if namespace.finalizers().is_empty() {
        world.remove(&mut namespace)?;
    }
    Ok(())
}
