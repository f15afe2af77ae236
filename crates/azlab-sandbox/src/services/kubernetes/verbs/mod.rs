//! What can be done with objects: a file a verb.

mod create;
mod delete;
mod json_patch;
mod log;
mod merge_patch;
mod patch;
mod read;
mod review;
mod scale;
mod strategic;
mod token;
mod update;
pub(super) mod watch;

use http::Method;

pub(super) use delete::{begin as begin_deletion, finish as finish_deletion, remove};

use super::access::Caller;
use super::refusal::Refusal;
use super::reply::Reply;
use super::request::{Address, Request};
use super::world::World;
use crate::sandbox::Sandbox;

/// Answers a request about objects.
pub(super) fn answer(
    sandbox: &Sandbox,
    world: &World<'_>,
    caller: &Caller,
    request: &Request<'_>,
    address: &Address,
) -> Result<Reply, Refusal> {
    let is_object = !address.name.is_empty();
    if address.kind.is_question() {
        return review::answer(world, caller, request, address);
    }
    match (request.method, address.subresource.as_str()) {
        (&Method::GET, "log") => log::answer(world, request, address),
        (&Method::POST, "token") => token::answer(sandbox, world, request, address),
        (&Method::PUT, "finalize") => delete::finalize(world, request, address),
        (_, "log" | "token" | "finalize") => Err(Refusal::method_not_allowed()),
        (_, "scale") => scale::answer(world, request, address),
        (&Method::GET, _) if is_object => read::one(world, request, address),
        (&Method::GET, _) => read::list(world, request, address),
        (&Method::POST, "") if !is_object => create::answer(world, request, address),
        (&Method::PUT, _) if is_object => update::answer(world, request, address),
        (&Method::PATCH, _) if is_object => patch::answer(world, request, address),
        (&Method::DELETE, "") if is_object => delete::one(world, request, address),
        (&Method::DELETE, "") => delete::collection(world, request, address),
        _ => Err(Refusal::method_not_allowed()),
    }
}

/// The verb by which authorization knows a request.
pub(super) fn verb(request: &Request<'_>, address: &Address) -> &'static str {
    let is_object = !address.name.is_empty();
    match *request.method {
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if is_object => "delete",
        Method::DELETE => "deletecollection",
        _ if request.flag("watch") => "watch",
        _ if is_object => "get",
        _ => "list",
    }
}
