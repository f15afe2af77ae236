//! User-assigned managed identities and their federated credentials (Microsoft.ManagedIdentity, 2023-01-31).

use azure_core_021::Response;
use azure_mgmt_msi::package_2023_01_31::models;

use super::adapter::{observe, read, reply};
use super::arm::Reply;
use super::client::{Azure, every_page, optional};
use super::error::Error;
use super::lists::remembered;
use super::observed::{Observed, Update};

pub use models::{
    FederatedIdentityCredential, FederatedIdentityCredentialProperties, Identity, ProxyResource, TrackedResource,
};

/// What the service alone writes of a federated credential ("Federated Identity Credentials - Create Or Update", 2023-01-31).
const READ_ONLY: &[&str] = &["/id", "/name", "/type", "/systemData"];

impl Azure {
    /// A user-assigned managed identity, if it exists.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn identity(&self, group: &str, name: &str) -> Result<Option<Identity>, Error> {
        if let Some(first_look) = self.first_look(group)
            && let Some(found) = Box::pin(first_look.identity(group, name)).await
        {
            return Ok(found);
        }
        let client = self.msi.user_assigned_identities_client();
        let sent = client.get(self.subscription(), group, name).send().await;
        optional(read(name, sent.map(Response::from)).await)
    }

    /// Creates (201) an identity; synchronous. It has no field that azlab changes.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn put_identity(&self, group: &str, name: &str, identity: Identity) -> Result<Reply, Error> {
        let client = self.msi.user_assigned_identities_client();
        let sent = client.create_or_update(self.subscription(), group, name, identity).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// All federated credentials of an identity; none if the identity does not exist.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn federated_credentials(
        &self,
        group: &str,
        identity: &str,
    ) -> Result<Vec<FederatedIdentityCredential>, Error> {
        let list = self.msi.federated_identity_credentials_client().list(self.subscription(), group, identity);
        let all = every_page!("federated credentials", list.into_stream());
        Ok(optional(all)?.unwrap_or_default())
    }

    /// A federated credential of a lab that is looked at together with others; `None` also where the lab is looked at by itself.
    /// By name: of lists, the service gives half as many a second.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn first_federated_credential(
        &self,
        group: &str,
        identity: &str,
        name: &str,
    ) -> Result<Option<FederatedIdentityCredential>, Error> {
        let Some(first_look) = self.first_look(group) else { return Ok(None) };
        let read = async {
            let found = self.observe_federated_credential(group, identity, name).await?;
            Ok(found.map(|observed| observed.model))
        };
        Box::pin(remembered(&first_look.credentials, &format!("{group}/{identity}/{name}"), read)).await
    }

    /// A federated credential, if it exists, with its JSON.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn observe_federated_credential(
        &self,
        group: &str,
        identity: &str,
        name: &str,
    ) -> Result<Option<Observed<FederatedIdentityCredential>>, Error> {
        let client = self.msi.federated_identity_credentials_client();
        let sent = client.get(self.subscription(), group, identity, name).send().await;
        optional(observe(name, sent.map(Response::from)).await)
    }

    /// Changes (200) a federated credential; synchronous; one at a time for each identity.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn update_federated_credential(
        &self,
        group: &str,
        identity: &str,
        name: &str,
        update: Update<FederatedIdentityCredential>,
    ) -> Result<Reply, Error> {
        let outgoing = update.without(READ_ONLY);
        let client = self.msi_sending(outgoing.body)?.federated_identity_credentials_client();
        let sent = client.create_or_update(self.subscription(), group, identity, name, outgoing.model).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// Creates (201) a federated credential; synchronous; one at a time for each identity.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn put_federated_credential(
        &self,
        group: &str,
        identity: &str,
        name: &str,
        credential: FederatedIdentityCredential,
    ) -> Result<Reply, Error> {
        let client = self.msi.federated_identity_credentials_client();
        let sent = client.create_or_update(self.subscription(), group, identity, name, credential).send().await;
        reply(name, sent.map(Response::from)).await
    }
}
