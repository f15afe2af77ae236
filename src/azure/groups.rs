//! Resource groups and resource providers (Microsoft.Resources, api-version 2021-04-01).

use azure_core_021::Response;
use azure_mgmt_resources::package_resources_2021_04::models;

use super::adapter::{observe, read, reply};
use super::arm::Reply;
use super::client::{Azure, every_page, optional};
use super::code::Code;
use super::error::Error;
use super::observed::{Observed, Update};

pub use models::{GenericResourceExpanded, Provider, ResourceGroup, ResourceGroupProperties};

/// What the service alone writes ("Resource Groups - Create Or Update", 2021-04-01).
const READ_ONLY: &[&str] = &["/id", "/name", "/type", "/properties/provisioningState"];

impl Azure {
    /// A resource group, if it exists.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn group(&self, name: &str) -> Result<Option<ResourceGroup>, Error> {
        if let Some(first_look) = self.first_look(name)
            && let Some(found) = Box::pin(first_look.group(name)).await
        {
            return Ok(found);
        }
        Ok(self.observe_group(name).await?.map(|observed| observed.model))
    }

    /// A resource group as it is now, if it exists: for several labs that ask, from one list.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn group_now(&self, name: &str) -> Result<Option<ResourceGroup>, Error> {
        if let Some(lists) = self.lists()
            && let Some(found) = Box::pin(lists.group_since(name, self.arm().clock().now())).await
        {
            return Ok(found);
        }
        Ok(self.observe_group(name).await?.map(|observed| observed.model))
    }

    /// The same, with its JSON.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn observe_group(&self, name: &str) -> Result<Option<Observed<ResourceGroup>>, Error> {
        let sent = self.resources.resource_groups_client().get(name, self.subscription()).send().await;
        match optional(observe(name, sent.map(Response::from)).await) {
            // There is none of a name that no group can have: an address that is nobody's is looked for as a lab's name.
            Err(error) if error.code() == Some(&Code::InvalidResourceGroup) => Ok(None),
            found => found,
        }
    }

    /// Creates a resource group: 201.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 409 `InvalidResourceGroupLocation` if it exists elsewhere.
    pub async fn put_group(&self, name: &str, group: ResourceGroup) -> Result<Reply, Error> {
        let client = self.resources.resource_groups_client();
        let sent = client.create_or_update(name, group, self.subscription()).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// Changes a resource group: 200.
    ///
    /// # Errors
    /// As [`Self::put_group`].
    pub async fn update_group(&self, name: &str, update: Update<ResourceGroup>) -> Result<Reply, Error> {
        let outgoing = update.without(READ_ONLY);
        let client = self.resources_sending(outgoing.body)?.resource_groups_client();
        let sent = client.create_or_update(name, outgoing.model, self.subscription()).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// Replaces the tags of a resource group (an object of texts) and leaves everything else: 200.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 404 if it is absent, 409 `ResourceGroupBeingDeleted`.
    pub(crate) async fn tag_group(&self, name: &str, tags: serde_json::Value) -> Result<Reply, Error> {
        let patch = models::ResourceGroupPatchable { tags: Some(tags), ..models::ResourceGroupPatchable::default() };
        let sent = self.resources.resource_groups_client().update(name, patch, self.subscription()).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// Deletes a resource group with everything in it: 202, and a long-running operation behind `Location`; 404 if it is
    /// absent.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 409 `ScopeLocked` if something in it is locked.
    pub(crate) async fn delete_group(&self, name: &str) -> Result<Reply, Error> {
        let sent = self.resources.resource_groups_client().delete(name, self.subscription()).send().await;
        reply(name, sent.map(Response::from)).await
    }

    /// What is in a resource group, with the time of each creation; nothing if it does not exist.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn group_contents(&self, name: &str) -> Result<Vec<GenericResourceExpanded>, Error> {
        if let Some(first_look) = self.first_look(name)
            && let Some(found) = Box::pin(first_look.contents(name)).await
        {
            return Ok(found);
        }
        let list =
            self.resources.resources_client().list_by_resource_group(name, self.subscription()).expand("createdTime");
        Ok(optional(every_page!("resources", list.into_stream()))?.unwrap_or_default())
    }

    /// The resource groups that carry the tag `name`, as the look shows them that several labs are looked at by.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn groups_tagged_in_look(&self, tag: &str) -> Result<Vec<ResourceGroup>, Error> {
        match Box::pin(self.listed_groups_tagged(tag)).await {
            Some(found) => Ok(found),
            None => self.groups_tagged(tag).await,
        }
    }

    /// The resource groups that carry the tag `name`, on every page.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn groups_tagged(&self, tag: &str) -> Result<Vec<ResourceGroup>, Error> {
        let filter = format!("tagName eq '{}'", tag.replace('\'', "''"));
        let list = self.resources.resource_groups_client().list(self.subscription()).filter(filter);
        every_page!("resource groups", list.into_stream())
    }

    /// The resource groups of the subscription, as far as the caller may see them.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn all_groups(&self) -> Result<Vec<ResourceGroup>, Error> {
        let list = self.resources.resource_groups_client().list(self.subscription());
        every_page!("resource groups", list.into_stream())
    }

    /// The names of the resource groups with a resource of the type `kind` (`Microsoft.ContainerService/managedClusters`).
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn groups_with(&self, kind: &str) -> Result<Vec<String>, Error> {
        let filter = format!("resourceType eq '{kind}'");
        let list = self.resources.resources_client().list(self.subscription()).filter(filter);
        let all: Result<Vec<GenericResourceExpanded>, Error> = every_page!("resources", list.into_stream());
        let group = |one: &GenericResourceExpanded| {
            let id = one.generic_resource.resource.id.as_deref()?;
            Some(id.split('/').nth(4)?.to_owned())
        };
        Ok(all?.iter().filter_map(group).collect())
    }

    /// A resource provider's registration and the locations of its types.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn provider(&self, namespace: &str) -> Result<Provider, Error> {
        let sent = self.resources.providers_client().get(namespace, self.subscription()).send().await;
        read(namespace, sent.map(Response::from)).await
    }

    /// Asks for the registration of a resource provider: 200 at once, `Registering` for a minute or more.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn register_provider(&self, namespace: &str) -> Result<Provider, Error> {
        let sent = self.resources.providers_client().register(namespace, self.subscription()).send().await;
        read(namespace, sent.map(Response::from)).await
    }
}
