//! Which `api-version`s a provider takes, and what is said to others.

use super::failure::Failure;
use crate::state::timestamps::is_date;

/// The versions of one provider, as a list: a date that no version has is refused, however near one it is.
pub(crate) struct ApiVersions {
    /// Every version, the oldest first, separated by spaces.
    pub all: &'static str,
    /// Whether they are Resource Manager's own, which it refuses in other words.
    pub of_arm: bool,
}

impl ApiVersions {
    /// The versions, the newest first; clients such as `az resource` take the first that is no preview.
    pub fn named(&self) -> Vec<&'static str> {
        self.all.split(' ').rev().collect()
    }

    /// Checks the `api-version` of a call; `what` is the type, `location` the region, for the refusal.
    pub fn check(&self, version: Option<&str>, what: &str, location: &str) -> Result<(), Failure> {
        let version = required(version)?;
        if self.all.split(' ').any(|known| known.eq_ignore_ascii_case(version)) {
            return Ok(());
        }
        let shown = self.named().join(",");
        if self.of_arm || !is_version(version) {
            let message = format!("The api-version '{version}' is invalid. The supported versions are '{shown}'.");
            return Err(Failure::bad_request("InvalidApiVersionParameter", message).gateway());
        }
        Err(Failure::bad_request(
            "NoRegisteredProviderFound",
            format!(
                "No registered resource provider found for location '{location}' and API version '{version}' for type \
                 '{what}'. The supported api-versions are '{shown}'."
            ),
        )
        .gateway())
    }
}

/// The `api-version` of a request, which has to be there.
pub(crate) fn required(version: Option<&str>) -> Result<&str, Failure> {
    version.filter(|version| !version.is_empty()).ok_or_else(|| {
        Failure::bad_request(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
        .gateway()
    })
}

/// Whether it has the form `YYYY-MM-DD` or `YYYY-MM-DD-preview`.
fn is_version(version: &str) -> bool {
    let date =
        version.split_at_checked(10).filter(|(_, rest)| rest.is_empty() || rest.eq_ignore_ascii_case("-preview"));
    date.is_some_and(|(date, _)| is_date(date))
}

#[cfg(test)]
mod tests {
    use crate::providers::PROVIDERS;

    #[test]
    fn every_version_that_is_named_is_taken_and_the_newest_comes_first() {
        for provider in PROVIDERS.iter() {
            let versions = provider.api_versions().named();
            assert!(versions.is_sorted_by(|one, other| one > other) && versions.len() > 2, "{versions:?}");
            for version in versions {
                let checked = provider.api_versions().check(Some(version), "things", "westeurope");
                assert!(super::is_version(version) && checked.is_ok(), "{version}");
            }
        }
    }

    #[test]
    fn versions_that_clients_send_are_known() {
        // The SDK crates, az 2.91, the Azure SDKs for Go and Python, Terraform's azurerm, Ansible.
        for (namespace, version) in [
            ("microsoft.resources", "2021-04-01"),
            ("microsoft.resources", "2022-12-01"),
            ("microsoft.cognitiveservices", "2024-10-01"),
            ("microsoft.cognitiveservices", "2025-06-01"),
            ("microsoft.managedidentity", "2023-01-31"),
            ("microsoft.managedidentity", "2024-11-30"),
            ("microsoft.authorization", "2022-04-01"),
            ("microsoft.authorization", "2015-07-01"),
            ("microsoft.containerservice", "2025-08-01"),
            ("microsoft.containerservice", "2025-07-01"),
            ("microsoft.containerservice", "2019-04-01"),
            ("microsoft.containerservice", "2025-07-02-PREVIEW"),
            ("microsoft.network", "2022-01-01"),
            ("microsoft.insights", "2021-05-01-preview"),
            ("microsoft.insights", "2018-01-01"),
        ] {
            let provider = PROVIDERS.named(namespace).unwrap();
            let checked = provider.api_versions().check(Some(version), "things", "westeurope");
            assert!(checked.is_ok(), "{namespace} {version}");
        }
    }

    #[test]
    fn withdrawn_previews_nonsense_and_dates_between_versions_are_refused() {
        let refused = |namespace: &str, version: Option<&str>| {
            let versions = PROVIDERS.named(namespace).unwrap().api_versions();
            versions.check(version, "managedClusters", "westeurope").is_err()
        };
        for version in
            [Some("2023-01-02-preview"), Some("2099-01-01"), Some("banana"), Some("2025-08-0é"), Some(""), None]
        {
            assert!(refused("Microsoft.ContainerService", version), "{version:?}");
        }
        for provider in PROVIDERS.iter() {
            for version in ["2025-08-02", "2020-02-30", "2021-13-45", "2025-08-01-beta"] {
                assert!(refused(provider.namespace(), Some(version)), "{} {version}", provider.namespace());
            }
        }
    }
}
