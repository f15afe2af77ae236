//! The types of this provider that the store keeps, in the key's casing.

pub(crate) const POLICY_DEFINITION: &str = "microsoft.authorization/policydefinitions";
