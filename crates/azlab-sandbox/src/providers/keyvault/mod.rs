//! Microsoft.KeyVault: vaults and soft-deleted vaults. What is in a vault (keys, secrets, certificates) is not there.

mod api_versions;
mod deleted;
pub(crate) mod kind;
mod names;
mod roles;
mod vaults;

use std::sync::LazyLock;

use http::Method;
use serde_json::Value;

use crate::arm::api_versions::ApiVersions;
use crate::arm::call::Call;
use crate::arm::facts::Facts;
use crate::arm::facts::finding::Finding;
use crate::arm::facts::judge::Sent;
use crate::arm::facts::parse::Tables;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::provider::{FailedDeletion, GroupDeletion, Provider, Routed};
use crate::arm::resource_type::ResourceType;
use crate::arm::role::Role;
use crate::state::store::Resource;

/// What bodies of its types hold.
static FACTS: LazyLock<Tables> = LazyLock::new(|| Tables::read(include_str!("facts.txt")));

/// The body of a request about the type whose name ends with `name`, judged, and spelled as the table has it.
fn judged(call: &Call<'_>, name: &str, how: Sent) -> Result<Value, Failure> {
    FACTS.judged_by(call, name, how, |finding: &Finding| {
        let place = finding.place();
        wrong(place.strip_prefix("properties.").unwrap_or(&place))
    })
}

/// The refusal of a value: reported of `accessPolicies` and `tenantId`.
fn wrong(name: &str) -> Failure {
    Failure::bad_request("BadRequest", format!("An invalid value was provided for '{name}'."))
}

/// `api-version` in polling URLs.
const POLL_VERSION: &str = "2023-07-01";

/// The provider.
pub(crate) struct KeyVault;

impl Provider for KeyVault {
    fn namespace(&self) -> &'static str {
        "Microsoft.KeyVault"
    }

    fn api_versions(&self) -> &'static ApiVersions {
        &api_versions::API_VERSIONS
    }

    fn types(&self) -> &'static [ResourceType] {
        const TYPES: &[ResourceType] = &[
            ResourceType::new("vaults", kind::VAULT)
                .tracked()
                .with_state()
                .leaving_deleted()
                .in_scenarios("2023-07-01"),
            ResourceType::new("deletedVaults", kind::DELETED_VAULT).soft_deleted(),
        ];
        TYPES
    }

    fn bodies(&self) -> &'static [Facts] {
        FACTS.all()
    }

    fn coverage(&self) -> &'static str {
        include_str!("coverage.json")
    }

    /// To ask whether a name is free is to read, although it is a POST (Azure's operations reference).
    fn action(&self, method: &Method, types: &str) -> Option<&'static str> {
        (*method == Method::POST && types.eq_ignore_ascii_case("checkNameAvailability"))
            .then_some("Microsoft.KeyVault/checkNameAvailability/read")
    }

    fn roles(&self) -> &'static [Role] {
        roles::ROLES
    }

    fn cascade(&self, call: &Call<'_>, resource: &Resource, deletion: &GroupDeletion) -> Result<(), Failure> {
        deleted::soft_delete(call, resource, deletion.soon)
    }

    fn undo_deletion(&self, call: &Call<'_>, resource: &Resource, failed: &FailedDeletion) -> Result<(), Failure> {
        deleted::undo(call, resource, failed)
    }

    fn undo_purge(&self, call: &Call<'_>, soft_deleted: &Resource) -> Result<(), Failure> {
        deleted::undo_purge(call, soft_deleted)
    }

    fn route(&self, request: &Routed<'_>) -> Outcome {
        let Routed { call, inner, group, .. } = *request;
        let raw = |offset: usize| request.raw(offset);
        match (inner, group) {
            (["vaults"], _) => vaults::list(call, group),
            (["vaults", _], Some(group)) => vaults::one(call, group, raw(1)),
            (["deletedvaults"], None) => deleted::list(call),
            (["locations", _, "deletedvaults", _], None) => deleted::one(call, raw(1), raw(3)),
            (["locations", _, "deletedvaults", _, "purge"], None) => deleted::purge(call, raw(1), raw(3)),
            (["locations", _, "operationresults", id], None) if !call.writes() => deleted::purge_result(call, id),
            (["checknameavailability"], None) if *call.method == Method::POST => names::check(call),
            _ => Err(call.unknown_type(self.namespace(), inner)),
        }
    }
}
