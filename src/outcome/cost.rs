//! What labs cost: `labs[].cost` and `cost` of a result.

use serde::Serialize;

use crate::values::Money;

/// What a lab, or several, cost by Azure's public prices, without taxes and discounts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// `USD`
    pub currency: String,
    /// An hour, as it is now: a paused lab has no nodes.
    pub per_hour: Money,
    /// What a pause saves an hour, or saves already.
    pub pause_saves_per_hour: Money,
    /// From now until the expiry; `None` if a lab never expires.
    pub until_expiry: Option<Money>,
    /// Hours until the (last) expiry.
    pub hours_left: Option<f64>,
    /// Whether something has no price, so that the amounts are the least.
    pub at_least: bool,
    /// What is counted.
    pub parts: Vec<CostPart>,
    /// What has no price: `node Standard_X9 in westeurope`.
    pub no_price_for: Vec<String>,
    /// What is not counted, in words.
    pub not_counted: &'static str,
}

/// So many of one thing that is paid by the hour.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostPart {
    /// `node Standard_D2s_v5`
    pub what: String,
    /// The region.
    pub location: String,
    /// How many.
    pub count: u64,
    /// One, an hour.
    pub each_per_hour: Money,
    /// All, an hour.
    pub per_hour: Money,
    /// Whether it rests with the cluster: of a paused lab it is not in the sum.
    pub paused: bool,
}

impl Cost {
    /// What several cost together; `None` if there are none.
    pub(crate) fn total<'a>(all: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut all = all.into_iter();
        let mut total = all.next()?.clone();
        for one in all {
            total.per_hour = total.per_hour + one.per_hour;
            total.pause_saves_per_hour = total.pause_saves_per_hour + one.pause_saves_per_hour;
            total.until_expiry = total.until_expiry.zip(one.until_expiry).map(|(left, right)| left + right);
            total.hours_left = total.hours_left.zip(one.hours_left).map(|(left, right)| left.max(right));
            total.at_least |= one.at_least;
            for part in &one.parts {
                let same = |known: &&mut CostPart| {
                    known.what == part.what && known.location == part.location && known.paused == part.paused
                };
                match total.parts.iter_mut().find(same) {
                    Some(known) => {
                        known.count += part.count;
                        known.per_hour = known.per_hour + part.per_hour;
                    }
                    None => total.parts.push(part.clone()),
                }
            }
            for what in &one.no_price_for {
                if !total.no_price_for.contains(what) {
                    total.no_price_for.push(what.clone());
                }
            }
        }
        Some(total)
    }
}
