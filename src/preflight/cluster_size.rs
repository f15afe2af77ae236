//! Checks `vm_size` and `vcpu_quota`: the nodes' VM size is offered in the region, and there is quota for the nodes and
//! for the one that an upgrade adds.

use super::demand::Nodes;
use super::finding::Finding;
use super::more_quota::ask_for;
use crate::azure::compute::VmSku;
use crate::azure::usages::RegionUsage;
use crate::lab::ids::same;
use crate::lab::spec::ClusterSpec;
use crate::values::{agreeing, counted};

/// The usage name of a region's vCPUs.
pub(crate) const REGIONAL: &str = "cores";

/// The check of the VM size.
pub(crate) const SIZE_ID: &str = "vm_size";
/// The check of the vCPUs.
pub(crate) const QUOTA_ID: &str = "vcpu_quota";

/// Whether the region offers the VM size.
pub(crate) fn check_vm_size(spec: &ClusterSpec, skus: &[VmSku], location: &str) -> Finding {
    const ID: &str = SIZE_ID;
    let wanted = spec.new_vm_size();
    if skus.is_empty() {
        return Finding::skip(ID, format!("{location} does not list its VM sizes"));
    }
    let found: Vec<&VmSku> = skus.iter().filter(|sku| same(&sku.name, wanted)).collect();
    if found.iter().any(|sku| sku.is_offered()) {
        return Finding::pass(ID, format!("{wanted} is offered in {location}"));
    }
    let what = match found.first().and_then(|sku| sku.restrictions.first()?.reason_code.clone()) {
        Some(reason) => format!("the VM size {wanted} is not available to this subscription in {location} ({reason})"),
        None => format!("the VM size '{wanted}' is not known in {location}"),
    };
    let mut near: Vec<(usize, &str)> = skus
        .iter()
        .filter(|sku| sku.is_offered() && sku.vcpus().is_some_and(|vcpus| (2..=8).contains(&vcpus)))
        .map(|sku| (strsim::osa_distance(&wanted.to_lowercase(), &sku.name.to_lowercase()), sku.name.as_str()))
        .collect();
    near.sort_unstable();
    near.dedup();
    let near: Vec<&str> = near.into_iter().take(4).map(|(_, name)| name).collect();
    Finding::fail(
        ID,
        "VMSizeNotSupported",
        what,
        format!(
            "choose one with --node-vm-size, such as {}; all: az vm list-sizes -l {location} -o table",
            near.join(", ")
        ),
    )
}

/// What the nodes of a new cluster take; `None` if the region does not tell the size's vCPUs.
pub(crate) fn nodes(spec: &ClusterSpec, skus: &[VmSku]) -> Option<Nodes> {
    let sku = skus.iter().find(|sku| same(&sku.name, spec.new_vm_size()))?;
    let vcpus = i64::from(sku.vcpus()?);
    Some(Nodes {
        family: sku.family.clone(),
        vcpus: i64::from(spec.new_node_count()) * vcpus,
        surge: i64::from(ClusterSpec::SURGE_NODES) * vcpus,
    })
}

/// Whether there is vCPU quota for `nodes` more nodes and the surge node.
pub(crate) fn check_quota(spec: &ClusterSpec, skus: &[VmSku], usages: &[RegionUsage], location: &str) -> Finding {
    const ID: &str = QUOTA_ID;
    let wanted = spec.new_vm_size();
    let Some(Nodes { family, vcpus: now, surge }) = nodes(spec, skus) else {
        return Finding::skip(ID, format!("the vCPUs of {wanted} are not known"));
    };
    let mut tight = Vec::new();
    for (name, label) in [(Some(REGIONAL), "regional"), (family.as_deref(), "family")] {
        let Some(usage) = name.and_then(|name| usages.iter().find(|usage| same(&usage.name.value, name))) else {
            continue;
        };
        let free = usage.free();
        if free < now {
            let nodes = spec.new_node_count();
            return Finding::fail(
                ID,
                "ErrCode_InsufficientVCPUQuota",
                format!(
                    "{} of {wanted} {} {}, and the {label} quota ({}) of {location} has {} left of {}",
                    counted(nodes, "node"),
                    agreeing(nodes, "needs", "need"),
                    counted(now, "vCPU"),
                    usage.name.value,
                    free.max(0),
                    usage.limit
                ),
                format!(
                    "use fewer or smaller nodes (--node-count, --node-vm-size), another --location, or {}; see az vm list-usage -l {location} -o table",
                    ask_for(&usage.name.value, location, (free, usage.limit), now)
                ),
            );
        }
        if free < now + surge {
            tight.push(format!("{label} ({})", usage.name.value));
        }
    }
    if tight.is_empty() {
        return Finding::pass(ID, format!("{} and {surge} for upgrades are free in {location}", counted(now, "vCPU")));
    }
    Finding::warn(
        ID,
        format!(
            "the {} vCPU quota of {location} has too little left for the node that an upgrade adds",
            tight.join(" and ")
        ),
    )
}
