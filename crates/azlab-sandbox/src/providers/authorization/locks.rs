//! Management locks: PUT, GET, DELETE and lists at any scope, and what they refuse.
//!
//! Source: Microsoft Learn, "Lock your resources to protect your infrastructure", and the REST reference of
//! Microsoft.Authorization/locks (2016-09-01, 2020-05-01).

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::FACTS;
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::filter::{self, Term};
use crate::arm::response::Answer;
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, kind, lies_in};

const TYPE: &str = "Microsoft.Authorization/locks";

/// `{scope}/…/locks/{name}`
pub(super) fn one(call: &Call<'_>, scope: &str, name: &str) -> Outcome {
    let id = format!("{scope}/providers/{TYPE}/{name}");
    let found = call.store.get(&id)?;
    let latency = call.settings.durations.role_assignment;
    match *call.method {
        Method::GET | Method::HEAD => found.map(|it| Answer::ok(it.body)).ok_or_else(|| {
            Failure::not_found("LockNotFound", format!("The lock '{name}' could not be found.")).gateway()
        }),
        Method::PUT => Ok(put(call, scope, name, id, found.as_ref())?.after(latency)),
        Method::DELETE => match found {
            None => Ok(Answer::empty(StatusCode::NO_CONTENT)),
            Some(found) => {
                call.store.end(&found.key(), call.now)?;
                Ok(Answer::empty(StatusCode::OK).after(latency))
            }
        },
        _ => Err(call.method_not_allowed()),
    }
}

fn put(call: &Call<'_>, scope: &str, name: &str, id: String, found: Option<&Resource>) -> Outcome {
    if name.chars().count() > 260 || name.contains(['<', '>', '%', '&', ':', '?']) {
        return Err(Failure::bad_request(
            "InvalidLockName",
            format!("The lock name '{name}' is longer than 260 characters or has one of <,>,%,&,:,?."),
        ));
    }
    let sent = FACTS.judged(call, "locks", Sent::Whole)?;
    let level = &sent["properties"]["level"];
    if level == "NotSpecified" {
        return Err(Failure::content("level 'NotSpecified' is not CanNotDelete or ReadOnly"));
    }
    let mut body = json!({"properties": {"level": level}, "id": id, "type": TYPE, "name": name});
    FACTS.tell("locks", &sent, &mut body);
    // Not part of a group's contents: it ends with its scope.
    call.store.put(&Resource {
        parent: scope.to_lowercase(),
        created: found.map_or(call.now, |found| found.created),
        born: found.map_or(call.now, |found| found.born),
        ..Resource::ready(kind::LOCK, id, name, body.clone(), call.now)
    })?;
    Ok(Answer::created_or_ok(found.is_none(), body))
}

/// `GET {scope}/…/locks`: those at the scope and above, and (without `atScope()`) below it.
pub(super) fn list(call: &Call<'_>, scope: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let mut below = true;
    for term in filter::terms(call)? {
        match term {
            Term::Function(name, _) if name == "atscope" => below = false,
            _ => return Err(filter::invalid(&call.query("$filter").unwrap_or_default())),
        }
    }
    let key = scope.to_lowercase();
    let here = |lock: &Resource| lies_in(&key, &lock.parent) || (below && lies_in(&lock.parent, &key));
    let value: Vec<Value> = all(call)?.into_iter().filter(here).map(|lock| lock.body).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// Refuses what a lock forbids: with either level a DELETE at, above or below the locked scope; with `ReadOnly` also every
/// other write at or below it, the POSTs that only read included (`listKeys`).
///
/// # Errors
/// 409 `ScopeLocked`, naming the locked scopes.
pub(crate) fn enforce(call: &Call<'_>) -> Result<(), Failure> {
    let segments = call.path.lower();
    if !call.writes() || segments.windows(2).any(|pair| pair == ["microsoft.authorization", "locks"]) {
        return Ok(());
    }
    let path = call.path.up_to(usize::MAX);
    let key = path.to_lowercase();
    let deletes = *call.method == Method::DELETE;
    let refuses = |lock: &Resource| {
        let forbids = deletes || lock.body["properties"]["level"] == "ReadOnly";
        forbids && (lies_in(&key, &lock.parent) || (deletes && lies_in(&lock.parent, &key)))
    };
    let mut scopes: Vec<String> = all(call)?.iter().filter(|lock| refuses(lock)).map(scope_of).collect();
    scopes.dedup();
    if scopes.is_empty() {
        return Ok(());
    }
    let operation = if deletes { "delete" } else { "write" };
    Err(Failure::conflict(
        "ScopeLocked",
        format!(
            "The scope '{path}' cannot perform {operation} operation because following scope(s) are locked: '{}'. Please \
             remove the lock and try again.",
            scopes.join(",")
        ),
    )
    .gateway())
}

fn all(call: &Call<'_>) -> Result<Vec<Resource>, Failure> {
    Ok(call.store.list(&ListQuery { kinds: Some(&[kind::LOCK]), ..ListQuery::default() })?)
}

/// The scope that a lock is on, as it was written.
fn scope_of(lock: &Resource) -> String {
    lock.id.chars().take(lock.parent.chars().count()).collect()
}
