//! What a lab takes of what a subscription has in whole numbers.

/// A subscription has no more resource groups (Microsoft Learn, "Azure subscription limits").
pub(crate) const MOST_RESOURCE_GROUPS: u32 = 980;

/// A lab has two: its own, and the one that AKS makes for the nodes of its cluster.
pub(crate) const GROUPS_OF_A_LAB: u32 = 2;

/// A subscription takes no more labs.
pub(crate) const MOST_LABS: u32 = MOST_RESOURCE_GROUPS / GROUPS_OF_A_LAB;

/// The public IP addresses of a lab: that of the cluster's outbound traffic, and those of the workshop's services
/// `store-front` and `store-admin`.
pub(crate) const PUBLIC_ADDRESSES_OF_A_LAB: u32 = 3;
