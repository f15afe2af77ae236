//! ARM ids of a lab's resources, and names and guids that are derived from them.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The built-in role `Cognitive Services OpenAI User` (azure-facts.md section 5).
pub const OPENAI_USER_ROLE: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
/// Its name.
pub(crate) const OPENAI_USER_ROLE_NAME: &str = "Cognitive Services OpenAI User";

/// The namespace of the guids that azlab derives; drawn once, never to change.
const GUID_NAMESPACE: Uuid = Uuid::from_u128(0x6d0b_47a2_95c1_4f0e_8f63_1a2d_7be9_40c5);

/// `/subscriptions/{s}`
pub(crate) fn subscription(subscription: &str) -> String {
    format!("/subscriptions/{subscription}")
}

/// `/subscriptions/{s}/resourceGroups/{g}`
pub(crate) fn group(subscription: &str, group: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{group}")
}

/// A cluster's id.
pub(crate) fn cluster(subscription: &str, group: &str, name: &str) -> String {
    format!("{}/providers/Microsoft.ContainerService/managedClusters/{name}", self::group(subscription, group))
}

/// A user-assigned identity's id.
pub(crate) fn identity(subscription: &str, group: &str, name: &str) -> String {
    format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", self::group(subscription, group))
}

/// A federated credential's id.
pub fn federated_credential(identity: &str, name: &str) -> String {
    format!("{identity}/federatedIdentityCredentials/{name}")
}

/// An account's id.
pub fn account(subscription: &str, group: &str, name: &str) -> String {
    format!("{}/providers/Microsoft.CognitiveServices/accounts/{name}", self::group(subscription, group))
}

/// The id under which a soft-deleted account lies (azure-facts.md section 4).
pub(crate) fn deleted_account(subscription: &str, location: &str, group: &str, name: &str) -> String {
    format!(
        "/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{location}/resourceGroups/{group}/deletedAccounts/{name}"
    )
}

/// A deployment's id.
pub fn deployment(account: &str, name: &str) -> String {
    format!("{account}/deployments/{name}")
}

/// The id of a built-in role's definition, as role assignments name it.
pub fn role_definition(subscription: &str, role: &str) -> String {
    format!("{}/providers/Microsoft.Authorization/roleDefinitions/{role}", self::subscription(subscription))
}

/// A role assignment's id.
pub fn role_assignment(scope: &str, name: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
}

/// The guid of the role assignment of `principal_id` at `scope`: the same for the same three, another for another
/// principal, so that a re-created identity gets an assignment of its own (azure-facts.md section 5).
pub fn role_assignment_name(scope: &str, principal_id: &str, role: &str) -> String {
    let text = format!("{scope}|{principal_id}|{role}").to_ascii_lowercase();
    Uuid::new_v5(&GUID_NAMESPACE, text.as_bytes()).to_string()
}

/// The salt of an account's default name: six hex digits from subscription, group and, if a name is taken, the `attempt`.
pub fn salt(subscription: &str, group: &str, attempt: u32) -> String {
    let text = format!("{subscription}|{group}|{attempt}").to_ascii_lowercase();
    Sha256::digest(text.as_bytes()).iter().take(3).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two names or ids are the same to ARM.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.trim_matches('/').eq_ignore_ascii_case(right.trim_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_finds_the_same_account_name_in_any_case() {
        assert_eq!(salt("S", "myResourceGroup", 0), salt("s", "myresourcegroup", 0));
        assert_ne!(salt("s", "g", 0), salt("s", "g", 1));
        assert_ne!(salt("s", "g", 0), salt("t", "g", 0));
    }

    #[test]
    fn a_recreated_identity_gets_a_role_assignment_of_its_own() {
        let name = |principal| role_assignment_name("/subscriptions/s/x", principal, OPENAI_USER_ROLE);
        assert_eq!(name("P1"), name("p1"));
        assert_ne!(name("p1"), name("p2"));
    }
}
