//! What there is of a lab, read once. Reads only.

use crate::azure::accounts::{Account, Deployment};
use crate::azure::client::Azure;
use crate::azure::clusters::ManagedCluster;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::azure::identities::{
    FederatedIdentityCredential, FederatedIdentityCredentialProperties as Properties, Identity,
};
use crate::azure::roles::RoleAssignment;
use crate::lab::ids;
use crate::lab::spec::LabSpec;
use crate::recipe::error::Error;
use crate::recipe::{account, cluster, federated_credential, identity};
use crate::values::ResourceKind;

/// A read that was refused.
#[derive(Clone, Debug)]
pub(super) struct Forbidden {
    /// The service's code.
    pub(crate) code: String,
    /// Its message.
    pub(crate) message: String,
}

/// One resource, looked for.
#[derive(Clone, Debug)]
pub(super) enum Look<T> {
    There(T),
    Absent,
    Forbidden(Forbidden),
}

impl<T> Look<T> {
    /// The resource, if it was found.
    pub(crate) fn there(&self) -> Option<&T> {
        match self {
            Self::There(found) => Some(found),
            Self::Absent | Self::Forbidden(_) => None,
        }
    }
}

impl<T> From<Result<Option<T>, Forbidden>> for Look<T> {
    fn from(read: Result<Option<T>, Forbidden>) -> Self {
        match read {
            Ok(Some(found)) => Self::There(found),
            Ok(None) => Self::Absent,
            Err(why) => Self::Forbidden(why),
        }
    }
}

/// What there is of a lab.
#[derive(Debug)]
pub(super) struct Facts {
    pub(crate) group: ResourceGroup,
    /// The name of the group that the account is in, or would be.
    pub(crate) account_group: String,
    pub(crate) cluster: Look<ManagedCluster>,
    pub(crate) identity: Look<Identity>,
    /// The identity's.
    pub(crate) credentials: Result<Vec<FederatedIdentityCredential>, Forbidden>,
    /// The lab's own, or the one that it shares.
    pub(crate) account: Look<Account>,
    /// The names of all accounts in the group, as the service lists them.
    pub(crate) accounts: Vec<String>,
    /// The account's.
    pub(crate) deployments: Result<Vec<Deployment>, Forbidden>,
    /// The identity's, at the account and above it.
    pub(crate) assignments: Result<Vec<RoleAssignment>, Forbidden>,
}

/// The account's name.
pub(super) fn account_name(account: &Account) -> Option<&str> {
    account.azure_entity_resource.resource.name.as_deref()
}

/// The deployment's name.
pub(super) fn deployment_name(deployment: &Deployment) -> Option<&str> {
    deployment.proxy_resource.resource.name.as_deref()
}

/// A read that was refused is a fact; every other error ends the look.
pub(super) fn readable<T>(read: Result<T, AzureError>) -> Result<Result<T, Forbidden>, AzureError> {
    match read {
        Ok(value) => Ok(Ok(value)),
        Err(AzureError::Service(error)) if error.status == http::StatusCode::FORBIDDEN => {
            Ok(Err(Forbidden { code: error.code.to_string(), message: error.message().to_owned() }))
        }
        Err(error) => Err(error),
    }
}

/// The federated credentials of the lab's identity; of a lab that is looked at together with others only the lab's own, where they
/// say what they should.
async fn credentials(
    azure: &Azure,
    lab: &LabSpec,
    issuer: Option<&str>,
) -> Result<Vec<FederatedIdentityCredential>, AzureError> {
    let mut own = Vec::new();
    for spec in &lab.federated_credentials {
        let want =
            Properties::new(issuer.unwrap_or_default().into(), spec.subject.clone(), vec![spec.audience.clone()]);
        match azure.first_federated_credential(&lab.group, &lab.identity, &spec.name).await? {
            Some(first) if federated_credential::is_as(&first, &want) => own.push(first),
            _ => return azure.federated_credentials(&lab.group, &lab.identity).await,
        }
    }
    Ok(own)
}

impl Facts {
    /// `-g` and the group that the account is in, or would be.
    pub(crate) fn in_account_group(&self, lab: &LabSpec) -> String {
        format!("-g {} --subscription {}", self.account_group, lab.subscription)
    }

    /// Reads what there is of `lab`; `None` if its resource group does not exist.
    ///
    /// # Errors
    /// What cannot be read, but for want of permission.
    pub(crate) async fn read(azure: &Azure, lab: &LabSpec) -> Result<Option<Self>, Error> {
        let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
        let Some(group) = azure.group(&lab.group).await.map_err(wrap)? else { return Ok(None) };
        Self::inside(azure, lab, group).await.map(Some).map_err(wrap)
    }

    async fn inside(azure: &Azure, lab: &LabSpec, group: ResourceGroup) -> Result<Self, AzureError> {
        let host = lab.host(&group.location);
        let ((cluster, credentials), identity, accounts) = tokio::try_join!(
            async {
                let cluster = readable(azure.cluster(&lab.group, &lab.cluster.name).await)?;
                let issuer = cluster.as_ref().ok().and_then(|cluster| cluster::issuer(cluster.as_ref()?));
                let credentials = readable(credentials(azure, lab, issuer).await)?;
                Ok((cluster, credentials))
            },
            async { readable(azure.identity(&lab.group, &lab.identity).await) },
            async { readable(azure.accounts(&host.group).await) },
        )?;
        let identity = Look::from(identity);
        let names = accounts.iter().flatten().filter_map(account_name).map(str::to_owned).collect();
        let account = Look::from(accounts.map(|all| {
            let name = account::existing(&host, &all)?;
            account::named(&name, &all).cloned()
        }));
        let (deployments, assignments) = match account.there().and_then(self::account_name) {
            None => (Ok(Vec::new()), Ok(Vec::new())),
            Some(name) => tokio::try_join!(async { readable(azure.deployments(&host.group, name).await) }, async {
                let scope = ids::account(&lab.subscription, &host.group, name);
                match identity.there().and_then(identity::principal_id) {
                    None => Ok(Ok(Vec::new())),
                    Some(principal) => readable(azure.role_assignments(&scope, principal).await),
                }
            },)?,
        };
        let cluster = Look::from(cluster);
        Ok(Self {
            group,
            account_group: host.group,
            cluster,
            identity,
            credentials,
            account,
            accounts: names,
            deployments,
            assignments,
        })
    }
}
