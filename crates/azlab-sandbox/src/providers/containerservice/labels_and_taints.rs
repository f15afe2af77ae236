//! Labels and taints that a pool writes on its nodes, beyond what the table says of a taint's form.

use std::collections::HashSet;

use serde_json::Value;

use super::judged::invalid;
use super::validation::refuse;
use crate::arm::failure::Failure;
use crate::label_syntax;

/// The taint that every pool may have ("Manage system node pools in AKS").
const CRITICAL_ONLY: &str = "CriticalAddonsOnly=true:NoSchedule";
/// The prefix of AKS's own labels; that of Spot's priority is written by clients too (azurerm's documentation of Spot pools).
const RESERVED: &str = "kubernetes.azure.com";
const SPOT: &str = "kubernetes.azure.com/scalesetpriority";
/// Namespaces of labels that are Kubernetes' own, and what of them a pool may use: as refusals name it, with `node-role` since
/// Azure/AKS 4628.
const KUBERNETES: [&str; 2] = ["kubernetes.io", "k8s.io"];
const ALLOWED: [&str; 3] = ["kubelet.kubernetes.io", "node.kubernetes.io", "node-role.kubernetes.io"];
/// Labels of those namespaces that are allowed one by one (Azure/AKS 1937).
const WELL_KNOWN: [&str; 11] = [
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.kubernetes.io/region",
    "failure-domain.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/instance-type",
    "kubernetes.io/os",
];

/// Judges the labels and taints of one pool.
///
/// # Errors
/// 400, flat.
pub(super) fn check(pool: &Value) -> Result<(), Failure> {
    for (key, value) in pool["nodeLabels"].as_object().into_iter().flatten() {
        check_label(key, value.as_str().unwrap_or_default())?;
    }
    check_taints(pool)
}

/// Codes, words and targets are reported: of the syntax in Azure/AKS 1538 (there of a value that is allowed today), of AKS's own
/// prefix in ams0/aks-nvme-ssd-provisioner 5, of Kubernetes' in Azure/AKS 2866 and 4613.
fn check_label(key: &str, value: &str) -> Result<(), Failure> {
    if label_syntax::wrong_part(key).is_some() || !label_syntax::is_value(value) {
        return Err(refuse(
            "BadRequest",
            format!(
                "Node label '{key}: {value}' does not meet syntax and character specifications. Please see \
                 https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ for more details."
            ),
        ));
    }
    let Some((prefix, _)) = key.split_once('/') else { return Ok(()) };
    if lies_below(prefix, RESERVED) && key != SPOT {
        return Err(refuse(
            "BadRequest",
            format!("Invalid node label key {key}. The '{RESERVED}' prefix is preserved by aks system labels"),
        ));
    }
    let is_kubernetes = KUBERNETES.iter().any(|namespace| lies_below(prefix, namespace));
    if is_kubernetes && !ALLOWED.iter().any(|allowed| lies_below(prefix, allowed)) && !WELL_KNOWN.contains(&key) {
        let message = "For Kubernetes version greater than or equal to 1.16, node label keys in the 'kubernetes.io' or 'k8s.io' \
                       namespace must begin with an allowed prefix (kubelet.kubernetes.io, node.kubernetes.io). For more \
                       information, please check https://aka.ms/aks-node-labels-116.";
        return Err(refuse("BadRequest", message).target(&format!("{key}={value}")));
    }
    Ok(())
}

/// Whether a DNS name is `above`, or below it.
fn lies_below(name: &str, above: &str) -> bool {
    name.strip_suffix(above).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The code of a system pool's refusal is recorded, on a cluster's first PUT too. That two taints with the same key and effect are
/// refused follows from Azure/AKS 1412; the code is inferred.
fn check_taints(pool: &Value) -> Result<(), Failure> {
    let is_system = pool["mode"].as_str().is_none_or(|mode| mode.eq_ignore_ascii_case("System"));
    let mut known = HashSet::new();
    for taint in pool["nodeTaints"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if is_system && taint.ends_with(":NoSchedule") && taint != CRITICAL_ONLY {
            return Err(refuse(
                "SystemPoolHasRestrictedTaint",
                format!(
                    "The system node pool '{}' has the taint '{taint}', which keeps system pods away. The only taint with the \
                     effect NoSchedule that a pool of mode System may have is {CRITICAL_ONLY}.",
                    pool["name"].as_str().unwrap_or_default()
                ),
            ));
        }
        if !known.insert(key_and_effect(taint)) {
            let why = format!("'{taint}' has the key and the effect of another taint");
            return Err(invalid("agentPoolProfile.nodeTaints", &why));
        }
    }
    Ok(())
}

fn key_and_effect(taint: &str) -> (&str, &str) {
    let (label, effect) = taint.split_once(':').unwrap_or((taint, ""));
    (label.split('=').next().unwrap_or_default(), effect)
}
