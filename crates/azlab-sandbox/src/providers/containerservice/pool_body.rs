//! The body of a pool: what was asked for, completed with what the service decides.

use serde_json::{Map, Value, json};

use super::body::overlay;
use super::judged::FACTS;
use super::validation::{Pool, size_name};
use super::versions::Resolved;
use crate::arm::facts::Written;
use crate::arm::failure::Failure;

/// Members of a pool whose empty text, or zero, stands for the service's choice.
const UNSET: [&str; 7] = ["osDiskSizeGB", "osDiskType", "osSKU", "osType", "maxPods", "vmSize", "mode"];

/// A pool as its cluster shows it: what was asked for (`sent`, which `pool` was read from), completed. Of the pool as it was
/// (`old`) remains what can be said at the creation alone.
pub(super) fn pool_profile(
    location: &str,
    pool: &Pool,
    sent: &Value,
    version: &Resolved,
    old: Option<&Value>,
) -> Result<Value, Failure> {
    let is_windows = sent["osType"]
        .as_str()
        .or_else(|| old?["osType"].as_str())
        .is_some_and(|os| os.eq_ignore_ascii_case("Windows"));
    let (sku, image) = match is_windows {
        true => ("Windows2022", "AKSWindows-2022-containerd-20348.4529.260112"),
        false => ("Ubuntu", "AKSUbuntu-2204gen2containerd-202601.07.0"),
    };
    let unsized_pool = pool.vm_size.as_deref().is_none_or(str::is_empty);
    let (disk, disk_type) = if unsized_pool { (150, "Ephemeral") } else { (128, "Managed") };
    let mut profile = json!({
        "count": 1,
        "osDiskSizeGB": disk,
        "osDiskType": disk_type,
        "kubeletDiskType": "OS",
        "maxPods": 250,
        "type": "VirtualMachineScaleSets",
        "enableAutoScaling": false,
        "scaleDownMode": "Delete",
        "provisioningState": "Creating",
        "powerState": {"code": "Running"},
        "orchestratorVersion": version.asked,
        "enableNodePublicIP": false,
        "mode": "System",
        "osType": "Linux",
        "osSKU": sku,
        "nodeImageVersion": image,
        "upgradeSettings": {"maxSurge": "10%", "maxUnavailable": "0"},
        "enableFIPS": false,
        "securityProfile": {"sshAccess": "LocalUser", "enableVTPM": false, "enableSecureBoot": false},
    });
    let says_nothing = |value: &Value| value.is_null() || *value == json!("") || *value == json!(0);
    if let Some(old) = old {
        let once = FACTS.of("agentPools").at(&["properties"]).and_then(|fact| fact.kind.members());
        for fact in once.into_iter().flatten().filter(|fact| fact.written == Written::Once) {
            if let Some(kept) = old.get(&fact.name).filter(|kept| !kept.is_null()) {
                profile[&fact.name] = kept.clone();
            }
        }
        // A stopped pool stays so until it is asked to run.
        if old["powerState"]["code"].is_string() {
            profile["powerState"] = old["powerState"].clone();
        }
    }
    let sent: Map<String, Value> = sent
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, value)| !(UNSET.contains(&name.as_str()) && says_nothing(value)))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    overlay("agentPoolProfile", &mut profile, &Value::Object(sent))?;
    if !unsized_pool || profile["vmSize"].as_str().is_none() {
        profile["vmSize"] = size_name(pool, location)?.into();
    }
    profile["currentOrchestratorVersion"] = version.running.clone().into();
    if profile["orchestratorVersion"].as_str().is_none_or(str::is_empty) {
        profile["orchestratorVersion"] = version.asked.clone().into();
    }
    Ok(profile)
}
