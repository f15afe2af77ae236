//! An account's two keys: told, made again, and compared with what a client of the data plane brings. They open nothing outside
//! the sandbox.

use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{FACTS, accounts};
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::response::Answer;
use crate::state::store::{Resource, Store};

/// Their names, as the data plane knows them.
pub(crate) const NAMES: [&str; 2] = ["key1", "key2"];

/// `POST …/listKeys`
pub(super) fn list(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let account = accounts::find(call, group, name)?;
    refuse_disabled(&account, "list")?;
    Ok(Answer::ok(both(call, &account)?))
}

/// `POST …/regenerateKey`: the key of that name is another from now on, and the one before opens nothing ("Accounts - Regenerate
/// Key").
pub(super) fn regenerate(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let account = accounts::find(call, group, name)?;
    refuse_disabled(&account, "regenerate")?;
    let asked = FACTS.judged(call, "regenerateKey", Sent::Whole)?;
    let asked = asked["keyName"].as_str().unwrap_or_default();
    let Some(which) = NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(asked)) else {
        // The code is inferred.
        let message = format!("The key name '{asked}' is invalid. The supported values are 'Key1,Key2'.");
        return Err(Failure::bad_request("InvalidKeyName", message));
    };
    let next = generation(&call.store, &account, which)? + 1;
    call.store.set_meta(&place(&account, which), &next.to_string())?;
    Ok(Answer::ok(both(call, &account)?))
}

fn refuse_disabled(account: &Resource, verb: &str) -> Result<(), Failure> {
    if account.body["properties"]["disableLocalAuth"] != true {
        return Ok(());
    }
    Err(Failure::bad_request("BadRequest", format!("Failed to {verb} key. disableLocalAuth is set to be true")))
}

fn both(call: &Call<'_>, account: &Resource) -> rusqlite::Result<Value> {
    Ok(json!({"key1": key(&call.store, account, NAMES[0])?, "key2": key(&call.store, account, NAMES[1])?}))
}

/// One of an account's keys, by its name.
pub(crate) fn key(store: &Store<'_>, account: &Resource, which: &str) -> rusqlite::Result<String> {
    let mut seed = format!("{}/{which}", internal(account));
    let generation = generation(store, account, which)?;
    if generation > 0 {
        seed += &format!("/{generation}");
    }
    let digest = Sha256::digest(seed.as_bytes());
    Ok(digest.iter().take(16).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")))
}

/// How often a key was made again; that of an account that is made again is its own.
fn generation(store: &Store<'_>, account: &Resource, which: &str) -> rusqlite::Result<u64> {
    Ok(store.meta(&place(account, which))?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Where that stands in the `meta` table.
fn place(account: &Resource, which: &str) -> String {
    format!("account_key/{}/{which}", internal(account))
}

fn internal(account: &Resource) -> &str {
    account.body["properties"]["internalId"].as_str().unwrap_or_default()
}
