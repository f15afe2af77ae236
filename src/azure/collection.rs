//! Answers to a request for a list: one without entries is no list, whatever a model whose fields are all optional makes of it.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// Whether the path of a Resource Manager URL names a collection, by the number of its segments: names and values alternate, from
/// the beginning or from the last provider on (ARM RPC, "API basics").
fn is_collection(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let provider = segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers"));
    let below = match provider {
        // The namespace is the provider's name.
        Some(at) => segments.len().saturating_sub(at + 2),
        None => segments.len(),
    };
    below % 2 == 1
}

/// Whether an answer to a GET of `path` should be a list, and is an object that has no entries, not even none of them. What is
/// no JSON is found out by who reads it.
pub(super) fn is_without_entries(path: &str, body: &[u8]) -> bool {
    /// AKS lists Kubernetes versions under `values`.
    #[derive(Deserialize)]
    struct Page {
        value: Option<IgnoredAny>,
        values: Option<IgnoredAny>,
    }
    let is_empty = |page: Page| page.value.is_none() && page.values.is_none();
    is_collection(path) && serde_json::from_slice(body).is_ok_and(is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_without_entries_is_no_list() {
        let lists = [
            "/subscriptions/s/resourcegroups",
            "/subscriptions/s/resourceGroups/g/resources",
            "/subscriptions/s/providers/Microsoft.CognitiveServices/deletedAccounts",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a/deployments",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c/providers/Microsoft.Authorization/roleAssignments",
            "/subscriptions/s/providers/Microsoft.ContainerService/locations/l/kubernetesVersions",
        ];
        for path in lists {
            assert!(is_without_entries(path, b"{}") && is_without_entries(path, br#"{"nextLink":"x"}"#), "{path}");
            assert!(is_without_entries(path, br#"{"value":null}"#), "{path}");
            for body in [&br#"{"value":[]}"#[..], br#"{"values":[]}"#, b"<html>", b""] {
                assert!(!is_without_entries(path, body), "{path}");
            }
        }
        for path in [
            "/subscriptions/s",
            "/subscriptions/s/resourcegroups/g",
            "/subscriptions/s/providers/Microsoft.Compute",
            "/subscriptions/s/providers/Microsoft.ContainerService/locations/l/operations/o",
        ] {
            assert!(!is_without_entries(path, b"{}"), "{path}");
        }
    }
}
