//! Kubernetes versions that the service offers.

use serde_json::{Value, json};

use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::regions;
use crate::arm::response::Answer;
use crate::providers::compute::DATA;
use crate::state::store::Resource;

/// The support plan of versions that are no longer supported otherwise.
pub(super) const LONG_TERM: &str = "AKSLongTermSupport";
/// Minor from which the OIDC issuer is on by default (azure-facts.md, section 2).
const ISSUER_BY_DEFAULT: (u32, u32) = (1, 34);

/// What a request's version stands for: the version as kept, and the patch that runs.
pub(super) struct Resolved {
    pub asked: String,
    pub running: String,
}

/// Resolves `1.34`, `1.34.1` or nothing (the default); `None` if it is not offered.
pub(super) fn resolve(asked: &str) -> Option<Resolved> {
    let version = if asked.is_empty() {
        DATA.kubernetes.iter().find(|version| version.default)?
    } else {
        DATA.kubernetes
            .iter()
            .find(|version| version.version == asked || version.patches.iter().any(|patch| patch == asked))?
    };
    let newest = version.patches.first()?.clone();
    let running = if version.patches.iter().any(|patch| patch == asked) { asked.to_owned() } else { newest };
    let asked = if asked.is_empty() { version.version.clone() } else { asked.to_owned() };
    Some(Resolved { asked, running })
}

/// The support plans under which clusters may have the minor version `version`.
fn support_plans(call: &Call<'_>, version: &str) -> Vec<&'static str> {
    let is_long_term = call.settings.long_term_support.iter().any(|one| one == version);
    if is_long_term { vec![LONG_TERM] } else { vec!["KubernetesOfficial"] }
}

/// Refuses a version that the cluster's support plan does not cover (azure-facts.md, section 10; code and words inferred).
pub(super) fn check_support(
    call: &Call<'_>,
    running: &str,
    plan: Option<&str>,
    tier: Option<&str>,
) -> Result<(), Failure> {
    let minor = running.rsplit_once('.').map_or(running, |(minor, _)| minor);
    let is_long_term = |text: Option<&str>, word: &str| text.is_some_and(|text| text.eq_ignore_ascii_case(word));
    let covered =
        support_plans(call, minor) != [LONG_TERM] || (is_long_term(plan, LONG_TERM) && is_long_term(tier, "Premium"));
    if covered {
        return Ok(());
    }
    let message = format!(
        "The Kubernetes version {running} is supported under the support plan {LONG_TERM} only, which needs the tier Premium. \
         Use [az aks get-versions] to list the supported versions."
    );
    Err(Failure::bad_request("K8sVersionNotSupported", message).flat())
}

/// Whether a cluster of this version has its OIDC issuer on without being asked.
pub(super) fn issuer_by_default(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= ISSUER_BY_DEFAULT
}

/// The versions that a cluster of version `from` can be upgraded to: later patches of its minor, and every patch of the next
/// minor, none of which can be left out (AKS, "Upgrade an AKS cluster"). Oldest first.
pub(super) fn upgrades(from: &str) -> Vec<&'static str> {
    let Some((major, minor, patch)) = parse(from) else { return Vec::new() };
    let mut found: Vec<_> = DATA
        .kubernetes
        .iter()
        .flat_map(|version| &version.patches)
        .filter_map(|version| Some((parse(version)?, version.as_str())))
        .filter(|((to_major, to_minor, to_patch), _)| {
            *to_major == major && (*to_minor == minor && *to_patch > patch || to_minor.checked_sub(1) == Some(minor))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, version)| version).collect()
}

/// Whether a version is newer than another.
pub(super) fn is_newer(version: &str, other: &str) -> bool {
    parse(version) > parse(other)
}

/// Whether a pool of a cluster of version `running` may have `version`: as new, or up to two minors older (AKS, "Upgrade an AKS
/// cluster").
pub(super) fn is_within_skew(version: &str, running: &str) -> bool {
    let (Some((major, minor, _)), Some((own, newest, _))) = (parse(version), parse(running)) else { return false };
    major == own && !is_newer(version, running) && minor + 2 >= newest
}

/// Refuses to take a cluster of version `from` to one that is no upgrade of it (AKS, "Upgrade an AKS cluster"; code and words
/// inferred).
pub(super) fn check_upgrade(from: &str, to: &str) -> Result<(), Failure> {
    let all = upgrades(from);
    if from == to || all.contains(&to) || parse(from).is_none() {
        return Ok(());
    }
    let message = format!(
        "Upgrading Kubernetes version {from} to {to} is not supported. Available upgrades: [{}].",
        all.join(", ")
    );
    Err(Failure::bad_request("BadRequest", message).flat())
}

fn parse(version: &str) -> Option<(u32, u32, u32)> {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// `GET …/managedClusters/{name}/upgradeProfiles/default` ("Managed Clusters - Get Upgrade Profile").
pub(super) fn upgrade_profile(call: &Call<'_>, cluster: &Resource) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let profile = |of: &Value, version: &str| {
        let version = of[version].as_str().unwrap_or_default();
        let upgrades: Vec<Value> =
            upgrades(version).into_iter().map(|version| json!({"kubernetesVersion": version})).collect();
        let mut profile = json!({"kubernetesVersion": version, "osType": of["osType"].as_str().unwrap_or("Linux")});
        if !upgrades.is_empty() {
            profile["upgrades"] = upgrades.into();
        }
        profile
    };
    let properties = &cluster.body["properties"];
    let pools: Vec<Value> = properties["agentPoolProfiles"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|pool| {
            let mut profile = profile(pool, "currentOrchestratorVersion");
            profile["name"] = pool["name"].clone();
            profile
        })
        .collect();
    let body = json!({
        "id": format!("{}/upgradeprofiles/default", cluster.id),
        "name": "default",
        "type": "Microsoft.ContainerService/managedClusters/upgradeprofiles",
        "properties": {
            "controlPlaneProfile": profile(properties, "currentKubernetesVersion"),
            "agentPoolProfiles": pools,
        },
    });
    Ok(Answer::ok(body).header("content-type", crate::providers::containerservice::JSON))
}

/// `GET …/locations/{l}/kubernetesVersions`
pub(super) fn list(call: &Call<'_>, location: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    if !regions::known(location) {
        return Err(Failure::bad_request("BadRequest", format!("Location '{location}' is not supported.")).flat());
    }
    let values: Vec<Value> = DATA
        .kubernetes
        .iter()
        .map(|version| {
            let patches: serde_json::Map<String, Value> =
                version.patches.iter().map(|patch| (patch.clone(), json!({"upgrades": upgrades(patch)}))).collect();
            json!({
                "version": version.version,
                "isDefault": version.default,
                "isPreview": false,
                "capabilities": {"supportPlan": support_plans(call, &version.version)},
                "patchVersions": patches,
            })
        })
        .collect();
    Ok(Answer::ok(json!({ "values": values })).header("content-type", crate::providers::containerservice::JSON))
}

/// `GET …/locations/{l}/orchestrators` ("Container Services - List Orchestrators", 2019-04-01): the same in the form that older
/// clients ask for.
pub(super) fn orchestrators(call: &Call<'_>, location: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    if !regions::known(location) {
        return Err(Failure::bad_request("BadRequest", format!("Location '{location}' is not supported.")).flat());
    }
    const KIND: &str = "Kubernetes";
    let one = |version: &str| {
        let upgrades: Vec<Value> = upgrades(version)
            .into_iter()
            .map(|version| json!({"orchestratorType": "", "orchestratorVersion": version, "isPreview": false}))
            .collect();
        let mut one = json!({"orchestratorType": KIND, "orchestratorVersion": version, "upgrades": upgrades});
        if resolve("").is_some_and(|default| default.running == version) {
            one["default"] = true.into();
        }
        one
    };
    let mut versions: Vec<&String> = DATA.kubernetes.iter().flat_map(|version| &version.patches).collect();
    versions.sort_by_key(|version| parse(version));
    let body = json!({
        "id": format!(
            "/subscriptions/{}/providers/Microsoft.ContainerService/locations/{location}/orchestrators",
            call.subscription()
        ),
        "name": "default",
        "type": "Microsoft.ContainerService/locations/orchestrators",
        "properties": {"orchestrators": versions.into_iter().map(|version| one(version)).collect::<Vec<_>>()},
    });
    Ok(Answer::ok(body).header("content-type", crate::providers::containerservice::JSON))
}

#[cfg(test)]
mod tests {
    use super::{issuer_by_default, resolve, upgrades};

    #[test]
    fn an_upgrade_goes_to_later_patches_and_to_the_next_minor_only() {
        assert_eq!(upgrades("1.33.5"), ["1.33.7", "1.34.1", "1.34.3"]);
        assert_eq!(upgrades("1.34.3"), ["1.35.0", "1.35.1"]);
        assert!(upgrades("1.35.1").is_empty() && upgrades("1.34").is_empty() && upgrades("banana").is_empty());
    }

    #[test]
    fn a_minor_stands_for_its_newest_patch_and_unknown_ones_are_refused() {
        assert_eq!(resolve("1.34").map(|found| found.running).as_deref(), Some("1.34.3"));
        assert_eq!(resolve("1.34.1").map(|found| found.running).as_deref(), Some("1.34.1"));
        assert_eq!(resolve("").map(|found| found.asked).as_deref(), Some("1.34"));
        assert!(resolve("1.2").is_none() && resolve("banana").is_none());
        assert!(issuer_by_default("1.34") && issuer_by_default("2.0") && !issuer_by_default("1.33.7"));
    }
}
