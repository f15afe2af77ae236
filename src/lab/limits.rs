//! What a lab takes of what a subscription has in whole numbers.

/// A subscription has no more resource groups (Microsoft Learn, "Azure subscription limits").
pub(crate) const MOST_RESOURCE_GROUPS: u32 = 980;

/// A lab has two: its own, and the one that AKS makes for the nodes of its cluster.
pub(crate) const GROUPS_OF_A_LAB: u32 = 2;

/// A subscription takes no more labs.
pub(crate) const MOST_LABS: u32 = MOST_RESOURCE_GROUPS / GROUPS_OF_A_LAB;

/// A file lists no more labs: ten subscriptions' worth, and some more.
pub(crate) const MOST_LABS_OF_A_FILE: u32 = 5000;

/// A subscription holds no more role assignments (Microsoft Learn, "Azure RBAC limits").
pub(crate) const MOST_ROLE_ASSIGNMENTS: u32 = 4000;

/// The role assignments of a lab: its identity's on its account.
pub(crate) const ROLE_ASSIGNMENTS_OF_A_LAB: u32 = 1;

/// The resource groups of an account that labs share.
pub(crate) const GROUPS_OF_A_SHARED_ACCOUNT: u32 = 1;

/// The public IP addresses of a lab: that of the cluster's outbound traffic, and those of the workshop's services
/// `store-front` and `store-admin`.
pub(crate) const PUBLIC_ADDRESSES_OF_A_LAB: u32 = 3;

/// A managed identity holds no more federated credentials (azure-facts.md section 3).
pub(crate) const MAX_CREDENTIALS: usize = 20;
