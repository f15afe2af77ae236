//! Azure's built-in roles that a lab has to do with, by the guids of their definitions.
//!
//! Source: Microsoft Learn, "Azure built-in roles".

use super::ids::{OPENAI_USER_ROLE, OPENAI_USER_ROLE_NAME};

/// Guid and name.
pub(crate) const BUILT_IN: [(&str, &str); 9] = [
    (OPENAI_USER_ROLE, OPENAI_USER_ROLE_NAME),
    ("a001fd3d-188f-4b5d-821b-7da978bf7442", "Cognitive Services OpenAI Contributor"),
    ("a97b65f3-24c7-4388-baec-2e87135dc908", "Cognitive Services User"),
    ("25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68", "Cognitive Services Contributor"),
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner"),
    ("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor"),
    ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader"),
    ("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator"),
    ("f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator"),
];

/// The name of the role with this guid, or the guid.
pub(crate) fn name_of(guid: &str) -> &str {
    BUILT_IN.iter().find(|(known, _)| known.eq_ignore_ascii_case(guid)).map_or(guid, |(_, name)| name)
}

/// The guid of the role of this name.
pub(crate) fn guid_of(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(guid, _)| *guid)
}
