//! The built-in roles for identities that a lab meets.

use crate::arm::role::Role;

/// The built-in roles (Azure's built-in roles reference).
pub(super) const ROLES: &[Role] = &[Role {
    guid: "f1a07417-d97a-45cb-824c-7a7467783830",
    name: "Managed Identity Operator",
    description: "Read and assign user-assigned identities.",
    actions: &[
        "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
        "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
    ],
    not_actions: &[],
    data_actions: &[],
    not_data_actions: &[],
}];
