//! The types of this provider that the store keeps, in the key's casing.

pub(crate) const ACCOUNT: &str = "microsoft.cognitiveservices/accounts";
pub(crate) const DEPLOYMENT: &str = "microsoft.cognitiveservices/accounts/deployments";
pub(crate) const RAI_POLICY: &str = "microsoft.cognitiveservices/accounts/raipolicies";
pub(crate) const PROJECT: &str = "microsoft.cognitiveservices/accounts/projects";
pub(crate) const DELETED_ACCOUNT: &str = "microsoft.cognitiveservices/deletedaccounts";
