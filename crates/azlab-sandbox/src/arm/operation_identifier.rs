//! What Resource Manager adds to the answer of a resource provider that it has asked.

use http::Method;

use super::response::Answer;
use crate::ids::TENANT_ID;

/// The providers whose recorded answers are marked so. The older recordings of Microsoft.ManagedIdentity are not; that it
/// does so today is inferred. Microsoft.Authorization and Microsoft.Resources are parts of Resource Manager itself.
const PROVIDERS: [&str; 4] =
    ["microsoft.containerservice", "microsoft.cognitiveservices", "microsoft.managedidentity", "microsoft.compute"];

/// Types that Resource Manager tracks, and answers a GET of by itself (recorded: no mark on these).
const TRACKED: [&str; 4] = ["managedclusters", "accounts", "projects", "userassignedidentities"];

/// With `x-ms-operation-identifier: tenantId=…,objectId=…/{region}/{guid}`, if a provider was asked: who asked it, where, and
/// which operation it was. The sandbox is no region; it says `sandbox`.
pub(crate) fn identified(answer: Answer, method: &Method, segments: &[&str], caller: &str) -> Answer {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let provider = segments.iter().position(|segment| *segment == "providers").and_then(|at| segments.get(at + 1));
    let tracked = matches!(segments, [.., kind, _] if TRACKED.contains(kind));
    let by_gateway = answer.headers.iter().any(|(name, _)| *name == "x-ms-failure-cause");
    if by_gateway || (reads && tracked) || !provider.is_some_and(|provider| PROVIDERS.contains(provider)) {
        return answer;
    }
    let operation = uuid::Uuid::new_v4();
    answer.header("x-ms-operation-identifier", format!("tenantId={TENANT_ID},objectId={caller}/sandbox/{operation}"))
}
