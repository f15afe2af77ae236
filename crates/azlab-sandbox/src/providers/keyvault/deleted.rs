//! Soft-deleted vaults: kept with their name for as long as they said when they were made, unless somebody purges or recovers
//! them (Microsoft Learn, "Azure Key Vault soft-delete overview").

use http::{Method, StatusCode};
use rusqlite::params;
use serde_json::json;

use super::vaults::{TYPE, is_protected, retention_days};
use super::{POLL_VERSION, kind};
use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::operations;
use crate::arm::provider::FailedDeletion;
use crate::arm::response::Answer;
use crate::arm::{paging, regions};
use crate::state::lists::ListQuery;
use crate::state::operation_end::OperationEnd;
use crate::state::operations::{Deletes, Operation, Work};
use crate::state::store::Resource;
use crate::state::timestamps::{Millis, plus, stamp};

/// The long-running work.
static PURGE: Work = Work { name: "vault-purge", stages: &[(0.0, "InProgress")], deletes: Deletes::SoftDeleted };
/// Seconds that a purge takes (inferred).
const PURGE_S: f64 = 10.0;
const DAY_S: f64 = 24.0 * 3600.0;

fn id(call: &Call<'_>, location: &str, name: &str) -> String {
    let subscription = call.subscription();
    format!("/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}")
}

/// Moves a vault to the soft-deleted ones at `at`.
pub(super) fn soft_delete(call: &Call<'_>, vault: &Resource, at: Millis) -> Result<(), Failure> {
    if vault.deleting(call.now) {
        return Ok(());
    }
    let purged = plus(at, retention_days(vault) as f64 * DAY_S);
    let id = id(call, &vault.location, &vault.name);
    let mut shown = json!({
        "id": id,
        "name": vault.name,
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": {
            "vaultId": vault.id,
            "location": vault.location,
            "tags": vault.body["tags"],
            "deletionDate": stamp(at),
            "scheduledPurgeDate": stamp(purged),
        },
    });
    if is_protected(&vault.body) {
        shown["properties"]["purgeProtectionEnabled"] = true.into();
    }
    call.store.put(&Resource {
        id,
        kind: kind::DELETED_VAULT.into(),
        group: String::new(),
        parent: vault.key(),
        body: json!({"shown": shown, "vault": vault.body}),
        state: "Succeeded".into(),
        asked: at,
        done: at,
        born: at,
        gone: Some(purged),
        ..vault.clone()
    })?;
    Ok(call.store.end(&vault.key(), at)?)
}

/// `GET …/deletedVaults`
pub(super) fn list(call: &Call<'_>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let wanted = ListQuery { kinds: Some(&[kind::DELETED_VAULT]), ..ListQuery::default() };
    paging::page(call, wanted, |mut it| it.body["shown"].take())
}

fn find(call: &Call<'_>, location: &str, name: &str) -> Result<Resource, Failure> {
    call.store.get(&id(call, &regions::normal(location), name))?.ok_or_else(|| missing(name))
}

/// The refusal where there is no soft-deleted vault (the code is reported, the words are inferred).
pub(super) fn missing(name: &str) -> Failure {
    Failure::not_found("DeletedVaultNotFound", format!("The specified deleted vault '{name}' does not exist."))
}

/// The refusal of a new vault by the name of a soft-deleted one (reported).
pub(super) fn name_is_kept() -> Failure {
    Failure::conflict(
        "ConflictError",
        "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. \
         Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.",
    )
}

/// `GET …/locations/{l}/deletedVaults/{name}`
pub(super) fn one(call: &Call<'_>, location: &str, name: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    Ok(Answer::ok(find(call, location, name)?.body["shown"].clone()))
}

/// `POST …/locations/{l}/deletedVaults/{name}/purge`: 202 with a Location. Refused for a vault with purge protection, whoever
/// asks (reported).
pub(super) fn purge(call: &Call<'_>, location: &str, name: &str) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let found = find(call, location, name)?;
    if is_protected(&found.body["vault"]) {
        return Err(Failure::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "Operation 'DeletedVaultPurge' is not allowed.",
        ));
    }
    // One that is under way is not prolonged by another.
    let later = call.later(PURGE_S);
    let done = found.gone.map_or(later, |gone| gone.min(later));
    call.store.end(&found.key(), done)?;
    let operation =
        Operation::new(call.store.guid(&found.id)?.to_string(), &PURGE, &found.id, &found.location, call.now, done);
    operations::begin(call, &operation)?;
    let path = format!("providers/Microsoft.KeyVault/locations/{}/operationResults/{}", found.location, operation.id);
    Ok(Answer::empty(StatusCode::ACCEPTED).header("location", operations::url(call, &operation, &path, POLL_VERSION)))
}

/// `GET …/locations/{l}/operationResults/{id}`: 202 until the purge is done, then an empty 200.
pub(super) fn purge_result(call: &Call<'_>, id: &str) -> Outcome {
    let Some(operation) = operations::polled(call, id, &[&PURGE])? else {
        return Err(Failure::not_found("OperationNotFound", format!("The operation '{id}' was not found.")));
    };
    if call.now < operation.done {
        let location = format!("{}{}?{}", call.base, call.raw_path, call.raw_query);
        return Ok(Answer::empty(StatusCode::ACCEPTED).header("location", location));
    }
    match operation.ends {
        OperationEnd::Succeeded => Ok(Answer::empty(StatusCode::OK)),
        _ => Err(operations::refusal(&operation)),
    }
}

/// `PUT` of a vault with `createMode: recover`: brings it back into its own group as it was, whatever else was sent
/// (reported). That another group or region has none to recover is inferred.
pub(super) fn recover(call: &Call<'_>, group: &Resource, region: &str, found: &Resource) -> Result<Resource, Failure> {
    let body = found.body["vault"].clone();
    let id = body["id"].as_str().unwrap_or_default().to_owned();
    let own = format!("{}/providers/{TYPE}/{}", group.id, found.name);
    if !id.eq_ignore_ascii_case(&own) || found.location != region {
        return Err(missing(&found.name));
    }
    let vault = Resource {
        id,
        kind: kind::VAULT.into(),
        group: group.group.clone(),
        parent: group.key(),
        body,
        asked: call.now,
        done: call.now,
        born: call.now,
        gone: None,
        ..found.clone()
    };
    call.store.end(&found.key(), call.now)?;
    call.store.put(&vault)?;
    Ok(vault)
}

/// Forgets what would have been left of a vault whose group's deletion has failed.
pub(super) fn undo(call: &Call<'_>, vault: &Resource, failed: &FailedDeletion) -> Result<(), Failure> {
    call.store
        .db()
        .prepare_cached("DELETE FROM resources WHERE type = ?1 AND parent = ?2 AND born > ?3")?
        .execute(params![kind::DELETED_VAULT, vault.key(), failed.at])?;
    Ok(())
}

/// Keeps a soft-deleted vault, whose purge has failed, as long as it would have been kept without.
pub(super) fn undo_purge(call: &Call<'_>, found: &Resource) -> Result<(), Failure> {
    let days = found.body["vault"]["properties"]["softDeleteRetentionInDays"].as_i64().unwrap_or_default();
    Ok(call.store.end(&found.key(), plus(found.asked, days as f64 * DAY_S))?)
}
