//! Microsoft.Compute, as far as a lab asks: VM sizes of a region and vCPU quota.

mod api_versions;

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::arm::api_versions::ApiVersions;
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::filter::{self, Term};
use crate::arm::provider::{Provider, Routed};
use crate::arm::resource_type::ResourceType;
use crate::arm::response::Answer;
use crate::arm::{quota, regions};

/// VM sizes, vCPU limits and Kubernetes versions; data, see `compute.json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Data {
    pub sizes: Vec<Size>,
    cores: i64,
    per_family: i64,
    pub kubernetes: Vec<Kubernetes>,
}

/// A VM size.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Size {
    pub name: String,
    pub family: String,
    family_name: String,
    pub vcpus: i64,
    pub memory: i64,
    #[serde(default)]
    not_in: Vec<String>,
}

/// A minor version of Kubernetes; the newest patch first.
#[derive(Deserialize)]
pub(crate) struct Kubernetes {
    pub version: String,
    pub patches: Vec<String>,
    pub default: bool,
}

/// The data. A test reads it, so that a file that does not parse is never shipped.
pub(crate) static DATA: LazyLock<Data> = LazyLock::new(|| match serde_json::from_str(include_str!("compute.json")) {
    Ok(data) => data,
    Err(error) => unreachable!("compute.json is part of the program: {error}"),
});

impl Size {
    /// Whether the region has it.
    pub fn offered_in(&self, location: &str) -> bool {
        !self.not_in.iter().any(|region| region == location)
    }
}

/// The size by name, if the region has it.
pub(crate) fn size(name: &str, location: &str) -> Option<&'static Size> {
    DATA.sizes.iter().find(|size| size.name.eq_ignore_ascii_case(name) && size.offered_in(location))
}

/// Usage name of the regional vCPU quota.
pub(crate) const CORES: &str = "cores";

/// The names of all vCPU quotas.
fn usage_names() -> Vec<String> {
    let mut names = vec![CORES.to_owned()];
    for size in &DATA.sizes {
        if !names.contains(&size.family) {
            names.push(size.family.clone());
        }
    }
    names
}

/// The limit of a vCPU quota.
pub(crate) fn limit(call: &Call<'_>, location: &str, usage: &str) -> i64 {
    let default = if usage == CORES { DATA.cores } else { DATA.per_family };
    call.settings.limit(location, usage).unwrap_or(default)
}

/// The provider.
pub(crate) struct Compute;

impl Provider for Compute {
    fn namespace(&self) -> &'static str {
        "Microsoft.Compute"
    }

    fn api_versions(&self) -> &'static ApiVersions {
        &api_versions::API_VERSIONS
    }

    fn types(&self) -> &'static [ResourceType] {
        const TYPES: &[ResourceType] = &[ResourceType::new("virtualMachineScaleSets", "")];
        TYPES
    }

    fn coverage(&self) -> &'static str {
        include_str!("coverage.json")
    }

    fn quota_names(&self) -> Vec<String> {
        usage_names()
    }

    fn route(&self, request: &Routed<'_>) -> Outcome {
        let Routed { call, inner, .. } = *request;
        if call.writes() {
            return Err(call.method_not_allowed());
        }
        match inner {
            ["locations", location, "usages"] => usages(call, &known(location)?),
            ["locations", location, "vmsizes"] => Ok(Answer::ok(sizes(&known(location)?))),
            ["skus"] => skus(call),
            _ => Err(call.unknown_type(self.namespace(), inner)),
        }
    }
}

fn known(location: &str) -> Result<String, Failure> {
    if regions::known(location) {
        return Ok(regions::normal(location));
    }
    Err(Failure::bad_request(
        "NoRegisteredProviderFound",
        format!(
            "No registered resource provider found for location '{location}'. The supported locations are '{}'.",
            regions::listed()
        ),
    )
    .gateway())
}

fn usages(call: &Call<'_>, location: &str) -> Outcome {
    let entry = |name: &str, text: &str| -> Result<Value, Failure> {
        Ok(json!({
            "limit": limit(call, location, name),
            "unit": "Count",
            "currentValue": quota::used(&call.store, call.now, location, name, "")?,
            "name": {"value": name, "localizedValue": text},
        }))
    };
    let mut value = vec![entry(CORES, "Total Regional vCPUs")?];
    let mut seen: Vec<&str> = Vec::new();
    for size in &DATA.sizes {
        if !seen.contains(&size.family.as_str()) {
            seen.push(&size.family);
            value.push(entry(&size.family, &size.family_name)?);
        }
    }
    Ok(Answer::ok(json!({ "value": value })))
}

fn sizes(location: &str) -> Value {
    let value: Vec<Value> = DATA
        .sizes
        .iter()
        .filter(|size| size.offered_in(location))
        .map(|size| json!({"name": size.name, "numberOfCores": size.vcpus, "memoryInMB": size.memory * 1024, "maxDataDiskCount": 4}))
        .collect();
    json!({ "value": value })
}

fn skus(call: &Call<'_>) -> Outcome {
    let mut location = None;
    for term in filter::terms(call)? {
        match term {
            Term::Equals(name, value) if name == "location" => location = Some(regions::normal(&value)),
            _ => return Err(filter::invalid(&call.query("$filter").unwrap_or_default())),
        }
    }
    let regions = regions::REGIONS.iter().filter(|(name, _)| location.as_deref().is_none_or(|only| only == *name));
    let value: Vec<Value> = regions
        .flat_map(|(region, _)| DATA.sizes.iter().map(move |size| (*region, size)))
        .map(|(region, size)| {
            let restrictions = if size.offered_in(region) {
                json!([])
            } else {
                json!([{
                    "type": "Location",
                    "values": [region],
                    "restrictionInfo": {"locations": [region]},
                    "reasonCode": "NotAvailableForSubscription",
                }])
            };
            json!({
                "resourceType": "virtualMachines",
                "name": size.name,
                "tier": "Standard",
                "size": size.name.trim_start_matches("Standard_"),
                "family": size.family,
                "locations": [region],
                "locationInfo": [{"location": region, "zones": ["1", "2", "3"], "zoneDetails": []}],
                "capabilities": [
                    {"name": "vCPUs", "value": size.vcpus.to_string()},
                    {"name": "MemoryGB", "value": size.memory.to_string()},
                ],
                "restrictions": restrictions,
            })
        })
        .collect();
    Ok(Answer::ok(json!({ "value": value })))
}

#[cfg(test)]
mod tests {
    use super::DATA;

    #[test]
    fn the_data_file_reads() {
        assert!(DATA.sizes.len() > 10);
        assert_eq!(DATA.kubernetes.iter().filter(|version| version.default).count(), 1);
    }
}
