//! Check `kubernetes_version`: the version that was asked for is offered in the region, and a cluster that exists can be upgraded
//! to it.

use super::finding::Finding;
use crate::azure::clusters::{KubernetesVersion, recommendable};

/// The check's id.
pub(crate) const ID: &str = "kubernetes_version";

/// Whether the region offers `wanted` (`1.33` or `1.33.2`).
pub(crate) fn check(wanted: &str, offered: &[KubernetesVersion], location: &str) -> Finding {
    if offered.is_empty() {
        return Finding::skip(ID, format!("{location} does not list its Kubernetes versions"));
    }
    let names = recommendable(offered);
    let instead = format!("leave out --kubernetes-version, or choose one of {}", names.join(", "));
    match offered.iter().find(|one| one.version == wanted || one.patches.contains_key(wanted)) {
        Some(found) if found.needs_long_term_support() => Finding::fail(
            ID,
            "K8sVersionNotSupported",
            format!(
                "Kubernetes {wanted} is offered in {location} under long-term support only, which needs the tier Premium; \
                 azlab creates clusters of the tier Free"
            ),
            instead,
        ),
        Some(_) => Finding::pass(ID, format!("Kubernetes {wanted} is offered in {location}")),
        None => Finding::fail(
            ID,
            "K8sVersionNotSupported",
            format!("Kubernetes {wanted} is not offered in {location}"),
            instead,
        ),
    }
}

/// Whether a cluster that has the version `have` can be upgraded to `wanted`. AKS leaves no minor version out, and says of each
/// patch what comes next ("Managed Clusters - List Kubernetes Versions").
pub(crate) fn check_upgrade(have: &str, wanted: &str, offered: &[KubernetesVersion], location: &str) -> Finding {
    let next: Vec<&str> = offered.iter().flat_map(|one| one.upgrades(have)).collect();
    let is_wanted = |version: &&&str| **version == wanted || version.starts_with(&format!("{wanted}."));
    if next.is_empty() {
        return check(wanted, offered, location);
    }
    match next.iter().find(is_wanted) {
        Some(version) => Finding::pass(ID, format!("a cluster of Kubernetes {have} can be upgraded to {version}")),
        None => Finding::fail(
            ID,
            "K8sVersionNotSupported",
            format!("a cluster of Kubernetes {have} cannot be upgraded to {wanted} in one step"),
            format!("leave out --kubernetes-version, or choose one of {}", next.join(", ")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::events::CheckStatus;
    use crate::follow_up::Place;

    fn offered() -> Vec<KubernetesVersion> {
        let body = json!([
            {"version": "1.34", "patchVersions": {"1.34.1": {}}, "isDefault": true},
            {"version": "1.33", "patchVersions": {"1.33.7": {}}},
            {"version": "1.35", "patchVersions": {"1.35.0": {}}, "isPreview": true},
            {"version": "1.29", "patchVersions": {"1.29.9": {}}, "capabilities": {"supportPlan": ["AKSLongTermSupport"]}},
            {"version": "1.32", "patchVersions": {"1.32.9": {}},
             "capabilities": {"supportPlan": ["KubernetesOfficial", "AKSLongTermSupport"]}},
        ]);
        serde_json::from_value(body).expect("versions")
    }

    #[test]
    fn a_minor_or_one_of_its_patches_is_offered_and_others_are_answered_with_what_is() {
        for wanted in ["1.33", "1.34.1", "1.32.9"] {
            assert_eq!(check(wanted, &offered(), "x").status, CheckStatus::Pass, "{wanted}");
        }
        let finding = check("1.30", &offered(), "x");
        assert_eq!(finding.status, CheckStatus::Fail);
        assert!(
            finding.hint.expect("a hint").at(&Place::default()).ends_with("one of 1.32, 1.33, 1.34"),
            "neither previews nor long-term support are offered"
        );
    }

    #[test]
    fn an_upgrade_leaves_no_minor_version_out() {
        let body = json!([
            {"version": "1.33", "patchVersions": {"1.33.5": {"upgrades": ["1.33.7", "1.34.1"]}, "1.33.7": {"upgrades": ["1.34.1"]}}},
            {"version": "1.34", "patchVersions": {"1.34.1": {"upgrades": ["1.35.0"]}}},
            {"version": "1.35", "patchVersions": {"1.35.0": {}}}
        ]);
        let offered: Vec<KubernetesVersion> = serde_json::from_value(body).expect("versions");
        for wanted in ["1.33.7", "1.34", "1.34.1"] {
            assert_eq!(check_upgrade("1.33.5", wanted, &offered, "x").status, CheckStatus::Pass, "{wanted}");
        }
        for wanted in ["1.35", "1.35.0", "1.3", "1.99"] {
            let finding = check_upgrade("1.33.7", wanted, &offered, "x");
            assert_eq!(finding.status, CheckStatus::Fail, "{wanted}");
            assert!(finding.hint.expect("a hint").at(&Place::default()).ends_with("1.34.1"), "{wanted}");
        }
        // A patch that is no longer listed: what the region offers counts.
        assert_eq!(check_upgrade("1.32.1", "1.34", &offered, "x").status, CheckStatus::Pass);
        assert_eq!(check_upgrade("1.32.1", "1.99", &offered, "x").status, CheckStatus::Fail);
    }

    #[test]
    fn a_version_under_long_term_support_only_does_not_pass() {
        for wanted in ["1.29", "1.29.9"] {
            let finding = check(wanted, &offered(), "x");
            assert_eq!(finding.status, CheckStatus::Fail, "{wanted}");
            assert!(finding.message.contains("long-term support"), "{}", finding.message);
        }
    }
}
