//! Microsoft.Authorization: role assignments, role definitions, locks and what the caller may do, at any scope; policies
//! are in [`super::policy`].

mod api_versions;
mod assignments;
mod custom_roles;
pub(crate) mod definitions;
mod denials;
pub(crate) mod described;
pub(crate) mod locks;
pub(crate) mod permissions;
mod roles;
pub(crate) mod signed_in;

use std::sync::LazyLock;

use super::policy;
use crate::arm::api_versions::ApiVersions;
use crate::arm::call::Call;
use crate::arm::facts::Facts;
use crate::arm::facts::parse::Tables;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::provider::{Provider, Providers, Routed};
use crate::arm::resource_type::ResourceType;
use crate::arm::role::Role;
use crate::state::store::{Store, kind};

/// What bodies of its types hold, and of policies.
static FACTS: LazyLock<Tables> =
    LazyLock::new(|| Tables::read(concat!(include_str!("facts.txt"), "\n", include_str!("../policy/facts.txt"))));

/// The provider.
pub(crate) struct Authorization;

impl Provider for Authorization {
    fn namespace(&self) -> &'static str {
        "Microsoft.Authorization"
    }

    fn api_versions(&self) -> &'static ApiVersions {
        &api_versions::API_VERSIONS
    }

    fn types(&self) -> &'static [ResourceType] {
        const TYPES: &[ResourceType] = &[
            ResourceType::new("roleAssignments", kind::ASSIGNMENT).in_scenarios("2022-04-01"),
            ResourceType::new("roleDefinitions", custom_roles::KIND),
            ResourceType::new("denyAssignments", "").undescribed(),
            ResourceType::new("locks", kind::LOCK).undescribed().in_scenarios("2020-05-01"),
            ResourceType::new("policyAssignments", kind::POLICY_ASSIGNMENT).undescribed().in_scenarios("2023-04-01"),
            ResourceType::new("policyDefinitions", policy::kind::POLICY_DEFINITION)
                .undescribed()
                .in_scenarios("2023-04-01"),
        ];
        TYPES
    }

    fn bodies(&self) -> &'static [Facts] {
        FACTS.all()
    }

    fn coverage(&self) -> &'static str {
        include_str!("coverage.json")
    }

    fn is_part_of_arm(&self) -> bool {
        true
    }

    fn extends_scopes(&self) -> bool {
        true
    }

    fn roles(&self) -> &'static [Role] {
        roles::ROLES
    }

    fn is_initial(&self, id: &str) -> bool {
        signed_in::is_initial(id)
    }

    /// Everything before the last `providers` segment is the scope.
    fn route(&self, request: &Routed<'_>) -> Outcome {
        let Routed { call, inner, providers, .. } = *request;
        let at = call.path.len() - inner.len() - 2;
        let scope = if at == 0 { "/".to_owned() } else { call.path.up_to(at) };
        let name = request.raw(1);
        match inner {
            ["roleassignments"] => assignments::list(call, &checked(call, scope)?),
            ["roleassignments", _] => assignments::one(call, providers, &checked(call, scope)?, name),
            ["roledefinitions"] => definitions::list(call, providers, &scope),
            ["roledefinitions", _] => definitions::one(call, providers, &scope, name),
            ["provideroperations"] if at == 0 => described::metadata(call, providers, None),
            ["provideroperations", namespace] if at == 0 => described::metadata(call, providers, Some(namespace)),
            ["denyassignments"] => denials::list(call, &checked(call, scope)?),
            ["locks"] => locks::list(call, &checked(call, scope)?),
            ["locks", _] => locks::one(call, &checked(call, scope)?, name),
            ["policydefinitions", ..] => policy::definitions(call, at),
            ["policyassignments"] => policy::list_assignments(call, &checked(call, scope)?),
            ["policyassignments", _] => policy::assignment(call, &checked(call, scope)?, name),
            ["permissions"] => permissions::list(call, providers, &checked(call, scope)?),
            _ => Err(call.unknown_type(self.namespace(), inner)),
        }
    }
}

/// Whether some role of `principal` at `scope` or above it allows a data action.
pub(crate) fn allows_data_action(
    providers: &Providers,
    store: &Store<'_>,
    principal: &str,
    scope: &str,
    action: &str,
) -> rusqlite::Result<bool> {
    let assignments = assignments::holding_at(store, &scope.to_lowercase(), Some(principal))?;
    for one in &assignments {
        let role = one.body["properties"]["roleDefinitionId"].as_str().unwrap_or_default();
        if definitions::find(providers, store, role)?.is_some_and(|role| role.allows_data_action(action)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A scope in the service's casing. Below a group it must exist.
pub(crate) fn checked(call: &Call<'_>, scope: String) -> Result<String, Failure> {
    let lower = call.path.lower();
    let ["subscriptions", _, "resourcegroups", _, ..] = lower.as_slice() else {
        return Ok(scope);
    };
    let group = call.group(call.path.raw(3))?;
    if group.deleting(call.now) && call.writes() {
        return Err(Failure::group_being_deleted(&group.name));
    }
    let depth = scope.split('/').filter(|part| !part.is_empty()).count();
    if depth == 4 {
        return Ok(group.id);
    }
    match call.store.get(&scope)? {
        // A scope is written with `resourceGroups`, whatever the resource's own id has.
        Some(found) if found.kind != kind::ASSIGNMENT => {
            let tail = found.id.splitn(6, '/').nth(5).unwrap_or_default().to_owned();
            Ok(format!("/subscriptions/{}/resourceGroups/{}/{tail}", call.subscription(), group.name))
        }
        _ => {
            let names: Vec<&str> = scope.split('/').skip(6).collect();
            Err(Failure::resource_missing(&names.join("/"), &group.name))
        }
    }
}
