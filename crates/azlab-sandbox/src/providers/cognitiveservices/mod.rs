//! Microsoft.CognitiveServices: accounts, model deployments, soft-deleted accounts, the model catalogue and quota.

mod account_body;
pub(crate) mod accounts;
pub(crate) mod catalogue;
pub(crate) mod catalogue_day;
pub(crate) mod changes;
mod deleted;
mod deployments;
pub(crate) mod kind;
mod models;
mod polls;
mod projects;
mod roles;
mod skus;
pub(crate) mod upgrades;
mod work;

use std::sync::LazyLock;

use crate::arm::api_versions::ApiVersions;
use crate::arm::call::Call;
use crate::arm::facts::Facts;
use crate::arm::facts::parse::Tables;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::provider::{FailedDeletion, GroupDeletion, Provider, Routed};
use crate::arm::resource_type::ResourceType;
use crate::arm::role::Role;
use crate::state::settings::Durations;
use crate::state::store::Resource;

/// `api-version` in polling URLs: not the caller's (recorded).
const POLL_VERSION: &str = "2017-04-18";

/// What bodies of its types hold.
static FACTS: LazyLock<Tables> = LazyLock::new(|| Tables::read(include_str!("facts.txt")));

/// The provider.
pub(crate) struct CognitiveServices;

impl Provider for CognitiveServices {
    fn namespace(&self) -> &'static str {
        "Microsoft.CognitiveServices"
    }

    fn api_versions(&self) -> &'static ApiVersions {
        &ApiVersions {
            first: "2017-04-18",
            first_preview: "2023-06-01",
            shown: "2017-04-18,2021-10-01,2022-10-01,2022-12-01,2023-05-01,2024-10-01,2025-06-01",
            of_arm: false,
        }
    }

    fn types(&self) -> &'static [ResourceType] {
        const TYPES: &[ResourceType] = &[
            ResourceType::new("accounts", kind::ACCOUNT)
                .tracked()
                .with_state()
                .leaving_deleted()
                .in_scenarios("2024-10-01"),
            ResourceType::new("accounts/deployments", kind::DEPLOYMENT).with_state().in_scenarios("2024-10-01"),
            ResourceType::new("accounts/projects", kind::PROJECT).tracked().undescribed(),
            ResourceType::new("deletedAccounts", kind::DELETED_ACCOUNT).soft_deleted(),
        ];
        TYPES
    }

    fn bodies(&self) -> &'static [Facts] {
        FACTS.all()
    }

    fn coverage(&self) -> &'static str {
        include_str!("coverage.json")
    }

    fn roles(&self) -> &'static [Role] {
        roles::ROLES
    }

    fn quota_names(&self) -> Vec<String> {
        catalogue::CATALOGUE.usages.iter().map(|(name, ..)| name.clone()).collect()
    }

    /// A look at an account (recorded).
    fn in_missing_group(&self, call: &Call<'_>, inner: &[&str], group: &str) -> Option<Failure> {
        let ["accounts", _] = inner else { return None };
        let name = call.path.raw(call.path.len() - 1);
        (!call.writes())
            .then(|| Failure::resource_missing(&format!("Microsoft.CognitiveServices/accounts/{name}"), group))
    }

    fn group_deletion_takes(&self, kind: &str, durations: &Durations) -> Option<f64> {
        (kind == kind::ACCOUNT).then_some(durations.group_delete_accounts)
    }

    fn cascade(&self, call: &Call<'_>, resource: &Resource, deletion: &GroupDeletion) -> Result<(), Failure> {
        match &*resource.kind {
            kind::ACCOUNT => deleted::soft_delete(call, resource, deletion.soon),
            // They follow their account, whose soft-deleted form keeps them.
            kind::DEPLOYMENT => Ok(()),
            _ => Ok(call.store.end(&resource.key(), deletion.soon)?),
        }
    }

    fn undo_deletion(&self, call: &Call<'_>, resource: &Resource, failed: &FailedDeletion) -> Result<(), Failure> {
        if resource.kind == kind::ACCOUNT { deleted::undo(call, resource, failed) } else { Ok(()) }
    }

    fn undo_purge(&self, call: &Call<'_>, soft_deleted: &Resource) -> Result<(), Failure> {
        deleted::undo_purge(call, soft_deleted)
    }

    fn route(&self, request: &Routed<'_>) -> Outcome {
        let Routed { call, inner, group, .. } = *request;
        let raw = |offset: usize| request.raw(offset);
        match (inner, group) {
            (["accounts"], _) => accounts::list(call, group),
            (["accounts", _], Some(group)) => accounts::one(call, group, raw(1)),
            (["accounts", _, "listkeys"], Some(group)) => accounts::keys(call, group, raw(1)),
            (["accounts", _, "models"], Some(group)) => models::of_account(call, &accounts::find(call, group, raw(1))?),
            (["accounts", _, "skus"], Some(group)) => skus::of_account(call, &accounts::find(call, group, raw(1))?),
            (["accounts", _, "deployments"], Some(group)) => deployments::list(call, group, raw(1)),
            (["accounts", _, "deployments", _], Some(group)) => deployments::one(call, group, raw(1), raw(3)),
            (["accounts", _, "projects"], Some(group)) => projects::list(call, group, raw(1)),
            (["accounts", _, "projects", _], Some(group)) => projects::one(call, group, raw(1), raw(3)),
            (["skus"], None) => skus::list(call),
            (["deletedaccounts"], None) => deleted::list(call),
            (["locations", _, "resourcegroups", _, "deletedaccounts", _], None) => {
                deleted::one(call, raw(1), raw(3), raw(5))
            }
            (["locations", _, "models"], None) => models::list(call, raw(1)),
            (["locations", _, "usages"], None) => models::usages(call, raw(1)),
            (["locations", _, "operationresults", id], None) if !call.writes() => polls::status(call, raw(1), id),
            _ => Err(call.unknown_type(self.namespace(), inner)),
        }
    }
}
