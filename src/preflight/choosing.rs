//! What a survey chooses: the location, the account's name, and the model of each deployment, with a person's help if there is
//! one.

use super::demand::ModelDemand;
use super::deployments::OpenDeployment;
use super::finding::Finding;
use super::reads::Read;
use super::subscription_cache::Models;
use super::survey::Survey;
use super::{account_name, location, model};
use crate::azure::accounts::Account;
use crate::azure::groups::ResourceGroup;
use crate::events::{CheckStatus, Level};
use crate::lab::model::{Choice, Offer, Refusal, as_asked, deployable};
use crate::lab::names;
use crate::lab::spec::{DEFAULT_LOCATION, ModelSpec, SoftDeleted};
use crate::recipe::error::Error as RecipeError;

impl Survey<'_> {
    /// Where the lab is made: where its group is, else where it was asked for.
    pub(super) fn choose_location(&mut self, group: Option<&ResourceGroup>) -> String {
        let lab = self.lab;
        let found = group.and_then(|group| names::location(&group.location).ok());
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
            (None, found) => found.unwrap_or_else(|| DEFAULT_LOCATION.to_owned()),
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

    pub(super) fn choose_models(&mut self, location: &str, open: &[OpenDeployment], offers: &[Offer]) -> Vec<Choice> {
        let now = self.azure.arm().clock().now();
        let mut offers = offers.to_vec();
        let mut choices = Vec::new();
        for one in open {
            if one.fits {
                choices.push(one.as_it_is(&offers));
                continue;
            }
            let offers_for_it = one.with_its_own(&offers);
            let mut wanted = one.wanted();
            if wanted.name.is_none()
                && let Some(picked) = self.ask(
                    &format!("Which model for the deployment {}?", one.spec.name),
                    &deployable(&offers_for_it, now),
                )
            {
                wanted = picked;
            }
            let choice = match model::check(&wanted, &offers_for_it, location, now) {
                Ok((choice, finding)) => {
                    self.found(finding);
                    if wanted.name.is_none() {
                        self.events.note(Level::Info, format!("taking {choice} for the deployment {}", one.spec.name));
                    }
                    Some(choice)
                }
                Err((finding, refusal)) => self.ask_instead(&finding, &refusal, &wanted, &offers_for_it, location, now),
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

    /// Offers what can be deployed in place of what cannot; without a person to ask, the check has failed.
    fn ask_instead(
        &mut self,
        finding: &Finding,
        refusal: &Refusal,
        wanted: &ModelSpec,
        offers: &[Offer],
        location: &str,
        now: time::OffsetDateTime,
    ) -> Option<Choice> {
        let question = format!("{}. Which model instead?", finding.message);
        if let Some(picked) = self.ask(&question, &refusal.alternatives) {
            let picked = ModelSpec { capacity: wanted.capacity, ..picked };
            return match model::check(&picked, offers, location, now) {
                Ok((choice, finding)) => {
                    self.found(finding);
                    Some(choice)
                }
                Err((finding, _)) => {
                    self.found(finding);
                    None
                }
            };
        }
        self.found(finding.clone());
        None
    }

    fn ask(&self, question: &str, offers: &[Offer]) -> Option<ModelSpec> {
        let ask = self.options.ask.as_ref()?;
        if offers.is_empty() {
            return None;
        }
        let offer = offers.get(ask(question, offers)?)?;
        Some(ModelSpec {
            name: Some(offer.model.clone()),
            is_default: false,
            version: Some(offer.version.clone()),
            sku: Some(offer.sku.clone()),
            capacity: None,
        })
    }
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
