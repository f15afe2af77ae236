//! Which subscription and tenant: the flag's, the environment's, or az's default.
//!
//! az keeps its accounts in `azureProfile.json` in `$AZURE_CONFIG_DIR`, else in `~/.azure`.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use uuid::Uuid;

use super::quote::{self, cut};
use crate::values::Environment;
use crate::values::id::{MalformedId, subscription_id, tenant_id};

/// The subscription to work in, and its tenant as far as it is known before signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: Uuid,
    /// The tenant given, else what az's profile says of this subscription.
    pub tenant: Option<Uuid>,
    /// The name in az's profile, if it is there.
    pub name: Option<String>,
}

/// No subscription to work in.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// An id that is none.
    #[error(transparent)]
    Malformed(#[from] MalformedId),
    /// az has never signed in here.
    #[error(
        "no subscription: {path} does not exist; give --subscription, set AZURE_SUBSCRIPTION_ID, or run `az login`"
    )]
    NoProfile {
        /// az's profile.
        path: PathBuf,
    },
    /// Neither a home directory nor `AZURE_CONFIG_DIR` is set.
    #[error("no subscription: give --subscription or set AZURE_SUBSCRIPTION_ID (without HOME there is no az profile)")]
    NoHome,
    /// The profile is there but cannot be used.
    #[error("{path} cannot be read ({reason}); give --subscription, or run `az login`, which writes it again")]
    BadProfile {
        /// az's profile.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// az is signed in without a subscription.
    #[error("{path} has no default subscription; run `az account set --subscription ID`, or give --subscription")]
    NoDefault {
        /// az's profile.
        path: PathBuf,
    },
    /// az's default can no longer be used.
    #[error(
        "az's default subscription `{name}` ({id}) is {state}; choose another with `az account set` or --subscription"
    )]
    NotEnabled {
        /// Its name.
        name: String,
        /// Its id.
        id: Uuid,
        /// Its state, as az wrote it: "Disabled", "Warned", "PastDue" …
        state: String,
    },
}

/// Decides the subscription: `subscription` and `tenant` (from flag or environment, if any) go before az's profile.
///
/// With a subscription given, the profile is only asked for its tenant and name, and need not exist or be readable.
///
/// # Errors
/// [`SubscriptionError`] names the input or the file, and what to do.
pub fn resolve(
    subscription: Option<&str>,
    tenant: Option<&str>,
    environment: &Environment,
) -> Result<Subscription, SubscriptionError> {
    let tenant = tenant.map(tenant_id).transpose()?;
    let given = subscription.map(subscription_id).transpose()?;
    let path = profile_path(environment);
    let entry = match given {
        Some(id) => {
            let known = path.and_then(|path| read_profile(&path).ok());
            let known = known.into_iter().flatten().find(|entry| entry.is(id));
            let Some(known) = known else {
                return Ok(Subscription { id, tenant, name: None });
            };
            known
        }
        None => default_of(&path.ok_or(SubscriptionError::NoHome)?)?,
    };
    let id = match given {
        Some(id) => id,
        None => subscription_id(&entry.id)?,
    };
    let tenant = tenant.or_else(|| Uuid::parse_str(entry.tenant_id.as_deref()?).ok());
    Ok(Subscription { id, tenant, name: entry.name.map(|name| cut(&name, quote::WORD)) })
}

/// az's profile.
#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    subscriptions: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: String,
    name: Option<String>,
    state: Option<String>,
    tenant_id: Option<String>,
    #[serde(default)]
    is_default: bool,
}

impl Entry {
    fn is(&self, id: Uuid) -> bool {
        Uuid::try_parse(&self.id).is_ok_and(|own| own == id)
    }
}

fn profile_path(environment: &Environment) -> Option<PathBuf> {
    let directory = environment.path("AZURE_CONFIG_DIR").or_else(|| {
        let home = environment.path("HOME").or_else(|| environment.path("USERPROFILE"))?;
        Some(home.join(".azure"))
    })?;
    Some(directory.join("azureProfile.json"))
}

fn read_profile(path: &Path) -> Result<Vec<Entry>, SubscriptionError> {
    let bad = |reason: String| SubscriptionError::BadProfile { path: path.to_owned(), reason };
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SubscriptionError::NoProfile { path: path.to_owned() },
        _ => bad(error.to_string()),
    })?;
    // az on Windows writes a byte order mark.
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let profile: Profile =
        serde_json::from_slice(text).map_err(|error| bad(cut(&error.to_string(), quote::PROBLEM)))?;
    Ok(profile.subscriptions)
}

fn default_of(path: &Path) -> Result<Entry, SubscriptionError> {
    let entry = read_profile(path)?
        .into_iter()
        .find(|entry| entry.is_default)
        .ok_or_else(|| SubscriptionError::NoDefault { path: path.to_owned() })?;
    let id = Uuid::try_parse(&entry.id).map_err(|_| SubscriptionError::BadProfile {
        path: path.to_owned(),
        // `az login --allow-no-subscriptions` leaves such an entry for the tenant itself.
        reason: format!("its default `{}` is not a subscription id", cut(&entry.id, quote::WORD)),
    })?;
    if entry.tenant_id.as_deref() == Some(entry.id.as_str()) {
        return Err(SubscriptionError::NoDefault { path: path.to_owned() });
    }
    match entry.state.as_deref() {
        None | Some("Enabled") => Ok(entry),
        Some(state) => {
            let name = cut(&entry.name.unwrap_or_default(), quote::WORD);
            Err(SubscriptionError::NotEnabled { name, id, state: cut(state, quote::WORD).to_lowercase() })
        }
    }
}

#[cfg(test)]
#[path = "subscription_tests.rs"]
mod tests;
