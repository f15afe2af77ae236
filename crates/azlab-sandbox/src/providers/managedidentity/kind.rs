//! The types of this provider that the store keeps, in the key's casing.

pub(crate) const IDENTITY: &str = "microsoft.managedidentity/userassignedidentities";
pub(crate) const FEDERATED: &str = "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials";
