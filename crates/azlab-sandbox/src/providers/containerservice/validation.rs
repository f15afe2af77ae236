//! What a PUT of a cluster asks for, checked: sizes, counts, version, quota.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::judged;
use super::versions::{self, Resolved};
use crate::arm::failure::Failure;
use crate::arm::json_object;
use crate::providers::compute::{self, DATA, Size};

/// VM size where none is asked for (recorded).
pub(super) const DEFAULT_SIZE: &str = "Standard_D4ds_v4";
/// Pools of a cluster (AKS limits, 2025).
pub(super) const MOST_POOLS: usize = 100;

#[derive(Deserialize)]
pub(super) struct ClusterBody {
    pub location: Option<String>,
    pub tags: Option<Value>,
    pub identity: Option<Value>,
    pub sku: Option<Value>,
    #[serde(default, deserialize_with = "json_object::required")]
    pub properties: Properties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Properties {
    pub kubernetes_version: Option<String>,
    pub dns_prefix: Option<String>,
    pub node_resource_group: Option<String>,
    #[serde(default, deserialize_with = "json_object::list")]
    pub agent_pool_profiles: Option<Vec<Pool>>,
    #[serde(default, deserialize_with = "json_object::optional")]
    pub oidc_issuer_profile: Option<Switch>,
    pub service_principal_profile: Option<Value>,
}

#[derive(Deserialize, Default)]
pub(super) struct Switch {
    pub enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pool {
    pub name: Option<String>,
    pub count: Option<i64>,
    pub vm_size: Option<String>,
    pub mode: Option<String>,
}

pub(super) fn refuse(code: &str, message: impl Into<String>) -> Failure {
    Failure::bad_request(code, message).flat()
}

/// A pool's size in this region.
pub(super) fn size(pool: &Pool, location: &str) -> Result<&'static Size, Failure> {
    let asked = pool.vm_size.as_deref().filter(|size| !size.is_empty()).unwrap_or(DEFAULT_SIZE);
    compute::size(asked, location).ok_or_else(|| {
        let offered: Vec<&str> = DATA
            .sizes
            .iter()
            .filter(|size| size.offered_in(location))
            .map(|size| size.name.as_str())
            .collect();
        refuse(
            "BadRequest",
            format!(
                "The VM size of {asked} is not allowed in your subscription in location '{location}'. The available VM sizes \
                 are '{}'",
                offered.join(",")
            ),
        )
        .target("agentPoolProfile.vmSize")
    })
}

/// The size that a pool gets.
pub(super) fn size_name(pool: &Pool, location: &str) -> Result<&'static str, Failure> {
    size(pool, location).map(|size| size.name.as_str())
}

/// Checks pools: at most [`MOST_POOLS`], named, at least one node pool of mode System, counts of 1 to 1000 (0 for user pools).
pub(super) fn check_pools(pools: &[Pool], location: &str) -> Result<(), Failure> {
    if pools.is_empty() {
        return Err(refuse(
            "AgentPoolProfilesRequired",
            "Property agentPoolProfiles is required and must not be empty.",
        ));
    }
    if pools.len() > MOST_POOLS {
        // The words are inferred.
        let message = format!(
            "The value of parameter agentPoolProfiles is invalid: a managed cluster has at most {MOST_POOLS} agent pools, and \
             {} were asked for.",
            pools.len()
        );
        return Err(refuse("InvalidParameter", message).target("agentPoolProfiles"));
    }
    let mut names = HashSet::new();
    for pool in pools {
        let name = pool.name.as_deref().unwrap_or_default();
        let valid = (1..=12).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !valid || !names.insert(name) {
            return Err(refuse(
                "InvalidParameter",
                format!(
                    "The value of parameter agentPoolProfile.name is invalid: '{name}'. It must be unique, 1-12 lower-case \
                     letters and digits, and begin with a letter."
                ),
            )
            .target("agentPoolProfile.name"));
        }
        let count = pool.count.unwrap_or(1);
        let least = i64::from(is_system(pool));
        if !(least..=1000).contains(&count) {
            return Err(judged::count(&count.to_string(), least, 1000));
        }
        size(pool, location)?;
    }
    if !pools.iter().any(is_system) {
        return Err(no_system_pool());
    }
    Ok(())
}

/// The refusal of a cluster that would be left without a pool for its own pods.
pub(super) fn no_system_pool() -> Failure {
    refuse("BadRequest", "A managed cluster needs at least one agent pool of mode 'System'.")
}

fn is_system(pool: &Pool) -> bool {
    pool.mode.as_deref().is_none_or(|mode| ["system", "managedsystem", ""].contains(&mode.to_lowercase().as_str()))
}

/// Resolves the version; `previous` is that of the existing cluster.
pub(super) fn version(asked: Option<&str>, previous: Option<&str>, name: &str) -> Result<Resolved, Failure> {
    let asked = asked.filter(|version| !version.is_empty()).or(previous).unwrap_or_default();
    versions::resolve(asked).ok_or_else(|| {
        refuse(
            "K8sVersionNotSupported",
            format!(
                "Managed cluster {name} is on version {asked}, which is not supported in this region. Please use [az aks \
                 get-versions] command to get the supported version list in this region. For more information, please check \
                 https://aka.ms/supported-version-list"
            ),
        )
    })
}
