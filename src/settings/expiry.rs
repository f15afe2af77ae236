//! The options of `extend` and `sweep`.

use std::time::Duration;

use super::apply::DryRun;
use super::{LabSource, SettingsError};
use crate::cli::expiry::{ExtendArgs, SweepArgs};
use crate::lab::filter::Filter;
use crate::lab::overrides::LabOverrides;
use crate::values::{TimeSpec, Zone};

/// Until when a lab is to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// So long from now.
    For(Duration),
    /// Until this moment.
    At(TimeSpec),
    /// It does not expire.
    Never,
}

/// What `extend` needs to know.
#[derive(Clone, Debug)]
pub struct ExtendSettings {
    labs: LabSource,
    until: Until,
    shorten: bool,
    zone: Zone,
}

impl ExtendSettings {
    /// Resolves the options of `extend`, which were given in `zone`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub(crate) fn resolve(args: &ExtendArgs, labs: &LabSource, zone: Zone) -> Result<Self, SettingsError> {
        let options = LabOverrides { resource_group: args.resource_group.clone(), ..LabOverrides::default() };
        let until = match (args.ttl, args.until) {
            (Some(ttl), _) => Until::For(ttl),
            (None, Some(at)) => Until::At(at),
            (None, None) => Until::Never,
        };
        Ok(Self { labs: labs.with(&options)?, until, shorten: args.shorten, zone })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// Until when they are to live.
    pub(crate) fn until(&self) -> Until {
        self.until
    }

    /// Whether a lab may be given less time than it has.
    pub(crate) fn shorten(&self) -> bool {
        self.shorten
    }

    /// The time zone in which it was said.
    pub(crate) fn zone(&self) -> &Zone {
        &self.zone
    }
}

/// What `sweep` needs to know.
#[derive(Clone, Debug)]
pub struct SweepSettings {
    labs: LabSource,
    filter: Filter,
    dry_run: DryRun,
}

impl SweepSettings {
    /// Resolves the options of `sweep`. Labs are found by their tags; names only narrow that down.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &SweepArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        // With a file only its own labs go: what is deleted unasked had better be too little.
        let labs = labs.clone().or_all().with(&LabOverrides::default())?;
        let workshop = args.workshop.clone().or_else(|| labs.file().and_then(|file| file.file().workshop.clone()));
        let named = labs.specs("").into_iter().filter(|_| labs.names_labs()).map(|lab| lab.name).collect();
        Ok(Self { filter: Filter { labs: named, workshop }, dry_run: DryRun::of(args.dry_run), labs })
    }

    /// The labs of the file, whose subscriptions are looked through.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// Which labs are meant.
    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Whether it is only shown.
    pub(crate) fn dry_run(&self) -> DryRun {
        self.dry_run
    }
}
