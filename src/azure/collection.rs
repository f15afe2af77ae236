//! Answers as a whole: one that is cut off is none, and one without entries is no list, whatever a model whose fields are all
//! optional makes of it.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::envelope::Envelope;

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

/// What is wrong with an answer as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Its end is missing.
    CutOff,
    /// It should be a list, and has no entries, not even none of them.
    WithoutEntries,
}

/// What is wrong with the answer 200 to a GET of `path`, in one pass: a class's lists have megabytes. What is no JSON is found out
/// by who reads it.
pub(super) fn flaw(path: &str, body: &[u8]) -> Option<Flaw> {
    /// AKS lists Kubernetes versions under `values`.
    #[derive(Deserialize)]
    struct Page {
        value: Option<IgnoredAny>,
        values: Option<IgnoredAny>,
    }
    if !is_collection(path) {
        return Envelope::is_cut_off(body).then_some(Flaw::CutOff);
    }
    match serde_json::from_slice::<Page>(body) {
        Ok(page) => (page.value.is_none() && page.values.is_none()).then_some(Flaw::WithoutEntries),
        Err(error) => (error.is_eof() && body.trim_ascii_start().starts_with(b"{")).then_some(Flaw::CutOff),
    }
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
            for body in [&b"{}"[..], br#"{"nextLink":"x"}"#, br#"{"value":null}"#] {
                assert_eq!(flaw(path, body), Some(Flaw::WithoutEntries), "{path}");
            }
            for body in [&br#"{"value":[]}"#[..], br#"{"values":[]}"#, b"<html>", b""] {
                assert_eq!(flaw(path, body), None, "{path}");
            }
        }
        for path in [
            "/subscriptions/s",
            "/subscriptions/s/resourcegroups/g",
            "/subscriptions/s/providers/Microsoft.Compute",
            "/subscriptions/s/providers/Microsoft.ContainerService/locations/l/operations/o",
        ] {
            assert_eq!(flaw(path, b"{}"), None, "{path}");
        }
    }

    #[test]
    fn an_answer_that_is_cut_off_is_told_of_lists_and_of_resources() {
        for path in ["/subscriptions/s/resourcegroups", "/subscriptions/s/resourcegroups/g"] {
            for body in [&br#"{"value":[{"na"#[..], b" {", br#"{"value":[]"#] {
                assert_eq!(flaw(path, body), Some(Flaw::CutOff), "{path}");
            }
        }
    }
}
