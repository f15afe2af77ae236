//! The types of `azlab.toml`; what a lab is, is in [`crate::lab::overrides`]. Their docs are the schema's descriptions: they are written for who writes the file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lab::limits::{MOST_LABS, MOST_LABS_OF_A_FILE};
use crate::lab::names;
use crate::lab::overrides::LabOverrides;
use crate::lab::placement::{OnFull, Placement};
use crate::values::{AuthMode, Cloud};

/// The labs of a workshop, for azlab. What is left out has the workshop's own value. It holds no secrets: share it, commit
/// it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(title = "azlab.toml", extend("additionalProperties" = false))]
pub(crate) struct File {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub(crate) version: u32,
    /// The workshop's name: the tag azlab-workshop of every lab, and what teardown asks for before it deletes several.
    pub(crate) workshop: Option<String>,
    /// The subscription's id; without it the az CLI's default.
    pub(crate) subscription: Option<String>,
    /// The tenant's id, or a domain name of it.
    pub(crate) tenant: Option<String>,
    /// The cloud.
    #[schemars(extend("enum" = Cloud::ALL.map(Cloud::as_str)))]
    pub(crate) cloud: Option<String>,
    /// How to sign in.
    #[schemars(extend("enum" = AuthMode::ALL.map(AuthMode::as_str)))]
    pub(crate) auth: Option<String>,
    /// What is different about the application that azlab app puts onto clusters.
    pub(crate) app: Option<AppTable>,
    /// What the labs may cost.
    pub(crate) budget: Option<BudgetTable>,
    /// The labs: names, or tables with a name and what is different about them. Without it, -l NAME takes any name.
    pub(crate) labs: Option<Vec<LabEntry>>,
    /// Where labs may go, in order of preference; without it all go to one location of one subscription. Labs that exist stay
    /// where they are.
    pub(crate) placement: Option<Vec<PlacementEntry>>,
    /// What happens to a lab whose region turns out full while it is made: stop says so, move deletes what there is of it and
    /// makes it in the next place.
    #[schemars(extend("enum" = OnFull::ALL.map(OnFull::as_str)))]
    pub(crate) on_full: Option<String>,
    /// A CSV file with the attendees, a lab for each; its path is relative to this file.
    pub(crate) roster: Option<String>,
    /// So many labs more, spare-1 and so on, of nobody: azlab swap gives one to an attendee whose lab is broken.
    #[schemars(range(min = 0, max = MOST_LABS_OF_A_FILE))]
    pub(crate) spares: Option<u32>,
    /// What holds for all labs.
    #[serde(flatten)]
    pub(crate) lab: LabOverrides,
}

/// What is different about the application of all labs of the file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub(crate) struct AppTable {
    /// Images in the place of azlab's, by container: ai-service = "registry.example.com/ai-service:2.2.0".
    pub(crate) images: Option<BTreeMap<String, String>>,
    /// A folder of manifests in the place of azlab's own, the ai-service's among them; its path is relative to this file.
    pub(crate) manifests: Option<String>,
}

/// What all labs of the file may cost from now until they expire, by Azure's public prices.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub(crate) struct BudgetTable {
    /// The most that they may cost together: provision refuses before the first write if it were more.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    pub(crate) most: Option<f64>,
    /// The currency, such as EUR; without it USD.
    pub(crate) currency: Option<String>,
}

/// Regions of a subscription that labs may go to.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub(crate) struct PlacementEntry {
    /// The subscription's id or name; without it the one of the run.
    pub(crate) subscription: Option<String>,
    /// The locations, in order of preference.
    pub(crate) locations: Vec<String>,
    /// At most so many labs in these locations together.
    #[schemars(range(min = 1, max = MOST_LABS))]
    pub(crate) max_labs: Option<u32>,
}

impl PlacementEntry {
    /// As it is looked up: names of locations in their usual form.
    pub(super) fn read(&self) -> Placement {
        let locations = self.locations.iter().filter_map(|location| names::location(location).ok()).collect();
        let subscription = self.subscription.as_deref().map(str::trim).map(str::to_owned);
        Placement { subscription, locations, max_labs: self.max_labs }
    }
}

/// A lab: its name, or a table.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum LabEntry {
    /// Its name.
    Name(String),
    /// Its name and what is different about it.
    Table(Box<NamedLab>),
}

/// A lab of its own name, or several that are numbered; what it says goes before what the file says for all.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub(crate) struct NamedLab {
    /// Its name: letters, digits and '-'. With count, {n} is the number, {n:02} with two digits.
    pub(crate) name: String,
    /// So many labs, numbered from 1.
    #[schemars(range(min = 1, max = MOST_LABS_OF_A_FILE))]
    pub(crate) count: Option<u32>,
    /// Who it is for: their e-mail address, user principal name or object id in Entra.
    pub(crate) attendee: Option<String>,
    /// What is different.
    #[serde(flatten)]
    pub(crate) lab: LabOverrides,
}
