//! The little of Microsoft.Compute that preflight reads. No SDK crate of it is used: the generated one would double the
//! build for a GET.

use serde::Deserialize;

use super::body::parse;
use super::client::Azure;
use super::error::Error;
use super::paging::Paging;

/// One VM size that a region offers (Compute "Resource Skus - List", 2021-07-01).
#[derive(Clone, Debug, Deserialize)]
pub struct VmSku {
    /// `Standard_D2s_v5`
    pub(crate) name: String,
    /// `virtualMachines`, `disks` …
    #[serde(rename = "resourceType")]
    pub(crate) resource_type: String,
    /// `standardDSv5Family`; the usage name of its family's vCPU quota.
    #[serde(default)]
    pub(crate) family: Option<String>,
    /// Name and value pairs; `vCPUs` is among them.
    #[serde(default)]
    pub(crate) capabilities: Vec<Capability>,
    /// Why it cannot be used by this subscription; empty if it can.
    #[serde(default)]
    pub(crate) restrictions: Vec<Restriction>,
}

/// A name and its value.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Capability {
    /// The name.
    pub(crate) name: String,
    /// The value, as text.
    pub(crate) value: String,
}

/// Why a VM size cannot be used.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Restriction {
    /// `Location` or `Zone`
    #[serde(rename = "type", default)]
    pub(crate) kind: Option<String>,
    /// `NotAvailableForSubscription`, `QuotaId`
    #[serde(rename = "reasonCode", default)]
    pub(crate) reason_code: Option<String>,
}

#[derive(Deserialize)]
struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "nextLink", default)]
    next_link: Option<String>,
}

impl VmSku {
    /// Its vCPUs.
    pub(crate) fn vcpus(&self) -> Option<u32> {
        self.capabilities.iter().find(|one| one.name.eq_ignore_ascii_case("vCPUs"))?.value.parse().ok()
    }

    /// Whether the subscription may use it in the region as a whole.
    pub(crate) fn is_offered(&self) -> bool {
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
