//! Check `kubernetes_version`: the version that was asked for is offered in the region.

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
    fn a_version_under_long_term_support_only_does_not_pass() {
        for wanted in ["1.29", "1.29.9"] {
            let finding = check(wanted, &offered(), "x");
            assert_eq!(finding.status, CheckStatus::Fail, "{wanted}");
            assert!(finding.message.contains("long-term support"), "{}", finding.message);
        }
    }
}
