//! The built-in roles for clusters that a lab meets.

use crate::arm::role::Role;

/// The built-in roles (Azure's built-in roles reference).
pub(super) const ROLES: &[Role] = &[Role {
    guid: "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
    name: "Azure Kubernetes Service Cluster Admin Role",
    description: "List the cluster admin credential.",
    actions: &[
        "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
        "Microsoft.ContainerService/managedClusters/read",
    ],
    not_actions: &[],
    data_actions: &[],
}];
