//! `x-ms-operation-identifier`, which Resource Manager adds to the answer of a resource provider that it has asked.

use http::Method;

use super::provider::Providers;
use super::response::Answer;
use crate::ids::TENANT_ID;

/// With `x-ms-operation-identifier: tenantId=…,objectId=…/{region}/{guid}`, if a provider was asked: who asked it, where, and
/// which operation it was. The sandbox is no region; it says `sandbox`.
///
/// Recorded of the providers that are no part of Resource Manager (the older recordings of Microsoft.ManagedIdentity have
/// none; that it does so today is inferred), but for reads of what Resource Manager tracks, which it answers by itself.
pub(crate) fn add(providers: &Providers, answer: Answer, method: &Method, segments: &[&str], caller: &str) -> Answer {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let at = segments.iter().position(|segment| *segment == "providers");
    let provider = at.and_then(|at| providers.named(segments.get(at + 1)?)).filter(|it| !it.is_part_of_arm());
    let by_gateway = answer.headers.iter().any(|(name, _)| *name == "x-ms-failure-cause");
    if by_gateway || provider.is_none() || (reads && is_tracked(providers, segments)) {
        return answer;
    }
    let operation = uuid::Uuid::new_v4();
    answer.header("x-ms-operation-identifier", format!("tenantId={TENANT_ID},objectId={caller}/sandbox/{operation}"))
}

/// Whether the path is that of a resource of a tracked type.
fn is_tracked(providers: &Providers, segments: &[&str]) -> bool {
    let [.., last, _] = segments else { return false };
    let types = || providers.iter().flat_map(|provider| provider.types());
    types().any(|it| it.tracked && it.name.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case(last)))
}
