//! What a region's catalogue offers, what is chosen of it, and why something cannot be had.

use std::fmt;

use time::OffsetDateTime;

use crate::lab::defaults::DEFAULT_CAPACITY;
use crate::values::{InsteadOf, ModelSelection, agreeing, counted};

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

/// What is left of a quota, for people. The service leaves a limit out of its answer where it has none and where it does not
/// know it.
pub(crate) fn quota_left(free: Option<u32>) -> String {
    free.map_or_else(|| "no limit told".to_owned(), |free| format!("{} free", counted(free, "unit")))
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

impl Choice {
    /// As a choice of azlab's own for `deployment`, in place of `instead_of`.
    pub(crate) fn selected(self, deployment: &str, instead_of: Option<InsteadOf>) -> ModelSelection {
        let Self { model, version, sku, capacity } = self;
        ModelSelection { deployment: deployment.to_owned(), model, version, sku, capacity, instead_of }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {}, capacity {}", self.model, self.version, self.sku, self.capacity)
    }
}

/// Why what was asked for cannot be deployed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
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
pub struct Refusal {
    /// Why.
    pub(crate) reason: Reason,
    /// What can be deployed here and now, best first.
    pub(crate) alternatives: Vec<Offer>,
}

#[test]
fn a_quota_without_a_limit_is_not_told_as_a_number() {
    assert_eq!([quota_left(None), quota_left(Some(1))], ["no limit told".to_owned(), "1 unit free".to_owned()]);
}
