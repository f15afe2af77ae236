//! The long-running work of AKS, with the statuses that a poll shows.

use crate::state::operations::{Deletes, Work};

pub(super) static CLUSTER_CREATE: Work = Work {
    name: "cluster-create",
    stages: &[
        (0.0, "InProgress"),
        (0.06, "ProvisioningNetworkResources"),
        (0.14, "ProvisioningControlPlane"),
        (0.50, "ReconcilingDNS"),
        (0.58, "CreatingAgentPools: 0/1 nodes completed"),
        (0.80, "CreatingAgentPools: 1/1 nodes completed"),
        (0.88, "ReconcilingAddons"),
    ],
    deletes: Deletes::Nothing,
};
pub(super) static CLUSTER_UPDATE: Work = Work {
    name: "cluster-update",
    stages: &[
        (0.0, "InProgress"),
        (0.15, "ProvisioningNetworkResources"),
        (0.30, "ProvisioningControlPlane"),
        (0.80, "ReconcilingDNS"),
    ],
    deletes: Deletes::Nothing,
};
pub(super) static CLUSTER_DELETE: Work =
    Work { name: "cluster-delete", stages: &[(0.0, "InProgress")], deletes: Deletes::Resource };
pub(super) static POOL_CREATE: Work = Work {
    name: "agent-pool-create",
    stages: &[
        (0.0, "CreatingAgentPool"),
        (0.30, "CreatingAgentPool: 0/1 nodes completed"),
        (0.85, "CreatingAgentPool: 1/1 nodes completed"),
    ],
    deletes: Deletes::Nothing,
};
pub(super) static POOL_UPDATE: Work =
    Work { name: "agent-pool-update", stages: &[(0.0, "InProgress")], deletes: Deletes::Nothing };
/// What it takes away is a part of the cluster, which stays.
pub(super) static POOL_DELETE: Work =
    Work { name: "agent-pool-delete", stages: &[(0.0, "InProgress")], deletes: Deletes::Nothing };

/// The end of another operation.
pub(super) static CLUSTER_ABORT: Work =
    Work { name: "cluster-abort", stages: &[(0.0, "InProgress")], deletes: Deletes::Nothing };

/// All of it.
pub(super) static ALL: [&Work; 7] =
    [&CLUSTER_CREATE, &CLUSTER_UPDATE, &CLUSTER_DELETE, &POOL_CREATE, &POOL_UPDATE, &POOL_DELETE, &CLUSTER_ABORT];

#[cfg(test)]
mod tests {
    use super::CLUSTER_CREATE;
    use crate::state::operations::Operation;

    #[test]
    fn statuses_follow_the_recorded_order_and_end_with_succeeded() {
        let create = Operation::new(String::new(), &CLUSTER_CREATE, "", "", 0, 332_000);
        let seen: Vec<_> = [0, 30, 60, 170, 200, 270, 300, 332, 900].map(|s| create.status(s * 1000)).into();
        assert_eq!(seen.first(), Some(&"InProgress"));
        assert_eq!(seen.get(2), Some(&"ProvisioningControlPlane"));
        assert_eq!(seen.get(6), Some(&"ReconcilingAddons"));
        assert_eq!(seen[7..], ["Succeeded", "Succeeded"]);
    }
}
