//! What a survey chooses: the location, the account's name, and the model of each deployment.

use time::OffsetDateTime;

use super::demand::ModelDemand;
use super::deployments::OpenDeployment;
use super::finding::Finding;
use super::model::Taken;
use super::reads::Read;
use super::subscription_cache::Models;
use super::survey::Survey;
use super::{account_name, location, model, shared_capacity};
use crate::azure::accounts::Account;
use crate::azure::groups::ResourceGroup;
use crate::events::CheckStatus;
use crate::lab::model::{Choice, Offer, Reason, Refusal, as_asked};
use crate::lab::names;
use crate::lab::spec::{DEFAULT_LOCATION, DeploymentSpec, ModelSpec, SoftDeleted};
use crate::recipe::error::Error as RecipeError;

impl Survey<'_> {
    /// Where the lab is made: where its group is, else where it was asked for, else where the group is that is being deleted.
    pub(super) fn choose_location(&mut self, group: Option<&ResourceGroup>, going: Option<&ResourceGroup>) -> String {
        let lab = self.lab;
        let of = |group: &ResourceGroup| names::location(&group.location).ok();
        let found = group.and_then(of);
        match (&lab.location, found) {
            (Some(asked), Some(found)) if *asked != found => {
                self.found(Finding::fail(
                    location::ID,
                    "InvalidResourceGroupLocation",
                    format!("the resource group {} exists in {found}, not in {asked}", lab.group),
                    format!("leave out --location (or say --location {found}), or choose another group with --resource-group NAME"),
                ));
                found
            }
            (Some(asked), _) => asked.clone(),
            (None, found) => found.or_else(|| going.and_then(of)).unwrap_or_else(|| DEFAULT_LOCATION.to_owned()),
        }
    }

    pub(super) fn choose_account(
        &mut self,
        location: &str,
        deleted: Option<Read<Vec<Account>>>,
        models: Option<&Read<Models>>,
        purges: &mut bool,
    ) -> Result<String, RecipeError> {
        let mut freed = 0;
        let name = match deleted {
            Some(Ok(deleted)) => match account_name::choose(self.lab, location, &deleted, self.options.adopt) {
                Ok((name, finding)) => {
                    let holds = finding.status == CheckStatus::Warn;
                    freed = u32::from(holds && self.lab.account.soft_deleted != SoftDeleted::Avoid);
                    *purges = holds && self.lab.account.soft_deleted == SoftDeleted::Purge;
                    self.found(finding);
                    name
                }
                Err(finding) => {
                    self.found(finding);
                    self.lab.account_name(0)
                }
            },
            Some(Err(error)) => {
                self.unreadable(account_name::ID, "the soft-deleted accounts", error)?;
                self.lab.account_name(0)
            }
            None => self.lab.account_name(0),
        };
        self.demand.new_account = true;
        self.demand.accounts = 1 - i64::from(freed);
        if let Some(Ok(models)) = models
            && let Some(finding) = account_name::check_count(&models.usages, location, freed)
        {
            self.found(finding);
        }
        Ok(name)
    }

    pub(super) fn choose_models(&mut self, location: &str, open: &[OpenDeployment], models: &Models) -> Vec<Choice> {
        let now = self.azure.arm().clock().now();
        let mut offers = models.offers.clone();
        let mut choices = Vec::new();
        for one in open {
            if one.fits {
                choices.push(one.as_it_is(&offers));
                continue;
            }
            let wanted = one.wanted();
            let choice = match model::check(&wanted, &one.with_its_own(&offers), location, now) {
                Ok(taken) => Some(self.take(one, &wanted, taken)),
                Err((finding, refusal)) => {
                    let finding = one.keeping(finding);
                    self.found(match shared_capacity::hint(self.lab, one, &refusal, models) {
                        Some(hint) => Finding { hint: Some(hint.into()), ..finding },
                        None => finding,
                    });
                    None
                }
            };
            self.demand.models.push(demand(&wanted, choice.as_ref(), one, &offers));
            // Without a choice the check has failed: only those who pass over it get so far.
            let choice = choice.unwrap_or_else(|| as_asked(&wanted, &offers));
            // What one deployment takes is not free for the next, of whatever model that counts on the same quota.
            take(&mut offers, one, &choice);
            choices.push(choice);
        }
        choices
    }

    /// Tells and keeps what was found; where azlab chose, that too.
    fn take(&mut self, one: &OpenDeployment, wanted: &ModelSpec, taken: Taken) -> Choice {
        let Taken { choice, mut finding, instead_of } = taken;
        // Where nothing else tells of it: a run tells it once for all labs.
        if instead_of.is_some() && self.options.thorough {
            finding.status = CheckStatus::Warn;
        }
        self.found(finding);
        if wanted.name.is_none() || instead_of.is_some() {
            self.selections.push(choice.clone().selected(&one.spec.name, instead_of));
        }
        choice
    }
}

/// What new deployments of these specs take of the quotas of a region with `offers`, be there so much of them or not: whoever
/// asks counts.
///
/// # Errors
/// The finding of the first that cannot be deployed whatever the quotas are, with its refusal.
pub(super) fn demands(
    specs: &[DeploymentSpec],
    offers: &[Offer],
    location: &str,
    now: OffsetDateTime,
) -> Result<Vec<ModelDemand>, (Finding, Refusal)> {
    let mut offers = offers.to_vec();
    let mut demands = Vec::new();
    for spec in specs {
        let one = OpenDeployment { spec: spec.clone(), has: None, fits: false, moved_from: None };
        let wanted = one.wanted();
        let taken = match model::check(&wanted, &offers, location, now) {
            Err((_, Refusal { reason: Reason::NoQuota { .. }, .. })) => {
                let unlimited = offers.iter().map(|offer| Offer { free: None, ..offer.clone() });
                model::check(&wanted, &unlimited.collect::<Vec<_>>(), location, now)?
            }
            taken => taken?,
        };
        demands.push(demand(&wanted, Some(&taken.choice), &one, &offers));
        take(&mut offers, &one, &taken.choice);
    }
    Ok(demands)
}

/// Takes from the offers what a deployment will hold beyond what it holds.
fn take(offers: &mut [Offer], one: &OpenDeployment, choice: &Choice) {
    let usage = usage(offers, choice).map(str::to_owned);
    let holds = one.holds(offers, usage.as_deref());
    let takes = choice.capacity.saturating_sub(holds);
    for offer in offers.iter_mut().filter(|offer| usage.is_some() && offer.usage == usage) {
        offer.free = offer.free.map(|free| free.saturating_sub(takes));
    }
}

/// The usage name of the quota that a choice takes from.
fn usage<'a>(offers: &'a [Offer], choice: &Choice) -> Option<&'a str> {
    let is_it =
        |offer: &&Offer| offer.model == choice.model && offer.version == choice.version && offer.sku == choice.sku;
    offers.iter().find(is_it)?.usage.as_deref()
}

/// What a deployment takes beyond what it holds. One that gives back is counted as taking nothing: nobody knows which of
/// several is written first.
fn demand(wanted: &ModelSpec, choice: Option<&Choice>, one: &OpenDeployment, offers: &[Offer]) -> ModelDemand {
    let Some(choice) = choice else {
        return ModelDemand { wanted: wanted.clone(), sku: String::new(), usage: None, units: 0 };
    };
    let usage = usage(offers, choice);
    ModelDemand {
        wanted: wanted.clone(),
        sku: choice.sku.clone(),
        usage: usage.map(str::to_owned),
        units: i64::from(choice.capacity.saturating_sub(one.holds(offers, usage))),
    }
}
