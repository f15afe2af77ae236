//! The types of this provider that the store keeps, in the key's casing.

pub(crate) const CLUSTER: &str = "microsoft.containerservice/managedclusters";
pub(crate) const MAINTENANCE: &str = "microsoft.containerservice/managedclusters/maintenanceconfigurations";
pub(crate) const COMMAND: &str = "microsoft.containerservice/managedclusters/commandresults";
