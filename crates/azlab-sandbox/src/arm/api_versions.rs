//! Which `api-version`s a provider takes, and what is said to others.

use super::failure::Failure;
use super::regions;
use crate::state::timestamps::is_date;

/// The versions of one provider, as lists: a date that no version has is refused, however near one it is.
pub(crate) struct ApiVersions {
    /// Every version of any type, the oldest first, separated by spaces.
    pub all: &'static str,
    /// The types that have some of them alone, as `managedClusters/agentPools`, and which; what is below a type has its versions.
    pub of_types: &'static [(&'static str, &'static str)],
    /// Whether they are Resource Manager's own, which it refuses in other words.
    pub of_arm: bool,
}

impl ApiVersions {
    /// The versions of a type, the newest first; clients such as `az resource` take the first that is no preview.
    pub fn named(&self, types: &str) -> Vec<&'static str> {
        self.of(types).split(' ').rev().collect()
    }

    /// The versions of a type, the oldest first.
    fn of(&self, types: &str) -> &'static str {
        let is_above = |known: &str| {
            let rest = types.split_at_checked(known.len()).filter(|(start, _)| start.eq_ignore_ascii_case(known));
            rest.is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with('/'))
        };
        let fitting = self.of_types.iter().filter(|(known, _)| is_above(known));
        fitting.max_by_key(|(known, _)| known.len()).map_or(self.all, |(_, versions)| versions)
    }

    /// Checks the `api-version` of a call about `types`. Where Resource Manager knows the region that the call is for, it looks
    /// for a provider there; where it does not, it looks for the type alone (azure-cli 28368 and 23985, acs-engine 4037).
    ///
    /// # Errors
    /// 400 `MissingApiVersionParameter`, `InvalidApiVersionParameter` or `NoRegisteredProviderFound`, 404 `InvalidResourceType`.
    pub fn check(
        &self,
        version: Option<&str>,
        namespace: &str,
        types: &str,
        location: Option<&str>,
    ) -> Result<(), Failure> {
        let version = required(version)?;
        let versions = self.of(types);
        if versions.split(' ').any(|known| known.eq_ignore_ascii_case(version)) {
            return Ok(());
        }
        if self.of_arm || !is_version(version) {
            let shown = self.named(types).join(",");
            let message = format!("The api-version '{version}' is invalid. The supported versions are '{shown}'.");
            return Err(Failure::bad_request("InvalidApiVersionParameter", message).gateway());
        }
        let Some(location) = location else {
            return Err(invalid_type(namespace, types, version, &versions.replace(' ', ",")));
        };
        Err(Failure::bad_request(
            "NoRegisteredProviderFound",
            format!(
                "No registered resource provider found for location '{location}' and API version '{version}' for type \
                 '{types}'. The supported api-versions are '{}'. The supported locations are '{}'.",
                versions.replace(' ', ", "),
                regions::listed().replace(',', ", ")
            ),
        )
        .gateway())
    }
}

/// The refusal of a type that a namespace does not have in a version; `versions` are those in which it has it.
pub(crate) fn invalid_type(namespace: &str, types: &str, version: &str, versions: &str) -> Failure {
    Failure::not_found(
        "InvalidResourceType",
        format!(
            "The resource type '{types}' could not be found in the namespace '{namespace}' for api version '{version}'. The \
             supported api-versions are '{versions}'."
        ),
    )
    .gateway()
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

    /// Checks a version where the region is known.
    fn checked(namespace: &str, types: &str, version: Option<&str>) -> Result<(), String> {
        let provider = PROVIDERS.named(namespace).unwrap();
        let checked = provider.api_versions().check(version, namespace, types, Some("westeurope"));
        checked.map_err(|refused| refused.into_answer().body.map(|body| body.to_string()).unwrap_or_default())
    }

    #[test]
    fn every_version_that_is_named_is_taken_and_the_newest_comes_first() {
        for provider in PROVIDERS.iter() {
            let known = provider.api_versions();
            for types in ["things"].into_iter().chain(known.of_types.iter().map(|(types, _)| *types)) {
                let versions = known.named(types);
                assert!(versions.is_sorted_by(|one, other| one > other) && !versions.is_empty(), "{versions:?}");
                for version in versions {
                    let checked = checked(provider.namespace(), types, Some(version));
                    assert!(super::is_version(version) && checked.is_ok(), "{types} {version}");
                    assert!(known.all.split(' ').any(|one| one == version), "{types} {version}");
                }
            }
        }
    }

    #[test]
    fn what_scenarios_begin_with_is_made_by_a_version_that_its_type_has() {
        let types = PROVIDERS.iter().flat_map(|one| one.types().iter().map(move |it| (one.namespace(), it)));
        for (namespace, version, name) in types.filter_map(|(of, it)| Some((of, it.scenario_version?, it.name))) {
            assert_eq!(checked(namespace, name, Some(version)), Ok(()), "{namespace}/{name} {version}");
        }
    }

    #[test]
    fn versions_that_clients_send_are_known() {
        // The SDK crates, az 2.91, the Azure SDKs for Go and Python, Terraform's azurerm, Ansible.
        for (namespace, types, version) in [
            ("microsoft.resources", "resourceGroups", "2021-04-01"),
            ("microsoft.resources", "subscriptions", "2022-12-01"),
            ("microsoft.cognitiveservices", "accounts", "2024-10-01"),
            ("microsoft.cognitiveservices", "accounts/deployments", "2025-06-01"),
            ("microsoft.cognitiveservices", "locations/operationResults", "2017-04-18"),
            ("microsoft.managedidentity", "userAssignedIdentities/federatedIdentityCredentials", "2023-01-31"),
            ("microsoft.managedidentity", "userAssignedIdentities", "2024-11-30"),
            ("microsoft.managedidentity", "userAssignedIdentities", "2018-11-30"),
            ("microsoft.authorization", "roleAssignments", "2022-04-01"),
            ("microsoft.authorization", "roleDefinitions", "2022-05-01-preview"),
            ("microsoft.authorization", "providerOperations", "2015-07-01"),
            ("microsoft.containerservice", "managedClusters", "2025-08-01"),
            ("microsoft.containerservice", "managedClusters/agentPools/upgradeProfiles", "2025-07-01"),
            ("microsoft.containerservice", "locations/orchestrators", "2019-04-01"),
            ("microsoft.containerservice", "locations/operations", "2025-03-01"),
            ("microsoft.containerservice", "managedClusters", "2025-07-02-PREVIEW"),
            ("microsoft.network", "virtualNetworks", "2022-01-01"),
            ("microsoft.network", "locations/usages", "2024-05-01"),
            ("microsoft.compute", "skus", "2021-07-01"),
            ("microsoft.compute", "locations/usages", "2024-07-01"),
            ("microsoft.keyvault", "vaults", "2015-06-01"),
            ("microsoft.keyvault", "locations/deletedVaults/purge", "2023-02-01"),
            ("microsoft.insights", "eventtypes/management/values", "2015-04-01"),
            ("microsoft.insights", "diagnosticSettings", "2021-05-01-preview"),
            ("microsoft.insights", "metrics", "2018-01-01"),
        ] {
            assert_eq!(checked(namespace, types, Some(version)), Ok(()), "{namespace}/{types} {version}");
        }
    }

    #[test]
    fn withdrawn_previews_nonsense_dates_between_versions_and_versions_of_other_types_are_refused() {
        for version in
            [Some("2023-01-02-preview"), Some("2099-01-01"), Some("banana"), Some("2025-08-0é"), Some(""), None]
        {
            assert!(checked("Microsoft.ContainerService", "managedClusters", version).is_err(), "{version:?}");
        }
        for provider in PROVIDERS.iter() {
            for version in ["2025-08-02", "2020-02-30", "2021-13-45", "2025-08-01-beta"] {
                let namespace = provider.namespace();
                assert!(checked(namespace, "managedClusters", Some(version)).is_err(), "{namespace} {version}");
            }
        }
        for (namespace, types, version) in [
            ("Microsoft.ContainerService", "managedClusters", "2024-04-01"), // of fleets
            ("Microsoft.ContainerService", "managedClusters/agentPools", "2018-03-31"),
            ("Microsoft.CognitiveServices", "accounts/deployments", "2017-04-18"),
            ("Microsoft.CognitiveServices", "accounts/projects", "2024-10-01"),
            ("Microsoft.ManagedIdentity", "userAssignedIdentities/federatedIdentityCredentials", "2018-11-30"),
            ("Microsoft.Authorization", "roleAssignments", "2020-05-01"), // of locks
            ("Microsoft.Compute", "skus", "2024-07-01"),                  // of virtual machines
            ("Microsoft.Compute", "locations/usages", "2021-10-01"),      // of galleries
            ("Microsoft.Network", "virtualNetworks", "2020-06-30"),       // of nothing
            ("Microsoft.Network", "publicIPAddresses", "2020-04-01-preview"), // of private DNS
            ("Microsoft.Insights", "metrics", "2021-05-01-preview"),      // of diagnostic settings
            ("Microsoft.Insights", "eventtypes", "2018-01-01"),           // of metrics
            ("Microsoft.KeyVault", "deletedVaults", "2015-06-01"),
        ] {
            let refused = checked(namespace, types, Some(version)).unwrap_err();
            assert!(refused.contains("NoRegisteredProviderFound") && refused.contains(types), "{refused}");
        }
    }
}
