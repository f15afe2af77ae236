//! The ids of the one subscription, its tenant and the user who is signed in.

/// The one subscription of the embedded Azure.
pub const SUBSCRIPTION_ID: &str = "5a9d0b0c-7d5e-4c1f-9a34-2f6b8e01c7d3";
/// The tenant (directory) of that subscription.
pub const TENANT_ID: &str = "b3f1c6a2-4e0d-4f57-8c19-6d2a7e95f048";
/// Object id of the user who is signed in to the embedded Azure; creator of everything in it.
pub const SIGNED_IN_OBJECT_ID: &str = "a21ab000-0000-4000-8000-000000000002";
