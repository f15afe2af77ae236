//! What helps where the deployment that labs share does not fit into the quota: it is as large as the labs are many.

use super::deployments::OpenDeployment;
use super::model;
use super::more_quota::ask_for;
use super::subscription_cache::Models;
use crate::lab::model::{Reason, Refusal};
use crate::lab::spec::LabSpec;

/// What to do about a refusal of the deployment `one` of what labs share; `None` if it is another refusal, or another lab.
pub(super) fn hint(lab: &LabSpec, one: &OpenDeployment, refusal: &Refusal, models: &Models) -> Option<String> {
    let Reason::NoQuota { model, sku, location, needed, .. } = &refusal.reason else { return None };
    if !lab.is_shared() {
        return None;
    }
    let less = "lower per_lab in the file's [openai], or let fewer labs share the account: [[placement]] with max_labs, or more \
                locations";
    let is_it =
        |offer: &&crate::lab::model::Offer| format!("{} {}", offer.model, offer.version) == *model && offer.sku == *sku;
    let usage = models.offers.iter().find(is_it).and_then(|offer| offer.usage.as_deref());
    let asked = usage.and_then(|usage| {
        let (free, limit) = model::quota(&models.usages, usage)?;
        let holds = i64::from(one.holds(&models.offers, Some(usage)));
        Some(ask_for(usage, location, (free, limit), i64::from(*needed) - holds))
    });
    Some(asked.map_or_else(|| less.to_owned(), |asked| format!("{asked}\n{less}")))
}
