//! `POST …/{plural}`

use super::super::body::read_object;
use super::super::refusal::Refusal;
use super::super::reply::Reply;
use super::super::request::{Address, Request};
use super::super::save::{Change, save};
use super::super::world::World;

pub(super) fn answer(world: &World<'_>, request: &Request<'_>, address: &Address) -> Result<Reply, Refusal> {
    if address.kind.namespaced && address.namespace.is_empty() {
        return Err(Refusal::method_not_allowed());
    }
    let body = read_object(request, address)?;
    let change = Change::of(request, address, "Update")?;
    if body["metadata"]["resourceVersion"].as_str().is_some_and(|version| !version.is_empty()) {
        return Err(Refusal::new(500, "", "resourceVersion should not be set on objects to be created"));
    }
    let saved = save(world, &change, None, body, None)?;
    Ok(Reply { warnings: saved.warnings, ..Reply::json(201, saved.object.body) })
}
