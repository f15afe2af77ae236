//! The types of this provider that the store keeps, in the key's casing.

pub(crate) const VAULT: &str = "microsoft.keyvault/vaults";
pub(crate) const DELETED_VAULT: &str = "microsoft.keyvault/deletedvaults";
