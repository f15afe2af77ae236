//! Which subscription and tenant: the flag's, the environment's, or az's default.
//!
//! az keeps its accounts in `azureProfile.json` in `$AZURE_CONFIG_DIR`, else in `~/.azure`.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use uuid::Uuid;

use super::quote::{self, cut};
use crate::values::Environment;
use crate::values::cloud::Cloud;
use crate::values::id::{MalformedId, subscription_id, tenant_name};

/// The subscription to work in, and its tenant as far as it is known before signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: Uuid,
    /// The tenant given, else what az's profile says of this subscription: an id, or a domain name of which only Entra knows
    /// the id.
    pub tenant: Option<String>,
    /// The name in az's profile, if it is there.
    pub name: Option<String>,
    /// The cloud in az's profile, in az's words, if it is there.
    pub cloud: Option<String>,
}

/// No subscription to work in.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// The subscription is one of another cloud.
    #[error("the subscription {id} is in {theirs}, according to az's profile, and not in {ours}")]
    OtherCloud {
        /// Its id.
        id: Uuid,
        /// The cloud that az has it in, in az's words.
        theirs: String,
        /// The cloud that is meant, in az's words.
        ours: &'static str,
        /// What `--cloud` would have to say, if it knows that cloud.
        option: Option<&'static str>,
    },
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
        "az's default subscription `{name}` ({id}) is {state}; choose another with `az account set` or --subscription. To look \
         there, or to tear down, say that you mean it: --subscription {id}"
    )]
    NotEnabled {
        /// Its name.
        name: String,
        /// Its id.
        id: Uuid,
        /// Its state, as az wrote it: "Disabled", "Warned" …
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
    let tenant = tenant.map(tenant_name).transpose()?;
    let given = subscription.map(subscription_id).transpose()?;
    let path = profile_path(environment);
    let entry = match given {
        Some(id) => {
            let known = path.and_then(|path| read_profile(&path).ok());
            let known = known.into_iter().flatten().find(|entry| entry.is(id));
            let Some(known) = known else {
                return Ok(Subscription { id, tenant, name: None, cloud: None });
            };
            known
        }
        None => default_of(&path.ok_or(SubscriptionError::NoHome)?)?,
    };
    let id = match given {
        Some(id) => id,
        None => subscription_id(&entry.id)?,
    };
    let known = entry.tenant_id.as_deref().and_then(|text| Uuid::parse_str(text).ok()).map(|id| id.to_string());
    let is_same =
        |tenant: &str| entry.tenant_default_domain.as_deref().is_some_and(|domain| domain.eq_ignore_ascii_case(tenant));
    let tenant = match tenant {
        Some(tenant) if is_same(&tenant) => known.or(Some(tenant)),
        Some(tenant) => Some(tenant),
        None => known,
    };
    let cut = |text: String| cut(&text, quote::WORD);
    Ok(Subscription { id, tenant, name: entry.name.map(cut), cloud: entry.environment_name.map(cut) })
}

impl Subscription {
    /// Refuses a subscription that az has in another cloud: `cloud` does not know it, and a token would be of the wrong one.
    ///
    /// # Errors
    /// [`SubscriptionError::OtherCloud`]
    pub(crate) fn must_be_in(&self, cloud: Cloud) -> Result<(), SubscriptionError> {
        let Some(theirs) = self.cloud.as_deref().filter(|theirs| !theirs.eq_ignore_ascii_case(cloud.name_in_az()))
        else {
            return Ok(());
        };
        let option = Cloud::ALL.into_iter().find(|other| theirs.eq_ignore_ascii_case(other.name_in_az()));
        Err(SubscriptionError::OtherCloud {
            id: self.id,
            theirs: theirs.to_owned(),
            ours: cloud.name_in_az(),
            option: option.map(Cloud::as_str),
        })
    }
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
    tenant_default_domain: Option<String>,
    environment_name: Option<String>,
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
        None => Ok(entry),
        // One that is past due is still active (Microsoft's page *Azure subscription states*).
        Some(state) if ["Enabled", "PastDue"].iter().any(|one| one.eq_ignore_ascii_case(state)) => Ok(entry),
        Some(state) => {
            let name = cut(&entry.name.unwrap_or_default(), quote::WORD);
            Err(SubscriptionError::NotEnabled { name, id, state: cut(state, quote::WORD).to_lowercase() })
        }
    }
}

#[cfg(test)]
#[path = "subscription_tests.rs"]
mod tests;
