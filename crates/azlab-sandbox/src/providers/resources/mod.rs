//! Microsoft.Resources: subscriptions, resource groups, providers, lists of resources, tags.

mod api_versions;
mod group_delete;
pub(crate) mod groups;
mod listing;
pub(crate) mod registrations;
pub(crate) mod subscriptions;
mod tags;

use std::sync::LazyLock;

use crate::arm::api_versions::ApiVersions;
use crate::arm::call::Call;
use crate::arm::facts::Facts;
use crate::arm::facts::parse::Tables;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::provider::{FailedDeletion, GroupDeletion, Provider, Routed};
use crate::arm::resource_type::ResourceType;
use crate::providers::authorization::permissions::only_readable;
use crate::state::operation_end::OperationEnd;
use crate::state::store::{Resource, kind};

/// What bodies of its types hold.
static FACTS: LazyLock<Tables> = LazyLock::new(|| Tables::read(include_str!("facts.txt")));

/// The provider. Whatever lies in no other namespace is its own, which is why it gets whole paths.
pub(crate) struct Resources;

impl Provider for Resources {
    fn namespace(&self) -> &'static str {
        "Microsoft.Resources"
    }

    fn api_versions(&self) -> &'static ApiVersions {
        &api_versions::API_VERSIONS
    }

    fn types(&self) -> &'static [ResourceType] {
        const TYPES: &[ResourceType] = &[
            ResourceType::new("resourceGroups", kind::GROUP).with_state().leaving_deleted().in_scenarios("2021-04-01"),
            ResourceType::new("subscriptions", ""),
            ResourceType::new("tags", ""),
        ];
        TYPES
    }

    fn bodies(&self) -> &'static [Facts] {
        FACTS.all()
    }

    fn coverage(&self) -> &'static str {
        include_str!("coverage.json")
    }

    fn quota_names(&self) -> Vec<String> {
        vec![groups::COUNT.to_owned()]
    }

    fn is_part_of_arm(&self) -> bool {
        true
    }

    /// The group itself is ended by its deletion, and so is another that ends with what is in this one.
    fn cascade(&self, call: &Call<'_>, resource: &Resource, deletion: &GroupDeletion) -> Result<(), Failure> {
        if resource.kind == kind::GROUP { Ok(()) } else { Ok(call.store.end(&resource.key(), deletion.soon)?) }
    }

    fn undo_deletion(&self, call: &Call<'_>, resource: &Resource, failed: &FailedDeletion) -> Result<(), Failure> {
        Ok(call.store.finish(&resource.key(), failed.at, OperationEnd::Succeeded)?)
    }

    fn route(&self, request: &Routed<'_>) -> Outcome {
        let Routed { call, inner, providers, .. } = *request;
        let name = request.raw(3);
        match inner {
            ["subscriptions"] => subscriptions::list(call),
            ["tenants"] => subscriptions::tenants(call),
            ["providers"] => registrations::of_tenant(request, None),
            ["providers", _] => registrations::of_tenant(request, Some(request.raw(1))),
            ["subscriptions", .., "providers", "microsoft.resources", "tags", "default"] => {
                tags::of_scope(request, inner.len() - 4)
            }
            ["subscriptions", _] => subscriptions::get(call),
            ["subscriptions", _, "locations"] => subscriptions::locations(call),
            ["subscriptions", _, "resourcegroups"] => only_readable(
                call,
                providers,
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                groups::list(call)?,
            ),
            ["subscriptions", _, "resourcegroups", _] => groups::one(call, providers, name),
            ["subscriptions", _, "resourcegroups", _, "resources"] => listing::list(call, providers, Some(name)),
            ["subscriptions", _, "resources"] => {
                let all = listing::list(call, providers, None)?;
                only_readable(call, providers, "Microsoft.Resources/subscriptions/resources/read", all)
            }
            ["subscriptions", _, "tagnames"] => tags::names(call),
            ["subscriptions", _, "operationresults", _] => group_delete::result(call, name),
            ["subscriptions", _, "providers"] => registrations::list(request),
            ["subscriptions", _, "providers", _] => registrations::get(request, name),
            ["subscriptions", _, "providers", _, "register"] => registrations::register(request, name),
            ["subscriptions", _, "providers", _, "unregister"] => registrations::unregister(request, name),
            _ => Err(Failure::unknown_path(&call.path.up_to(usize::MAX))),
        }
    }
}
