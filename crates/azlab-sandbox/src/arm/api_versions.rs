//! Which `api-version`s each provider takes, and what it says to others.

use super::failure::Failure;
use crate::state::timestamps::is_date;

/// Versions of one provider: generally available ones from `first`, previews from `first_preview`.
struct Range {
    namespace: &'static str,
    first: &'static str,
    /// Previews before this date have been withdrawn (AKS ends them a year or so after they appear).
    first_preview: &'static str,
    /// Named in refusals.
    shown: &'static str,
}

/// The last version that is taken for known.
const LAST: &str = "2026-12-31";

const RANGES: [Range; 6] = [
    Range {
        namespace: "microsoft.resources",
        first: "2014-04-01",
        first_preview: "2014-04-01",
        shown: "2025-04-01,2025-03-01,2024-11-01,2024-07-01,2024-03-01,2023-07-01,2022-09-01,2021-04-01,2020-06-01",
    },
    Range {
        // The previews that the crate azure_mgmt_containerservice 0.10 sends ended on 2024-06-20 (azure-facts.md, 9).
        namespace: "microsoft.containerservice",
        first: "2016-03-30",
        first_preview: "2024-06-02",
        shown: "2022-04-01,2023-01-01,2024-01-01,2024-09-01,2025-01-01,2025-03-01,2025-05-01,2025-07-01,2025-08-01",
    },
    Range {
        namespace: "microsoft.managedidentity",
        first: "2018-11-30",
        first_preview: "2021-09-30",
        shown: "2018-11-30,2022-01-31-preview,2023-01-31,2024-11-30",
    },
    Range {
        namespace: "microsoft.cognitiveservices",
        first: "2017-04-18",
        first_preview: "2023-06-01",
        shown: "2017-04-18,2021-10-01,2022-10-01,2022-12-01,2023-05-01,2024-10-01,2025-06-01",
    },
    Range {
        namespace: "microsoft.authorization",
        first: "2015-07-01",
        first_preview: "2015-05-01",
        shown: "2015-07-01,2018-07-01,2020-04-01-preview,2022-04-01",
    },
    Range {
        namespace: "microsoft.compute",
        first: "2015-06-15",
        first_preview: "2015-05-01",
        shown: "2019-04-01,2021-07-01,2022-03-01,2023-09-01,2024-07-01",
    },
];

/// The versions of a provider that are named where it is described, the newest first; clients such as `az resource` take the
/// first that is no preview.
pub(crate) fn named(namespace: &str) -> Vec<&'static str> {
    let range = RANGES.iter().find(|range| range.namespace.eq_ignore_ascii_case(namespace));
    let mut versions: Vec<&str> = range.iter().flat_map(|range| range.shown.split(',')).collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    versions
}

/// Checks the `api-version` of a call to `namespace`; `what` is the type, `location` the region, for the refusal.
pub(crate) fn check(version: Option<&str>, namespace: &str, what: &str, location: &str) -> Result<(), Failure> {
    let Some(version) = version.filter(|version| !version.is_empty()) else {
        return Err(Failure::bad_request(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
        .gateway());
    };
    let Some(range) = RANGES.iter().find(|range| range.namespace == namespace) else {
        return Ok(());
    };
    let shown = range.shown;
    let Some((date, preview)) = split(version) else {
        return Err(Failure::bad_request(
            "InvalidApiVersionParameter",
            format!("The api-version '{version}' is invalid. The supported versions are '{shown}'."),
        )
        .gateway());
    };
    let first = if preview { range.first_preview } else { range.first };
    if date >= first && date <= LAST {
        return Ok(());
    }
    if namespace == "microsoft.resources" {
        return Err(Failure::bad_request(
            "InvalidApiVersionParameter",
            format!("The api-version '{version}' is invalid. The supported versions are '{shown}'."),
        )
        .gateway());
    }
    Err(Failure::bad_request(
        "NoRegisteredProviderFound",
        format!(
            "No registered resource provider found for location '{location}' and API version '{version}' for type '{what}'. \
             The supported api-versions are '{shown}'."
        ),
    )
    .gateway())
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
    use super::{RANGES, check, named};

    #[test]
    fn every_version_that_is_named_is_taken_and_the_newest_comes_first() {
        for range in &RANGES {
            let versions = named(&range.namespace.to_uppercase());
            assert!(versions.is_sorted_by(|one, other| one > other) && versions.len() > 2, "{versions:?}");
            for version in versions {
                assert!(check(Some(version), range.namespace, "things", "westeurope").is_ok(), "{version}");
            }
        }
        assert!(named("Microsoft.Nope").is_empty());
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
            assert!(check(Some(version), namespace, "things", "westeurope").is_ok(), "{namespace} {version}");
        }
    }

    #[test]
    fn withdrawn_previews_and_nonsense_are_refused() {
        let aks = |version| check(version, "microsoft.containerservice", "managedClusters", "westeurope");
        for version in
            [Some("2023-01-02-preview"), Some("2099-01-01"), Some("banana"), Some("2025-08-0é"), Some(""), None]
        {
            assert!(aks(version).is_err(), "{version:?}");
        }
    }
}
