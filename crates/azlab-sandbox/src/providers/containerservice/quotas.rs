//! The quotas of a region that clusters are counted in: clusters, vCPUs, public IP addresses.

use serde_json::{Value, json};

use super::JSON;
use super::validation::{Pool, refuse, size};
use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::response::Answer;
use crate::arm::{quota, regions};
use crate::providers::compute::{self, CORES};
use crate::providers::network::{self, PUBLIC_ADDRESSES};
use crate::state::offer;

/// Usage name under which clusters are counted (inferred: azure-facts.md, section 10).
pub(super) const CLUSTERS: &str = "ManagedClusters";

fn most_clusters(call: &Call<'_>, location: &str) -> i64 {
    call.settings.limit(location, CLUSTERS).unwrap_or_else(|| offer::grant(&call.settings.offer).clusters)
}

/// `GET …/locations/{l}/usages`: of the operation only its permission is known; the answer's shape is that of other services
/// (azure-facts.md, section 10).
pub(super) fn usages(call: &Call<'_>, location: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    if !regions::known(location) {
        return Err(Failure::bad_request("BadRequest", format!("Location '{location}' is not supported.")).flat());
    }
    let location = regions::normal(location);
    let usage = json!({
        "name": {"value": CLUSTERS, "localizedValue": "Managed Clusters"},
        "currentValue": quota::used(&call.store, call.now, &location, CLUSTERS, "")?,
        "limit": most_clusters(call, &location),
        "unit": "Count",
    });
    Ok(Answer::ok(json!({"value": [usage]})).header("content-type", JSON))
}

/// Checks the quotas of the region and takes what the cluster needs: `pools` are those that it is to have, `properties` its
/// others. What it has already is not asked for again.
pub(super) fn take(
    call: &Call<'_>,
    id: &str,
    location: &str,
    pools: &[Pool],
    properties: &Value,
) -> Result<(), Failure> {
    let mut needs: Vec<(&str, i64)> = vec![(CLUSTERS, 1), (CORES, 0)];
    for pool in pools {
        let size = size(pool, location)?;
        let vcpus = size.vcpus * pool.count.unwrap_or(1);
        needs[1].1 += vcpus;
        match needs.iter_mut().find(|(family, _)| *family == size.family) {
            Some((_, amount)) => *amount += vcpus,
            None => needs.push((&size.family, vcpus)),
        }
    }
    needs.push((PUBLIC_ADDRESSES, outbound_addresses(properties)));
    for (usage, requested) in &needs {
        if *requested <= quota::held(&call.store, call.now, id, usage)? {
            continue;
        }
        let used = quota::used(&call.store, call.now, location, usage, id)?;
        let limit = match *usage {
            CLUSTERS => most_clusters(call, location),
            PUBLIC_ADDRESSES => network::limit(call, location),
            _ => compute::limit(call, location, usage),
        };
        if used.saturating_add(*requested) > limit {
            return Err(exceeded(location, usage, used, limit, *requested));
        }
    }
    quota::release(&call.store, id)?;
    for (usage, amount) in needs {
        quota::hold(&call.store, &quota::Holding { holder: id, owner: id, location, usage, amount })?;
    }
    Ok(())
}

/// The addresses through which the nodes reach the internet: one, unless more are asked for or the traffic goes elsewhere.
fn outbound_addresses(properties: &Value) -> i64 {
    let network = &properties["networkProfile"];
    if network["outboundType"].as_str().is_some_and(|kind| !kind.eq_ignore_ascii_case("loadBalancer")) {
        return 0;
    }
    network["loadBalancerProfile"]["managedOutboundIPs"]["count"].as_i64().unwrap_or(1).max(0)
}

/// The refusal. That of clusters is documented ("Quota limits on AKS managed clusters"); a public IP address is refused by
/// Microsoft.Network while the operation is in progress, which is told at once here (inferred).
fn exceeded(location: &str, usage: &str, used: i64, limit: i64, requested: i64) -> Failure {
    let left = (limit - used).max(0);
    let of = match usage {
        CLUSTERS => {
            let message = format!(
                "The quota of managed clusters would be exceeded. Maximum allowed: {limit}, Current usage: {used}, Additional \
                 requested: {requested}. Delete clusters that are not used, or ask for more quota: \
                 https://learn.microsoft.com/azure/quotas/quickstart-increase-quota-portal."
            );
            return refuse("ManagedClusterCountExceedsQuotaLimit", message);
        }
        PUBLIC_ADDRESSES => {
            let message = format!(
                "No more than {limit} public IP addresses can be created for this subscription in this region."
            );
            return refuse("PublicIPCountLimitReached", message);
        }
        CORES => "regional vcpu quota".to_owned(),
        family => format!("vcpu quota of family {family}"),
    };
    refuse(
        "ErrCode_InsufficientVCPUQuota",
        format!(
            "Insufficient {of} left for location {location}. left {of} {left}, requested quota {requested}. If you want to \
             increase the quota, please follow this instruction: https://learn.microsoft.com/en-us/azure/quotas/view-quotas."
        ),
    )
}
