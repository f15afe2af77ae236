//! The quotas of a region, as three services tell them in one shape: vCPUs, clusters, public IP addresses.

use serde::Deserialize;

use super::api_version::CONTAINER_SERVICE;
use super::client::Azure;
use super::error::Error;

/// A quota of a region, and its use (Compute "Usage - List"; Network "Usages - List"; AKS tells the same, which is inferred:
/// azure-facts.md section 10).
#[derive(Clone, Debug, Deserialize)]
pub struct RegionUsage {
    /// What is counted.
    pub(crate) name: UsageName,
    /// In use.
    #[serde(rename = "currentValue")]
    pub(crate) current_value: i64,
    /// The limit; below zero there is none.
    pub(crate) limit: i64,
}

/// What a quota counts.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct UsageName {
    /// `cores`, `standardDSv5Family`, `ManagedClusters`
    pub(crate) value: String,
}

impl RegionUsage {
    /// What is left; without a limit as much as can be.
    pub(crate) fn free(&self) -> i64 {
        if self.limit < 0 { i64::MAX } else { self.limit.saturating_sub(self.current_value) }
    }
}

impl Azure {
    /// The vCPU quotas of a region.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn compute_usages(&self, location: &str) -> Result<Vec<RegionUsage>, Error> {
        self.usages_of("Microsoft.Compute", location, "2023-07-01").await
    }

    /// The quota of AKS clusters of a region.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn cluster_usages(&self, location: &str) -> Result<Vec<RegionUsage>, Error> {
        self.usages_of("Microsoft.ContainerService", location, CONTAINER_SERVICE).await
    }

    /// The quotas of a region's networks, public IP addresses among them.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn network_usages(&self, location: &str) -> Result<Vec<RegionUsage>, Error> {
        self.usages_of("Microsoft.Network", location, "2024-05-01").await
    }

    async fn usages_of(&self, provider: &str, location: &str, version: &str) -> Result<Vec<RegionUsage>, Error> {
        self.pages(format!(
            "/subscriptions/{}/providers/{provider}/locations/{location}/usages?api-version={version}",
            self.subscription()
        ))
        .await
    }
}

#[test]
fn a_limit_below_zero_is_none() {
    let usage =
        |limit, current_value| RegionUsage { name: UsageName { value: "x".into() }, current_value, limit }.free();
    assert_eq!((usage(10, 4), usage(4, 10), usage(-1, 10)), (6, -6, i64::MAX));
}
