//! Regions without capacity for a new cluster, which no quota tells of (azure-facts.md section 10).

use serde_json::json;

use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::state::operation_end::OperationEnd;
use crate::state::settings::FullRegion;
use crate::state::store::Resource;

const CODE: &str = "AKSCapacityHeavyUsage";

/// When the operation of a cluster finds that there is no capacity, as a part of its time: with the nodes, after the control
/// plane.
const AT: f64 = 0.6;

/// Whether a PUT of the cluster asks a full region for nodes that it does not have: a new one, or one that has failed.
fn asks_in_vain(call: &Call<'_>, location: &str, found: Option<&Resource>) -> bool {
    call.settings.is_full(location) && found.is_none_or(|found| found.ended == OperationEnd::Failed)
}

/// The words are inferred.
fn message(location: &str) -> String {
    format!(
        "AKS is experiencing heavy usage in the region {location} and cannot create the cluster there now. Please try \
         another region."
    )
}

/// Refuses the PUT of a cluster where its region is full and says so at once (409: the status is inferred).
pub(super) fn refuse_full(call: &Call<'_>, location: &str, found: Option<&Resource>) -> Result<(), Failure> {
    if call.settings.full_regions_refuse == FullRegion::Request && asks_in_vain(call, location, found) {
        return Err(Failure::conflict(CODE, message(location)).flat());
    }
    Ok(())
}

/// Lets the operation that the PUT of a cluster has begun fail where its region is full and says so then.
pub(super) fn end_in_full(call: &Call<'_>, location: &str, found: Option<&Resource>) -> Result<(), Failure> {
    if call.settings.full_regions_refuse != FullRegion::Operation || !asks_in_vain(call, location, found) {
        return Ok(());
    }
    if let Some(operation) = call.started.borrow().last() {
        let at = operation.part(AT);
        operation.end(&call.store, at, OperationEnd::Failed, &json!({"code": CODE, "message": message(location)}))?;
        call.store.finish(&operation.resource.to_lowercase(), at, OperationEnd::Failed)?;
    }
    Ok(())
}
