//! The OIDC issuers of the sandbox's clusters: what an AKS cluster publishes for workload identity, and the tokens of its
//! service accounts.
//!
//! A cluster's issuer is at `https://{location}.oic.prod-aks.azure.com/{tenant}/{guid}/`. Where the sandbox is served it
//! answers to that name in the `Host` header, and below its own address: `https://localhost:8443/{tenant}/{guid}/`.

mod discovery;
mod key;
mod token;

use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use super::TENANT_ID;
use super::store::{Resource, Store, kind};

pub(super) use discovery::router;
pub(super) use key::{IssuerKey, KeyError};
pub use token::{ClusterChoice, ServiceAccount, ServiceAccountToken, ServiceAccountTokenError};

/// The domain below which clusters' issuers are.
const DOMAIN: &str = "oic.prod-aks.azure.com";

/// The issuer of a cluster that exists.
#[derive(Debug)]
pub(super) struct Issuer {
    /// `issuerURL`, as tokens and federated credentials have it.
    pub url: String,
}

impl Issuer {
    /// `None` for a cluster without one.
    fn of(cluster: &Resource) -> Option<Self> {
        let profile = &cluster.body["properties"]["oidcIssuerProfile"];
        let url = profile["issuerURL"].as_str().filter(|_| profile["enabled"] == true)?.to_owned();
        Some(Self { url })
    }

    /// The issuer with this URL, if a cluster has it now.
    pub fn by_url(store: &Store<'_>, url: &str) -> rusqlite::Result<Option<Self>> {
        let guid = url.strip_suffix('/').and_then(|url| Uuid::try_parse(url.rsplit('/').next()?).ok());
        let Some(guid) = guid else { return Ok(None) };
        Ok(Self::by_guid(store, guid)?.filter(|issuer| issuer.url == url))
    }

    /// The issuer whose URL ends with this guid, if a cluster has it now.
    pub fn by_guid(store: &Store<'_>, guid: Uuid) -> rusqlite::Result<Option<Self>> {
        let id: Option<String> = store
            .db()
            .prepare_cached(
                "SELECT id FROM resources WHERE type = ?1
                 AND json_extract(body, '$.properties.oidcIssuerProfile.issuerURL') LIKE ?2",
            )?
            .query_row(params![kind::CLUSTER, format!("https://%.{DOMAIN}/{TENANT_ID}/{guid}/")], |row| row.get(0))
            .optional()?;
        let Some(id) = id else { return Ok(None) };
        Ok(store.get(&id)?.as_ref().and_then(Self::of))
    }
}
