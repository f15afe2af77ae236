//! A model that an existing account cannot have for want of quota or of room in its region: the account cannot move, so the
//! commands that help are those that stay there.

use std::time::Duration;

use time::OffsetDateTime;

use super::runner::Command;
use super::work::Work;
use crate::azure::code::Code;
use crate::azure::shortage::{self, Shortage};
use crate::follow_up::{Advice, FollowUp, Verb};
use crate::lab::ids::same;
use crate::lab::model::{Choice, Offer, deployable, is_pay_as_you_go};
use crate::preflight::model;
use crate::recipe::error::Error as RecipeError;

/// As long as somebody who has just been refused waits for more, in service time.
const LIMIT: Duration = Duration::from_secs(20);

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    /// The subscription's quota of the model.
    Quota,
    /// The region.
    Region,
}

/// What helps against `error` of the deployment `name` of `choice` at `location`; `None` if it failed for something else.
pub(crate) async fn advice(
    command: &Command<'_>,
    work: &Work,
    location: &str,
    (name, choice): (&str, &Choice),
    error: &RecipeError,
) -> Option<String> {
    let RecipeError::Azure { source, .. } = error else { return None };
    let service = source.service()?;
    let lack = match shortage::of(service)? {
        Shortage::Region => Lack::Region,
        _ if service.code == Code::InsufficientQuota => Lack::Quota,
        _ => return None,
    };
    let clock = command.session.clock();
    let read = clock.timeout(LIMIT, Box::pin(model::read(&work.ctx.azure, location))).await;
    let offers = read.ok()?.ok()?.0;
    let says = match lack {
        Lack::Quota => format!("the account stays in {location}, whose quota of {} is too small", choice.model),
        Lack::Region => format!("the account stays in {location}, which has no capacity for {} now", choice.model),
    };
    let ways = ways(lack, choice, &offers, clock.now());
    let mut advice = Advice::from(format!("{says}; "));
    for way in &ways {
        let deploy = FollowUp::new(Verb::DeployModel).on(&work.lab).with(["--name", name]).with(way.words.clone());
        advice = advice.say(way.what).run(deploy).say("; or ");
    }
    let last = match lack {
        Lack::Quota => "ask for more quota: https://aka.ms/oai/quotaincrease",
        Lack::Region => "run the same command again later",
    };
    Some(advice.say(last).at(&command.options.place))
}

/// A way out, and the options that lead there.
#[derive(Debug, PartialEq, Eq)]
struct Way {
    what: &'static str,
    words: Vec<String>,
}

/// What can be deployed on the account instead, nearest to what was refused first.
fn ways(lack: Lack, refused: &Choice, offers: &[Offer], now: OffsetDateTime) -> Vec<Way> {
    // Of each model the best alone; of the one that was refused every sku counts.
    let best = deployable(offers, now);
    let offers: Vec<&Offer> =
        offers.iter().filter(|offer| offer.is_open(now) && is_pay_as_you_go(&offer.sku)).collect();
    let is_it = |offer: &&Offer| same(&offer.model, &refused.model) && same(&offer.sku, &refused.sku);
    let is_model = |offer: &&Offer| same(&offer.model, &refused.model) && !same(&offer.sku, &refused.sku);
    let words = |offer: &Offer| {
        ["--model", &offer.model, "--model-version", &offer.version, "--model-sku", &offer.sku]
            .map(str::to_owned)
            .to_vec()
    };
    let way = |what, offer: &Offer, capacity: u32| {
        let mut words = words(offer);
        words.extend(["--capacity".to_owned(), capacity.to_string()]);
        Way { what, words }
    };
    let less = offers.iter().copied().find(is_it).and_then(|offer| {
        let most = offer.most_capacity().filter(|most| lack == Lack::Quota && *most < refused.capacity)?;
        Some(way("take less: ", offer, most))
    });
    let open = |offer: &&Offer| offer.has_room(offer.default_capacity());
    let sku = offers.iter().copied().filter(is_model).find(open);
    let sku = sku.map(|offer| way("take another sku: ", offer, offer.default_capacity()));
    let other = best.iter().filter(|offer| !same(&offer.model, &refused.model)).find(open);
    let other = other.map(|offer| way("take another model: ", offer, offer.default_capacity()));
    [less, sku, other].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(model: &str, sku: &str, free: Option<u32>) -> Offer {
        Offer {
            model: model.into(),
            version: "1".into(),
            is_default: true,
            is_stable: true,
            is_chat: true,
            sku: sku.into(),
            deployable_until: None,
            least_capacity: 1,
            capacity_step: 1,
            usage: None,
            free,
        }
    }

    fn told(lack: Lack, offers: &[Offer]) -> Vec<String> {
        let refused = Choice { model: "m".into(), version: "1".into(), sku: "Standard".into(), capacity: 30 };
        ways(lack, &refused, offers, OffsetDateTime::UNIX_EPOCH)
            .into_iter()
            .map(|way| format!("{}{}", way.what, way.words.join(" ")))
            .collect()
    }

    #[test]
    fn less_of_it_then_another_sku_then_another_model() {
        let offers =
            [offer("m", "Standard", Some(8)), offer("m", "GlobalStandard", Some(50)), offer("n", "Standard", None)];
        assert_eq!(
            told(Lack::Quota, &offers),
            [
                "take less: --model m --model-version 1 --model-sku Standard --capacity 8",
                "take another sku: --model m --model-version 1 --model-sku GlobalStandard --capacity 10",
                "take another model: --model n --model-version 1 --model-sku Standard --capacity 10",
            ]
        );
        assert_eq!(told(Lack::Region, &offers).len(), 2, "a full region does not take less");
    }

    #[test]
    fn what_has_no_quota_either_is_not_recommended() {
        let offers =
            [offer("m", "Standard", Some(0)), offer("m", "GlobalStandard", Some(0)), offer("n", "Standard", Some(0))];
        assert_eq!(told(Lack::Quota, &offers), [""; 0]);
    }
}
