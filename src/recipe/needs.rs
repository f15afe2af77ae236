//! What a kind of resource needs of a subscription, and of who works with it. Each resource says it beside itself
//! ([`super::resource::Resource::NEEDS`]); preflight, discovery, teardown and its proof read it there.

use crate::lab::ids::same;
use crate::values::ResourceKind;

/// What a kind of resource needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The kind.
    pub(crate) kind: ResourceKind,
    /// The namespace of its resource provider: `Microsoft.ManagedIdentity`.
    pub(crate) provider: &'static str,
    /// Its type below the provider: `userAssignedIdentities/federatedIdentityCredentials`.
    pub(crate) resource_type: &'static str,
    /// Whether the lab's region must offer the type.
    pub(crate) is_regional: bool,
    /// Whether it costs money by being there. An OpenAI account bills what is asked of it.
    pub(crate) bills: bool,
    /// What creating and changing it asks of the caller, reads included.
    pub(crate) write: &'static [RequiredAction],
    /// What deleting it asks of the caller; empty for what goes with its group.
    pub(crate) delete: &'static [RequiredAction],
    /// What purging a soft-deleted one asks of the caller; empty for what is not soft-deleted.
    pub(crate) purge: &'static [RequiredAction],
}

/// An action of Azure RBAC, where it must be allowed, and the least of the usual roles that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequiredAction {
    /// `Microsoft.ContainerService/managedClusters/write`
    pub(crate) name: &'static str,
    /// Where it must be allowed.
    pub(crate) scope: ActionScope,
    /// The role to ask for.
    pub(crate) role: Role,
}

/// Where an action must be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActionScope {
    /// In the lab's resource group; in the subscription while there is no group.
    Group,
    /// In the subscription, always.
    Subscription,
}

/// A role to ask for (Azure's built-in roles).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// All but role assignments.
    Contributor,
    /// Role assignments.
    AccessAdministrator,
    /// Cognitive Services accounts, soft-deleted ones included.
    CognitiveServicesContributor,
}

impl Role {
    /// The name that Azure gives it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Contributor => "Contributor",
            Self::AccessAdministrator => "Role Based Access Control Administrator",
            Self::CognitiveServicesContributor => "Cognitive Services Contributor",
        }
    }
}

impl RequiredAction {
    /// An action in the lab's resource group, which a Contributor may do.
    pub(crate) const fn in_group(name: &'static str) -> Self {
        Self { name, scope: ActionScope::Group, role: Role::Contributor }
    }
}

impl Needs {
    /// `Microsoft.ContainerService/managedClusters`
    pub(crate) fn full_type(&self) -> String {
        format!("{}/{}", self.provider, self.resource_type)
    }

    /// Whether `full_type` (`microsoft.containerservice/managedclusters`) is its type.
    pub(crate) fn is_type(&self, full_type: &str) -> bool {
        full_type.split_once('/').is_some_and(|(provider, resource_type)| {
            same(provider, self.provider) && same(resource_type, self.resource_type)
        })
    }

    /// The name of the resource with this ARM id, if it is of this type.
    pub(crate) fn name_in<'a>(&self, id: &'a str) -> Option<&'a str> {
        let (full_type, name) = id.split("/providers/").last()?.rsplit_once('/')?;
        self.is_type(full_type).then_some(name)
    }

    /// Whether an ARM id is that of one, or of something below one.
    pub(crate) fn contains(&self, id: &str) -> bool {
        let marker = format!("/providers/{}/", self.full_type());
        id.to_ascii_lowercase().contains(&marker.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use crate::recipe::cluster::Cluster;
    use crate::recipe::resource::Resource as _;

    #[test]
    fn a_resource_is_known_by_the_type_in_its_id_in_any_case() {
        let needs = Cluster::NEEDS;
        let id = "/subscriptions/s/resourceGroups/g/providers/microsoft.containerservice/managedclusters/C";
        assert_eq!(needs.name_in(id), Some("C"));
        assert!(needs.contains(id) && needs.contains(&format!("{id}/agentPools/p")));
        assert_eq!(needs.name_in(&format!("{id}/agentPools/p")), None);
        assert!(
            !needs.contains(
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/fleets/managedclusters"
            )
        );
    }
}
