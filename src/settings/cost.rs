//! The options of `cost`, and what the file says of money.

use super::{LabSource, SettingsError};
use crate::cli::cost::CostArgs;
use crate::lab::overrides::LabOverrides;
use crate::values::Money;

/// The currency where nobody says otherwise.
pub(super) const DEFAULT_CURRENCY: &str = "USD";

/// The most that the labs of the file may cost until they expire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// How much.
    pub(crate) most: Money,
    /// Where the file says so: `azlab.toml:12`.
    pub(crate) place: String,
}

/// What the file says of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spending {
    /// `USD`
    pub(crate) currency: String,
    /// The budget, if there is one.
    pub(crate) budget: Option<Budget>,
}

impl Spending {
    /// What the file of `labs` says.
    pub(crate) fn of(labs: &LabSource) -> Self {
        let file = labs.file();
        let table = file.and_then(|file| file.file().budget.as_ref());
        let currency = table.and_then(|table| table.currency.clone()).unwrap_or_else(|| DEFAULT_CURRENCY.to_owned());
        let place = file.and_then(|file| file.place("budget.most")).unwrap_or_default();
        let budget = table.and_then(|table| Some(Budget { most: Money::from_number(table.most?)?, place }));
        Self { currency, budget }
    }
}

/// What `cost` needs to know.
#[derive(Clone, Debug)]
pub struct CostSettings {
    labs: LabSource,
    currency: String,
}

impl CostSettings {
    /// Resolves the options of `cost`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub(crate) fn resolve(args: &CostArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let options = LabOverrides { resource_group: args.resource_group.clone(), ..LabOverrides::default() };
        let currency = args.currency.clone().unwrap_or_else(|| Spending::of(labs).currency);
        Ok(Self { labs: labs.clone().or_all().with(&options)?, currency })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// The currency.
    pub(crate) fn currency(&self) -> &str {
        &self.currency
    }
}
