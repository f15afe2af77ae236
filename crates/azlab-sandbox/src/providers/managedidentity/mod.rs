//! Microsoft.ManagedIdentity: user-assigned identities and their federated credentials.

pub(crate) mod assigned;
mod federated;
mod identities;
pub(crate) mod kind;
mod limits;
pub(crate) mod principals;
mod roles;

use std::sync::LazyLock;

use http::Method;

use crate::arm::api_versions::ApiVersions;
use crate::arm::call::{Call, Path};
use crate::arm::facts::Facts;
use crate::arm::facts::parse::Tables;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::limit::{Limit, Metered};
use crate::arm::provider::{Provider, Routed};
use crate::arm::resource_type::ResourceType;
use crate::arm::role::Role;
use crate::state::store::Store;

/// What bodies of its types hold.
static FACTS: LazyLock<Tables> = LazyLock::new(|| Tables::read(include_str!("facts.txt")));

/// The provider.
pub(crate) struct ManagedIdentity;

impl Provider for ManagedIdentity {
    fn namespace(&self) -> &'static str {
        "Microsoft.ManagedIdentity"
    }

    fn api_versions(&self) -> &'static ApiVersions {
        &ApiVersions {
            first: "2018-11-30",
            first_preview: "2021-09-30",
            shown: "2018-11-30,2022-01-31-preview,2023-01-31,2024-11-30",
            of_arm: false,
        }
    }

    fn types(&self) -> &'static [ResourceType] {
        const TYPES: &[ResourceType] = &[
            ResourceType::new("userAssignedIdentities", kind::IDENTITY).tracked().in_scenarios("2023-01-31"),
            ResourceType::new("userAssignedIdentities/federatedIdentityCredentials", kind::FEDERATED)
                .in_scenarios("2023-01-31"),
        ];
        TYPES
    }

    fn bodies(&self) -> &'static [Facts] {
        FACTS.all()
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

    /// The deletion of a credential (recorded).
    fn in_missing_group(&self, call: &Call<'_>, inner: &[&str], group: &str) -> Option<Failure> {
        let ["userassignedidentities", _, "federatedidentitycredentials", _] = inner else { return None };
        let identity = call.path.raw(call.path.len() - 3);
        (*call.method == Method::DELETE)
            .then(|| Failure::parent_missing(group, &format!("userAssignedIdentities/{identity}")))
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
