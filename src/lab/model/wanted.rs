//! What a deployment is asked to be, and what of it was settled.

use super::offer::{Choice, Offer};
use super::ranking::sku_rank;
use crate::lab::defaults::{DEFAULT_CAPACITY, DEFAULT_MODEL};
use crate::lab::spec::ModelSpec;

impl ModelSpec {
    /// Whether nobody asked for a model, or for the version of one: the workshop's is taken where it can be had, and
    /// another where it cannot.
    pub(crate) fn is_left_open(&self) -> bool {
        self.is_default && self.version.is_none()
    }

    /// Whether somebody asked for a model by its name.
    pub(crate) fn is_named(&self) -> bool {
        self.name.is_some() && !self.is_left_open()
    }

    /// Asks for another model, in the version and with the sku that preflight finds for it; the capacity stays.
    pub(crate) fn take_instead(&mut self, model: &str) {
        *self = Self {
            name: Some(model.to_owned()),
            is_default: false,
            is_asked_now: true,
            version: None,
            sku: None,
            capacity: self.capacity,
        };
    }

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
        (self.is_default, self.is_asked_now) = (false, true);
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
