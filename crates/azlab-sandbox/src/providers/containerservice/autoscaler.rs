//! Pools that change their own count ("Use the cluster autoscaler in AKS"): what the service does without being asked.

use serde_json::Value;

use crate::arm::call::Call;
use crate::state::operation_end::OperationEnd;
use crate::state::store::Resource;
use crate::state::timestamps::Millis;

/// Writes the counts that the autoscaler has brought the pools in `body` to, the settled body of `cluster`. They follow from
/// the state alone: a node each `autoscaler_s` seconds since the cluster was last worked on, up to `maxCount` and down to
/// `minCount`. What is running and ready is scaled. The nodes take no quota until somebody writes the cluster.
pub(super) fn scale(call: &Call<'_>, cluster: &Resource, body: &mut Value) {
    let steps = steps(call.settings.autoscaler_s, call.pace.served(call.now - cluster.done));
    let is_ready = !cluster.in_progress(call.now) && cluster.ended == OperationEnd::Succeeded;
    let runs = body["properties"]["powerState"]["code"] == "Running";
    if steps == 0 || !is_ready || !runs {
        return;
    }
    let pools = body.pointer_mut("/properties/agentPoolProfiles").and_then(Value::as_array_mut);
    for pool in pools.into_iter().flatten().filter(|pool| pool["enableAutoScaling"] == true) {
        let number = |name: &str| pool[name].as_i64();
        if let (Some(count), Some(least), Some(most)) = (number("count"), number("minCount"), number("maxCount")) {
            pool["count"] = after(count, least, most, steps).into();
        }
    }
}

/// How many steps there are in `passed`.
fn steps(seconds: f64, passed: Millis) -> i64 {
    if seconds > 0.0 { (passed as f64 / (seconds * 1000.0)) as i64 } else { 0 }
}

/// A count after so many steps: up to `most`, down to `least`, and up again.
fn after(count: i64, least: i64, most: i64, steps: i64) -> i64 {
    if least >= most {
        return count;
    }
    let range = most - least;
    let at = (count.clamp(least, most) - least + steps.max(0) % (2 * range)) % (2 * range);
    least + if at <= range { at } else { 2 * range - at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_goes_up_to_the_most_and_down_to_the_least() {
        let counts = |count| (0..=7).map(|steps| after(count, 1, 3, steps)).collect::<Vec<_>>();
        assert_eq!(counts(2), [2, 3, 2, 1, 2, 3, 2, 1]);
        assert_eq!(counts(9), [3, 2, 1, 2, 3, 2, 1, 2], "what is beyond the range comes into it");
        assert_eq!(after(5, 3, 3, 4), 5);
        assert_eq!((steps(0.0, 9000), steps(2.0, 9000), steps(1.0, -5000)), (0, 4, -5));
    }
}
