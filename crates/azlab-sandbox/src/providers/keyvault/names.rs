//! Names of vaults: their form, and whether somebody has them. They are the names of hosts, so there is one of each in all of
//! Azure; the sandbox knows its own.

use serde_json::json;

use super::{judged, kind};
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::response::Answer;
use crate::state::lists::ListQuery;
use crate::state::store::Resource;

/// Source: Microsoft Learn, "Naming rules and restrictions for Azure resources", Microsoft.KeyVault; the words, public reports.
pub(super) fn invalid(name: &str) -> Option<String> {
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.ends_with('-')
        && !name.contains("--")
        && (3..=24).contains(&name.len());
    (!allowed).then(|| {
        format!(
            "The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must \
             begin with a letter, end with a letter or digit, and not contain consecutive hyphens."
        )
    })
}

/// The vault, or the soft-deleted one, that has the name.
pub(super) fn holder(call: &Call<'_>, name: &str) -> rusqlite::Result<Option<Resource>> {
    let name = name.to_lowercase();
    let kinds = [kind::VAULT, kind::DELETED_VAULT];
    let wanted = ListQuery { kinds: Some(&kinds), lookup: Some(&name), everywhere: true, ..ListQuery::default() };
    Ok(call.store.list(&wanted)?.into_iter().next())
}

/// The words for a name that somebody has (public reports of `VaultAlreadyExists`).
pub(super) fn taken(name: &str) -> String {
    format!(
        "The vault name '{name}' is already in use. Vault names are globally unique so it is possible that the name is \
         already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name \
         was recently deleted but not purged after being placed in a recoverable state. If the vault is in a recoverable state \
         then the vault will need to be purged before reusing the name. For more information about VaultAlreadyExists, soft \
         delete and purging a vault follow this link https://go.microsoft.com/fwlink/?linkid=2147740."
    )
}

/// `POST …/checkNameAvailability` (REST reference, "Vaults - Check Name Availability"; its two reasons are all that there is).
pub(super) fn check(call: &Call<'_>) -> Outcome {
    let asked = judged(call, "checkNameAvailability", Sent::Whole)?;
    let text = |member: &str| asked[member].as_str().unwrap_or_default();
    let (name, resource_type) = (text("name"), text("type"));
    if !resource_type.eq_ignore_ascii_case("Microsoft.KeyVault/vaults") {
        // The code and the words are inferred.
        let message = format!("The resource type '{resource_type}' is not 'Microsoft.KeyVault/vaults'.");
        return Err(Failure::bad_request("BadRequest", message));
    }
    let refused = |reason: &str, message: String| json!({"nameAvailable": false, "reason": reason, "message": message});
    Ok(Answer::ok(match invalid(name) {
        Some(message) => refused("AccountNameInvalid", message),
        None if holder(call, name)?.is_some() => refused("AlreadyExists", taken(name)),
        None => json!({"nameAvailable": true}),
    }))
}
