//! What a control plane needs to know of its cluster, from the state.

use serde_json::Value;
use uuid::Uuid;

use super::error::ControlPlaneError;
use crate::providers::compute;
use crate::providers::containerservice::kind;
use crate::sandbox::Sandbox;
use crate::services::issuer::{Issuer, KeyMarks, SigningKeys};
use crate::services::workload_identity;
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, Store};
use crate::state::timestamps::Millis;
use crate::state::transaction;

/// Cores and GB of a size that the sandbox does not know: the least that AKS takes.
const SMALLEST: (i64, i64) = (2, 8);

/// A cluster that exists.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    /// The ARM id.
    pub id: String,
    pub name: String,
    /// Where its control plane keeps things: another one for a cluster of the same name that is created later.
    pub folder: Uuid,
    pub fqdn: String,
    /// The issuer of its service accounts' tokens.
    pub issuer: String,
    /// Whether that is an OIDC issuer with a key of the sandbox's.
    pub has_oidc_issuer: bool,
    /// Which keys that one has.
    pub keys: KeyMarks,
    /// Whether its Pods can have identities.
    pub has_workload_identity: bool,
    pub nodes: Vec<NodeOf>,
    pub power: Power,
}

/// A node that it should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NodeOf {
    pub name: String,
    pub pool: String,
    pub size: String,
    pub cores: i64,
    pub memory_gb: i64,
    pub version: String,
}

/// Whether its API server should answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Power {
    On,
    /// Not, since it is in this state.
    Off(String),
}

impl Cluster {
    /// The cluster with this id; `None` if there is none now.
    pub fn find(sandbox: &Sandbox, id: &str) -> Result<Option<Self>, ControlPlaneError> {
        transaction::read(sandbox, |visit| {
            let found = visit.store.get(id)?.filter(|found| found.kind == kind::CLUSTER);
            Ok(found.map(|found| Self::of(&visit.store, &found, visit.now)).transpose()?)
        })
    }

    /// All that exist.
    pub fn all(sandbox: &Sandbox) -> Result<Vec<Self>, ControlPlaneError> {
        transaction::read(sandbox, |visit| {
            let query = ListQuery { kinds: Some(&[kind::CLUSTER]), everywhere: true, ..ListQuery::default() };
            let found = visit.store.list(&query)?;
            Ok(found.iter().map(|found| Self::of(&visit.store, found, visit.now)).collect::<rusqlite::Result<_>>()?)
        })
    }

    fn of(store: &Store<'_>, found: &Resource, now: Millis) -> rusqlite::Result<Self> {
        let properties = &found.body["properties"];
        let fqdn = properties["fqdn"].as_str().unwrap_or_default().to_owned();
        let issuer = Issuer::of(found);
        let keys = issuer.as_ref().map(|issuer| KeyMarks::of(store, issuer, now)).transpose()?;
        let seed = format!("{}/{}/control plane", found.key(), found.created);
        Ok(Self {
            id: found.id.clone(),
            name: found.name.clone(),
            folder: Uuid::new_v5(&Uuid::NAMESPACE_OID, seed.as_bytes()),
            has_oidc_issuer: issuer.is_some(),
            keys: keys.unwrap_or_default(),
            has_workload_identity: workload_identity::is_enabled(properties),
            issuer: issuer.map_or_else(|| format!("https://{fqdn}"), |issuer| issuer.url),
            fqdn,
            nodes: nodes(properties, &found.key()),
            power: power(found, properties, now),
        })
    }

    /// The keys of its service accounts' tokens: the issuer's, or else none.
    pub fn signing_keys(&self, sandbox: &Sandbox) -> Result<Option<SigningKeys>, ControlPlaneError> {
        if !self.has_oidc_issuer {
            return Ok(None);
        }
        let keys = SigningKeys::find_or_make(sandbox, &Issuer { url: self.issuer.clone() });
        keys.map(Some).map_err(|error| ControlPlaneError::Key(error.to_string()))
    }
}

fn power(found: &Resource, properties: &Value, now: Millis) -> Power {
    let state = found.state(now);
    if matches!(state, "Creating" | "Deleting" | "Starting" | "Stopping") {
        return Power::Off(state.to_lowercase());
    }
    match properties["powerState"]["code"].as_str() {
        Some("Stopped") => Power::Off("stopped".to_owned()),
        _ => Power::On,
    }
}

/// The nodes of the pools, named as AKS's scale sets name them: `aks-nodepool1-12345678-vmss000000`.
fn nodes(properties: &Value, key: &str) -> Vec<NodeOf> {
    let version = properties["currentKubernetesVersion"].as_str().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pools = properties["agentPoolProfiles"].as_array();
    let of_pool = |pool: &Value| {
        let name = text(&pool["name"]);
        let mark = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{key}/{name}").as_bytes()).as_u128() % 100_000_000;
        let size = text(&pool["vmSize"]);
        // Any region's: what a cluster has, its region had.
        let (cores, memory_gb) = compute::size(&size, "").map_or(SMALLEST, |size| (size.vcpus, size.memory));
        let count = pool["count"].as_u64().unwrap_or(0);
        let node = move |at: u64| NodeOf {
            // Scale sets count in base 36; a cluster of the sandbox has fewer than 36 nodes in a pool, or counts on in decimals.
            name: format!("aks-{name}-{mark:08}-vmss{at:06}"),
            pool: name.clone(),
            size: size.clone(),
            cores,
            memory_gb,
            version: format!("v{version}"),
        };
        (0..count).map(node).collect::<Vec<_>>()
    };
    pools.into_iter().flatten().flat_map(of_pool).collect()
}
