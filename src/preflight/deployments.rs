//! What there is of a lab's deployments, and what they should become.

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
        let found = match account {
            None => None,
            Some(account) => azure
                .deployment(&lab.group, account, &spec.name)
                .await
                .map_err(|error| RecipeError::azure(ResourceKind::ModelDeployment, &spec.name, account, error))?,
        };
        let fit = found.as_ref().map(|state| deployment::compare(state, &spec.model));
        let model = found.as_ref().map_or_else(|| spec.model.clone(), |state| deployment::as_moved(state, &spec.model));
        open.push(OpenDeployment {
            spec: DeploymentSpec { model, ..spec.clone() },
            has: found.as_ref().map(Deployed::read),
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
