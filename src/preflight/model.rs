//! Check `model`: what should be deployed is open to new deployments in the region, and there is quota for it.

use time::OffsetDateTime;

use super::finding::Finding;
use crate::azure::accounts::Usage;
use crate::azure::client::Azure;
use crate::azure::error::Error;
use crate::lab::model::{Choice, Offer, Reason, Refusal, choose_or_best, quota_left};
use crate::lab::spec::ModelSpec;
use crate::recipe::offers::offers;
use crate::values::InsteadOf;

/// The check's id.
pub(crate) const ID: &str = "model";

/// How many alternatives are listed.
const SHOWN: usize = 6;

/// Reads the region's catalogue and quota into offers.
///
/// # Errors
/// As [`crate::azure::arm::Arm::send`].
pub(crate) async fn read(azure: &Azure, location: &str) -> Result<(Vec<Offer>, Vec<Usage>), Error> {
    let (models, usages) = tokio::try_join!(azure.models(location), azure.usages(location))?;
    Ok((offers(&models, &usages), usages))
}

/// What is free of a quota by its usage name, and its limit; `None` if it is not listed or has none.
pub(crate) fn quota(usages: &[Usage], name: &str) -> Option<(i64, i64)> {
    let is_it = |usage: &&Usage| {
        usage
            .name
            .as_ref()
            .and_then(|usage| usage.value.as_deref())
            .is_some_and(|value| value.eq_ignore_ascii_case(name))
    };
    let usage = usages.iter().find(is_it)?;
    let (used, limit) = (usage.current_value.unwrap_or_default(), usage.limit?);
    #[expect(clippy::cast_possible_truncation, reason = "units of capacity, far below the limits of either type")]
    let whole = |number: f64| number as i64;
    Some((whole(limit - used), whole(limit)))
}

/// What is deployed.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    /// The model.
    pub(crate) choice: Choice,
    /// What was found, for the report.
    pub(crate) finding: Finding,
    /// What it takes the place of, if nobody named a model and the workshop's own cannot be had.
    pub(crate) instead_of: Option<InsteadOf>,
}

/// Chooses what to deploy for `wanted`, or says why not, what can be deployed, and the command to use it.
///
/// # Errors
/// The failed finding and the refusal behind it.
pub(crate) fn check(
    wanted: &ModelSpec,
    offers: &[Offer],
    location: &str,
    now: OffsetDateTime,
) -> Result<Taken, (Finding, Refusal)> {
    let (choice, reason) =
        choose_or_best(wanted, offers, location, now).map_err(|refusal| (failure(&refusal, location), refusal))?;
    let message = match &reason {
        Some(reason) => format!("{reason}; azlab takes {choice} instead"),
        None if wanted.name.is_some() => format!("{choice} can be deployed in {location}"),
        None => format!("{choice} is the best that can be deployed in {location}"),
    };
    let instead_of = reason.map(|reason| InsteadOf {
        model: wanted.name.clone().unwrap_or_default(),
        code: code(&reason).to_owned(),
        reason: reason.to_string(),
    });
    Ok(Taken { choice, finding: Finding::pass(ID, message), instead_of })
}

/// The code with which the service refuses what was wanted.
fn code(reason: &Reason) -> &'static str {
    match reason {
        Reason::Closed { .. } => "ServiceModelDeprecated",
        Reason::NoQuota { .. } => "InsufficientQuota",
        Reason::NoSuchSku { .. } | Reason::BadCapacity { .. } => "InvalidResourceProperties",
        Reason::NoSuchModel { .. } | Reason::NoSuchVersion { .. } | Reason::NothingAtAll { .. } => {
            "DeploymentModelNotSupported"
        }
    }
}

fn failure(refusal: &Refusal, location: &str) -> Finding {
    let fits = match refusal.reason {
        Reason::NoQuota { fits, .. } => fits,
        _ => None,
    };
    let hint = match (fits, refusal.alternatives.first()) {
        // Who asked for too much of a model wants that model.
        (Some(fits), _) => format!("take what is left of its quota: --capacity {fits}"),
        (None, None) => format!("no chat model can be deployed in {location} now: try another --location"),
        (None, Some(best)) => {
            let mut lines = vec![format!("these can be deployed in {location} now (best first):")];
            lines.extend(refusal.alternatives.iter().take(SHOWN).map(|offer| format!("  {}", describe(offer))));
            lines.push(format!("use one with --model {}, or let azlab take the best: --model auto", best.model));
            lines.join("\n")
        }
    };
    // Nobody who sees an empty resource group thinks of them (docs/field-notes.md, "Soft delete and purge").
    let hint = match refusal.reason {
        Reason::NoQuota { .. } => {
            format!(
                "{hint}\nsoft-deleted accounts hold their quota until they are purged: az cognitiveservices account list-deleted -o table"
            )
        }
        _ => hint,
    };
    Finding::fail(ID, code(&refusal.reason), refusal.reason.to_string(), hint)
}

/// One line on an offer: model, version, sku, free quota, until when.
pub(crate) fn describe(offer: &Offer) -> String {
    let free = quota_left(offer.free);
    let until = offer.deployable_until.map_or_else(String::new, |until| format!(", deployable until {}", until.date()));
    format!("{} {} ({}, {free}{until})", offer.model, offer.version, offer.sku)
}
