//! New certificates of a cluster, and with them new credentials of its local accounts ("Managed Clusters - Rotate Cluster
//! Certificates"): a kubeconfig that was handed out before opens nothing once the rotation has ended, and `az aks
//! get-credentials` has to be run again (AKS, "Certificate rotation in AKS").

use serde_json::{Value, json};

use super::accepted::accepted;
use super::{clusters, etags, work};
use crate::arm::call::Call;
use crate::arm::failure::Outcome;
use crate::state::store::Resource;
use crate::state::timestamps::{Millis, plus};

/// Member of a cluster's stored properties, never shown: `{"count", "from"}`, how often its certificates were rotated, and the
/// moment from which those of the last time hold.
const ROTATED: &str = "certificateRotations";

/// `POST …/managedClusters/{name}/rotateClusterCertificates`: 202 with both polling URLs. How long it takes is inferred: AKS
/// says up to 30 minutes, in which the nodes are made again; here as long as an update.
pub(super) fn rotate(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    let cluster = clusters::acted_on(call, group, name)?;
    let durations = &call.settings.durations;
    let done = plus(call.later(durations.delete_call), durations.cluster_update);
    let mut body = cluster.body.clone();
    if let Some(properties) = body.pointer_mut("/properties").and_then(Value::as_object_mut) {
        properties.insert(ROTATED.into(), json!({"count": generation(&cluster.body, call.now) + 1, "from": done}));
    }
    etags::renew(&cluster.id, Some(&cluster.body), &mut body, call.now);
    let state = "RotatingClusterCertificates".into();
    let cluster = Resource { body, state, asked: call.now, done, ..cluster };
    call.store.put(&cluster)?;
    accepted(call, &cluster, &work::CLUSTER_UPDATE, done)
}

/// How often the certificates that hold at `now` were rotated, of a stored body.
pub(super) fn generation(body: &Value, now: Millis) -> i64 {
    let rotated = &body["properties"][ROTATED];
    let count = rotated["count"].as_i64().unwrap_or_default();
    if rotated["from"].as_i64().is_some_and(|from| now < from) { count - 1 } else { count }
}

/// Takes the member out of a body that is about to be shown.
pub(super) fn hide(body: &mut Value) {
    if let Some(properties) = body.pointer_mut("/properties").and_then(Value::as_object_mut) {
        properties.remove(ROTATED);
    }
}

#[test]
fn what_was_rotated_holds_from_the_end_of_the_rotation_on() {
    let body = json!({"properties": {ROTATED: {"count": 2, "from": 1000}}});
    assert_eq!((generation(&body, 999), generation(&body, 1000), generation(&Value::Null, 0)), (1, 2, 0));
    let mut shown = body;
    hide(&mut shown);
    assert_eq!(shown, json!({"properties": {}}));
}
