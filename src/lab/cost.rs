//! What of a lab is paid by the hour: nodes, their disks, the load balancer, public addresses, the cluster's tier,
//! provisioned throughput. Everything else is paid by use, and is not counted ([`NOT_COUNTED`]).

use super::limits::PUBLIC_ADDRESSES_OF_A_LAB;
use super::spec::LabSpec;

/// What no sum of azlab's has.
pub(crate) const NOT_COUNTED: &str = "tokens (model deployments are paid by use, but for provisioned throughput), traffic, \
                                      what attendees add, taxes and discounts";

/// A node's disk where nobody says otherwise (AKS's default for sizes of up to 7 vCPU).
const DEFAULT_DISK_GB: u32 = 128;

/// What has a price an hour, in a region.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Meter {
    /// A node of this VM size.
    Node(String),
    /// A managed premium disk of this tier: `P10`.
    Disk(&'static str),
    /// A Standard load balancer with up to five rules.
    LoadBalancer,
    /// A Standard public IPv4 address.
    Address,
    /// The cluster's tier: `Standard`, `Premium`.
    Tier(String),
    /// A unit of provisioned throughput of a sku: `GlobalProvisionedManaged`.
    Throughput(String),
}

impl Meter {
    /// What it is, for people.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Node(size) => format!("node {size}"),
            Self::Disk(tier) => format!("OS disk {tier}"),
            Self::LoadBalancer => "load balancer".to_owned(),
            Self::Address => "public IP address".to_owned(),
            Self::Tier(tier) => format!("cluster tier {tier}"),
            Self::Throughput(sku) => format!("unit of {sku}"),
        }
    }

    /// Whether a stopped cluster does not need it. Its nodes are deallocated and its control plane is ("Stop and start an
    /// AKS cluster"); that the nodes' disks are given back too is said nowhere, so they are counted.
    pub(crate) fn rests(&self) -> bool {
        matches!(self, Self::Node(_) | Self::Tier(_))
    }
}

/// So many of a meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    /// What.
    pub(crate) meter: Meter,
    /// How many.
    pub(crate) count: u64,
}

impl Use {
    /// So many of a meter.
    pub(crate) fn new(meter: Meter, count: u64) -> Self {
        Self { meter, count }
    }
}

/// Nodes of a VM size with their disks: of so many GB each, AKS's default if that is 0 or nobody says it, none if `None`.
pub(crate) fn nodes(size: &str, count: u64, disk_gb: Option<u32>) -> Vec<Use> {
    let mut uses = vec![Use::new(Meter::Node(canonical(size)), count)];
    let disk = disk_gb.map(|gb| if gb == 0 { DEFAULT_DISK_GB } else { gb });
    uses.extend(disk.map(|gb| Use::new(Meter::Disk(tier(gb)), count)));
    uses
}

/// The nodes of the cluster that `lab` would get.
pub(crate) fn new_nodes(lab: &LabSpec) -> Vec<Use> {
    nodes(lab.cluster.new_vm_size(), u64::from(lab.cluster.new_node_count()), Some(0))
}

/// What a cluster has in its network: a load balancer, and the addresses of the workshop.
pub(crate) fn network() -> [Use; 2] {
    [Use::new(Meter::LoadBalancer, 1), Use::new(Meter::Address, u64::from(PUBLIC_ADDRESSES_OF_A_LAB))]
}

/// The units of a deployment that are paid by the hour; none of one that is paid by use.
pub(crate) fn throughput(sku: &str, capacity: u32) -> Option<Use> {
    let is_provisioned = sku.to_ascii_lowercase().contains("provisioned");
    is_provisioned.then(|| Use::new(Meter::Throughput(sku.to_owned()), u64::from(capacity)))
}

/// The tier of a premium disk of so many GB (Azure docs, "Managed disk types").
fn tier(gb: u32) -> &'static str {
    const TIERS: [(u32, &str); 7] =
        [(32, "P4"), (64, "P6"), (128, "P10"), (256, "P15"), (512, "P20"), (1024, "P30"), (2048, "P40")];
    TIERS.iter().find(|(most, _)| gb <= *most).map_or("P50", |(_, tier)| tier)
}

/// A VM size as the prices write it, which mind case: `standard_d2s_V5` is `Standard_D2s_v5`.
fn canonical(size: &str) -> String {
    let lower = size.to_ascii_lowercase();
    let mut parts = lower.split('_').enumerate().map(|(index, part)| {
        let is_version = part.starts_with('v') && part[1..].chars().all(|c| c.is_ascii_digit()) && part.len() > 1;
        match index {
            0 => part.replacen("standard", "Standard", 1),
            _ if is_version => part.to_owned(),
            _ => {
                let letters = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
                format!("{}{}", part[..letters].to_ascii_uppercase(), &part[letters..])
            }
        }
    });
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |whole, part| format!("{whole}_{part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_lab_is_two_nodes_with_their_disks() {
        let uses = new_nodes(&LabSpec::workshop("default", "s"));
        let node = Meter::Node("Standard_D2s_v5".to_owned());
        assert_eq!(uses, [Use::new(node, 2), Use::new(Meter::Disk("P10"), 2)]);
    }

    #[test]
    fn disks_have_the_smallest_tier_that_holds_them_and_ephemeral_ones_cost_nothing() {
        for (gb, tier) in [(0, "P10"), (30, "P4"), (32, "P4"), (33, "P6"), (128, "P10"), (129, "P15"), (9999, "P50")] {
            let uses = nodes("Standard_B2s", 1, Some(gb));
            assert_eq!(uses.get(1), Some(&Use::new(Meter::Disk(tier), 1)), "{gb}");
        }
        assert_eq!(nodes("Standard_B2s", 3, None).len(), 1);
    }

    #[test]
    fn sizes_are_written_as_the_prices_write_them() {
        for size in [
            "Standard_D2s_v5",
            "Standard_B2ms",
            "Standard_DS2_v2",
            "Standard_NC6s_v3",
            "Standard_NC4as_T4_v3",
            "Standard_F4",
        ] {
            for typed in [size.to_owned(), size.to_lowercase(), size.to_uppercase()] {
                assert_eq!(canonical(&typed), size);
            }
        }
    }

    #[test]
    fn only_provisioned_throughput_is_paid_by_the_hour() {
        for sku in ["Standard", "GlobalStandard", "DataZoneStandard", "GlobalBatch"] {
            assert_eq!(throughput(sku, 10), None, "{sku}");
        }
        assert_eq!(throughput("ProvisionedManaged", 50).map(|one| one.count), Some(50));
    }
}
