//! What is taken for a deployment, or why it cannot be had.

use std::cmp::Reverse;

use time::OffsetDateTime;

use super::offer::{Choice, Offer, Reason, Refusal};
use super::ranking::{deployable, is_pay_as_you_go, ranked, sku_rank};
use crate::lab::spec::ModelSpec;

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
        let open: Vec<&Offer> = ranked(offers, now).into_iter().filter(|offer| has_its_sku(offer, wanted)).collect();
        return match (open.iter().find(|offer| offer.has_room(needed(wanted, offer))), open.first()) {
            (Some(offer), _) => take(offer, wanted.capacity).map_err(refuse),
            (None, Some(best)) => Err(refuse(no_quota(wanted, best, &open, location))),
            (None, None) => Err(refuse(Reason::NothingAtAll { location })),
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
    match open.iter().find(|offer| offer.has_room(needed(wanted, offer))) {
        Some(offer) => take(offer, wanted.capacity).map_err(refuse),
        None => Err(refuse(no_quota(wanted, first, &open, location))),
    }
}

/// As [`choose`]. Where nobody named a model ([`ModelSpec::is_left_open`]) and the workshop's own cannot be had, the best that
/// can, with the reason why it is not the workshop's.
///
/// # Errors
/// [`Refusal`]
pub(crate) fn choose_or_best(
    wanted: &ModelSpec,
    offers: &[Offer],
    location: &str,
    now: OffsetDateTime,
) -> Result<(Choice, Option<Reason>), Refusal> {
    let refusal = match choose(wanted, offers, location, now) {
        Ok(choice) => return Ok((choice, None)),
        Err(refusal) => refusal,
    };
    if !wanted.is_left_open() {
        return Err(refusal);
    }
    let is_short = |refusal: &Refusal| matches!(refusal.reason, Reason::NoQuota { .. });
    match choose(&ModelSpec { name: None, ..wanted.clone() }, offers, location, now) {
        Ok(choice) => Ok((choice, Some(refusal.reason))),
        // More quota can be had, or found elsewhere; a model that is closed cannot.
        Err(other) if is_short(&other) && !is_short(&refusal) => Err(other),
        Err(_) => Err(refusal),
    }
}

/// The capacity that `offer` would be deployed with.
fn needed(wanted: &ModelSpec, offer: &Offer) -> u32 {
    wanted.capacity.unwrap_or_else(|| offer.default_capacity())
}

fn has_its_sku(offer: &Offer, wanted: &ModelSpec) -> bool {
    wanted.sku.as_ref().is_none_or(|sku| sku.eq_ignore_ascii_case(&offer.sku))
}

/// None of `open` has quota for what is wanted; `first` is the best of them.
fn no_quota(wanted: &ModelSpec, first: &Offer, open: &[&Offer], location: String) -> Reason {
    let of_model = open.iter().filter(|offer| offer.model == first.model);
    Reason::NoQuota {
        model: format!("{} {}", first.model, first.version),
        sku: first.sku.clone(),
        location,
        needed: needed(wanted, first),
        free: first.free.unwrap_or_default(),
        fits: of_model.filter_map(|offer| offer.most_capacity()).max(),
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
        ModelSpec {
            name: name.map(str::to_owned),
            is_default: false,
            is_asked_now: false,
            version: None,
            sku: None,
            capacity: None,
        }
    }

    #[test]
    fn a_retired_model_that_is_still_listed_as_default_is_refused_with_what_can_be_deployed() {
        let refusal = choose(&wanted(Some("gpt-35-turbo")), &catalogue(), "r", NOW).expect_err("retired");
        assert!(matches!(&refusal.reason, Reason::Closed { since, .. } if since == "2025-11-14"), "{refusal:?}");
        let names: Vec<_> = refusal.alternatives.iter().map(|offer| offer.model.as_str()).collect();
        assert_eq!(names, ["gpt-4.1-mini", "gpt-5-mini"]);
    }

    #[test]
    fn auto_takes_the_workshops_model_while_it_is_open_then_what_takes_every_parameter_then_what_reasons() {
        let chosen = |now| choose(&wanted(None), &catalogue(), "r", now).expect("a choice").model;
        assert_eq!(chosen(datetime!(2025-11-01 0:00 UTC)), "gpt-35-turbo");
        assert_eq!(chosen(NOW), "gpt-4.1-mini");
        assert_eq!(chosen(datetime!(2026-11-25 0:00 UTC)), "gpt-5-mini");
    }

    #[test]
    fn where_nobody_named_a_model_the_best_is_taken_with_the_reason_and_a_named_one_means_itself() {
        let nobody = ModelSpec { is_default: true, ..wanted(Some("gpt-35-turbo")) };
        let (choice, reason) = choose_or_best(&nobody, &catalogue(), "r", NOW).expect("the best");
        assert_eq!(choice.model, "gpt-4.1-mini");
        assert!(matches!(reason, Some(Reason::Closed { .. })), "{reason:?}");
        let before = choose_or_best(&nobody, &catalogue(), "r", datetime!(2025-11-01 0:00 UTC)).expect("itself");
        assert_eq!((before.0.model.as_str(), before.1), ("gpt-35-turbo", None));
        for named in [wanted(Some("gpt-35-turbo")), ModelSpec { version: Some("1".into()), ..nobody.clone() }] {
            let refusal = choose_or_best(&named, &catalogue(), "r", NOW).expect_err("exactly that");
            assert!(matches!(refusal.reason, Reason::Closed { .. }), "{refusal:?}");
        }
    }

    #[test]
    fn where_nothing_can_be_had_instead_the_reason_that_can_be_mended_is_told() {
        let nobody = ModelSpec { is_default: true, ..wanted(Some("gpt-35-turbo")) };
        let mut used_up = catalogue();
        used_up.iter_mut().for_each(|offer| offer.free = Some(0));
        let refusal = choose_or_best(&nobody, &used_up, "r", NOW).expect_err("no quota");
        assert!(matches!(&refusal.reason, Reason::NoQuota { model, .. } if model == "gpt-4.1-mini 1"), "{refusal:?}");
        let later = datetime!(2030-01-01 0:00 UTC);
        let refusal = choose_or_best(&nobody, &catalogue(), "r", later).expect_err("all closed");
        assert!(matches!(refusal.reason, Reason::Closed { .. }), "{refusal:?}");
    }

    #[test]
    fn auto_looks_at_every_sku_of_a_model_for_the_one_that_was_named() {
        let mut offers = catalogue();
        offers.push(offer("gpt-5-mini", "DataZoneStandard", datetime!(2027-02-06 0:00 UTC), 300));
        let ask = ModelSpec { sku: Some("globalstandard".into()), ..wanted(None) };
        assert_eq!(choose(&ask, &offers, "r", NOW).expect("a choice").sku, "GlobalStandard");
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
