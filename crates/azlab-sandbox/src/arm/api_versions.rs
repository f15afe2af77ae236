//! Which `api-version`s a provider takes, and what is said to others.

use super::failure::Failure;
use crate::state::timestamps::is_date;

/// Versions of one provider: generally available ones from `first`, previews from `first_preview`.
pub(crate) struct ApiVersions {
    pub first: &'static str,
    /// Previews before this date have been withdrawn (AKS ends them a year or so after they appear).
    pub first_preview: &'static str,
    /// Named in refusals, and where the provider is described; separated by commas.
    pub shown: &'static str,
    /// Whether they are Resource Manager's own, which it refuses in other words.
    pub of_arm: bool,
}

/// The last version that is taken for known.
const LAST: &str = "2026-12-31";

impl ApiVersions {
    /// The versions that are named where the provider is described, the newest first; clients such as `az resource` take the
    /// first that is no preview.
    pub fn named(&self) -> Vec<&'static str> {
        let mut versions: Vec<&str> = self.shown.split(',').collect();
        versions.sort_unstable_by(|one, other| other.cmp(one));
        versions
    }

    /// Checks the `api-version` of a call; `what` is the type, `location` the region, for the refusal.
    pub fn check(&self, version: Option<&str>, what: &str, location: &str) -> Result<(), Failure> {
        let version = required(version)?;
        let shown = self.shown;
        let invalid = || {
            let message = format!("The api-version '{version}' is invalid. The supported versions are '{shown}'.");
            Failure::bad_request("InvalidApiVersionParameter", message).gateway()
        };
        let (date, preview) = split(version).ok_or_else(invalid)?;
        let first = if preview { self.first_preview } else { self.first };
        if date >= first && date <= LAST {
            return Ok(());
        }
        if self.of_arm {
            return Err(invalid());
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

/// Date and whether it is a preview; `None` if it is neither `YYYY-MM-DD` nor `YYYY-MM-DD-preview`.
fn split(version: &str) -> Option<(&str, bool)> {
    let (date, preview) = match version.split_at_checked(10) {
        Some((date, "")) => (date, false),
        Some((date, rest)) if rest.eq_ignore_ascii_case("-preview") => (date, true),
        _ => return None,
    };
    is_date(date).then_some((date, preview))
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
                assert!(checked.is_ok(), "{version}");
            }
        }
    }

    #[test]
    fn versions_of_the_sdk_crates_are_known() {
        for (namespace, version) in [
            ("microsoft.resources", "2021-04-01"),
            ("microsoft.cognitiveservices", "2024-10-01"),
            ("microsoft.managedidentity", "2023-01-31"),
            ("microsoft.authorization", "2022-04-01"),
            ("microsoft.containerservice", "2025-08-01"),
        ] {
            let provider = PROVIDERS.named(namespace).unwrap();
            let checked = provider.api_versions().check(Some(version), "things", "westeurope");
            assert!(checked.is_ok(), "{namespace} {version}");
        }
    }

    #[test]
    fn withdrawn_previews_and_nonsense_are_refused() {
        let aks = PROVIDERS.named("Microsoft.ContainerService").unwrap().api_versions();
        for version in
            [Some("2023-01-02-preview"), Some("2099-01-01"), Some("banana"), Some("2025-08-0é"), Some(""), None]
        {
            assert!(aks.check(version, "managedClusters", "westeurope").is_err(), "{version:?}");
        }
    }
}
