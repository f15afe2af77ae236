//! Azure OpenAI accounts, deployments, soft-deleted accounts, models and quota (Microsoft.CognitiveServices, 2024-10-01).

use std::sync::Arc;

use azure_core_021::Response;
use azure_mgmt_cognitiveservices::package_2024_10::models;

use super::adapter::{observe, read, reply};
use super::arm::Reply;
use super::client::{Azure, every_page, optional};
use super::error::Error;
use super::lists::remembered;
use super::observed::{Observed, Update};
use crate::values::Secret;
use crate::values::arm_id::group_in;

pub use models::{
    Account, AccountModel, AccountProperties, AzureEntityResource, Deployment, DeploymentModel, DeploymentProperties,
    Model, ModelSku, Sku, Usage, account_model, account_properties, deployment_properties,
};

/// What the service alone writes of an account ("Accounts - Create", 2024-10-01: the fields that are marked read-only).
const READ_ONLY: &[&str] = &[
    "/id",
    "/name",
    "/type",
    "/systemData",
    "/etag",
    "/identity/principalId",
    "/identity/tenantId",
    "/identity/userAssignedIdentities/*/principalId",
    "/identity/userAssignedIdentities/*/clientId",
    "/properties/provisioningState",
    "/properties/endpoint",
    "/properties/endpoints",
    "/properties/capabilities",
    "/properties/isMigrated",
    "/properties/internalId",
    "/properties/skuChangeInfo",
    "/properties/privateEndpointConnections",
    "/properties/dateCreated",
    "/properties/callRateLimit",
    "/properties/quotaLimit",
    "/properties/deletionDate",
    "/properties/scheduledPurgeDate",
    "/properties/commitmentPlanAssociations",
    "/properties/abusePenalty",
];

/// The same of a deployment ("Deployments - Create Or Update", 2024-10-01). `currentCapacity` is not marked so, and tells what
/// the service has set up: beside a new capacity it would contradict it.
const READ_ONLY_OF_DEPLOYMENTS: &[&str] = &[
    "/id",
    "/name",
    "/type",
    "/systemData",
    "/etag",
    "/properties/provisioningState",
    "/properties/callRateLimit",
    "/properties/capabilities",
    "/properties/rateLimits",
    "/properties/currentCapacity",
    "/properties/model/callRateLimit",
];

impl Azure {
    /// An account, if it exists (soft-deleted ones do not).
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn account(&self, group: &str, name: &str) -> Result<Option<Account>, Error> {
        if let Some(first_look) = self.first_look(group)
            && let Some(found) = Box::pin(first_look.account(group, name)).await
        {
            return Ok(found);
        }
        Ok(self.observe_account(group, name).await?.map(|observed| observed.model))
    }

    /// The same, with its JSON.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn observe_account(&self, group: &str, name: &str) -> Result<Option<Observed<Account>>, Error> {
        let sent = self.cognitive.accounts_client().get(group, name, self.subscription()).send().await;
        optional(observe(name, sent.map(Response::from)).await)
    }

    /// The accounts of a resource group; none if the group does not exist.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn accounts(&self, group: &str) -> Result<Vec<Account>, Error> {
        if let Some(first_look) = self.first_look(group)
            && let Some(found) = Box::pin(first_look.accounts(group)).await
        {
            return Ok(found);
        }
        let list = self.cognitive.accounts_client().list_by_resource_group(group, self.subscription());
        Ok(optional(every_page!("accounts", list.into_stream()))?.unwrap_or_default())
    }

    /// Creates an account (201), or restores a soft-deleted one; begins a long-running operation.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 409 `FlagMustBeSetForRestore`, `CustomDomainInUse`.
    pub async fn put_account(&self, group: &str, name: &str, account: Account) -> Result<Reply, Error> {
        let sent = self.cognitive.accounts_client().create(group, name, account, self.subscription()).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// Changes an account (200); begins a long-running operation. The service documents no `If-Match`.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn update_account(&self, group: &str, name: &str, update: Update<Account>) -> Result<Reply, Error> {
        let outgoing = update.without(READ_ONLY);
        let client = self.cognitive_sending(outgoing.body)?.accounts_client();
        let sent = client.create(group, name, outgoing.model, self.subscription()).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// Replaces the tags of an account (an object of texts) and leaves everything else: 200 or 202, and a long-running
    /// operation.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 404 if it is absent.
    pub(crate) async fn tag_account(&self, group: &str, name: &str, tags: serde_json::Value) -> Result<Reply, Error> {
        let mut patch = Account::new();
        patch.tags = Some(tags);
        let sent = self.cognitive.accounts_client().update(group, name, patch, self.subscription()).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// The soft-deleted accounts of the subscription.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn deleted_accounts(&self) -> Result<Vec<Account>, Error> {
        let list = self.cognitive.deleted_accounts_client().list(self.subscription());
        every_page!("deleted accounts", list.into_stream())
    }

    /// The soft-deleted accounts that were in `group`, as they are now: for several labs that ask, from one list.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn deleted_accounts_of(&self, group: &str) -> Result<Vec<Account>, Error> {
        if let Some(first_look) = self.first_look(group)
            && let Some(found) = Box::pin(first_look.deleted_accounts(group)).await
        {
            return Ok(found);
        }
        if let Some(lists) = self.lists()
            && let Some(found) = Box::pin(lists.deleted_accounts_since(group, self.arm().clock().now())).await
        {
            return Ok(found);
        }
        let mut all = self.deleted_accounts().await?;
        all.retain(|account| {
            let id = account.azure_entity_resource.resource.id.as_deref();
            id.and_then(group_in).is_some_and(|of| of.eq_ignore_ascii_case(group))
        });
        Ok(all)
    }

    /// What `wanted` takes of all soft-deleted accounts of the subscription, as they are now: for several labs that ask, from one
    /// list.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn deleted_accounts_now<T>(
        &self,
        wanted: impl Fn(&Account) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        if let Some(lists) = self.lists()
            && let Some(found) = Box::pin(lists.all_deleted_accounts_since(self.arm().clock().now(), &wanted)).await
        {
            return Ok(found);
        }
        Ok(self.deleted_accounts().await?.iter().filter_map(wanted).collect())
    }

    /// What `wanted` takes of all soft-deleted accounts of the subscription, as they were when the command that looks at `group`
    /// began, if it is one on several labs.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn deleted_accounts_seen<T>(
        &self,
        group: &str,
        wanted: impl Fn(&Account) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        if let Some(first_look) = self.first_look(group)
            && let Some(found) = Box::pin(first_look.all_deleted_accounts(&wanted)).await
        {
            return Ok(found);
        }
        Ok(self.deleted_accounts().await?.iter().filter_map(wanted).collect())
    }

    /// A soft-deleted account, if it is there.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn deleted_account(&self, location: &str, group: &str, name: &str) -> Result<Option<Account>, Error> {
        let client = self.cognitive.deleted_accounts_client();
        let sent = client.get(location, group, name, self.subscription()).send().await;
        optional(read(name, sent.map(Response::from)).await)
    }

    /// Purges a soft-deleted account for good; begins a long-running operation.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 409 `RequestConflict` for up to five minutes after the delete.
    pub async fn purge_account(&self, location: &str, group: &str, name: &str) -> Result<Reply, Error> {
        let client = self.cognitive.deleted_accounts_client();
        let sent = client.purge(location, group, name, self.subscription()).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// A model deployment, if it exists.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn deployment(&self, group: &str, account: &str, name: &str) -> Result<Option<Deployment>, Error> {
        let read = async { Ok(self.observe_deployment(group, account, name).await?.map(|observed| observed.model)) };
        match self.first_look(group) {
            Some(first_look) => {
                Box::pin(remembered(&first_look.deployments, &format!("{group}/{account}/{name}"), read)).await
            }
            None => read.await,
        }
    }

    /// The same, with its JSON.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn observe_deployment(
        &self,
        group: &str,
        account: &str,
        name: &str,
    ) -> Result<Option<Observed<Deployment>>, Error> {
        let client = self.cognitive.deployments_client();
        let sent = client.get(group, account, self.subscription(), name).send().await;
        optional(observe(name, sent.map(Response::from)).await)
    }

    /// The model deployments of an account; none if the account does not exist.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn deployments(&self, group: &str, account: &str) -> Result<Vec<Deployment>, Error> {
        let list = self.cognitive.deployments_client().list(group, account, self.subscription());
        Ok(optional(every_page!("deployments", list.into_stream()))?.unwrap_or_default())
    }

    /// Creates a deployment (201); may answer at once or begin a long-running operation.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 400 `InsufficientQuota`, `ServiceModelDeprecated`; 409 `RequestConflict`.
    pub async fn put_deployment(
        &self,
        group: &str,
        account: &str,
        name: &str,
        deployment: Deployment,
    ) -> Result<Reply, Error> {
        let client = self.cognitive.deployments_client();
        let sent = client.create_or_update(group, account, self.subscription(), name, deployment).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// Changes a deployment (200); may answer at once or begin a long-running operation.
    ///
    /// # Errors
    /// As [`Self::put_deployment`].
    pub async fn update_deployment(
        &self,
        group: &str,
        account: &str,
        name: &str,
        update: Update<Deployment>,
    ) -> Result<Reply, Error> {
        let outgoing = update.without(READ_ONLY_OF_DEPLOYMENTS);
        let client = self.cognitive_sending(outgoing.body)?.deployments_client();
        let sent = client.create_or_update(group, account, self.subscription(), name, outgoing.model).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// Deletes a deployment: 200 or 202; 404 if it is absent.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 409 `RequestConflict`.
    pub(crate) async fn delete_deployment(&self, group: &str, account: &str, name: &str) -> Result<Reply, Error> {
        let client = self.cognitive.deployments_client();
        let sent = client.delete(group, account, self.subscription(), name).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// The model deployments of an account; none if the account does not exist.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn account_deployments(&self, group: &str, account: &str) -> Result<Vec<Deployment>, Error> {
        let list = self.cognitive.deployments_client().list(group, account, self.subscription());
        Ok(optional(every_page!("deployments", list.into_stream()))?.unwrap_or_default())
    }

    /// The first of an account's two keys.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; what an answer that cannot be read says is not told, for a key may be in it.
    pub async fn account_key(&self, group: &str, account: &str) -> Result<Secret, Error> {
        let sent = self.cognitive.accounts_client().list_keys(group, account, self.subscription()).send().await;
        let reply = reply(account, sent.map(Response::from)).await?;
        let keys: Option<models::ApiKeys> = serde_json::from_slice(&reply.body).ok();
        keys.and_then(|keys| keys.key1)
            .filter(|key| !key.is_empty())
            .map(Secret::new)
            .ok_or_else(|| Error::Answer { resource: account.to_owned(), problem: "it holds no key".to_owned() })
    }

    /// The region's model catalogue; retired models are in it.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn models(&self, location: &str) -> Result<Vec<Model>, Error> {
        let list = self.cognitive.models_client().list(self.subscription(), location);
        every_page!("models", list.into_stream())
    }

    /// The same, read once a region by whatever asks for it: a model closes by the day, and no command changes the catalogue.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn catalogue(&self, location: &str) -> Result<Arc<Vec<Model>>, Error> {
        let once = self.catalogue_of(location);
        let read = async || Ok::<_, Error>(Arc::new(self.models(location).await?));
        once.get_or_try_init(read).await.cloned()
    }

    /// The region's quota and its use, by usage name.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn usages(&self, location: &str) -> Result<Vec<Usage>, Error> {
        let list = self.cognitive.usages_client().list(self.subscription(), location);
        let mut usages: Vec<Usage> = every_page!("usages", list.into_stream())?;
        // A quota without a limit has -1: no number is known of it.
        usages.iter_mut().for_each(|usage| usage.limit = usage.limit.filter(|limit| *limit >= 0.0));
        Ok(usages)
    }
}
