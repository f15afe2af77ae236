//! Which of the models that can be deployed is the best for a workshop.
//!
//! The workshop's ai-service is what a model is for. Reasoning models refuse `max_tokens` and any `temperature` but 1
//! (azure-facts.md section 10), which other versions of the ai-service and attendees' own experiments send: they come last.

use std::cmp::Reverse;

use time::OffsetDateTime;

use super::offer::Offer;
use crate::lab::defaults::DEFAULT_MODEL;

/// The model name of gpt-3.5 in Azure: 35 is no generation.
const GPT_35: &str = "35";
/// The generation of gpt models from which on they reason.
const FIRST_TO_REASON: u32 = 5;
/// The one of that generation that does not (Azure docs, *Azure OpenAI reasoning models*).
const CHAT_ONLY: &str = "gpt-5-chat";

/// How good a sku is for a workshop when several are open: pay-as-you-go in the region, then in the zone, then anywhere.
pub(super) fn sku_rank(sku: &str) -> u8 {
    match sku.to_ascii_lowercase().as_str() {
        "standard" => 0,
        "datazonestandard" => 1,
        "globalstandard" => 2,
        _ => 9,
    }
}

/// Skus that are billed by use. The others reserve throughput and bill by the hour: nothing for a workshop to fall into.
pub(crate) fn is_pay_as_you_go(sku: &str) -> bool {
    sku_rank(sku) < 9
}

/// Whether it is a reasoning model (the o-series, gpt-5 and later), which refuses `max_tokens` and a `temperature`. The
/// catalogue does not say so; the name does (Azure docs, *Azure OpenAI reasoning models*).
fn reasons(model: &str) -> bool {
    let model = model.to_ascii_lowercase();
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    if let Some(rest) = model.strip_prefix("gpt-") {
        let generation = number(rest);
        return generation != GPT_35
            && model != CHAT_ONLY
            && generation.parse::<u32>().is_ok_and(|generation| generation >= FIRST_TO_REASON);
    }
    model.strip_prefix('o').is_some_and(|rest| !number(rest).is_empty()) || model.starts_with("codex")
}

/// Whether a model of that name is in the catalogue and takes no new deployments at `now`, in no version and with no sku. What
/// is not in it may be a slip of the pen.
pub(crate) fn is_closed(model: &str, offers: &[Offer], now: OffsetDateTime) -> bool {
    let mut of_model = offers.iter().filter(|offer| offer.model.eq_ignore_ascii_case(model)).peekable();
    of_model.peek().is_some() && of_model.all(|offer| !offer.is_open(now))
}

/// What is open to new deployments at `now` and billed by use, best first: the workshop's own, then those that take every
/// parameter of a chat, then stable before preview, then small models (a workshop pays by token), then those that stay open
/// longest.
pub(super) fn ranked(offers: &[Offer], now: OffsetDateTime) -> Vec<&Offer> {
    let mut open: Vec<&Offer> =
        offers.iter().filter(|offer| offer.is_chat && offer.is_open(now) && is_pay_as_you_go(&offer.sku)).collect();
    open.sort_by_cached_key(|offer| {
        let small = offer.model.split(['-', '_']).any(|part| matches!(part, "mini" | "nano" | "turbo" | "35"));
        let until = offer.deployable_until.map_or(i64::MAX, OffsetDateTime::unix_timestamp);
        (
            offer.model != DEFAULT_MODEL,
            reasons(&offer.model),
            !offer.is_stable,
            !small,
            Reverse(until),
            offer.model.clone(),
            !offer.is_default,
            sku_rank(&offer.sku),
            Reverse(offer.version.clone()),
        )
    });
    open
}

/// What can be deployed at `now` with some quota left, best first (as `auto` takes it) and each model once.
pub(crate) fn deployable(offers: &[Offer], now: OffsetDateTime) -> Vec<Offer> {
    let mut best: Vec<Offer> = Vec::new();
    for offer in ranked(offers, now) {
        let has_room = offer.has_room(offer.default_capacity().max(1));
        if has_room && !best.iter().any(|one| one.model == offer.model) {
            best.push(offer.clone());
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_models_are_known_by_their_names() {
        for name in ["o1", "o3-mini", "o4-mini", "gpt-5", "gpt-5-mini", "gpt-5.4-nano", "GPT-6", "codex-mini"] {
            assert!(reasons(name), "{name}");
        }
        for name in ["gpt-35-turbo", "gpt-35-turbo-16k", "gpt-4", "gpt-4o-mini", "gpt-4.1", "gpt-5-chat", "omni", "o"] {
            assert!(!reasons(name), "{name}");
        }
    }
}
