//! Check `kubernetes_version`: the version that was asked for is offered in the region.

use super::finding::Finding;
use crate::azure::clusters::KubernetesVersion;

/// The check's id.
pub(crate) const ID: &str = "kubernetes_version";

/// Whether the region offers `wanted` (`1.33` or `1.33.2`).
pub(crate) fn check(wanted: &str, offered: &[KubernetesVersion], location: &str) -> Finding {
    if offered.is_empty() {
        return Finding::skip(ID, format!("{location} does not list its Kubernetes versions"));
    }
    if offered.iter().any(|one| one.version == wanted || one.patches.contains_key(wanted)) {
        return Finding::pass(ID, format!("Kubernetes {wanted} is offered in {location}"));
    }
    let mut stable: Vec<&KubernetesVersion> =
        offered.iter().filter(|one| !one.is_preview.unwrap_or_default()).collect();
    stable.sort_by_key(|one| one.version.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>());
    let names: Vec<&str> = stable.iter().map(|one| one.version.as_str()).collect();
    Finding::fail(
        ID,
        "K8sVersionNotSupported",
        format!("Kubernetes {wanted} is not offered in {location}"),
        format!("leave out --kubernetes-version, or choose one of {}", names.join(", ")),
    )
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
        ]);
        serde_json::from_value(body).expect("versions")
    }

    #[test]
    fn a_minor_or_one_of_its_patches_is_offered_and_others_are_answered_with_what_is() {
        for wanted in ["1.33", "1.34.1"] {
            assert_eq!(check(wanted, &offered(), "x").status, CheckStatus::Pass, "{wanted}");
        }
        let finding = check("1.30", &offered(), "x");
        assert_eq!(finding.status, CheckStatus::Fail);
        assert!(
            finding.hint.expect("a hint").at(&Place::default()).ends_with("one of 1.33, 1.34"),
            "previews are not offered"
        );
    }
}
