//! What of a lab is paid by the hour, by what it has and what it would get, and what that costs.

use time::OffsetDateTime;

use super::price_list::PriceList;
use crate::azure::client::Azure;
use crate::azure::clusters::{ManagedCluster, OsDiskType};
use crate::azure::error::Error as AzureError;
use crate::lab::cost::{self, Meter, NOT_COUNTED, Use};
use crate::lab::names;
use crate::lab::spec::{DEFAULT_LOCATION, LabSpec};
use crate::lab::tags::{Expiry, Tags};
use crate::outcome::cost::{Cost, CostPart};
use crate::recipe::account;
use crate::recipe::cluster::is_at_rest;
use crate::recipe::error::Error;
use crate::recipe::power::{self, Found};
use crate::recipe::provision::Plan;
use crate::values::{Money, ResourceKind};

/// Milliseconds of an hour.
const HOUR_MS: u64 = 3_600_000;

/// What of a lab is paid by the hour.
#[derive(Clone, Debug)]
pub(crate) struct Bill {
    location: String,
    uses: Vec<Use>,
    /// Whether its cluster is stopped, so that what rests with it is not paid.
    is_paused: bool,
    expires: Option<OffsetDateTime>,
}

impl Bill {
    /// The bill of a lab that `plan` makes or finishes, whose cluster is this one; what is asked for goes before what it has.
    pub(crate) fn of_plan(plan: &Plan, cluster: Option<&ManagedCluster>) -> Self {
        let shared = share(&plan.lab);
        let shared = shared.iter().map(|(sku, capacity)| (sku.as_str(), *capacity));
        let skus = plan.choices.iter().map(|choice| (choice.sku.as_str(), choice.capacity));
        Self::new(&plan.lab, &plan.location, cluster, skus.chain(shared))
    }

    /// The bill of a lab as it would be made.
    pub(crate) fn of_spec(lab: &LabSpec, now: OffsetDateTime) -> Self {
        let mut lab = lab.clone();
        lab.settle_tags(&Tags::default(), now);
        let location = lab.location.clone().unwrap_or_else(|| DEFAULT_LOCATION.to_owned());
        if lab.is_sharing() {
            lab = lab.share();
        }
        let skus = lab.deployments.iter().filter_map(|one| Some((one.model.sku.as_deref()?, one.model.capacity?)));
        Self::new(&lab, &location, None, skus)
    }

    fn new<'a>(
        lab: &LabSpec,
        location: &str,
        cluster: Option<&ManagedCluster>,
        deployments: impl Iterator<Item = (&'a str, u32)>,
    ) -> Self {
        let mut uses = match cluster {
            Some(cluster) => of_cluster(cluster, lab),
            None => cost::new_nodes(lab),
        };
        uses.extend(cost::network());
        uses.extend(deployments.filter_map(|(sku, capacity)| cost::throughput(sku, capacity)));
        let expires = match lab.tags.expiry() {
            Expiry::At(at) => Some(at),
            Expiry::Never | Expiry::Unreadable(_) => None,
        };
        // Prices and clusters write it so.
        let location = names::location(location).unwrap_or_else(|_| location.to_owned());
        Self { location, uses, is_paused: cluster.is_some_and(is_at_rest), expires }
    }

    /// When the lab expires; `None` if it never does.
    pub(crate) fn expires(&self) -> Option<OffsetDateTime> {
        self.expires
    }

    /// Where it is.
    pub(crate) fn location(&self) -> &str {
        &self.location
    }

    /// Whether its cluster is stopped.
    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Whether anything of it is paid by the hour.
    pub(crate) fn costs(&self) -> bool {
        !self.uses.is_empty()
    }

    /// What has to have a price.
    pub(crate) fn meters(&self) -> impl Iterator<Item = (Meter, String)> + '_ {
        self.uses.iter().map(|one| (one.meter.clone(), self.location.clone()))
    }

    /// What it costs from `now` on.
    pub(crate) fn cost(&self, prices: &PriceList, now: OffsetDateTime) -> Cost {
        let (mut parts, mut no_price_for) = (Vec::new(), Vec::new());
        let (mut per_hour, mut resting) = (Money::default(), Money::default());
        for Use { meter, count } in &self.uses {
            let Some(each) = prices.per_hour(meter, &self.location) else {
                no_price_for.push(format!("{} in {}", meter.label(), self.location));
                continue;
            };
            let all = each.times(*count);
            let paused = meter.rests() && self.is_paused;
            if meter.rests() {
                resting = resting + all;
            }
            if !paused {
                per_hour = per_hour + all;
            }
            parts.push(CostPart {
                what: meter.label(),
                location: self.location.clone(),
                count: *count,
                each_per_hour: each,
                per_hour: all,
                paused,
            });
        }
        let left = self.expires.map(|at| u64::try_from((at - now).whole_milliseconds()).unwrap_or(0));
        Cost {
            currency: prices.currency.clone(),
            per_hour,
            pause_saves_per_hour: resting,
            until_expiry: left.map(|left| per_hour.share(left, HOUR_MS)),
            hours_left: left.map(|left| (left as f64 / HOUR_MS as f64 * 100.0).round() / 100.0),
            at_least: !no_price_for.is_empty(),
            parts,
            no_price_for,
            not_counted: NOT_COUNTED,
        }
    }
}

/// What a lab takes of the deployments of the account that it shares, if it does: all labs together are that account's. The sku
/// and the capacity of each, where the file says them.
fn share(lab: &LabSpec) -> Vec<(String, u32)> {
    let is_said = lab.is_sharing() && lab.account.shared == Some(true);
    let of = lab.share().deployments.into_iter().filter(|_| is_said);
    of.filter_map(|one| Some((one.model.sku?, one.model.capacity?))).collect()
}

/// The nodes, disks and tier of a cluster that is there; the system pool has as many nodes as `lab` asks for.
fn of_cluster(cluster: &ManagedCluster, lab: &LabSpec) -> Vec<Use> {
    let properties = cluster.properties.clone().unwrap_or_default();
    let mut uses = Vec::new();
    for (index, pool) in properties.agent_pool_profiles.iter().enumerate() {
        let pool = &pool.managed_cluster_agent_pool_profile_properties;
        let asked = lab.cluster.node_count.filter(|_| index == 0 && pool.enable_auto_scaling != Some(true));
        let count = asked.map_or_else(|| u64::try_from(pool.count.unwrap_or_default()).unwrap_or(0), u64::from);
        let disk = match pool.os_disk_type {
            Some(OsDiskType::Ephemeral) => None,
            _ => Some(pool.os_disk_size_gb.and_then(|gb| u32::try_from(gb).ok()).unwrap_or(0)),
        };
        uses.extend(cost::nodes(pool.vm_size.as_deref().unwrap_or_default(), count, disk));
    }
    let tier = cluster.sku.as_ref().and_then(|sku| serde_json::to_value(sku.tier.as_ref()?).ok());
    let tier = tier
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .filter(|tier| matches!(*tier, "Standard" | "Premium" | "Paid"));
    uses.extend(tier.map(|tier| Use::new(Meter::Tier(tier.to_owned()), 1)));
    uses
}

/// Looks at what there is of `lab`, and gives its bill; `None` if it is absent.
///
/// # Errors
/// What cannot be read, or is not ours.
pub(crate) async fn look(azure: &Azure, lab: &LabSpec) -> Result<Option<Bill>, Error> {
    let Some(Found { lab, group, cluster }) = power::look(azure, lab).await? else { return Ok(None) };
    let wrap = |error: AzureError| Error::azure(ResourceKind::OpenaiAccount, &lab.group, &lab.group_id(), error);
    let accounts = azure.accounts(&lab.group).await.map_err(wrap)?;
    let deployments = match account::existing(&lab, &accounts) {
        Some(name) => azure.deployments(&lab.group, &name).await.map_err(wrap)?,
        None => Vec::new(),
    };
    let skus: Vec<(String, u32)> = deployments
        .iter()
        .filter_map(|one| one.sku.as_ref())
        .filter_map(|sku| Some((sku.name.clone(), u32::try_from(sku.capacity?).ok()?)))
        .collect();
    let mut named = lab.clone();
    named.tags = Tags::read(group.tags.as_ref());
    named.cluster.node_count = None;
    let mut settled = lab.clone();
    settled.settle_account(&Tags::read(group.tags.as_ref()));
    let skus: Vec<(String, u32)> = skus.into_iter().chain(share(&settled)).collect();
    let skus = skus.iter().map(|(sku, capacity)| (sku.as_str(), *capacity));
    let bill = Bill::new(&named, &group.location, cluster.as_ref(), skus);
    // A group without a cluster is not paid for as if it had one.
    let bill = if cluster.is_none() { Bill { uses: Vec::new(), ..bill } } else { bill };
    Ok(Some(bill))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::body::parse;

    fn bill(body: &serde_json::Value) -> Bill {
        let cluster: ManagedCluster = parse("a cluster", body.to_string().as_bytes()).expect("a cluster");
        Bill::new(&LabSpec::workshop("default", "s"), "West Europe", Some(&cluster), std::iter::empty())
    }

    #[test]
    fn a_lab_is_priced_by_the_pools_disks_and_tier_that_it_has() {
        let bill = bill(&json!({"location": "westeurope", "sku": {"name": "Base", "tier": "Standard"}, "properties": {
            "provisioningState": "Succeeded", "powerState": {"code": "Running"}, "agentPoolProfiles": [
                {"name": "a", "count": 3, "vmSize": "Standard_D4s_v5", "osDiskSizeGB": 200, "osDiskType": "Managed"},
                {"name": "b", "count": 1, "vmSize": "Standard_B2s", "osDiskType": "Ephemeral"}]}}));
        let labels: Vec<(String, u64)> = bill.uses.iter().map(|one| (one.meter.label(), one.count)).collect();
        let expected = [
            ("node Standard_D4s_v5", 3),
            ("OS disk P15", 3),
            ("node Standard_B2s", 1),
            ("cluster tier Standard", 1),
            ("load balancer", 1),
            ("public IP address", 3),
        ];
        assert_eq!(labels, expected.map(|(label, count)| (label.to_owned(), count)));
        assert_eq!((bill.location.as_str(), bill.is_paused), ("westeurope", false));
    }
}
