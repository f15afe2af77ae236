//! What there is of a lab's deployments, and what they should become.

use super::finding::Finding;
use crate::azure::client::Azure;
use crate::lab::comparison::Comparison;
use crate::lab::ids::same;
use crate::lab::model::{Choice, Offer, as_asked};
use crate::lab::spec::{DeploymentSpec, LabSpec, ModelSpec};
use crate::recipe::deployment::{self, Deployed};
use crate::recipe::error::Error as RecipeError;
use crate::values::ResourceKind;

/// A deployment that should be, and what there is of it.
#[derive(Clone, Debug)]
pub(crate) struct OpenDeployment {
    /// What it should be.
    pub(crate) spec: DeploymentSpec,
    /// What it is; `None` if there is none.
    pub(crate) has: Option<Deployed>,
    /// Whether it is left alone.
    pub(crate) fits: bool,
    /// The model from which the service has moved it to another, if it has.
    pub(crate) moved_from: Option<String>,
}

/// What there is of each deployment of `lab` on `account`.
///
/// # Errors
/// The first that cannot be read.
pub(crate) async fn read(
    azure: &Azure,
    lab: &LabSpec,
    account: Option<&str>,
) -> Result<Vec<OpenDeployment>, RecipeError> {
    let mut open = Vec::new();
    for spec in &lab.deployments {
        let looking = async {
            let Some(account) = account else { return Ok(None) };
            let Some(state) = azure.deployment(&lab.group, account, &spec.name).await? else { return Ok(None) };
            let is_moved = deployment::is_moved(azure, (&lab.group, account), &state, &spec.model).await?;
            Ok(Some((state, is_moved)))
        };
        let at = account.unwrap_or_default();
        let failed = |error| RecipeError::azure(ResourceKind::ModelDeployment, &spec.name, at, error);
        let found = looking.await.map_err(failed)?;
        let fit = found.as_ref().map(|(state, is_moved)| deployment::compare(state, &spec.model, *is_moved));
        let as_moved = |(state, is_moved): &(_, bool)| deployment::as_moved(state, &spec.model, *is_moved);
        let model = found.as_ref().map_or_else(|| spec.model.clone(), as_moved);
        open.push(OpenDeployment {
            spec: DeploymentSpec { model, ..spec.clone() },
            has: found.as_ref().map(|(state, _)| Deployed::read(state)),
            moved_from: spec.model.name.clone().filter(|_| found.is_some_and(|(_, is_moved)| is_moved)),
            fits: matches!(fit, Some(Comparison::Fits | Comparison::Busy(_))),
        });
    }
    Ok(open)
}

impl OpenDeployment {
    /// What it is if it exists and fits; else what was asked for, unchecked.
    pub(crate) fn as_it_is(&self, offers: &[Offer]) -> Choice {
        match &self.has {
            Some(has) if self.fits => has.clone().into(),
            _ => as_asked(&self.wanted(), offers),
        }
    }

    /// What people should know of one that the service has moved to another model.
    pub(crate) fn note(&self) -> Option<String> {
        Some(deployment::told_of_move(&self.spec.name, self.moved_from.as_deref()?, self.has.as_ref()?))
    }

    /// `finding`, the refusal of the model that was asked for, with what there is already.
    pub(crate) fn keeping(&self, finding: Finding) -> Finding {
        let Some(Deployed { model, version, .. }) = self.has.as_ref().filter(|_| self.spec.model.is_asked_now) else {
            return finding;
        };
        let keep = format!("\nthe deployment {} has {model} {version}: leave out --model to keep it", self.spec.name);
        Finding { hint: finding.hint.map(|hint| hint.say(keep)), ..finding }
    }

    /// What it should be: what was not asked for stays as it is.
    pub(crate) fn wanted(&self) -> ModelSpec {
        let mut wanted = self.spec.model.clone();
        let Some(has) = self.has.clone() else { return wanted };
        if wanted.is_default {
            wanted.name = Some(has.model.clone());
        }
        if same(wanted.name.get_or_insert(has.model.clone()), &has.model)
            && *wanted.version.get_or_insert(has.version.clone()) == has.version
        {
            wanted.sku.get_or_insert(has.sku);
        }
        wanted.capacity.get_or_insert(has.capacity);
        wanted
    }

    /// The offers as they are to this deployment: what it holds of the quota is free for it, and what it has is not
    /// closed to it, because only new deployments are refused.
    pub(crate) fn with_its_own(&self, offers: &[Offer]) -> Vec<Offer> {
        let mut offers = self.with_its_quota(offers);
        if let Some(has) = &self.has {
            let is_it =
                |offer: &&mut Offer| (&offer.model, &offer.sku, &offer.version) == (&has.model, &has.sku, &has.version);
            offers.iter_mut().filter(is_it).for_each(|offer| offer.deployable_until = None);
        }
        offers
    }

    /// The offers as they are once this deployment has gone: what it holds of the quota is free.
    pub(crate) fn with_its_quota(&self, offers: &[Offer]) -> Vec<Offer> {
        let mut offers = offers.to_vec();
        let usage = self.usage(&offers).map(str::to_owned);
        if let (Some(has), Some(usage)) = (&self.has, usage) {
            for offer in offers.iter_mut().filter(|offer| offer.usage.as_ref() == Some(&usage)) {
                offer.free = offer.free.map(|free| free.saturating_add(has.capacity));
            }
        }
        offers
    }

    /// The usage name of the quota that it holds some of.
    fn usage<'a>(&self, offers: &'a [Offer]) -> Option<&'a str> {
        let has = self.has.as_ref()?;
        let same_sku = || offers.iter().filter(|offer| offer.model == has.model && offer.sku == has.sku);
        same_sku().find(|offer| offer.version == has.version).or_else(|| same_sku().next())?.usage.as_deref()
    }

    /// How much it holds of the quota `usage`.
    pub(super) fn holds(&self, offers: &[Offer], usage: Option<&str>) -> u32 {
        match &self.has {
            Some(has) if usage.is_some() && self.usage(offers) == usage => has.capacity,
            _ => 0,
        }
    }
}
