//! The little of Microsoft.Compute that preflight reads. No SDK crate of it is used: the generated one would double the
//! build for two GETs.

use serde::Deserialize;

use super::body::parse;
use super::client::Azure;
use super::error::Error;
use super::paging::Paging;

/// One VM size that a region offers (Compute "Resource Skus - List", 2021-07-01).
#[derive(Clone, Debug, Deserialize)]
pub struct VmSku {
    /// `Standard_D2s_v5`
    pub name: String,
    /// `virtualMachines`, `disks` …
    #[serde(rename = "resourceType")]
    pub resource_type: String,
    /// `standardDSv5Family`; the usage name of its family's vCPU quota.
    #[serde(default)]
    pub family: Option<String>,
    /// Name and value pairs; `vCPUs` is among them.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// Why it cannot be used by this subscription; empty if it can.
    #[serde(default)]
    pub restrictions: Vec<Restriction>,
}

/// A name and its value.
#[derive(Clone, Debug, Deserialize)]
pub struct Capability {
    /// The name.
    pub name: String,
    /// The value, as text.
    pub value: String,
}

/// Why a VM size cannot be used.
#[derive(Clone, Debug, Deserialize)]
pub struct Restriction {
    /// `Location` or `Zone`
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// `NotAvailableForSubscription`, `QuotaId`
    #[serde(rename = "reasonCode", default)]
    pub reason_code: Option<String>,
}

/// More than any use: the service writes -1 for a quota without a limit. What is left of it can be added up.
const UNLIMITED: i64 = i64::MAX / 1_000_000;

fn limit<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let limit = i64::deserialize(deserializer)?;
    Ok(if limit < 0 { UNLIMITED } else { limit })
}

/// A quota and its use (Compute "Usage - List").
#[derive(Clone, Debug, Deserialize)]
pub struct ComputeUsage {
    /// What is counted.
    pub name: UsageName,
    /// In use.
    #[serde(rename = "currentValue")]
    pub current_value: i64,
    /// The limit; [`UNLIMITED`] where there is none.
    #[serde(deserialize_with = "limit")]
    pub limit: i64,
}

/// What a quota counts.
#[derive(Clone, Debug, Deserialize)]
pub struct UsageName {
    /// `cores`, `standardDSv5Family`
    pub value: String,
}

#[derive(Deserialize)]
struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "nextLink", default)]
    next_link: Option<String>,
}

impl VmSku {
    /// Its vCPUs.
    pub fn vcpus(&self) -> Option<u32> {
        self.capabilities.iter().find(|one| one.name.eq_ignore_ascii_case("vCPUs"))?.value.parse().ok()
    }

    /// Whether the subscription may use it in the region as a whole.
    pub fn is_offered(&self) -> bool {
        !self
            .restrictions
            .iter()
            .any(|one| one.kind.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("Location")))
    }
}

impl Azure {
    /// The VM sizes of a region.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn vm_sizes(&self, location: &str) -> Result<Vec<VmSku>, Error> {
        let path = format!(
            "/subscriptions/{}/providers/Microsoft.Compute/skus?api-version=2021-07-01&$filter=location%20eq%20%27{location}%27",
            self.subscription()
        );
        let all: Vec<VmSku> = self.pages(path).await?;
        Ok(all.into_iter().filter(|sku| sku.resource_type.eq_ignore_ascii_case("virtualMachines")).collect())
    }

    /// The vCPU quotas of a region.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn compute_usages(&self, location: &str) -> Result<Vec<ComputeUsage>, Error> {
        self.pages(format!(
            "/subscriptions/{}/providers/Microsoft.Compute/locations/{location}/usages?api-version=2023-07-01",
            self.subscription()
        ))
        .await
    }

    /// Every page of a list, of any service that no SDK crate is used for.
    pub(super) async fn pages<T: serde::de::DeserializeOwned>(&self, path: String) -> Result<Vec<T>, Error> {
        let (mut all, mut paging, mut next) = (Vec::new(), Paging::of(&path), Some(path.clone()));
        while let Some(link) = next {
            let reply = self.arm().get(&link).await?;
            let page: Page<T> = parse(&path, &reply.body)?;
            next = paging.next(page.value.len(), page.next_link)?;
            all.extend(page.value);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_without_a_limit_is_told_as_minus_one_and_never_used_up() {
        let usage = |limit: i64| {
            let text = format!(r#"{{"name": {{"value": "cores"}}, "currentValue": 40, "limit": {limit}}}"#);
            serde_json::from_str::<ComputeUsage>(&text).expect("a usage")
        };
        assert_eq!(usage(100).limit, 100);
        assert_eq!(usage(0).limit, 0);
        assert!(usage(-1).limit - usage(-1).current_value > 1_000_000);
    }
}
