//! Check `names`: the name that AKS derives for the resource group of the nodes is not too long.

use super::NAMES_ID;
use super::finding::Finding;
use crate::lab::spec::LabSpec;
use crate::values::counted;

/// The longest name of a resource group of nodes that AKS takes.
const MOST_CHARACTERS: usize = 80;

/// Whether AKS takes the name that it derives.
pub(crate) fn check(lab: &LabSpec, location: &str) -> Finding {
    let derived = format!("MC_{}_{}_{location}", lab.group, lab.cluster.name);
    let length = derived.chars().count();
    if length <= MOST_CHARACTERS {
        return Finding::pass(NAMES_ID, "the lab's names are valid");
    }
    let message = format!(
        "the nodes' resource group would be called {derived}: {length} characters, and Azure allows {MOST_CHARACTERS}"
    );
    let hint = format!("shorten --resource-group or --cluster by {}", counted(length - MOST_CHARACTERS, "character"));
    Finding::fail(NAMES_ID, "InvalidName", message, hint)
}
