//! A new key of a cluster's issuer ("Managed Clusters - Rotate Service Account Signing Keys"): new tokens are signed with it, and
//! those of the key before it hold for another day (AKS, "Create an OpenID Connect provider"). A second time within the day ends
//! the first key at once.

use super::accepted::accepted;
use super::{clusters, etags, work};
use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::state::issuer_keys;
use crate::state::store::Resource;
use crate::state::timestamps::plus;

/// Seconds of the calendar for which the key before the new one holds: a day, as tokens go by the calendar.
const HOLDS: f64 = 24.0 * 3600.0;

/// `POST …/managedClusters/{name}/rotateServiceAccountSigningKeys`
pub(super) fn rotate(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    let cluster = clusters::acted_on(call, group, name)?;
    let issuer = &cluster.body["properties"]["oidcIssuerProfile"];
    let Some(url) = issuer["issuerURL"].as_str().filter(|_| issuer["enabled"] == true) else {
        // The code is inferred.
        let message = format!("The OIDC issuer of the managed cluster '{name}' is not enabled.");
        return Err(Failure::bad_request("OIDCIssuerNotEnabled", message).flat());
    };
    issuer_keys::retire(&call.store, url, plus(call.now, HOLDS))?;
    let durations = &call.settings.durations;
    let done = call.later(durations.delete_call + durations.cluster_update);
    let mut body = cluster.body.clone();
    etags::renew(&cluster.id, Some(&cluster.body), &mut body, call.now);
    let state = "RotatingServiceAccountSigningKeys".into();
    let cluster = Resource { body, state, asked: call.now, done, ..cluster };
    call.store.put(&cluster)?;
    accepted(call, &cluster, &work::CLUSTER_UPDATE, done)
}
