//! Where a resource may be created: the region must exist and offer its type.

use super::failure::Failure;
use super::regions::{self, REGIONS};
use crate::state::settings::Settings;

/// The region of a resource to be created: must be sent, exist, and offer the type.
pub(crate) fn required(settings: &Settings, location: Option<&str>, resource_type: &str) -> Result<String, Failure> {
    let Some(location) = location.filter(|location| !location.trim().is_empty()) else {
        return Err(Failure::bad_request("LocationRequired", "The location property is required for this definition.")
            .gateway());
    };
    if regions::known(location) && settings.offers(&regions::normal(location), resource_type) {
        return Ok(regions::normal(location));
    }
    let offering = REGIONS.iter().map(|(name, _)| *name).filter(|name| settings.offers(name, resource_type));
    let offering = offering.collect::<Vec<_>>().join(",");
    Err(Failure::bad_request(
        "LocationNotAvailableForResourceType",
        format!(
            "The provided location '{location}' is not available for resource type '{resource_type}'. List of available \
             regions for the resource type is '{offering}'."
        ),
    )
    .gateway())
}

/// The refusal to move an existing resource to another region.
pub(crate) fn immovable(name: &str, from: &str, to: &str, group: &str) -> Failure {
    Failure::conflict(
        "InvalidResourceLocation",
        format!(
            "The resource '{name}' already exists in location '{from}' in resource group '{group}'. A resource with the same \
             name cannot be created in location '{to}'. Please select a new resource name."
        ),
    )
    .gateway()
}
