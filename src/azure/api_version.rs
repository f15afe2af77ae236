//! The one place that knows which api-version a request carries when it is not the SDK's own.

use url::Url;

/// The GA version that every `Microsoft.ContainerService` call is sent with: the previews that
/// `azure_mgmt_containerservice` 0.10 knows went out of service on 2024-06-20 (azure-facts.md, "What changes the
/// design" 9); its models read every recorded body up to 2025-10-02-preview.
pub const CONTAINER_SERVICE: &str = "2025-08-01";

const REWRITES: [(&str, &str); 1] = [("microsoft.containerservice", CONTAINER_SERVICE)];

/// Rewrites the `api-version` of `url` where the SDK's own is not served any more. Polling URLs are opaque and must not
/// come here.
pub(crate) fn rewrite(url: &mut Url) {
    // The provider that serves a request is the last one that its path names, followed by a type: the path of a provider
    // itself, and what is done to it, are ARM's own.
    let provider = {
        let segments: Vec<&str> = url.path_segments().into_iter().flatten().collect();
        let last = segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers"));
        match last.map(|at| &segments[at + 1..]) {
            Some([provider, next, ..]) if !of_arm(next) => Some(provider.to_ascii_lowercase()),
            _ => None,
        }
    };
    let Some((_, version)) = provider.and_then(|name| REWRITES.iter().find(|(known, _)| *known == name)) else {
        return;
    };
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| !key.eq_ignore_ascii_case("api-version"))
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair("api-version", version);
}

/// Whether `segment` behind a provider's name is something that ARM does to it ("Providers - Register", "Providers - Unregister").
fn of_arm(segment: &str) -> bool {
    ["register", "unregister"].iter().any(|action| segment.eq_ignore_ascii_case(action))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(url: &str) -> String {
        let mut url: Url = url.parse().expect("a URL");
        rewrite(&mut url);
        url.to_string()
    }

    #[test]
    fn withdrawn_container_service_previews_are_never_sent() {
        assert_eq!(
            rewritten(
                "https://a/subscriptions/s/resourceGroups/g/providers/microsoft.containerService/managedClusters/c?api-version=2023-01-02-preview"
            ),
            "https://a/subscriptions/s/resourceGroups/g/providers/microsoft.containerService/managedClusters/c?api-version=2025-08-01"
        );
        assert_eq!(
            rewritten("https://a/providers/Microsoft.ContainerService/x?api-version=1&$top=2"),
            "https://a/providers/Microsoft.ContainerService/x?%24top=2&api-version=2025-08-01"
        );
    }

    #[test]
    fn other_providers_keep_the_sdks_version_also_on_a_cluster_scope() {
        for url in [
            "https://a/subscriptions/s/resourceGroups/g?api-version=2021-04-01",
            "https://a/subscriptions/s/providers/Microsoft.ContainerService?api-version=2021-04-01",
            "https://a/subscriptions/s/providers/Microsoft.ContainerService/register?api-version=2021-04-01",
            "https://a/x/providers/Microsoft.ContainerService/managedClusters/c/providers/Microsoft.Authorization/roleAssignments/1?api-version=2022-04-01",
        ] {
            assert_eq!(rewritten(url), url);
        }
    }
}
