//! Which model can be deployed here and now, and which one to take.
//!
//! Retired models stay in the catalogue, even as default: only a sku's own deprecation date tells whether a new
//! deployment is taken. A sku's usage name cannot be derived; quota that is not listed is unknown, not zero
//! (azure-facts.md section 4, "Models and quota").

use std::cmp::Reverse;
use std::fmt;

use time::OffsetDateTime;

use super::defaults::{DEFAULT_CAPACITY, DEFAULT_MODEL};
use super::spec::ModelSpec;
use crate::values::{agreeing, counted};

/// A model version with one of its skus, as the region's catalogue lists it, and the quota that is left.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// `gpt-35-turbo`
    pub model: String,
    /// `0125`
    pub version: String,
    /// Whether the catalogue calls this version the model's default.
    pub is_default: bool,
    /// Whether the catalogue calls it generally available.
    pub is_stable: bool,
    /// Whether it answers chat completions.
    pub is_chat: bool,
    /// `Standard`
    pub sku: String,
    /// After this no new deployment is taken.
    pub deployable_until: Option<OffsetDateTime>,
    /// The least capacity that the sku takes.
    pub least_capacity: u32,
    /// The step in which capacity is given.
    pub capacity_step: u32,
    /// The name of the quota that it takes from.
    pub usage: Option<String>,
    /// What is left of the quota, in units of capacity; `None` if the service does not say.
    pub free: Option<u32>,
}

impl Offer {
    /// Whether a new deployment is taken at `now`.
    pub(crate) fn is_open(&self, now: OffsetDateTime) -> bool {
        self.deployable_until.is_none_or(|until| now < until)
    }

    /// Whether `capacity` is left of the quota, as far as one knows.
    pub(crate) fn has_room(&self, capacity: u32) -> bool {
        self.free.is_none_or(|free| free >= capacity)
    }

    /// The largest capacity that is left of the quota; `None` if the service does not say, or less is left than the sku takes.
    pub(crate) fn most_capacity(&self) -> Option<u32> {
        let free = self.free?;
        let most = free - free % self.capacity_step.max(1);
        (most >= self.least_capacity.max(1)).then_some(most)
    }

    /// The capacity to take when nobody says: [`DEFAULT_CAPACITY`], or what is left of it.
    pub(crate) fn default_capacity(&self) -> u32 {
        let step = self.capacity_step.max(1);
        let wanted = DEFAULT_CAPACITY.max(self.least_capacity).next_multiple_of(step);
        match self.free {
            Some(free) if free < wanted && free >= self.least_capacity => free - free % step,
            _ => wanted,
        }
    }
}

/// The model that will be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The model.
    pub model: String,
    /// Its version.
    pub version: String,
    /// The sku.
    pub sku: String,
    /// The capacity.
    pub capacity: u32,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {}, capacity {}", self.model, self.version, self.sku, self.capacity)
    }
}

/// Why what was asked for cannot be deployed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Reason {
    /// The region has no such model.
    #[error("the model '{model}' is not in the catalogue of {location}")]
    NoSuchModel {
        /// The model.
        model: String,
        /// The region.
        location: String,
    },
    /// The model has no such version.
    #[error("the model '{model}' has no version '{version}' in {location}; it has {}", versions.join(", "))]
    NoSuchVersion {
        /// The model.
        model: String,
        /// The version.
        version: String,
        /// The region.
        location: String,
        /// The versions that there are.
        versions: Vec<String>,
    },
    /// The model is not sold with that sku here.
    #[error("the model '{model}' is not offered with the sku '{sku}' in {location}; it has {}", skus.join(", "))]
    NoSuchSku {
        /// The model.
        model: String,
        /// The sku.
        sku: String,
        /// The region.
        location: String,
        /// The skus that there are.
        skus: Vec<String>,
    },
    /// It is closed to new deployments.
    #[error("the model '{model}' has been closed to new deployments in {location} since {since}")]
    Closed {
        /// The model, with its version.
        model: String,
        /// The region.
        location: String,
        /// The date, `2025-11-14`.
        since: String,
    },
    /// The quota is used up.
    #[error(
        "the model '{model}' needs {} of quota with the sku '{sku}' in {location}, and {free} {} free",
        counted(*needed, "unit"), agreeing(*free, "is", "are")
    )]
    NoQuota {
        /// The model, with its version.
        model: String,
        /// The sku.
        sku: String,
        /// The region.
        location: String,
        /// Units needed.
        needed: u32,
        /// Units free.
        free: u32,
        /// The largest capacity that the model takes and has quota for, if there is one.
        fits: Option<u32>,
    },
    /// The sku does not take that capacity.
    #[error("the sku '{sku}' of '{model}' takes a capacity of at least {least} in steps of {step}, not {capacity}")]
    BadCapacity {
        /// The model.
        model: String,
        /// The sku.
        sku: String,
        /// The capacity.
        capacity: u32,
        /// The least.
        least: u32,
        /// The step.
        step: u32,
    },
    /// `auto` found nothing.
    #[error("no chat model can be deployed in {location} now")]
    NothingAtAll {
        /// The region.
        location: String,
    },
}

/// What was asked for cannot be deployed; what can.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// Why.
    pub(crate) reason: Reason,
    /// What can be deployed here and now, best first.
    pub(crate) alternatives: Vec<Offer>,
}

/// How good a sku is for a workshop when several are open: pay-as-you-go in the region, then in the zone, then anywhere.
fn sku_rank(sku: &str) -> u8 {
    match sku.to_ascii_lowercase().as_str() {
        "standard" => 0,
        "datazonestandard" => 1,
        "globalstandard" => 2,
        _ => 9,
    }
}

/// Skus that are billed by use. The others reserve throughput and bill by the hour: nothing for a workshop to fall into.
fn is_pay_as_you_go(sku: &str) -> bool {
    sku_rank(sku) < 9
}

/// What can be deployed at `now` with some quota left, best first and each model once: the workshop's own, then small
/// models (a workshop pays by token), stable before preview, then those that stay open longest.
pub(crate) fn deployable(offers: &[Offer], now: OffsetDateTime) -> Vec<Offer> {
    let mut open: Vec<&Offer> = offers
        .iter()
        .filter(|offer| offer.is_chat && offer.is_open(now) && is_pay_as_you_go(&offer.sku))
        .filter(|offer| offer.has_room(offer.default_capacity().max(1)))
        .collect();
    open.sort_by_cached_key(|offer| {
        let small = offer.model.split(['-', '_']).any(|part| matches!(part, "mini" | "nano" | "turbo" | "35"));
        let until = offer.deployable_until.map_or(i64::MAX, OffsetDateTime::unix_timestamp);
        (
            offer.model != DEFAULT_MODEL,
            !offer.is_stable,
            !small,
            Reverse(until),
            offer.model.clone(),
            !offer.is_default,
            sku_rank(&offer.sku),
            Reverse(offer.version.clone()),
        )
    });
    let mut best: Vec<Offer> = Vec::new();
    for offer in open {
        if !best.iter().any(|one| one.model == offer.model) {
            best.push(offer.clone());
        }
    }
    best
}

/// Takes the deployment that `wanted` asks for, or says why it cannot be had and what can.
///
/// # Errors
/// [`Refusal`]
pub(crate) fn choose(
    wanted: &ModelSpec,
    offers: &[Offer],
    location: &str,
    now: OffsetDateTime,
) -> Result<Choice, Refusal> {
    let refuse = |reason| Refusal { reason, alternatives: deployable(offers, now) };
    let location = location.to_owned();
    let Some(model) = &wanted.name else {
        let best = deployable(offers, now);
        let fitting = best.iter().find(|offer| {
            wanted.sku.as_ref().is_none_or(|sku| sku.eq_ignore_ascii_case(&offer.sku))
                && offer.has_room(wanted.capacity.unwrap_or(offer.default_capacity()))
        });
        return match fitting {
            Some(offer) => take(offer, wanted.capacity).map_err(refuse),
            None => Err(refuse(Reason::NothingAtAll { location })),
        };
    };
    let of_model: Vec<&Offer> = offers.iter().filter(|offer| offer.model.eq_ignore_ascii_case(model)).collect();
    if of_model.is_empty() {
        return Err(refuse(Reason::NoSuchModel { model: model.clone(), location }));
    }
    let of_version: Vec<&Offer> = match &wanted.version {
        None => of_model.clone(),
        Some(version) => of_model.iter().copied().filter(|offer| &offer.version == version).collect(),
    };
    if of_version.is_empty() {
        let version = wanted.version.clone().unwrap_or_default();
        let versions = unique(of_model.iter().map(|offer| &offer.version));
        return Err(refuse(Reason::NoSuchVersion { model: model.clone(), version, location, versions }));
    }
    let mut of_sku: Vec<&Offer> = match &wanted.sku {
        None => of_version.iter().copied().filter(|offer| is_pay_as_you_go(&offer.sku)).collect(),
        Some(sku) => of_version.iter().copied().filter(|offer| offer.sku.eq_ignore_ascii_case(sku)).collect(),
    };
    if of_sku.is_empty() {
        let sku = wanted.sku.clone().unwrap_or_else(|| "Standard".into());
        let skus = unique(of_version.iter().map(|offer| &offer.sku));
        return Err(refuse(Reason::NoSuchSku { model: model.clone(), sku, location, skus }));
    }
    // The catalogue's default version first, then by sku, then the newest.
    of_sku.sort_by_key(|offer| (!offer.is_default, sku_rank(&offer.sku), Reverse(offer.version.clone())));
    let open: Vec<&Offer> = of_sku.iter().copied().filter(|offer| offer.is_open(now)).collect();
    let Some(first) = open.first() else {
        let last = of_sku.iter().filter_map(|offer| offer.deployable_until).max();
        let since = last.map_or_else(String::new, |date| date.date().to_string());
        let model = format!("{model} {}", of_sku[0].version);
        return Err(refuse(Reason::Closed { model, location, since }));
    };
    let needed = |offer: &Offer| wanted.capacity.unwrap_or_else(|| offer.default_capacity());
    match open.iter().find(|offer| offer.has_room(needed(offer))) {
        Some(offer) => take(offer, wanted.capacity).map_err(refuse),
        None => Err(refuse(Reason::NoQuota {
            model: format!("{model} {}", first.version),
            sku: first.sku.clone(),
            location,
            needed: needed(first),
            free: first.free.unwrap_or_default(),
            fits: open.iter().filter_map(|offer| offer.most_capacity()).max(),
        })),
    }
}

impl ModelSpec {
    /// Asks for what was chosen wherever it asks for something else: a person may have been asked.
    pub(crate) fn settle(&mut self, choice: &Choice) {
        for (asked, chosen) in
            [(&mut self.name, &choice.model), (&mut self.version, &choice.version), (&mut self.sku, &choice.sku)]
        {
            if asked.is_some() && !chosen.is_empty() {
                *asked = Some(chosen.clone());
            }
        }
    }

    /// Asks for exactly what was chosen.
    pub(crate) fn pin(&mut self, choice: &Choice) {
        self.is_default = false;
        self.name = Some(choice.model.clone());
        self.version = Some(choice.version.clone()).filter(|version| !version.is_empty());
        self.sku = Some(choice.sku.clone());
        self.capacity = Some(choice.capacity);
    }
}

/// What `wanted` asks for, as closely as the catalogue knows it, whether or not it can be had: the service will tell.
/// An empty version leaves it to the service.
pub(crate) fn as_asked(wanted: &ModelSpec, offers: &[Offer]) -> Choice {
    let model = wanted.name.clone().unwrap_or_else(|| DEFAULT_MODEL.to_owned());
    let near = offers
        .iter()
        .filter(|offer| offer.model.eq_ignore_ascii_case(&model))
        .filter(|offer| wanted.version.as_ref().is_none_or(|version| *version == offer.version))
        .min_by_key(|offer| (!offer.is_default, sku_rank(&offer.sku)));
    Choice {
        version: wanted.version.clone().or_else(|| Some(near?.version.clone())).unwrap_or_default(),
        sku: wanted.sku.clone().or_else(|| Some(near?.sku.clone())).unwrap_or_else(|| "Standard".into()),
        capacity: wanted.capacity.unwrap_or(DEFAULT_CAPACITY),
        model,
    }
}

fn take(offer: &Offer, capacity: Option<u32>) -> Result<Choice, Reason> {
    let capacity = capacity.unwrap_or_else(|| offer.default_capacity());
    let step = offer.capacity_step.max(1);
    if capacity == 0 || capacity < offer.least_capacity || !capacity.is_multiple_of(step) {
        return Err(Reason::BadCapacity {
            model: offer.model.clone(),
            sku: offer.sku.clone(),
            capacity,
            least: offer.least_capacity.max(1),
            step,
        });
    }
    Ok(Choice { model: offer.model.clone(), version: offer.version.clone(), sku: offer.sku.clone(), capacity })
}

fn unique<'a>(values: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<String> = values.cloned().collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-04-01 0:00 UTC);

    fn offer(model: &str, sku: &str, until: OffsetDateTime, free: u32) -> Offer {
        Offer {
            model: model.into(),
            version: "1".into(),
            is_default: true,
            is_stable: true,
            is_chat: true,
            sku: sku.into(),
            deployable_until: Some(until),
            least_capacity: 1,
            capacity_step: 1,
            usage: None,
            free: Some(free),
        }
    }

    fn catalogue() -> Vec<Offer> {
        vec![
            offer("gpt-35-turbo", "Standard", datetime!(2025-11-14 0:00 UTC), 240),
            offer("gpt-5-mini", "GlobalStandard", datetime!(2027-02-06 0:00 UTC), 100),
            offer("gpt-4.1-mini", "Standard", datetime!(2026-10-14 0:00 UTC), 5),
            offer("gpt-4.1-mini", "ProvisionedManaged", datetime!(2026-10-14 0:00 UTC), 500),
        ]
    }

    fn wanted(name: Option<&str>) -> ModelSpec {
        ModelSpec { name: name.map(str::to_owned), is_default: false, version: None, sku: None, capacity: None }
    }

    #[test]
    fn a_retired_model_that_is_still_listed_as_default_is_refused_with_what_can_be_deployed() {
        let refusal = choose(&wanted(Some("gpt-35-turbo")), &catalogue(), "r", NOW).expect_err("retired");
        assert!(matches!(&refusal.reason, Reason::Closed { since, .. } if since == "2025-11-14"), "{refusal:?}");
        let names: Vec<_> = refusal.alternatives.iter().map(|offer| offer.model.as_str()).collect();
        assert_eq!(names, ["gpt-5-mini", "gpt-4.1-mini"]);
    }

    #[test]
    fn auto_takes_the_workshops_model_while_it_is_open_and_the_longest_living_small_one_after() {
        assert_eq!(choose(&wanted(None), &catalogue(), "r", NOW).expect("a choice").model, "gpt-5-mini");
        let before = datetime!(2025-11-01 0:00 UTC);
        assert_eq!(choose(&wanted(None), &catalogue(), "r", before).expect("a choice").model, "gpt-35-turbo");
    }

    #[test]
    fn quota_is_checked_against_the_capacity_that_is_asked_for() {
        let mut ask = wanted(Some("gpt-4.1-mini"));
        assert_eq!(choose(&ask, &catalogue(), "r", NOW).expect("what is left").capacity, 5);
        ask.capacity = Some(6);
        let refusal = choose(&ask, &catalogue(), "r", NOW).expect_err("over quota");
        assert!(matches!(refusal.reason, Reason::NoQuota { needed: 6, free: 5, fits: Some(5), .. }), "{refusal:?}");
        let mut unknown = catalogue();
        unknown[2].free = None;
        assert_eq!(choose(&ask, &unknown, "r", NOW).expect("unknown quota is not zero").capacity, 6);
    }

    #[test]
    fn versions_skus_and_capacities_that_do_not_exist_are_named() {
        let with = |change: fn(&mut ModelSpec)| {
            let mut ask = wanted(Some("gpt-4.1-mini"));
            change(&mut ask);
            choose(&ask, &catalogue(), "r", NOW).expect_err("refused").reason
        };
        assert!(matches!(with(|ask| ask.version = Some("9".into())), Reason::NoSuchVersion { .. }));
        assert!(matches!(with(|ask| ask.sku = Some("Batch".into())), Reason::NoSuchSku { .. }));
        assert!(matches!(with(|ask| ask.capacity = Some(0)), Reason::BadCapacity { .. }));
        assert!(matches!(with(|ask| ask.name = Some("gpt-9".into())), Reason::NoSuchModel { .. }));
    }
}
