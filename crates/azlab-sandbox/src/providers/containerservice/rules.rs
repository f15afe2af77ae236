//! What a cluster's properties ask of each other. Codes and words that are not marked otherwise are inferred.

use serde_json::Value;

use super::judged::{invalid, missing};
use super::validation::refuse;
use super::{labels_and_taints, networks, versions};
use crate::arm::failure::Failure;

/// The most characters in the name of a Windows pool.
const MOST_OF_WINDOWS: usize = 6;
/// Regions without availability zones ("Azure regions list"), of those that the sandbox has.
const WITHOUT_ZONES: [&str; 9] = [
    "australiasoutheast",
    "canadaeast",
    "koreasouth",
    "northcentralus",
    "southindia",
    "ukwest",
    "westcentralus",
    "westus",
    "japanwest",
];

/// What a new cluster has to have.
pub(super) fn check_new(sent: &Value) -> Result<(), Failure> {
    let properties = &sent["properties"];
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    if !text(&properties["dnsPrefix"]) && !text(&properties["fqdnSubdomain"]) {
        return Err(missing("dnsPrefix"));
    }
    let identity = sent["identity"]["type"].as_str().unwrap_or("None");
    if identity.eq_ignore_ascii_case("None") && !text(&properties["servicePrincipalProfile"]["clientId"]) {
        return Err(missing("servicePrincipalProfile"));
    }
    Ok(())
}

/// What the properties of a cluster, as it would be, ask of each other; `asked` is the part of them that was sent.
pub(super) fn check(asked: &Value, properties: &Value, running: &str) -> Result<(), Failure> {
    networks::check(&asked["networkProfile"], &properties["networkProfile"])?;
    let enabled = |path: &str| properties.pointer(path).is_some_and(|it| it == true);
    let issuer = enabled("/oidcIssuerProfile/enabled") || versions::issuer_by_default(running);
    if enabled("/securityProfile/workloadIdentity/enabled") && !issuer {
        let why = "workload identity needs the OIDC issuer; set oidcIssuerProfile.enabled to true";
        return Err(invalid("securityProfile.workloadIdentity", why));
    }
    Ok(())
}

/// What the members of each pool ask of each other, and of their region.
pub(super) fn check_pools(pools: &Value, location: &str) -> Result<(), Failure> {
    let all = || pools.as_array().into_iter().flatten();
    for pool in all() {
        check_autoscaling(pool)?;
        labels_and_taints::check(pool)?;
        check_windows_name(pool)?;
        check_zones(pool, location)?;
    }
    // Recorded of the code and of the target's presence.
    if all().filter(|pool| is_mode(pool, "ManagedSystem")).count() > 1 {
        return Err(invalid(
            "agentPoolProfile.mode",
            "a managed cluster has at most one agent pool of mode 'ManagedSystem'",
        ));
    }
    Ok(())
}

fn is_mode(pool: &Value, mode: &str) -> bool {
    pool["mode"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(mode))
}

fn check_autoscaling(pool: &Value) -> Result<(), Failure> {
    if pool["enableAutoScaling"] != true {
        return Ok(());
    }
    let number = |name: &str| pool[name].as_i64();
    let Some(most) = number("maxCount").filter(|most| *most > 0) else {
        return Err(invalid("agentPoolProfile.maxCount", "it is required when enableAutoScaling is true"));
    };
    let Some(least) = number("minCount") else {
        return Err(invalid("agentPoolProfile.minCount", "it is required when enableAutoScaling is true"));
    };
    if least == 0 && !is_mode(pool, "User") {
        return Err(invalid("agentPoolProfile.minCount", "0 is for pools of mode 'User'"));
    }
    if least > most {
        return Err(invalid("agentPoolProfile.minCount", &format!("{least} is greater than maxCount {most}")));
    }
    Ok(())
}

/// The code is AKS's (Azure/aks-deployer, `pkg/apierror/const.go`), the length that of "Create Windows node pools"; the words are
/// inferred.
fn check_windows_name(pool: &Value) -> Result<(), Failure> {
    let name = pool["name"].as_str().unwrap_or_default();
    let is_windows = pool["osType"].as_str().is_some_and(|os| os.eq_ignore_ascii_case("Windows"));
    if !is_windows || name.len() <= MOST_OF_WINDOWS {
        return Ok(());
    }
    let message = format!("The Windows agent pool name '{name}' has more than {MOST_OF_WINDOWS} characters.");
    Err(refuse("WindowsAgentPoolNameTooLong", message).target("agentPoolProfile.name"))
}

/// Code and words are reported (Azure/AKS and hashicorp/terraform-provider-azurerm, several issues).
fn check_zones(pool: &Value, location: &str) -> Result<(), Failure> {
    let supported: &[&str] = if WITHOUT_ZONES.contains(&location) { &[] } else { &["1", "2", "3"] };
    let mut zones = pool["availabilityZones"].as_array().into_iter().flatten().filter_map(Value::as_str);
    match zones.find(|zone| !supported.contains(zone)) {
        None => Ok(()),
        Some(zone) => Err(refuse(
            "AvailabilityZoneNotSupported",
            format!(
                "Preflight validation check for resource(s) failed. Message: The zone(s) '{zone}' for resource '{}' is not \
                 supported. The supported zones for location '{location}' are '{}'",
                pool["name"].as_str().unwrap_or_default(),
                supported.join(",")
            ),
        )
        .target("agentPoolProfile.availabilityZones")),
    }
}
