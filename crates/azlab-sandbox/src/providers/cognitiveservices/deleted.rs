//! Soft-deleted accounts: kept 48 h with their name, subdomain and quota; purged or restored on demand.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::account_body::{etag, system_data};
use super::kind;
use super::{POLL_VERSION, accounts, work};
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::operations;
use crate::arm::provider::FailedDeletion;
use crate::arm::response::Answer;
use crate::arm::{paging, quota, regions};
use crate::state::lists::ListQuery;
use crate::state::operations::Operation;
use crate::state::store::Resource;
use crate::state::timestamps::{Millis, plus, stamp};
use rusqlite::params;

fn id(call: &Call<'_>, location: &str, group: &str, name: &str) -> String {
    let subscription = call.subscription();
    format!(
        "/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{location}/resourceGroups/{group}/deletedAccounts/{name}"
    )
}

/// The soft-deleted account of this name; the region in any writing.
pub(super) fn find(call: &Call<'_>, location: &str, group: &str, name: &str) -> Result<Option<Resource>, Failure> {
    Ok(call.store.get(&id(call, &regions::normal(location), group, name))?)
}

/// Moves an account to the soft-deleted ones at `at`. Its deployments go with it and still hold their quota.
pub(crate) fn soft_delete(call: &Call<'_>, account: &Resource, at: Millis) -> Result<(), Failure> {
    if account.deleting(call.now) {
        return Ok(());
    }
    let purged = plus(at, call.settings.durations.soft_delete);
    let group = call.group(&account.group)?;
    // The region is written as the account's was (recorded: `SOUTHCENTRALUS`), but for spaces.
    let id = id(call, &regions::without_spaces(&account.location), &group.name, &account.name);
    let deployments = call.store.list(&ListQuery { parent: Some(&account.key()), ..ListQuery::default() })?;
    let mut body = account.body.clone();
    body["id"] = id.clone().into();
    body["type"] = "Microsoft.CognitiveServices/deletedAccounts".into();
    body["properties"]["deletionDate"] = stamp(at).into();
    body["properties"]["scheduledPurgeDate"] = stamp(purged).into();
    body["properties"]["provisioningState"] = "Succeeded".into();
    call.store.put(&Resource {
        id,
        kind: kind::DELETED_ACCOUNT.into(),
        group: String::new(),
        parent: account.key(),
        // What a restore brings back; cut off before the body is shown.
        body: json!({
            "shown": body,
            "account": account.body,
            "deployments": deployments.iter().filter(|it| it.kind == kind::DEPLOYMENT).map(|it| &it.body).collect::<Vec<_>>(),
        }),
        state: "Succeeded".into(),
        asked: at,
        done: at,
        born: at,
        gone: Some(purged),
        ..account.clone()
    })?;
    for child in &deployments {
        call.store.end(&child.key(), at)?;
    }
    call.store.end(&account.key(), at)?;
    quota::end(&call.store, &account.id, Some(purged))?;
    Ok(())
}

/// `GET …/deletedAccounts`
pub(super) fn list(call: &Call<'_>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    paging::page(call, ListQuery { kinds: Some(&[kind::DELETED_ACCOUNT]), ..ListQuery::default() }, |it| shown(&it))
}

fn shown(it: &Resource) -> Value {
    it.body["shown"].clone()
}

/// `…/locations/{l}/resourceGroups/{g}/deletedAccounts/{n}`
pub(super) fn one(call: &Call<'_>, location: &str, group: &str, name: &str) -> Outcome {
    let found = find(call, location, group, name)?;
    match *call.method {
        Method::GET | Method::HEAD => found.map(|it| Answer::ok(shown(&it))).ok_or_else(|| {
            Failure::not_found(
                "ResourceNotFound",
                format!("The soft-deleted resource '{}' cannot be found.", id(call, location, group, name)),
            )
        }),
        Method::DELETE => match found {
            Some(found) => purge(call, location, &found),
            None => Ok(Answer::empty(StatusCode::NO_CONTENT)),
        },
        _ => Err(call.method_not_allowed()),
    }
}

fn purge(call: &Call<'_>, location: &str, found: &Resource) -> Outcome {
    if call.now < call.pace.after(found.asked, call.settings.purge_conflict_s) {
        return Err(Failure::conflict(
            "RequestConflict",
            format!(
                "Another operation is being performed on the parent resource '{}'. Please try again later.",
                found.parent
            ),
        ));
    }
    // One that is under way is not prolonged by another.
    let later = call.later(call.settings.durations.account_purge);
    let done = found.gone.map_or(later, |gone| gone.min(later));
    call.store.end(&found.key(), done)?;
    quota::end(&call.store, &found.parent, Some(done))?;
    let id = call.store.guid(&found.id)?.to_string();
    let operation = Operation::new(id, &work::ACCOUNT_PURGE, &found.id, &found.location, call.now, done);
    operations::begin(call, &operation)?;
    let path = format!("providers/Microsoft.CognitiveServices/locations/{location}/operationResults/{}", operation.id);
    let url = operations::url(call, &operation, &path, POLL_VERSION);
    Ok(Answer::empty(StatusCode::ACCEPTED)
        .header("location", format!("{url}&operationResultResponseType=Location"))
        .header("azure-asyncoperation", url))
}

/// `PUT` of an account with `properties.restore`: brings it back with its deployments, at once (recorded: `Succeeded`, no
/// polling URL, created anew by its `systemData`).
pub(super) fn restore(call: &Call<'_>, group: &Resource, found: &Resource) -> Outcome {
    let mut body = found.body["account"].clone();
    let etag = etag(call, &found.id)?;
    body["etag"] = etag.clone().into();
    body["systemData"] = system_data(call.now, call.now);
    let account = Resource {
        id: body["id"].as_str().unwrap_or_default().to_owned(),
        kind: kind::ACCOUNT.into(),
        group: group.group.clone(),
        parent: group.key(),
        lookup: found.lookup.clone(),
        body,
        state: "Succeeded".into(),
        asked: call.now,
        done: call.now,
        busy: 0,
        born: call.now,
        gone: None,
        ..found.clone()
    };
    call.store.end(&found.key(), call.now)?;
    call.store.put(&account)?;
    for body in found.body["deployments"].as_array().into_iter().flatten() {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        call.store.put(&Resource {
            id: text("id"),
            kind: kind::DEPLOYMENT.into(),
            parent: account.key(),
            name: text("name"),
            lookup: None,
            body: body.clone(),
            state: "Succeeded".into(),
            done: call.now,
            ..account.clone()
        })?;
    }
    quota::end(&call.store, &account.id, None)?;
    let answer = Answer::json(StatusCode::CREATED, accounts::render(call, &account)).header("etag", etag);
    Ok(answer.after(call.settings.durations.account_put))
}

/// Keeps an account, whose group's deletion has failed, with its quota; what would have been left of it is forgotten.
pub(super) fn undo(call: &Call<'_>, account: &Resource, failed: &FailedDeletion) -> Result<(), Failure> {
    quota::end(&call.store, &account.id, None)?;
    call.store
        .db()
        .prepare_cached("DELETE FROM resources WHERE type = ?1 AND parent = ?2 AND born > ?3")?
        .execute(params![kind::DELETED_ACCOUNT, account.key(), failed.at])?;
    Ok(())
}

/// Keeps a soft-deleted account, whose purge has failed, as long as it would have been kept without.
pub(super) fn undo_purge(call: &Call<'_>, soft_deleted: &Resource) -> Result<(), Failure> {
    let kept = plus(soft_deleted.asked, call.settings.durations.soft_delete);
    call.store.end(&soft_deleted.key(), kept)?;
    Ok(quota::end(&call.store, &soft_deleted.parent, Some(kept))?)
}
