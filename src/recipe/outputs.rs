//! What people need to use a lab, from the states of its resources.

use super::{account, cluster, identity};
use crate::azure::accounts::Account;
use crate::azure::clusters::ManagedCluster;
use crate::azure::identities::Identity;
use crate::outcome::Outputs;

/// The resources that a lab is used by; `None` is what is not there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used<'a> {
    /// The cluster, by its name.
    pub(crate) cluster: Option<(&'a str, &'a ManagedCluster)>,
    /// The identity.
    pub(crate) identity: Option<&'a Identity>,
    /// The account, by its name.
    pub(crate) account: Option<(&'a str, &'a Account)>,
    /// The name of the first deployment.
    pub(crate) deployment: Option<&'a str>,
}

impl From<Used<'_>> for Outputs {
    fn from(used: Used<'_>) -> Self {
        Self {
            cluster: used.cluster.map(|(name, _)| name.to_owned()),
            oidc_issuer: used.cluster.and_then(|(_, state)| cluster::issuer(state)).map(str::to_owned),
            identity_client_id: used.identity.and_then(identity::client_id).map(str::to_owned),
            identity_principal_id: used.identity.and_then(identity::principal_id).map(str::to_owned),
            openai_account: used.account.map(|(name, _)| name.to_owned()),
            openai_endpoint: used.account.and_then(|(_, state)| account::endpoint(state)).map(str::to_owned),
            openai_deployment: used.deployment.map(str::to_owned),
        }
    }
}
