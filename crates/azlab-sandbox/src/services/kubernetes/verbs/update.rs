//! `PUT …/{plural}/{name}`, and `…/status`

use super::super::body::read_object;
use super::super::refusal::Refusal;
use super::super::reply::Reply;
use super::super::request::{Address, Request};
use super::super::save::{Change, save};
use super::super::world::World;

pub(super) fn answer(world: &World<'_>, request: &Request<'_>, address: &Address) -> Result<Reply, Refusal> {
    let body = read_object(request, address)?;
    let change = Change::of(request, address, "Update")?;
    let old = world.get(address.kind, &address.namespace, &address.name)?;
    let old = old.ok_or_else(|| Refusal::not_found(address.kind, &address.name))?;
    let saved = save(world, &change, Some(&old), body, None)?;
    Ok(Reply { warnings: saved.warnings, ..Reply::ok(saved.object.body) })
}
