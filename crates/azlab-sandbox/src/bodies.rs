//! What bodies of resources may hold, told without a sandbox (docs/bodies.md).

use serde_json::Value;

use crate::arm::facts::judge::Sent;
use crate::arm::facts::words;
use crate::providers::PROVIDERS;

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{property}: {reason}")]
pub struct WrongBody {
    /// Where it is: `properties.agentPoolProfiles[0].osType`.
    pub property: String,
    /// What the service would say of it, in a sentence.
    pub reason: String,
}

/// Judges the body of a PUT by the table of its type (`Microsoft.ContainerService/managedClusters`, in any casing), as the sandbox
/// does before anything else. A type without a table takes any body. What properties ask of each other, and of what there is,
/// takes a sandbox.
///
/// # Errors
/// The first property that is wrong.
pub fn check(resource_type: &str, api_version: &str, body: &Value) -> Result<(), WrongBody> {
    let mut tables = PROVIDERS.iter().flat_map(|provider| provider.bodies());
    let Some(facts) = tables.find(|facts| facts.name.eq_ignore_ascii_case(resource_type)) else { return Ok(()) };
    facts
        .judge(api_version, Sent::Whole, body)
        .map_err(|finding| WrongBody { property: finding.place(), reason: words::sentence(&finding) })
}

#[test]
fn a_body_is_judged_without_a_sandbox() {
    let body = serde_json::json!({"properties": {"agentPoolProfiles": [{"name": "n", "osType": "BeOS"}]}});
    let wrong = check("microsoft.containerservice/managedclusters", "2025-08-01", &body).unwrap_err();
    assert_eq!(wrong.property, "properties.agentPoolProfiles[0].osType");
    assert!(wrong.reason.contains("BeOS") && wrong.reason.contains("Windows"), "{wrong}");
    assert_eq!(check("Microsoft.Nothing/things", "2025-08-01", &body), Ok(()));
}
