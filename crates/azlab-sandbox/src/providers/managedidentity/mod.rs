//! Microsoft.ManagedIdentity: user-assigned identities and their federated credentials.

mod api_versions;
pub(crate) mod assigned;
mod associated;
mod federated;
mod identities;
pub(crate) mod kind;
mod limits;
pub(crate) mod principals;
mod roles;

use http::Method;

use crate::arm::api_versions::ApiVersions;
use crate::arm::call::Path;
use crate::arm::failure::Outcome;
use crate::arm::limit::{Limit, Metered};
use crate::arm::provider::{Provider, Routed};
use crate::arm::resource_type::ResourceType;
use crate::arm::role::Role;
use crate::state::store::Store;

/// The provider.
pub(crate) struct ManagedIdentity;

impl Provider for ManagedIdentity {
    fn namespace(&self) -> &'static str {
        "Microsoft.ManagedIdentity"
    }

    fn api_versions(&self) -> &'static ApiVersions {
        &api_versions::API_VERSIONS
    }

    fn types(&self) -> &'static [ResourceType] {
        const TYPES: &[ResourceType] = &[
            ResourceType::new("userAssignedIdentities", kind::IDENTITY).tracked().in_scenarios("2023-01-31"),
            ResourceType::new("userAssignedIdentities/federatedIdentityCredentials", kind::FEDERATED)
                .in_scenarios("2023-01-31"),
        ];
        TYPES
    }

    fn coverage(&self) -> &'static str {
        include_str!("coverage.json")
    }

    fn limits(&self, request: &Metered<'_>) -> Vec<Limit> {
        limits::of(request)
    }

    fn is_concurrent(&self, store: &Store<'_>, method: &Method, path: &Path) -> rusqlite::Result<bool> {
        federated::is_concurrent(store, method, path)
    }

    fn roles(&self) -> &'static [Role] {
        roles::ROLES
    }

    fn route(&self, request: &Routed<'_>) -> Outcome {
        let Routed { call, inner, group, .. } = *request;
        let name = request.raw(1);
        match (inner, group) {
            (["userassignedidentities"], _) => identities::list(call, group),
            (["userassignedidentities", _], Some(group)) => identities::one(call, group, name),
            (["userassignedidentities", _, "listassociatedresources"], Some(group)) => {
                associated::list(call, request.providers, group, name)
            }
            (["userassignedidentities", _, "federatedidentitycredentials"], Some(group)) => {
                federated::list(call, group, name)
            }
            (["userassignedidentities", _, "federatedidentitycredentials", _], Some(group)) => {
                federated::one(call, group, name, request.raw(3))
            }
            _ => Err(call.unknown_type(self.namespace(), inner)),
        }
    }
}
