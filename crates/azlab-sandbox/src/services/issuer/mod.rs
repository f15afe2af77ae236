//! The OIDC issuers of the sandbox's clusters: what an AKS cluster publishes for workload identity, and the tokens of its
//! service accounts.
//!
//! A cluster's issuer is at `https://{location}.oic.prod-aks.azure.com/{tenant}/{guid}/`. Where the sandbox is served it
//! answers to that name in the `Host` header, and below its own address: `https://localhost:8443/{tenant}/{guid}/`.

mod choice;
mod claims;
mod discovery;
mod key;
mod private_key;
mod signing_keys;
mod token;

use rusqlite::OptionalExtension as _;
use uuid::Uuid;

use crate::ids::TENANT_ID;
use crate::state::store::{Resource, Store};

pub use choice::ClusterChoice;
pub(crate) use claims::{Bound, TokenClaims};
pub(crate) use discovery::router;
pub(crate) use key::{IssuerKey, KeyError};
pub use private_key::IssuerPrivateKey;
pub(crate) use signing_keys::{KeyMarks, SigningKeys};
pub use token::{ServiceAccount, ServiceAccountToken, ServiceAccountTokenError};

/// The domain below which clusters' issuers are.
const DOMAIN: &str = "oic.prod-aks.azure.com";

/// The condition of the index `resources_issuer`.
const IS_CLUSTER: &str = "type = 'microsoft.containerservice/managedclusters'";
/// What that index is by: the guid at the end of a cluster's `issuerURL`.
const GUID: &str = "lower(substr(json_extract(body, '$.properties.oidcIssuerProfile.issuerURL'), -37, 36))";

fn by_guid() -> String {
    format!("SELECT id FROM resources WHERE {IS_CLUSTER} AND {GUID} = ?1")
}

/// The issuer of a cluster that exists.
#[derive(Debug)]
pub(crate) struct Issuer {
    /// `issuerURL`, as tokens and federated credentials have it.
    pub url: String,
}

impl Issuer {
    /// `None` for a cluster without one.
    pub fn of(cluster: &Resource) -> Option<Self> {
        let profile = &cluster.body["properties"]["oidcIssuerProfile"];
        let url = profile["issuerURL"].as_str().filter(|_| profile["enabled"] == true)?.to_owned();
        Some(Self { url })
    }

    /// Whether its URL is one that the sandbox gives.
    fn is_ours(&self) -> bool {
        self.url.starts_with("https://") && self.url.contains(&format!(".{DOMAIN}/{TENANT_ID}/"))
    }

    /// The issuer with this URL, if a cluster has it now.
    pub fn by_url(store: &Store<'_>, url: &str) -> rusqlite::Result<Option<Self>> {
        let guid = url.strip_suffix('/').and_then(|url| Uuid::try_parse(url.rsplit('/').next()?).ok());
        let Some(guid) = guid else { return Ok(None) };
        Ok(Self::by_guid(store, guid)?.filter(|issuer| issuer.url == url))
    }

    /// The issuer whose URL ends with this guid, if a cluster has it now.
    pub fn by_guid(store: &Store<'_>, guid: Uuid) -> rusqlite::Result<Option<Self>> {
        let id: Option<String> =
            store.db().prepare_cached(&by_guid())?.query_row([guid.to_string()], |row| row.get(0)).optional()?;
        let Some(id) = id else { return Ok(None) };
        Ok(store.get(&id)?.as_ref().and_then(Self::of).filter(|issuer| issuer.is_ours()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::schema;

    #[test]
    fn an_issuer_is_found_by_its_index_among_any_number_of_clusters() {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        schema::create(&db).unwrap();
        let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {}", by_guid())).unwrap();
        let plan: String = statement.query_row(["x"], |row| row.get("detail")).unwrap();
        assert!(plan.contains("USING INDEX resources_issuer"), "{plan}");
    }
}
